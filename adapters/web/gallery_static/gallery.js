const calm = matchMedia('(prefers-reduced-motion: reduce)');
const notice = document.querySelector('.notice');

/* One clip plays at a time, over its picture. */

let now = null;
let soon = 0;

function stop() {
  clearTimeout(soon);
  if (!now) return;
  now.video.removeAttribute('src'); // nothing more of it is loaded
  now.video.load();
  now.video.remove();
  now = null;
}

function play(stage) {
  if (now?.stage === stage) return;
  stop();
  const video = document.createElement('video');
  Object.assign(video, { muted: true, loop: true, playsInline: true, src: stage.dataset.clip });
  video.setAttribute('aria-hidden', 'true');
  video.addEventListener('playing', () => video.classList.add('on'), { once: true });
  stage.append(video);
  now = { stage, video };
  video.play().catch(() => { if (now?.video === video) stop(); });
}

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (!isIntersecting && now?.stage === target) stop();
});

for (const stage of document.querySelectorAll('[data-clip]')) {
  const mayStart = () => !calm.matches && !stage.classList.contains('covered');
  let kind = '';
  seen.observe(stage);
  stage.addEventListener('pointerenter', ({ pointerType }) => {
    clearTimeout(soon);
    // A pointer that only crosses the page starts nothing.
    if (pointerType === 'mouse' && mayStart()) soon = setTimeout(play, 120, stage);
  });
  stage.addEventListener('pointerleave', ({ pointerType }) => { if (pointerType === 'mouse') stop(); });
  stage.addEventListener('focus', () => { if (stage.matches(':focus-visible') && mayStart()) play(stage); });
  stage.addEventListener('blur', stop);
  stage.addEventListener('pointerdown', ({ pointerType }) => { kind = pointerType; });
  stage.addEventListener('click', (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const tap = event.detail && kind !== 'mouse' && now?.stage !== stage;
    if (!tap && !stage.classList.contains('covered')) return;
    event.preventDefault(); // a second tap opens its page
    stage.classList.remove('covered');
    play(stage);
  });
}

/* The clip on its own page */

const player = document.querySelector('.show video');
if (player) {
  const begin = () => {
    player.muted = true;
    player.play().catch(() => {}); // where nothing may play by itself, there are controls
  };
  const cover = player.closest('details');
  if (cover) cover.addEventListener('toggle', () => { player.focus(); begin(); }, { once: true });
  else if (!calm.matches) begin();
}

/* Hearts */

let quiet = 0;

function say(text) {
  notice.textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => { notice.textContent = ''; }, 6000);
}

async function like(button) {
  if (button.ariaBusy === 'true') return;
  button.ariaBusy = 'true';
  try {
    const on = button.getAttribute('aria-pressed') !== 'true';
    const answer = await fetch(button.dataset.heart, {
      method: on ? 'PUT' : 'DELETE',
      headers: { 'X-Photoplay': document.querySelector('meta[name=token]').content },
    });
    const { text, hearts, liked } = await answer.json();
    if (text) return say(text);
    button.setAttribute('aria-pressed', liked);
    button.querySelector('.count').textContent = hearts || '';
  } catch {
    say(notice.dataset.failed);
  } finally {
    button.ariaBusy = null;
  }
}

for (const button of document.querySelectorAll('[data-heart]')) {
  button.previousElementSibling?.matches('.likes') && button.previousElementSibling.remove();
  button.hidden = false;
  button.addEventListener('click', () => like(button));
}
