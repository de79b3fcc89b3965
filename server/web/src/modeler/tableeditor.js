import DmnModeler from 'dmn-js/lib/Modeler';

import { translateEverything } from './swap.js';
import { translateModule } from './translate.js';

import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-drd.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn.css';

/** Open a decision table to be drawn on, and return {text, destroy}: `text` gives it as it stands. */
export async function open(container, text, lang, changed) {
  const view = { additionalModules: [translateModule(lang)] };
  if (lang.startsWith('zh')) translateEverything(container);
  const modeler = new DmnModeler({ container, drd: view, decisionTable: view, literalExpression: view });
  // Each view has its own history.
  modeler.on('viewer.created', ({ viewer }) => viewer.on('commandStack.changed', changed));
  await modeler.importXML(text);
  const table = modeler.getViews().find((one) => one.type === 'decisionTable');
  if (table) await modeler.open(table);
  // The column of rule numbers has an empty heading, which is none.
  for (const cell of container.querySelectorAll('th.index-column')) cell.setAttribute('role', 'presentation');
  return {
    text: async () => (await modeler.saveXML({ format: true })).xml,
    destroy: () => modeler.destroy(),
  };
}
