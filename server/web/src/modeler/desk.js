import Modeler from 'bpmn-js/lib/Modeler';
import {
  BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, CamundaPlatformPropertiesProviderModule,
} from 'bpmn-js-properties-panel';
import camundaBehaviors from 'camunda-bpmn-js-behaviors/lib/camunda-platform';
import camunda from 'camunda-bpmn-moddle/resources/camunda.json';
import minimap from 'diagram-js-minimap';

import { Beside } from './beside.js';
import { clipboardModules, shared } from './clipboard.js';
import { Findings } from './findings.js';
import { Joining } from './joining.js';
import { officePanel } from './panel.js';
import { send } from './server.js';
import { translateControls } from './swap.js';
import { missing, translateModule } from './translate.js';

/** The check follows this long after the last change. */
const PAUSE = 800;
/** Below this scale nobody can read the names of steps; a large diagram begins at the other. */
const READABLE = 0.6;
const START = 0.8;
/** As wide as the tools that lie over the left of the canvas. */
const PALETTE = 140;

/** The page on which a supervisor draws: the diagram, its panel, what the gate says, draft and version. */
export class Desk {
  #unsaved = false;
  #timer = 0;
  #checking = null;
  #source = '';

  constructor(root, lang) {
    this.data = root.dataset;
    this.lang = lang;
    this.words = JSON.parse(this.data.words);
    this.choices = JSON.parse(this.data.choices);
    this.status = document.querySelector('[data-status]');
    this.dialog = document.querySelector('[data-dialog]');
    this.refusal = document.querySelector('[data-refusal]');
    this.joining = new Joining(document.querySelector('[data-join-drafts]'), this.words);
    this.modeler = new Modeler({
      container: root.querySelector('.modeler__canvas'),
      propertiesPanel: { parent: root.querySelector('.modeler__panel') },
      moddleExtensions: { camunda },
      additionalModules: [
        BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, CamundaPlatformPropertiesProviderModule,
        camundaBehaviors, minimap, ...clipboardModules, officePanel(this.choices), translateModule(lang),
      ],
    });
    if (lang.startsWith('zh')) translateControls(root.querySelector('.modeler__panel'));
    const list = document.querySelector('[data-findings]');
    const count = document.querySelector('[data-count-findings]');
    const open = ({ message }) => this.beside.show(this.beside.fileOf(message));
    this.findings = new Findings(this.modeler, this.words, list, count, open);
    // For the tests, which fail on a text that has no Chinese, and on a diagram that is not written as it was read.
    Object.assign(root, { missingTexts: missing, modeler: this.modeler });
  }

