const GRAVE = ['error', 'policy'];
/** How long a token stands at each element of a path that is played, in milliseconds. */
const STEP = 450;
/** Which setting of the panel mends what a rule finds. */
const SETTINGS = { no_deadline: 'limit', no_candidates: 'role', no_form: 'officeForm' };
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');

/** Show what the gate finds: marks on the diagram, and a list whose lines lead to the elements. */
export class Findings {
  #marked = [];
  #path = [];
  #playing = 0;

  /** `open` shows the file that a finding is about. */
  constructor(modeler, words, list, count, open) {
    Object.assign(this, { modeler, words, list, count, open });
  }

  say(text) {
    this.count.textContent = text;
  }

  show(findings) {
    this.#clear();
    const grave = findings.filter((finding) => GRAVE.includes(finding.severity)).length;
    const { clean, none, count } = this.words;
    const numbers = count.replace('{grave}', grave).replace('{slight}', findings.length - grave);
    this.say(grave ? numbers : findings.length ? `${clean} ${numbers}` : none);
    this.list.replaceChildren(...findings.map((finding) => this.#line(finding)));
    for (const { element, severity } of findings) this.#mark(element, `found-${severity}`);
  }

  #line(finding) {
    const line = document.createElement('li');
    const level = document.createElement('span');
    level.className = `tag found found--${finding.severity}`;
    level.textContent = this.words[finding.severity];
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'finding';
    button.append(level, ` ${this.#name(finding.element)} — ${finding.headline}`);
    button.addEventListener('click', () => this.#lead(finding));
    const detail = document.createElement('span');
    detail.className = 'meta finding__detail';
    detail.lang = 'en';
    detail.textContent = finding.message;
    line.append(button, ...this.#offer(finding), detail);
    return line;
  }

  /** A button that mends what is found, where that can be done from here. */
  #offer(finding) {
    const element = this.modeler.get('elementRegistry').get(finding.element);
    const setting = SETTINGS[finding.rule];
    if (!element) return [];
    if (setting) return [this.#mending(this.words.choose, () => this.#choose(finding, setting))];
    const flow = finding.rule === 'gap' ? element.outgoing?.at(-1) : element;
    if (['gap', 'condition'].includes(finding.rule) && flow?.waypoints && !flow.source.businessObject.default) {
      return [this.#mending(this.words.makeDefault, () => this.#makeDefault(flow))];
    }
    if (finding.rule === 'unreachable') {
      return [this.#mending(this.words.remove, () => this.modeler.get('modeling').removeElements([element]))];
    }
    return [];
  }

  #mending(words, act) {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'button--quiet button--small', textContent: words });
    button.addEventListener('click', act);
    return button;
  }

  async #choose(finding, setting) {
    await this.#lead(finding);
    // The panel follows the selection a moment later.
    requestAnimationFrame(() => document.querySelector(`[data-entry-id=${setting}] :is(select, input)`)?.focus());
  }

  /** Let a way out of a gateway be the one that is taken where no condition holds. */
  #makeDefault(flow) {
    const modeling = this.modeler.get('modeling');
    modeling.updateProperties(flow, { conditionExpression: undefined });
    modeling.updateProperties(flow.source, { default: flow.businessObject });
  }

  #name(id) {
    const element = this.modeler.get('elementRegistry').get(id);
    if (!id) return this.words.whole;
    return element?.businessObject.name || id;
  }

  async #lead(finding) {
    const { element, path = [] } = finding;
    await this.open(finding);
    const canvas = this.modeler.get('canvas');
    this.#leave();
    this.#path = path.filter((id) => this.modeler.get('elementRegistry').get(id));
    for (const id of this.#path) canvas.addMarker(id, 'found-path');
    this.#number();
    this.#play(0);
    const shape = this.modeler.get('elementRegistry').get(element);
    if (!shape) return;
    canvas.scrollToElement(shape, 120);
    this.modeler.get('selection').select(shape);
  }

  /** Say at each element of the path in which order a token comes to it. */
  #number() {
    const orders = new Map();
    this.#path.forEach((id, number) => orders.set(id, [...(orders.get(id) ?? []), number + 1]));
    for (const [id, numbers] of orders) {
      const html = document.createElement('span');
      html.className = 'found-order';
      html.textContent = numbers.join(' · ');
      if (!this.modeler.get('elementRegistry').get(id).waypoints) {
        this.modeler.get('overlays').add(id, 'found-order', { position: { top: -12, left: -8 }, html });
      }
    }
  }

  /** Let a token walk the path, from element to element. */
  #play(number) {
    const canvas = this.modeler.get('canvas');
    if (number > 0) canvas.removeMarker(this.#path[number - 1], 'found-now');
    if (calm.matches || number >= this.#path.length) return;
    canvas.addMarker(this.#path[number], 'found-now');
    this.#playing = setTimeout(() => this.#play(number + 1), STEP);
  }

  #leave() {
    clearTimeout(this.#playing);
    const canvas = this.modeler.get('canvas');
    for (const id of this.#path) {
      if (!this.modeler.get('elementRegistry').get(id)) continue;
      canvas.removeMarker(id, 'found-path');
      canvas.removeMarker(id, 'found-now');
    }
    this.modeler.get('overlays').remove({ type: 'found-order' });
    this.#path = [];
  }

  #mark(id, marker) {
    if (!id || !this.modeler.get('elementRegistry').get(id)) return;
    this.modeler.get('canvas').addMarker(id, marker);
    this.#marked.push([id, marker]);
  }

  #clear() {
    const elements = this.modeler.get('elementRegistry');
    const canvas = this.modeler.get('canvas');
    for (const [id, marker] of this.#marked) if (elements.get(id)) canvas.removeMarker(id, marker);
    this.#leave();
    this.#marked = [];
  }
}
