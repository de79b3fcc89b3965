import { SelectEntry, TextFieldEntry, TextAreaEntry, isSelectEntryEdited, isTextAreaEntryEdited, isTextFieldEntryEdited } from '@bpmn-io/properties-panel';
import { useCallback } from '@bpmn-io/properties-panel/preact/hooks';
import { useService } from 'bpmn-js-properties-panel';

import { together } from './properties.js';

/**
 * An entry of the panel, made once: what is made anew with each change would lose the cursor. `how`: `read` an element's value, `commands` that set one, and what the kind of entry needs:
 * `options`, `problem` of a text (none: it is taken), `describe` a value, `list` (the id of a datalist).
 */
function entry(id, label, Entry, isEdited, how) {
  const component = ({ element }) => {
    const translate = useService('translate');
    const factory = useService('bpmnFactory');
    const commandStack = useService('commandStack');
    const debounce = useService('debounceInput');
    const value = how.read(element);
    const validate = useCallback((text) => text && how.problem?.(text, translate), [translate]);
    return Entry({
      element,
      id,
      debounce,
      label: translate(label),
      description: how.describe?.(value, translate),
      getValue: () => value,
      // A text that is wrong is shown, with why, and not written into the diagram.
      setValue: (text, problem) => problem || together(commandStack, how.commands(element, text ?? '', factory)),
      validate,
      getOptions: () => how.options(value, translate),
      onFocus: how.list && (({ target }) => {
        target.setAttribute('list', how.list);
        target.select();
      }),
    });
  };
  return { id, component, isEdited };
}

/** A choice of one of a list, or of nothing (`empty` says what that means); `offered` gives the list. */
export function choice(id, label, offered, { empty = '<none>', ...how }) {
  const options = (value, translate) => withOwn(value, [{ value: '', label: translate(empty) }, ...offered(translate)]);
  return entry(id, label, SelectEntry, isSelectEntryEdited, { ...how, options });
}

/** A choice of one of a long list by typing a part of its name; what is on no list is not taken. */
export function search(id, label, list, known, how) {
  const title = (value) => known.find((one) => one.value === value)?.label;
  return entry(id, label, TextFieldEntry, isTextFieldEntryEdited, {
    ...how,
    list,
    describe: (value, translate) => title(value) ?? translate('Type a part of its name'),
    problem: (text, translate) => (title(text) ? null : translate('Choose one of the list')),
  });
}

/** A line of text. */
export function line(id, label, how) {
  return entry(id, label, TextFieldEntry, isTextFieldEntryEdited, how);
}

/** Several lines of text. */
export function text(id, label, how) {
  return entry(id, label, TextAreaEntry, isTextAreaEntryEdited, { ...how, autoResize: true });
}

/** What stands in the diagram and on no list is shown as it is, and not lost by opening the list. */
function withOwn(value, options) {
  return options.some((option) => option.value === value) ? options : [...options, { value, label: value }];
}
