import { own } from './translate.js';

/** By the end of a file's name: what it holds, how it is opened, and what a new one says. */
const KINDS = {
  form: { ends: '.form.json', load: () => import('./formeditor.js'), fresh: freshForm },
  table: { ends: '.dmn', load: () => import('./tableeditor.js'), fresh: freshTable },
};
const DIAGRAM = '';

function told({ severity, headline, message }, words, file) {
  const line = document.createElement('li');
  const level = Object.assign(document.createElement('span'), {
    className: `tag found found--${severity}`, textContent: words[severity],
  });
  const detail = Object.assign(document.createElement('span'), {
    className: 'meta finding__detail', lang: 'en', textContent: message.replace(`${file}: `, ''),
  });
  line.append(level, ` ${headline}`, detail);
  return line;
}

/** The forms and decision tables beside the diagram: a list of them, and the editor of the one that is open. */
export class Beside {
  #texts;
  #given;
  #editor = null;
  #open = DIAGRAM;
  #edited = false;
  #turn = Promise.resolve();
  #findings = [];

  constructor(root, { desk, lang, words, files, changed, added }) {
    Object.assign(this, { desk, lang, words, changed, added });
    this.chooser = root.querySelector('[data-choose]');
    this.place = root.querySelector('[data-beside]');
    this.dialog = document.querySelector('[data-new-file]');
    // What is found in the open file stands above its editor, as well as in the list of all.
    this.told = Object.assign(document.createElement('ul'), { className: 'ui plain modeler__told', hidden: true });
    this.told.dataset.told = '';
    this.place.before(this.told);
    this.#given = files.base;
    this.#texts = { ...files.base, ...files.draft };
    for (const name of Object.keys(this.#texts).sort()) this.#offer(name);
    this.chooser.value = DIAGRAM;
    this.chooser.addEventListener('change', () => this.show(this.chooser.value));
    for (const button of root.querySelectorAll('[data-new]')) {
      button.addEventListener('click', () => this.#ask(button.dataset.new));
    }
    this.dialog.addEventListener('close', () => this.#answered());
  }

  /** The files that differ from those that were published with the diagram, by name. */
  async changes() {
    await this.#keep();
    return Object.fromEntries(Object.entries(this.#texts).filter(([name, text]) => this.#given[name] !== text));
  }

  /** Take these in the place of the draft's texts. */
  async replace(changes) {
    await this.show(DIAGRAM);
    const known = this.#texts;
    this.#texts = { ...this.#given, ...changes };
    for (const name of Object.keys(this.#texts)) if (!(name in known)) this.#offer(name);
  }

  /** The file that a finding is about; empty for the diagram. */
  fileOf(message) {
    return Object.keys(this.#texts).find((name) => message.startsWith(`${name}: `)) ?? DIAGRAM;
  }

  /** Take over what the gate has found. */
  tell(findings) {
    this.#findings = findings;
    this.#tellHere();
  }

  #tellHere() {
    const here = this.#open === DIAGRAM ? [] : this.#findings.filter((one) => this.fileOf(one.message) === this.#open);
    this.told.replaceChildren(...here.map((one) => told(one, this.words, this.#open)));
    this.told.hidden = !here.length;
  }

  /** Open a file; one after another, whatever is clicked meanwhile. */
  show(name) {
    this.#turn = this.#turn.then(() => this.#show(name));
    return this.#turn;
  }

  async #show(name) {
    if (name === this.#open) return;
    await this.#keep();
    this.#editor?.destroy();
    this.#editor = null;
    this.place.replaceChildren();
    this.#open = name;
    this.place.hidden = name === DIAGRAM;
    this.desk.hidden = name !== DIAGRAM;
    this.chooser.value = name;
    delete this.place.dataset.opened;
    this.#tellHere();
    if (name === DIAGRAM) return;
    const { open } = await kindOf(name).load();
    try {
      this.#editor = await open(this.place, this.#texts[name], this.lang, () => {
        this.#edited = true;
        this.changed();
      });
      this.place.dataset.opened = name;
    } catch {
      this.place.textContent = this.words.unopened;
    }
  }

  /** Take over what was drawn in the open editor. */
  async #keep() {
    if (!this.#edited) return;
    this.#texts[this.#open] = await this.#editor.text();
    this.#edited = false;
  }

  #offer(name) {
    const kind = kindOf(name) === KINDS.form ? 'form' : 'table';
    const option = new Option(titleOf(name, this.#texts[name], this.lang), name);
    this.chooser.querySelector(`[data-kind=${kind}]`).append(option);
  }

  #ask(kind) {
    this.dialog.dataset.kind = kind;
    this.dialog.querySelector('form').reset();
    this.dialog.returnValue = '';
    this.dialog.showModal();
  }

  #answered() {
    if (this.dialog.returnValue !== 'make') return;
    const { id, title } = Object.fromEntries(new FormData(this.dialog.querySelector('form')));
    const kind = KINDS[this.dialog.dataset.kind];
    const name = `${id}${kind.ends}`;
    if (!(name in this.#texts)) {
      this.#texts[name] = kind.fresh(id, title);
      this.#offer(name);
      this.added(this.dialog.dataset.kind, id, title);
      this.changed();
    }
    this.show(name);
  }
}

function kindOf(name) {
  return /\.form(\.json)?$/.test(name) ? KINDS.form : KINDS.table;
}

function titleOf(name, text, lang) {
  const said = /\.form(\.json)?$/.test(name) ? formTitle(text, lang) : /<decision [^>]*name="([^"]*)"/.exec(text)?.[1];
  return said || name;
}

function formTitle(text, lang) {
  try {
    const form = JSON.parse(text);
    return (lang.startsWith('zh') ? form.title : form.title_en ?? form.title) ?? form.id;
  } catch {
    return '';
  }
}

function freshForm(id, title) {
  return `${JSON.stringify({ schemaVersion: 19, type: 'default', id, title, components: [] }, null, 2)}\n`;
}

function freshTable(id, title) {
  const name = title.replace(/[<>&"]/g, '');
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" id="${id}_file" name="${name}" namespace="http://camunda.org/schema/1.0/dmn">
  <decision id="${id}" name="${name}">
    <decisionTable id="${id}_table">
      <input id="${id}_in" label="${own('Input')}"><inputExpression id="${id}_asked" typeRef="string"><text></text></inputExpression></input>
      <output id="${id}_out" label="${own('Output')}" name="${id}_result" typeRef="string" />
    </decisionTable>
  </decision>
  <dmndi:DMNDI><dmndi:DMNDiagram><dmndi:DMNShape dmnElementRef="${id}"><dc:Bounds height="80" width="180" x="160" y="100" /></dmndi:DMNShape></dmndi:DMNDiagram></dmndi:DMNDI>
</definitions>
`;
}
