import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import { inEnglish } from './english.js';
import './viewer.css';

/** Below this scale nobody can read the names of steps. */
const READABLE = 0.6;

/**
 * Draw the diagram of an element: data-diagram is the address of its BPMN file, data-tokens that of
 * {active: [ids], done: [ids], flows: [ids], overdue: [ids]}, data-marks numbers by element; a table beside it says
 * the same in words.
 */
async function draw(container) {
  // The wheel scrolls the page, unless the reader has turned to the diagram.
  const viewer = new NavigatedViewer({ container, zoomScroll: { enabled: false } });
  const scroll = viewer.get('zoomScroll');
  container.addEventListener('focusin', () => scroll.toggle(true));
  container.addEventListener('focusout', () => scroll.toggle(false));

  const [file, tokens] = await Promise.all([
    fetch(container.dataset.diagram),
    container.dataset.tokens ? fetch(container.dataset.tokens) : null,
  ]);
  const xml = await file.text();
  await viewer.importXML(document.documentElement.lang.startsWith('en') ? inEnglish(xml) : xml);
  const state = tokens?.ok ? await tokens.json() : {};
  const places = mark(viewer, state);
  count(viewer, JSON.parse(container.dataset.marks ?? '{}'));
  const focus = viewer.get('elementRegistry').get(container.dataset.focus);
  if (focus) places.push(focus);
  const here = () => show(viewer, places);
  here();
  offerTools(container, viewer, places.length ? here : null);
  container.dataset.ready = 'yes';
}

/** Mark the elements as the tokens say, and return those where a token stands. */
function mark(viewer, state) {
  const canvas = viewer.get('canvas');
  const elements = viewer.get('elementRegistry');
  for (const [name, ids] of Object.entries(state)) {
    for (const id of ids) if (elements.get(id)) canvas.addMarker(id, `token-${name}`);
  }
  return (state.active ?? []).map((id) => elements.get(id)).filter(Boolean);
}

/** Put on elements how many stand there and how many of these are late: {id: [number, number or '']}. */
function count(viewer, marks) {
  const elements = viewer.get('elementRegistry');
  for (const [id, numbers] of Object.entries(marks)) {
    const element = elements.get(id);
    if (!element) continue;
    const html = document.createElement('div');
    html.className = 'standing';
    for (const [place, number] of numbers.entries()) {
      if (!number) continue;
      const badge = document.createElement('span');
      badge.className = place ? 'standing__late' : 'standing__all';
      badge.textContent = number;
      html.append(badge);
    }
    viewer.get('overlays').add(element, { position: { top: -12, left: -6 }, html });
  }
}

/** Show the whole diagram if it can be read so, else the last of the places. */
function show(viewer, places) {
  const canvas = viewer.get('canvas');
  if (canvas.zoom('fit-viewport', 'auto') >= READABLE || !places.length) return;
  const { x, y, width, height } = places.at(-1);
  const { outer } = canvas.viewbox();
  const scale = 0.75;
  canvas.viewbox({
    x: x + width / 2 - outer.width / scale / 2,
    y: y + height / 2 - outer.height / scale / 2,
    width: outer.width / scale,
    height: outer.height / scale,
  });
}

function offerTools(container, viewer, here) {
  const tools = document.createElement('div');
  tools.className = 'diagram__tools';
  const offer = (text, label, act) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.setAttribute('aria-label', label);
    button.title = label;
    button.addEventListener('click', act);
    tools.append(button);
  };
  const { larger, smaller, whole, here: stands } = container.dataset;
  if (!larger) return;
  offer('+', larger, () => viewer.get('zoomScroll').stepZoom(1));
  offer('−', smaller, () => viewer.get('zoomScroll').stepZoom(-1));
  offer('⤢', whole, () => viewer.get('canvas').zoom('fit-viewport', 'auto'));
  if (here) offer('◎', stands, here);
  container.prepend(tools);
}

for (const container of document.querySelectorAll('[data-diagram]')) await draw(container);