  /** Load the diagram of the page and let the buttons work. */
  async open() {
    this.#source = await (await fetch(this.data.diagram)).text();
    const { warnings } = await this.modeler.importXML(this.#source);
    if (warnings.some(loses)) this.#say(this.words.partly, true);
    this.#begin();
    this.beside = new Beside(document.querySelector('[data-files-of-draft]'), {
      desk: document.getElementById('modeler'),
      lang: this.lang,
      words: this.words,
      files: await (await fetch(this.data.files)).json(),
      changed: () => this.#changed(),
      added: (kind, value, label) => kind === 'form' && this.choices.forms.push({ value, label }),
    });
    this.#listen();
    this.check();
  }

  async check() {
    this.#checking?.abort();
    this.#checking = new AbortController();
    this.findings.say(this.words.checking);
    const { signal } = this.#checking;
    const answer = await send(this.data.check, await this.#xml(), await this.beside.changes(), {}, signal);
    if (answer.status === 'overtaken') return;
    if (answer.ok) {
      this.findings.show(answer.findings);
      this.beside.tell(answer.findings);
    } else this.findings.say(this.#refused(answer));
  }

  async save() {
    const [xml, beside] = [await this.#xml(), await this.beside.changes()];
    const answer = await send(this.data.save, xml, beside, { seen: this.data.seen });
    if (!answer.ok) {
      this.#say(this.#refused(answer), true);
      if (answer.joins) this.joining.ask(answer.message);
      return;
    }
    this.#see(answer.seen);
    const [now, then] = [[await this.#xml(), await this.beside.changes()], [xml, beside]].map(JSON.stringify);
    this.#unsaved = now !== then;
    this.#say(this.words.saved.replace('{at}', answer.at));
  }

  /** Put what is drawn here together with the draft that another has saved, once whatever clashes is decided. */
  async join() {
    const chosen = this.joining.chosen();
    if (!chosen) return;
    const fields = { seen: this.data.seen, chosen: JSON.stringify(chosen) };
    const answer = await send(this.data.join, await this.#xml(), await this.beside.changes(), fields);
    if (answer.ok && answer.clashes.some(({ id }) => !(id in chosen))) {
      this.joining.show(answer.clashes);
      return;
    }
    this.joining.dialog.close();
    if (!answer.ok) {
      this.#say(this.#refused(answer), true);
      return;
    }
    await this.#load(answer.diagram);
    // As the library writes it, so that nothing but the changes of both differs from what was there.
    this.#source = (await this.modeler.saveXML({ format: true })).xml;
    await this.beside.replace(answer.beside);
    this.#see(answer.seen);
    this.#say(answer.message);
  }

  async publish() {
    const reason = document.getElementById('reason');
    if (!reason.reportValidity()) return;
    const { seen, follows } = this.data;
    const beside = await this.beside.changes();
    const answer = await send(this.data.publish, await this.#xml(), beside, { seen, follows, reason: reason.value });
    if (answer.ok) {
      this.#unsaved = false;
      window.location.assign(answer.url);
      return;
    }
    this.data.follows = answer.follows ?? follows;
    this.refusal.textContent = this.#refused(answer);
    this.refusal.hidden = false;
    if (!answer.findings?.length) return;
    this.findings.show(answer.findings);
    this.dialog.close();
    this.#say(this.#refused(answer), true);
    document.querySelector('[data-findings] button')?.focus();
  }

  ask() {
    this.refusal.hidden = true;
    this.dialog.showModal();
  }

  close() {
    this.dialog.close();
  }

  undo() {
    this.modeler.get('commandStack').undo();
  }

  redo() {
    this.modeler.get('commandStack').redo();
  }

  /** Show or hide the small map of the whole diagram. */
  map() {
    this.modeler.get('minimap').toggle();
    const open = this.modeler.get('minimap').isOpen();
    document.querySelector('[data-do=map]').setAttribute('aria-pressed', open);
  }

  keys() {
    const sheet = document.querySelector('[data-keys]');
    sheet.querySelector('[data-not-shared]').hidden = shared;
    sheet.showModal();
  }

  whole() {
    this.modeler.get('canvas').zoom('fit-viewport', 'auto');
  }

  async download() {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([await this.#xml()], { type: 'application/xml' }));
    link.download = this.data.file;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  /** Draw on at a file, as the desktop modeler writes it; one that would not be kept whole is not opened. */
  async upload(file) {
    const xml = await file.text();
    try {
      const { warnings } = await this.modeler.get('moddle').fromXML(xml);
      if (warnings.some(loses)) {
        this.#say(this.words.partly, true);
        return;
      }
      await this.#load(xml);
    } catch {
      this.#say(this.words.unreadable, true);
      return;
    }
    this.#say(this.words.opened.replace('{file}', file.name));
  }

  /** Show another diagram, which is not saved yet. */
  async #load(xml) {
    await this.modeler.importXML(xml);
    this.#source = xml;
    this.#begin();
    this.#unsaved = true;
    this.check();
  }

  /** Note which draft was seen last; who discards has seen it, too. */
  #see(number) {
    this.data.seen = number;
    for (const field of document.querySelectorAll('.modeler__draft [name=seen]')) field.value = number;
  }

  /** Show the whole diagram if it can be read so, else where it begins. */
  #begin() {
    const canvas = this.modeler.get('canvas');
    if (canvas.zoom('fit-viewport', 'auto') >= READABLE) return;
    const { inner, outer } = canvas.viewbox();
    const start = this.modeler.get('elementRegistry').find((shape) => shape.type === 'bpmn:StartEvent');
    const [width, height] = [outer.width / START, outer.height / START];
    canvas.viewbox({ x: inner.x - PALETTE / START, y: (start?.y ?? inner.y) - height / 3, width, height });
  }

  #listen() {
    for (const button of document.querySelectorAll('[data-do]')) {
      button.addEventListener('click', () => this[button.dataset.do]());
    }
    const input = document.querySelector('[data-upload]');
    input.addEventListener('change', async () => {
      if (input.files.length) await this.upload(input.files[0]);
      input.value = '';
    });
    this.modeler.on('commandStack.changed', () => this.#changed());
    this.modeler.on(['commandStack.changed', 'import.done'], () => this.#steps());
    this.#steps();
    document.addEventListener('keydown', (event) => this.#key(event));
    window.addEventListener('beforeunload', (event) => {
      if (this.#unsaved) event.preventDefault();
    });
  }

  #key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === 's') {
      event.preventDefault();
      this.save();
    }
    const typing = event.target.closest?.('input, textarea, select, [contenteditable], dialog');
    if (event.key === '?' && !typing) this.keys();
  }

  /** Let the buttons say whether there is a step to take back, or to do again. */
  #steps() {
    const stack = this.modeler.get('commandStack');
    document.querySelector('[data-do=undo]').disabled = !stack.canUndo();
    document.querySelector('[data-do=redo]').disabled = !stack.canRedo();
  }

  #changed() {
    this.#unsaved = true;
    this.#say(this.words.changed);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.check(), PAUSE);
  }

  /** The diagram as it came, to the letter, while nothing in it has changed; else as the library writes it. */
  async #xml() {
    if (!this.modeler.get('commandStack').canUndo()) return this.#source;
    return (await this.modeler.saveXML({ format: true })).xml;
  }

  #refused(answer) {
    return answer.status === 401 ? this.words.signedOut : (answer.message ?? this.words.failed);
  }

  #say(text, wrong = false) {
    this.status.textContent = text;
    this.status.classList.toggle('modeler__status--wrong', wrong);
  }
}

/** An attribute that no modeler knows is kept as it is; anything else that is warned of would be lost. */
function loses(warning) {
  return !warning.message.startsWith('unknown attribute <');
}
