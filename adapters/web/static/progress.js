import { h } from './dom.js';
import { t } from './state.js';

const TICK = 1000;

/** How far along, from 0 to 0.99: close to linear until the usual time, then ever slower, never quite done. */
export function share(elapsed, usual) {
  const s = elapsed / usual;
  return (0.99 * s) / (1 + s ** 4) ** 0.25;
}

/** A thin bar that goes on by itself between events: one step a second, and CSS glides from step to step. */
export class Progress {
  #timer = null;
  #reached = 0;

  constructor() {
    this.node = h('div', { className: 'progress', role: 'progressbar', ariaLabel: t('progress'), ariaValueMin: '0',
      ariaValueMax: '100', hidden: true }, h('span'));
  }

  /** @param {{elapsed: number, usual: number} | null} progress as of now, or null when nothing is under way */
  set(progress) {
    clearInterval(this.#timer);
    this.node.hidden = !progress;
    if (!progress) {
      this.#reached = 0;
      return;
    }
    const began = performance.now() / 1000 - progress.elapsed;
    const step = () => this.#show(share(performance.now() / 1000 - began, progress.usual));
    this.#timer = setInterval(step, TICK);
    step();
  }

  #show(value) {
    // A later event may know better how long it takes; the bar waits then rather than going back.
    this.#reached = Math.max(this.#reached, value);
    this.node.firstElementChild.style.transform = `scaleX(${this.#reached})`;
    // In tens: screen readers speak or beep at every change.
    this.node.ariaValueNow = String(Math.floor(this.#reached * 10) * 10);
  }
}
