import { FormEditor } from '@bpmn-io/form-js-editor';

import { translateEverything } from './swap.js';

import '@bpmn-io/form-js-viewer/dist/assets/form-js.css';
import '@bpmn-io/form-js-editor/dist/assets/form-js-editor.css';

/** What a form says is text, as the pages show it: no mark-up of whoever drew it comes into another's page. */
const plainText = {
  markdownRenderer: [
    'value',
    {
      render(text) {
        const place = document.createElement('div');
        place.textContent = text;
        return place.innerHTML.replaceAll('\n', '<br>');
      },
    },
  ],
};
const FOREIGN = new Set(['html', 'iframe']);

function isForeign(part) {
  return FOREIGN.has(part.type) || (part.components ?? []).some(isForeign);
}

/** Open a form to be drawn on, and return {text, destroy}: `text` gives it as it stands. */
export async function open(container, text, lang, changed) {
  if (lang.startsWith('zh')) translateEverything(container);
  const form = JSON.parse(text);
  if (isForeign(form)) throw new Error('The form holds mark-up of its own, which is not shown here.');
  const editor = new FormEditor({ container, additionalModules: [plainText] });
  await editor.importSchema(form);
  editor.on('changed', changed);
  return {
    text: () => `${JSON.stringify(editor.saveSchema(), null, 2)}\n`,
    destroy: () => editor.destroy(),
  };
}
