import htmx from 'htmx.org';

import './base.css';

// The content security policy allows neither eval nor the style element that htmx would add.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;

document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = document.querySelector('meta[name=csrf-token]')?.content ?? '';
});

// Screen readers hear how many rows there are after a swap.
document.addEventListener('htmx:afterSwap', (event) => {
  const count = event.target.querySelector?.('[data-count]')?.dataset.count;
  if (count !== undefined) document.getElementById('live').textContent = count;
});

// A page that comes back with errors puts the reader at their summary.
document.getElementById('errors')?.focus();

// What cannot be undone asks first; without script the server's own page asks.
document.addEventListener('submit', (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
