import { h } from './dom.js';
import { setSource } from './source.js';
import { t } from './state.js';

/** @typedef {{src: string, width: number, height: number}} Photo */

/** What somebody said: photos over words. */
export class Bubble {
  #images = [];

  /** @param {{prompt: string, photo?: Photo, end?: Photo | null}} said */
  constructor({ prompt, photo, end }) {
    const words = { words: prompt };
    if (photo) this.#images.push(picture(t('photo_alt', words)));
    if (end) this.#images.push(picture(t('end_alt', words)));
    this.node = h('article', { className: 'message', ariaLabel: t('message', words) },
      ...(photo ? [h('div', {}, ...this.#images)] : []), h('p', { dir: 'auto' }, prompt));
    this.set({ photo, end });
  }

  /** Newer links to the same pictures. */
  set({ photo, end }) {
    [photo, end].filter(Boolean).forEach(({ src }, i) => setSource(this.#images[i], src));
  }
}

function picture(alt) {
  return h('img', { alt, width: 112, height: 112, loading: 'lazy', decoding: 'async' });
}
