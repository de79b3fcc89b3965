import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';

/** Own settings are camunda:properties: the desktop modeler shows them as extension properties. */
function list(element) {
  return getBusinessObject(element).extensionElements?.values?.find((value) => is(value, 'camunda:Properties'));
}

/** The value of one own setting of an element; empty where it has none. */
export function getProperty(element, name) {
  return list(element)?.values?.find((property) => property.name === name)?.value ?? '';
}

/** Do commands of the panel as one step, which one undo takes back. */
export function together(commandStack, commands) {
  commandStack.execute('properties-panel.multi-command-executor', commands);
}

/** The command that sets attributes of an element. */
export function attributes(element, properties) {
  return { cmd: 'element.updateProperties', context: { element, properties } };
}

/** The commands that set one own setting of an element, or remove it (value ''). */
export function property(element, name, value, bpmnFactory) {
  const owner = getBusinessObject(element);
  const commands = [];
  const update = (moddleElement, properties) =>
    commands.push({ cmd: 'element.updateModdleProperties', context: { element, moddleElement, properties } });
  const make = (type, parent, properties) => {
    const made = bpmnFactory.create(type, properties);
    made.$parent = parent;
    return made;
  };

  if (!value && !getProperty(element, name)) return commands;
  let extensions = owner.extensionElements;
  if (!extensions) {
    extensions = make('bpmn:ExtensionElements', owner, { values: [] });
    update(owner, { extensionElements: extensions });
  }
  let properties = list(element);
  if (!properties) {
    properties = make('camunda:Properties', extensions, { values: [] });
    update(extensions, { values: [...(extensions.values ?? []), properties] });
  }
  const known = properties.values ?? [];
  const one = known.find((property) => property.name === name);
  if (one && value) update(one, { value });
  else if (one) update(properties, { values: known.filter((property) => property !== one) });
  else if (value) update(properties, { values: [...known, make('camunda:Property', properties, { name, value })] });
  return commands;
}
