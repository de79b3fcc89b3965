const GRAVE = ['error', 'policy'];

/** Show what the gate finds: marks on the diagram, and a list whose lines lead to the elements. */
export class Findings {
  #marked = [];
  #path = [];

  constructor(modeler, words, list, count) {
    Object.assign(this, { modeler, words, list, count });
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
    line.append(button, detail);
    return line;
  }

  #name(id) {
    const element = this.modeler.get('elementRegistry').get(id);
    if (!id) return this.words.whole;
    return element?.businessObject.name || id;
  }

  /** Where a finding leads before its element is shown: the file that it is about. */
  lead = async () => {};

  async #lead(finding) {
    const { element, path = [] } = finding;
    await this.lead(finding);
    const canvas = this.modeler.get('canvas');
    for (const id of this.#path) canvas.removeMarker(id, 'found-path');
    this.#path = path.filter((id) => this.modeler.get('elementRegistry').get(id));
    for (const id of this.#path) canvas.addMarker(id, 'found-path');
    const shape = this.modeler.get('elementRegistry').get(element);
    if (!shape) return;
    canvas.scrollToElement(shape, 120);
    this.modeler.get('selection').select(shape);
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
    for (const id of this.#path) if (elements.get(id)) canvas.removeMarker(id, 'found-path');
    this.#marked = [];
    this.#path = [];
  }
}
