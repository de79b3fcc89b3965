import { FormEditor } from '@bpmn-io/form-js-editor';

import { translateEverything } from './swap.js';

import '@bpmn-io/form-js-viewer/dist/assets/form-js.css';
import '@bpmn-io/form-js-editor/dist/assets/form-js-editor.css';

/** Open a form to be drawn on, and return {text, destroy}: `text` gives it as it stands. */
export async function open(container, text, lang, changed) {
  if (lang.startsWith('zh')) translateEverything(container);
  const editor = new FormEditor({ container });
  await editor.importSchema(JSON.parse(text));
  editor.on('changed', changed);
  return {
    text: () => `${JSON.stringify(editor.saveSchema(), null, 2)}\n`,
    destroy: () => editor.destroy(),
  };
}
