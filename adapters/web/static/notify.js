import { t } from './state.js';

const known = window.Notification;
/** Phones hear of a page only by way of another host. */
const desktop = matchMedia('(hover: hover)').matches;

/** Whether there is something to ask; it is asked only after a tap. */
export const askable = () => desktop && known?.permission === 'default';
export const allowed = () => desktop && known?.permission === 'granted';
export const ask = () => known.requestPermission();

/** Say that a clip is ready, if nobody looks at the page. */
export function notify(id, sentence) {
  if (!document.hidden || !allowed()) return;
  new known(t('title'), { body: sentence, icon: '/static/touch.png', tag: id }).onclick = () => focus();
}
