import { Deletion } from './deletion.js';
import { byId, setText } from './dom.js';
import { say } from './post.js';
import { state, t } from './state.js';

const list = byId('clips');
/** The opened clip. */
let shown;

const deletion = new Deletion(async () => {
  const answer = await say([['text', `/delete ${shown.id} yes`]]);
  setText(byId('told'), answer.text);
  if (answer.deleted) shown.remove();
});

list.addEventListener('toggle', ({ target, newState }) => {
  const video = target.querySelector('video');
  if (newState !== 'open') video.pause();
  else {
    shown = target.parentNode;
    target.append(deletion.button, deletion.question);
    video.play().catch(() => {});
  }
}, true);

list.addEventListener('click', async ({ target }) => {
  const star = target.closest('.star');
  if (!star) return;
  const on = star.ariaPressed !== 'true';
  star.ariaPressed = String(on);
  const taken = await fetch(`/clips/${star.parentNode.id}/favourite`, {
    method: 'POST', headers: { 'X-Photoplay': state.csrf }, body: new URLSearchParams({ on: Number(on) }),
  }).then(({ ok }) => ok, () => false);
  setText(byId('told'), taken ? '' : t('not_marked'));
  if (!taken) star.ariaPressed = String(!on);
});

/** Append the next page; on failure, navigate to it. */
addEventListener('click', async (event) => {
  const more = event.target.closest('#more');
  if (!more) return;
  event.preventDefault();
  const text = await fetch(more.href).then((answer) => answer.text(), () => '');
  const page = new DOMParser().parseFromString(text, 'text/html');
  const items = page.querySelectorAll('#clips > li');
  if (!items.length) location = more.href;
  list.append(...items);
  more.replaceWith(page.getElementById('more') ?? '');
  items[0]?.querySelector('button').focus({ preventScroll: true });
});

byId('only').onchange = ({ target }) => target.form.requestSubmit();
