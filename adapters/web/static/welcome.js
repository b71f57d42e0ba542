import { byId, h } from './dom.js';
import { state } from './state.js';

/** What someone sees who has sent nothing yet: a greeting and samples to try. */
export class Welcome {
  #node = byId('welcome');

  /** @param {(sample: {name: string, prompt: string}) => void} onSample */
  constructor(onSample) {
    byId('samples').append(...state.samples.map((sample) => h('li', {},
      h('button', { type: 'button', className: 'sample', onclick: () => onSample(sample) },
        h('img', { src: sample.src, alt: sample.alt, decoding: 'async' }),
        h('span', {}, sample.prompt)))));
  }

  show(wanted) {
    this.#node.hidden = !wanted;
  }
}
