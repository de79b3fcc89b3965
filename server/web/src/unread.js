// The number of unread notifications beside their entry in the menu, kept true while the page is looked at.
// Without script it is what it was when the page came.
const EVERY = 60_000;

export function keepUnread(badge) {
  let asked = Date.now();

  async function ask() {
    if (document.hidden || Date.now() - asked < EVERY) return;
    asked = Date.now();
    let answer;
    try {
      // Nobody signed in any more is answered with the way to the sign-in page: then nothing is asked again.
      answer = await fetch(badge.dataset.unread, { redirect: 'manual', headers: { Accept: 'application/json' } });
    } catch {
      return; // the network comes back
    }
    if (answer.type === 'opaqueredirect' || answer.status === 401) return clearInterval(timer);
    if (answer.ok) show(badge, (await answer.json()).unread);
  }

  const timer = setInterval(ask, EVERY);
  document.addEventListener('visibilitychange', ask);
}

function show(badge, unread) {
  if (badge.textContent === unread) return;
  const more = parseInt(unread || '0', 10) > parseInt(badge.textContent || '0', 10);
  badge.textContent = unread;
  badge.hidden = !unread;
  if (more) document.getElementById('live').textContent = `${badge.dataset.words} ${unread}`;
}
