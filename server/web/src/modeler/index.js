import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

import { Desk } from './desk.js';
import { translateModule } from './translate.js';

import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import 'diagram-js-minimap/assets/diagram-js-minimap.css';
import '@bpmn-io/properties-panel/dist/assets/properties-panel.css';
import './modeler.css';

const root = document.getElementById('modeler');
const lang = document.documentElement.lang;
const wide = window.matchMedia('(min-width: 900px)');

if (wide.matches) {
  await new Desk(root, lang).open();
} else {
  // Too narrow to draw: to look at only. When there is room, the page begins anew.
  const container = root.querySelector('.modeler__canvas');
  const viewer = new NavigatedViewer({ container, additionalModules: [translateModule(lang)] });
  await viewer.importXML(await (await fetch(root.dataset.diagram)).text());
  viewer.get('canvas').zoom('fit-viewport', 'auto');
  wide.addEventListener('change', () => window.location.reload());
}
root.dataset.ready = 'yes';
