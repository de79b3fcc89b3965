import { getBusinessObject, is, isAny } from 'bpmn-js/lib/util/ModelUtil';

import { choice, line, search, text } from './entries.js';
import { isVariable, readLimit, writeLimit } from './limits.js';
import { attributes, getProperty, property } from './properties.js';

/** Groups of the Camunda 7 panel that this engine understands; the others speak of Java. */
const KEPT = new Set([
  'general', 'documentation', 'timer', 'multiInstance', 'message', 'signal', 'error', 'escalation', 'link',
  'compensation', 'CamundaPlatform__UserAssignment', 'CamundaPlatform__Form', 'CamundaPlatform__Condition',
  'CamundaPlatform__Implementation', 'CamundaPlatform__Script', 'CamundaPlatform__CallActivity',
  'CamundaPlatform__Input', 'CamundaPlatform__Output', 'CamundaPlatform__InMapping', 'CamundaPlatform__OutMapping',
  'CamundaPlatform__CandidateStarter', 'CamundaPlatform__ExtensionProperties',
]);
const WITHOUT = 'none';
const OPERATION = /^\s*[$#]\{\s*([A-Za-z][\w.]*)\s*\}\s*$/;
/** Other ways to say what a service task does, which an operation takes the place of. */
const IMPLEMENTED = ['class', 'expression', 'type', 'topic'];
/** What is drawn with a name. */
const NAMED = ['bpmn:FlowElement', 'bpmn:Lane', 'bpmn:Participant', 'bpmn:Process'];
const STEPS = ['bpmn:UserTask', 'bpmn:CallActivity'];
const STAGED = [...STEPS, 'bpmn:SubProcess', 'bpmn:Process'];

const USER = ['bpmn:UserTask'];
const SERVICE = ['bpmn:ServiceTask'];
const FORMS = ['bpmn:UserTask', 'bpmn:StartEvent'];
const DUTIES = [...STEPS, 'bpmn:StartEvent'];

/** A module for the panel: what a step of this office needs, chosen from the server's lists. */
export function officePanel(lists) {
  const groups = [
    {
      id: 'office',
      label: (element) => (isAny(element, FORMS) ? 'Who, until when, with which form' : 'Name in English'),
      open: USER,
      entries: [
        [NAMED, own('english', 'en', 'Name in English')],
        [USER, role(lists)],
        ...deadline(lists),
        [FORMS, form(lists)],
      ],
    },
    {
      id: 'help',
      label: () => 'Help for whoever does it',
      entries: [[USER, help], [USER, own('helpEnglish', 'help_en', 'Help in English', text)]],
    },
    {
      id: 'effect',
      label: () => 'What it does',
      open: SERVICE,
      entries: [
        [SERVICE, operation(lists), (element) => !external(element)],
        [SERVICE, own('workers', 'workers', 'Groups of outside workers'), external],
        [FORMS, effect('record', 'What records the form', lists)],
        [USER, effect('prefill', 'What fills in the form beforehand', lists)],
        [USER, effect('options', 'What the form offers to choose from', lists)],
        [USER, pick('drafts', 'Paper that it drafts', lists.papers)],
      ],
    },
    {
      id: 'duties',
      label: () => 'Duty and stage',
      entries: [
        [DUTIES, pick('act', 'Act', lists.acts)],
        [DUTIES, pick('duty', 'Duty in that act', duties)],
        [USER, pick('proxy', 'Who stands in', proxies(lists), 'As usual')],
        [STAGED, pick('stage', 'Stage', lists.stages)],
      ],
    },
    {
      id: 'reminding',
      label: () => 'Reminders and counting',
      entries: [
        [USER, pick('ladder', 'Reminders', (translate) => [...lists.ladders, { value: WITHOUT, label: translate('No reminders') }], 'As usual')],
        [USER, flag('due', 'When its matter moves on', 'live', 'Count its deadline again', 'Keep its deadline')],
        [USER, flag('calendar', 'Days of a duration', 'workday', 'Working days', 'Calendar days')],
        [USER, flag('skippable', 'May be left out', 'true', 'Yes', 'No')],
      ],
    },
    {
      id: 'ballots',
      label: () => 'Votes of several signers',
      entries: [[USER, own('ballots', 'ballots', 'Variable that holds the votes'), several]],
    },
  ];

  class OfficeProvider {
    static $inject = ['propertiesPanel', 'translate'];

    constructor(propertiesPanel, translate) {
      this.translate = translate;
      // After the Camunda provider, whose groups are filtered.
      propertiesPanel.registerProvider(200, this);
    }

    getGroups(element) {
      const ours = groups.map(({ id, label, open = [], entries }) => ({
        id,
        label: this.translate(label(element)),
        shouldOpen: isAny(element, open),
        entries: entries.filter(([types, , when]) => isAny(element, types) && (!when || when(element))).map(([, one]) => one),
      })).filter(({ entries }) => entries.length);
      return (theirs) => {
        const kept = theirs.filter(({ id }) => KEPT.has(id) && !(id === 'documentation' && is(element, 'bpmn:UserTask')));
        kept.splice(1, 0, ...ours);
        return kept;
      };
    }
  }
  return { __init__: ['officeProvider'], officeProvider: ['type', OfficeProvider] };
}

/** An own setting of an element, as text. */
function own(id, name, label, kind = line) {
  return kind(id, label, setting(name));
}

/** An own setting, chosen from a list; `list` may be a function of the language. */
function pick(name, label, list, empty) {
  return choice(name, label, typeof list === 'function' ? list : () => list, { ...setting(name), empty });
}

/** An own setting that says one thing, or is not there. */
function flag(name, label, value, says, otherwise) {
  return pick(name, label, (translate) => [{ value, label: translate(says) }], otherwise);
}

/** An own setting that names an operation. */
function effect(name, label, lists) {
  return search(name, label, `operations-${name}`, lists[name], setting(name));
}

function setting(name) {
  return {
    read: (element) => getProperty(element, name),
    commands: (element, value, factory) => property(element, name, value, factory),
  };
}

function role({ roles }) {
  return choice('role', 'Done by the role', () => roles, {
    read: (element) => attribute(element, 'candidateGroups'),
    commands: (element, group) => [attributes(element, { 'camunda:candidateGroups': group || undefined })],
  });
}

function form({ forms }) {
  return choice('officeForm', 'Form to fill in', () => forms, {
    read: (element) => attribute(element, 'formRef'),
    commands: (element, id) => [attributes(element, {
      'camunda:formRef': id || undefined,
      'camunda:formRefBinding': id ? 'deployment' : undefined,
    })],
  });
}

/** The limit of a step, and the variables by which it counts; these stay when another limit is chosen. */
function deadline({ limits }) {
  const counted = (element) => readLimit(attribute(element, 'dueDate'));
  const dueDate = (element, value) => {
    if (!value || value === WITHOUT) return undefined;
    if (!limits.some((one) => one.value === value)) return value;
    return writeLimit({ from: '', to: '', ...counted(element), rule: value });
  };
  const variable = (name, label, describe) => line(`limit-${name}`, label, {
    read: (element) => counted(element)?.[name] ?? '',
    commands: (element, value) => [attributes(element, { 'camunda:dueDate': writeLimit({ ...counted(element), [name]: value }) })],
    problem: (value, translate) => (isVariable(value) ? null : translate('The name of a variable')),
    describe: (_, translate) => translate(describe),
  });
  const limit = choice('limit', 'Limit', (translate) => [...limits, { value: WITHOUT, label: translate('Without a deadline') }], {
    read: (element) => (
      getProperty(element, 'deadline') === WITHOUT ? WITHOUT : counted(element)?.rule ?? attribute(element, 'dueDate')
    ),
    commands: (element, value, factory) => [
      attributes(element, { 'camunda:dueDate': dueDate(element, value) }),
      ...property(element, 'deadline', value === WITHOUT ? WITHOUT : '', factory),
    ],
  });
  return [
    [USER, limit],
    [USER, variable('from', 'Counted from the variable', 'Empty: from when the step begins'), counted],
    [USER, variable('to', 'To the day of the variable', 'Empty: as long as the limit says'), (element) => counted(element)?.from],
  ];
}

/** What the clerk reads on the page of the step. */
const help = text('help', 'Help in Chinese', {
  read: (element) => getBusinessObject(element).get('documentation')[0]?.text ?? '',
  commands: (element, words, factory) => {
    const [first] = getBusinessObject(element).get('documentation');
    if (first && words) {
      return [{ cmd: 'element.updateModdleProperties', context: { element, moddleElement: first, properties: { text: words } } }];
    }
    return [attributes(element, { documentation: words ? [factory.create('bpmn:Documentation', { text: words })] : [] })];
  },
});

/** The operation of a service task. */
function operation({ step }) {
  return search('operation', 'Operation', 'operations-step', step, {
    read: (element) => OPERATION.exec(attribute(element, 'delegateExpression'))?.[1] ?? attribute(element, 'delegateExpression'),
    commands: (element, name) => [attributes(element, {
      ...Object.fromEntries(IMPLEMENTED.map((other) => [`camunda:${other}`, undefined])),
      'camunda:delegateExpression': name ? `\${${name}}` : undefined,
    })],
  });
}

const duties = (translate) => [
  { value: 'propose', label: translate('Proposes') },
  { value: 'approve', label: translate('Approves') },
  { value: 'sign', label: translate('Signs') },
  { value: 'called', label: translate('That for which it is called') },
];

const proxies = (lists) => (translate) => [...lists.proxies, { value: WITHOUT, label: translate('Nobody: it is done in person') }];

function external(element) {
  return is(element, 'bpmn:ServiceTask') && attribute(element, 'type') === 'external';
}

function several(element) {
  return is(element, 'bpmn:UserTask') && Boolean(getBusinessObject(element).loopCharacteristics?.$instanceOf('bpmn:MultiInstanceLoopCharacteristics'));
}

function attribute(element, name) {
  return getBusinessObject(element).get(`camunda:${name}`) ?? '';
}
