import { h, picture } from './dom.js';
import { setSource } from './source.js';
import { t } from './state.js';

/** A person's message: photos above text. */
export class Bubble {
  #images = [];

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

/** The bot's reply; `is`: its kind. */
export function answerTo(words, is, ...children) {
  const node = h('article', { className: 'answer', ariaLabel: t('answer', { words }), tabIndex: -1 }, ...children);
  node.dataset.is = is;
  return node;
}
