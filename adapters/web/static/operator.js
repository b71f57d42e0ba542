// “Now” stays as it is now: it is fetched again while somebody looks at it and uses nothing of it.

/** Milliseconds between two looks. */
const EVERY = 15_000;

/** Whether something in it has the focus, or is typed. */
const inUse = (main) => main.contains(document.activeElement)
  || [...main.querySelectorAll('.field')].some((field) => field.value);

async function refresh() {
  const main = document.querySelector('main');
  if (document.hidden || inUse(main)) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (!inUse(main)) main.replaceWith(page.querySelector('main'));
}

setInterval(refresh, EVERY);
document.addEventListener('visibilitychange', refresh);
