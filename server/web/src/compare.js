import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { diff } from 'bpmn-js-differ';
import camunda from 'camunda-bpmn-moddle/resources/camunda.json';

import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import { inEnglish } from './english.js';
import './compare.css';

/** What belongs to other elements, to the drawing, or follows from the flows. */
const ELSEWHERE = new Set([
  '$parent', 'di', 'incoming', 'outgoing', 'flowElements', 'artifacts', 'laneSets', 'lanes', 'childLaneSet', 'flowNodeRef',
  'participants', 'messageFlows', 'boundaryEventRefs', 'bpmnElement',
]);
const english = document.documentElement.lang.startsWith('en');

/** Two versions of a process side by side: what is new, gone, changed and moved, on both and in a table. */
class Comparison {
  constructor(root) {
    this.root = root;
    this.words = JSON.parse(root.dataset.words);
    [this.before, this.after] = [...root.querySelectorAll('[data-side]')].map((side) => this.#viewer(side));
  }

  async open() {
    await Promise.all([this.before, this.after].map((viewer) => this.#load(viewer)));
    const found = diff(this.before.getDefinitions(), this.after.getDefinitions());
    this.#mark(this.before, Object.keys(found._removed), 'removed');
    this.#mark(this.after, Object.keys(found._added), 'added');
    const changed = Object.keys(found._changed).filter((id) => this.#settings(id).length);
    const moved = Object.keys(found._layoutChanged);
    for (const viewer of [this.before, this.after]) {
      this.#mark(viewer, moved, 'moved');
      this.#mark(viewer, changed, 'changed');
    }
    this.#list({ removed: Object.keys(found._removed), added: Object.keys(found._added), changed, moved });
    this.#together();
    this.root.dataset.ready = 'yes';
  }

  #viewer(side) {
    const container = side.querySelector('[data-canvas]');
    const viewer = new NavigatedViewer({ container, moddleExtensions: { camunda }, zoomScroll: { enabled: false } });
    viewer.address = side.dataset.side;
    const scroll = viewer.get('zoomScroll');
    container.addEventListener('focusin', () => scroll.toggle(true));
    container.addEventListener('focusout', () => scroll.toggle(false));
    return viewer;
  }

  async #load(viewer) {
    const xml = await (await fetch(viewer.address)).text();
    await viewer.importXML(english ? inEnglish(xml) : xml);
    viewer.get('canvas').zoom('fit-viewport', 'auto');
  }

  #mark(viewer, ids, how) {
    const elements = viewer.get('elementRegistry');
    for (const id of ids) if (elements.get(id)) viewer.get('canvas').addMarker(id, `is-${how}`);
  }

  /** Move one diagram with the other. */
  #together() {
    let moving = false;
    for (const [one, other] of [[this.before, this.after], [this.after, this.before]]) {
      one.on('canvas.viewbox.changed', ({ viewbox: { x, y, width, height } }) => {
        if (moving) return;
        moving = true;
        other.get('canvas').viewbox({ x, y, width, height });
        moving = false;
      });
    }
  }

  #list(found) {
    const body = this.root.querySelector('[data-changes]');
    const order = ['added', 'removed', 'changed', 'moved'];
    const lines = order.flatMap((how) => found[how].map((id) => this.#line(how, id))).filter(Boolean);
    body.replaceChildren(...lines);
    this.root.querySelector('[data-none]').hidden = lines.length > 0;
    this.root.querySelector('[data-table]').hidden = lines.length === 0;
  }

  #line(how, id) {
    const one = this.#object(this.after, id) ?? this.#object(this.before, id);
    if (!one) return null;
    const row = document.createElement('tr');
    const cell = (...content) => row.insertCell().append(...content);
    const tag = document.createElement('span');
    tag.className = `tag change--${how}`;
    tag.textContent = this.words[how];
    cell(tag);
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'finding', textContent: one.name || id });
    button.addEventListener('click', () => this.#show(id));
    cell(button);
    const sides = how === 'changed' ? this.#settings(id) : [];
    cell(list(sides.map(([name, was]) => [name, was])));
    cell(list(sides.map(([name, , is]) => [name, is])));
    return row;
  }

  #show(id) {
    for (const viewer of [this.after, this.before]) {
      const shape = viewer.get('elementRegistry').get(id);
      if (!shape) continue;
      viewer.get('canvas').scrollToElement(shape, 120);
      viewer.get('canvas').zoom(0.9, shape);
      return;
    }
  }

  #object(viewer, id) {
    return viewer.get('elementRegistry').get(id)?.businessObject ?? objectOf(viewer.getDefinitions(), id);
  }

  /** The settings of an element that differ: [name, before, after]. */
  #settings(id) {
    const [was, is] = [this.before, this.after].map((viewer) => settings(this.#object(viewer, id)));
    const names = [...new Set([...was.keys(), ...is.keys()])];
    return names.filter((name) => was.get(name) !== is.get(name)).map((name) => [name, was.get(name), is.get(name)]);
  }
}

/** All that an element says of itself, as texts by name; own settings by theirs. */
function settings(one, prefix = '', found = new Map()) {
  for (const [name, value] of Object.entries(one ?? {})) {
    if (name.startsWith('$') || ELSEWHERE.has(name) || value == null) continue;
    keep(found, prefix + name, value);
  }
  for (const [name, value] of Object.entries(one?.$attrs ?? {})) found.set(prefix + name, String(value));
  return found;
}

function keep(found, name, value) {
  if (Array.isArray(value)) value.forEach((each, number) => keep(found, nameOf(name, each, number), each));
  else if (typeof value !== 'object') found.set(name, String(value));
  else if (value.$type === 'camunda:Property') found.set(name, value.value ?? '');
  else if (refersTo(name)) found.set(name, value.id ?? '');
  else settings(value, `${name}.`, found);
}

function nameOf(name, each, number) {
  if (each?.$type === 'camunda:Property') return each.name;
  return each?.name ? `${name}.${each.name}` : `${name}[${number}]`;
}

function refersTo(name) {
  return /(?:Ref|default)$/.test(name);
}

function objectOf(definitions, id) {
  return definitions.rootElements.find((each) => each.id === id);
}

function list(pairs) {
  const all = document.createElement('ul');
  all.className = 'plain';
  for (const [name, value] of pairs) {
    const line = document.createElement('li');
    const code = document.createElement('code');
    code.textContent = name.replace('extensionElements.values.', '');
    line.append(code, ` ${value ?? '–'}`);
    all.append(line);
  }
  return all;
}

const root = document.getElementById('comparison');
if (root) await new Comparison(root).open();
