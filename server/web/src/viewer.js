import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './viewer.css';

/**
 * Draw the diagram of an element: data-diagram is the address of its BPMN file, data-tokens that of
 * {active: [ids], done: [ids], flows: [ids], overdue: [ids]}; a table beside it says the same in words.
 */
async function draw(container) {
  const viewer = new NavigatedViewer({ container });
  const [file, tokens] = await Promise.all([
    fetch(container.dataset.diagram),
    container.dataset.tokens ? fetch(container.dataset.tokens) : null,
  ]);
  await viewer.importXML(inLanguage(await file.text(), document.documentElement.lang));
  const canvas = viewer.get('canvas');
  const elements = viewer.get('elementRegistry');
  canvas.zoom('fit-viewport', 'auto');
  if (tokens) {
    const state = await tokens.json();
    for (const [name, ids] of Object.entries(state)) {
      for (const id of ids) if (elements.get(id)) canvas.addMarker(id, `token-${name}`);
    }
    const active = state.active.map((id) => elements.get(id)).find(Boolean);
    if (active && canvas.zoom() < 0.5) {
      // A large diagram on a small screen is unreadable as a whole: show where the token stands.
      canvas.zoom(0.7, { x: active.x + active.width / 2, y: active.y + active.height / 2 });
      canvas.scrollToElement(active, 60);
    }
  }
  container.dataset.ready = 'yes';
}

/** Diagrams carry Chinese names, and the English ones as the property `en` of an element. */
function inLanguage(xml, lang) {
  if (!lang.startsWith('en')) return xml;
  const diagram = new DOMParser().parseFromString(xml, 'application/xml');
  for (const property of diagram.getElementsByTagNameNS('http://camunda.org/schema/1.0/bpmn', 'property')) {
    // element > extensionElements > properties > property
    const element = property.parentElement.parentElement.parentElement;
    if (property.getAttribute('name') === 'en' && element?.hasAttribute('name')) {
      element.setAttribute('name', property.getAttribute('value'));
    }
  }
  return new XMLSerializer().serializeToString(diagram);
}

for (const container of document.querySelectorAll('[data-diagram]')) await draw(container);
