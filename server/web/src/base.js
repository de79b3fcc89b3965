import htmx from 'htmx.org';

import { enhance } from './form.js';
import { keepUnread } from './unread.js';

import './base.css';
import './paper.css';

// The content security policy allows neither eval nor the style element that htmx would add.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
// A lost race is answered with the list and who was quicker: it is shown like any other answer.
htmx.config.responseHandling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '4(04|09)', swap: true },
  { code: '[45]..', swap: false, error: true },
];

document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = document.querySelector('meta[name=csrf-token]')?.content ?? '';
});

document.addEventListener('htmx:afterSettle', (event) => {
  // The pressed button is gone with the old page: the keyboard goes on at the new one's beginning.
  if (event.detail.target?.id === 'main') document.getElementById('main').focus({ preventScroll: true });
  // Screen readers hear how many rows there are, and what became of an act.
  const count = document.querySelector('[data-count]')?.dataset.count;
  const notice = document.querySelector('#main > .notice')?.textContent.trim();
  document.getElementById('live').textContent = [notice, count].filter(Boolean).join(' ');
});

// A page that comes back with errors puts the reader at their summary.
document.getElementById('errors')?.focus();

for (const form of document.querySelectorAll('[data-form]')) enhance(form);

for (const badge of document.querySelectorAll('[data-unread]')) keepUnread(badge);

// What cannot be undone asks first; without script the act is done at once.
document.addEventListener('submit', (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) return event.preventDefault();
  // A long upload says so on its button, and to screen readers.
  const busy = event.target.dataset.busy;
  if (busy) document.getElementById('live').textContent = event.submitter.textContent = busy;
});
