import { evaluate } from './conditions.js';

const QUIET_MS = 4000;
const PAPER_MS = 2000;

/** Let a server-drawn form show only what applies, grow its rows, and keep its draft. It works without all this. */
export function enhance(form) {
  form.addEventListener('input', () => judge(form));
  form.addEventListener('change', () => judge(form));
  form.addEventListener('click', (event) => growOrShrink(form, event));
  for (const input of form.querySelectorAll('input[type=file][data-choose]')) speak(input);
  if (form.dataset.draft) keepDraft(form);
  if (form.dataset.paper) showPaper(form);
  judge(form);
}

// ---- files

/** Let a file input speak the page's language: what the browser writes on it is in the browser's. */
function speak(input) {
  const button = document.createElement('label');
  button.className = 'button button--quiet button--small';
  button.htmlFor = input.id;
  button.textContent = input.dataset.choose;
  button.setAttribute('aria-hidden', 'true');
  const names = document.createElement('span');
  names.className = 'file__names meta';
  names.setAttribute('aria-live', 'polite');
  const tell = () => { names.textContent = [...input.files].map((file) => file.name).join('、') || input.dataset.none; };
  input.addEventListener('change', () => {
    // Sent too large, the whole form would be turned away.
    const size = [...input.form.querySelectorAll('input[type=file]')]
      .flatMap((other) => [...other.files]).reduce((sum, file) => sum + file.size, 0);
    const large = size > Number(input.dataset.limit || Infinity) * 0.95;
    if (large) input.value = '';
    tell();
    if (large) names.textContent = input.dataset.large;
    names.classList.toggle('file__names--wrong', large);
  });
  tell();
  input.classList.add('file__input');
  input.after(button, names);
}

// ---- conditional fields

function judge(form) {
  // Only shown questions have answers: to the conditions after it, a hidden one is unanswered.
  const hidden = new Set();
  for (const part of form.querySelectorAll('[data-hide]')) {
    const off = evaluate(JSON.parse(part.dataset.hide), (name) => answer(form, part, name, hidden)) === true;
    part.toggleAttribute('data-off', off);
    part.hidden = off;
    if (off) for (const input of part.querySelectorAll('[name]')) hidden.add(input.name);
  }
}

function answer(form, part, name, hidden) {
  // A row's conditions see the row's own answers first.
  const row = part.closest('.row-card')?.querySelector('input[type=hidden]');
  const names = row ? [`${row.name}.${row.value}.${name}`, name] : [name];
  for (const full of names) {
    const inputs = [...form.querySelectorAll(`[name="${CSS.escape(full)}"]`)];
    if (inputs.length) return hidden.has(full) ? null : read(inputs);
  }
  return null;
}

function read(inputs) {
  const [first] = inputs;
  if (first.type === 'radio') return inputs.find((input) => input.checked)?.value ?? null;
  if (first.type === 'checkbox' && inputs.length === 1 && first.value === 'true') return first.checked;
  if (first.type === 'checkbox') {
    const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
    return chosen.length ? chosen : null;
  }
  const text = first.value.trim();
  if (!text) return null;
  const plain = text.normalize('NFKC');
  return first.inputMode && /^[+-]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : text;
}

// ---- rows

function growOrShrink(form, event) {
  const button = event.target.closest('button[name=_add], button[name=_remove]');
  if (!button) return;
  event.preventDefault();
  if (button.name === '_add') add(button);
  else remove(button);
  form.dispatchEvent(new Event('change'));
}

function add(button) {
  const list = button.closest('[data-rows]');
  const numbers = [...list.querySelectorAll(`input[type=hidden][name="${CSS.escape(list.dataset.rows)}"]`)];
  const next = Math.max(-1, ...numbers.map((input) => Number(input.value))) + 1;
  const row = list.querySelector('template').content.cloneNode(true);
  for (const element of row.querySelectorAll('*')) {
    for (const attribute of [...element.attributes]) {
      if (attribute.value.includes('__n__')) element.setAttribute(attribute.name, attribute.value.replaceAll('__n__', next));
    }
  }
  button.closest('.rows__add').before(row);
  number(list);
  list.querySelectorAll(':scope > .row-card').item(numbers.length)?.querySelector('input:not([type=hidden]), select, textarea')?.focus();
}

function remove(button) {
  const list = button.closest('[data-rows]');
  button.closest('.row-card').remove();
  number(list);
  list.focus();
}

function number(list) {
  const rows = [...list.querySelectorAll(':scope > .row-card')];
  const name = list.querySelector(':scope > legend').firstChild.textContent.trim();
  rows.forEach((row, place) => { row.querySelector(':scope > legend').textContent = `${name} ${place + 1}`; });
}

// ---- draft

function keepDraft(form) {
  let timer = null;
  const saved = form.querySelector('[data-saved]');
  const save = async () => {
    timer = null;
    const data = new FormData(form);
    // Files are sent once, with the form itself.
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    try {
      const answer = await fetch(form.dataset.draft, {
        method: 'POST', body: data, keepalive: true, redirect: 'error', headers: { 'X-Requested-With': 'fetch' },
      });
      if (answer.ok && saved) saved.textContent = saved.dataset.words;
    } catch {
      // Without a connection the form itself still holds everything.
    }
  };
  const later = () => {
    if (saved) saved.textContent = '';
    clearTimeout(timer);
    timer = setTimeout(save, QUIET_MS);
  };
  form.addEventListener('input', later);
  form.addEventListener('change', later);
  form.addEventListener('submit', () => clearTimeout(timer));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' && timer !== null) { clearTimeout(timer); save(); }
  });
}

// ---- the paper beside the form

/** Show the paper that the step drafts, as it would look, whenever the typing rests. */
function showPaper(form) {
  const place = document.querySelector('[data-paper-place]');
  let timer = null;
  let asked = 0;
  const show = async () => {
    const mine = asked += 1;
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    try {
      const answer = await fetch(form.dataset.paper, {
        method: 'POST', body: data, redirect: 'error', headers: { 'X-Requested-With': 'fetch' },
      });
      const html = await answer.text();
      // A later question has a later answer.
      if (answer.ok && mine === asked) place.innerHTML = html;
    } catch {
      // Without a connection the paper stays as it was; the button shows it.
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAPER_MS);
  };
  form.addEventListener('input', later);
  form.addEventListener('change', later);
  form.addEventListener('submit', () => clearTimeout(timer));
  if (!place.querySelector('.beside')) later();
}
