import { SelectEntry, TextFieldEntry, isSelectEntryEdited, isTextFieldEntryEdited } from '@bpmn-io/properties-panel';
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { useService } from 'bpmn-js-properties-panel';

import { attributes, getProperty, property, together } from './properties.js';

/** Groups of the Camunda 7 panel that this engine understands; the others speak of Java. */
const KEPT = new Set([
  'general', 'documentation', 'timer', 'multiInstance', 'message', 'signal', 'error', 'escalation', 'link',
  'compensation', 'CamundaPlatform__UserAssignment', 'CamundaPlatform__Form', 'CamundaPlatform__Condition',
  'CamundaPlatform__Implementation', 'CamundaPlatform__Script', 'CamundaPlatform__CallActivity',
  'CamundaPlatform__Input', 'CamundaPlatform__Output', 'CamundaPlatform__InMapping', 'CamundaPlatform__OutMapping',
  'CamundaPlatform__CandidateStarter', 'CamundaPlatform__ExtensionProperties',
]);
const LIMIT = /^\s*\$\{\s*limit\(\s*['"]([^'"]*)['"]\s*\)\s*\}\s*$/;
const WITHOUT = 'none';
/** What is drawn with a name. */
const NAMED = ['bpmn:FlowElement', 'bpmn:Lane', 'bpmn:Participant', 'bpmn:Process'];

/** A module for the panel: what a step of this office needs, chosen from the server's lists. */
export function officePanel({ limits, roles, forms }) {
  const english = entry('english', 'Name in English', TextFieldEntry, isTextFieldEntryEdited, {
    read: (element) => getProperty(element, 'en'),
    commands: (element, name, factory) => property(element, 'en', name ?? '', factory),
  });
  const role = choice('role', 'Done by the role', () => roles, {
    read: (element) => attribute(element, 'candidateGroups'),
    commands: (element, group) => [attributes(element, { 'camunda:candidateGroups': group || undefined })],
  });
  const form = choice('officeForm', 'Form to fill in', () => forms, {
    read: (element) => attribute(element, 'formRef'),
    commands: (element, id) => [attributes(element, {
      'camunda:formRef': id || undefined,
      'camunda:formRefBinding': id ? 'deployment' : undefined,
    })],
  });
  const without = (translate) => [...limits, { value: WITHOUT, label: translate('Without a deadline') }];
  const limit = choice('limit', 'Limit', without, {
    read: readLimit,
    commands: (element, value, factory) => [
      attributes(element, { 'camunda:dueDate': dueDate(value, limits) }),
      ...property(element, 'deadline', value === WITHOUT ? WITHOUT : '', factory),
    ],
  });

  class OfficeProvider {
    static $inject = ['propertiesPanel', 'translate'];

    constructor(propertiesPanel, translate) {
      this.translate = translate;
      // After the Camunda provider, whose groups are filtered.
      propertiesPanel.registerProvider(200, this);
    }

    getGroups(element) {
      return (groups) => {
        const kept = groups.filter((group) => KEPT.has(group.id));
        const entries = is(element, 'bpmn:UserTask') ? [english, role, limit, form] : [english];
        const step = entries.length > 1;
        if (step || NAMED.some((type) => is(element, type))) {
          const label = this.translate(step ? 'Who, until when, with which form' : 'Name in English');
          kept.splice(1, 0, { id: 'office', label, shouldOpen: step, entries });
        }
        return kept;
      };
    }
  }
  return { __init__: ['officeProvider'], officeProvider: ['type', OfficeProvider] };
}

function choice(id, label, offered, how) {
  const getOptions = (element, translate) =>
    withOwn(how.read(element), [{ value: '', label: translate('<none>') }, ...offered(translate)]);
  return entry(id, label, SelectEntry, isSelectEntryEdited, { ...how, getOptions });
}

function entry(id, label, Entry, isEdited, { read, commands, getOptions }) {
  const component = ({ element }) => {
    const translate = useService('translate');
    const factory = useService('bpmnFactory');
    const commandStack = useService('commandStack');
    const debounce = useService('debounceInput');
    return Entry({
      element,
      id,
      debounce,
      label: translate(label),
      getValue: () => read(element),
      setValue: (value) => together(commandStack, commands(element, value, factory)),
      getOptions: () => getOptions?.(element, translate),
    });
  };
  return { id, component, isEdited };
}

/** What stands in the diagram and on no list is shown as it is, and not lost by opening the list. */
function withOwn(value, options) {
  return options.some((option) => option.value === value) ? options : [...options, { value, label: value }];
}

function attribute(element, name) {
  return getBusinessObject(element).get(`camunda:${name}`) ?? '';
}

function readLimit(element) {
  if (getProperty(element, 'deadline') === WITHOUT) return WITHOUT;
  const due = attribute(element, 'dueDate');
  return LIMIT.exec(due)?.[1] ?? due;
}

function dueDate(value, limits) {
  if (!value || value === WITHOUT) return undefined;
  return limits.some((limit) => limit.value === value) ? `\${limit('${value}')}` : value;
}
