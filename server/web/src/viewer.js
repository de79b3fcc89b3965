import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';

/** Draw the diagram of every element with data-diagram, the address of its BPMN file. */
for (const container of document.querySelectorAll('[data-diagram]')) {
  const viewer = new NavigatedViewer({ container });
  const answer = await fetch(container.dataset.diagram);
  await viewer.importXML(await answer.text());
  viewer.get('canvas').zoom('fit-viewport');
}
