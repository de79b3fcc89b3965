/** The dialog that puts two drafts together: what clashes, with both values, and whose of them is chosen. */
export class Joining {
  constructor(dialog, words) {
    Object.assign(this, { dialog, words });
    this.form = dialog.querySelector('form');
    this.list = dialog.querySelector('[data-clashes]');
  }

  ask(said) {
    this.dialog.querySelector('[data-said]').textContent = said;
    this.list.replaceChildren();
    this.dialog.showModal();
  }

  /** Whose prevails, by what clashes; null where something is still to be chosen. */
  chosen() {
    return this.form.reportValidity() ? Object.fromEntries(new FormData(this.form)) : null;
  }

  show(clashes) {
    this.list.replaceChildren(...clashes.map((clash) => this.#clash(clash)));
    this.list.querySelector('input').focus();
  }

  #clash({ id, name, theirs, mine }) {
    const field = document.createElement('fieldset');
    const legend = document.createElement('legend');
    legend.textContent = name;
    field.append(legend, this.#side(id, 'theirs', theirs), this.#side(id, 'mine', mine));
    return field;
  }

  #side(id, whose, settings) {
    const label = document.createElement('label');
    const radio = Object.assign(document.createElement('input'), { type: 'radio', name: id, value: whose, required: true });
    const said = document.createElement('span');
    const values = Object.entries(settings ?? {}).map(([name, value]) => `${name} ${value}`);
    const content = document.createElement('code');
    content.textContent = values.join('\n');
    said.append(`${this.words[whose]}${settings ? '' : ` · ${this.words.gone}`}`, content);
    if (settings && !values.length) said.append(` · ${this.words.otherwise}`);
    label.append(radio, said);
    return label;
  }
}
