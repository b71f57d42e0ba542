import { t } from './state.js';

const known = window.Notification;
/** Phones support notifications only by a push service of another host. */
const desktop = matchMedia('(hover: hover)').matches;

/** Whether permission can be requested; it is requested only after a tap. */
export const askable = () => desktop && known?.permission === 'default';
export const allowed = () => desktop && known?.permission === 'granted';
export const ask = () => known.requestPermission();

/** Notify that a clip is ready, if the page is not visible. */
export function notify(id, sentence) {
  if (!document.hidden || !allowed()) return;
  new known(t('title'), { body: sentence, icon: '/static/touch.png', tag: id }).onclick = () => focus();
}
