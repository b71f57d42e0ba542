import { announce, byId } from './dom.js';
import { t } from './state.js';
import { Turn } from './turn.js';

/** How near to the end, in pixels, counts as being there. */
const NEAR = 80;

/** All turns, oldest first. Everything comes from job events, so that all tabs show the same. */
export class Conversation {
  /** @type {Map<string, Turn>} */
  #turns = new Map();
  /** @type {Turn[]} */
  #order = [];
  #live = false;
  #atEnd = true;
  #position = 0;
  #height = 0;
  #node = byId('conversation');

  /** @param {import('./composer.js').Composer} composer */
  constructor(composer) {
    this.composer = composer;
    addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(document.body);
  }

  get empty() {
    return !this.#order.length;
  }

  /** What comes from now on is news: it moves in, and is said aloud. */
  live() {
    this.#live = true;
  }

  /** @param {import('./turn.js').Job} job */
  put(job) {
    const turn = this.#turns.get(job.id);
    const before = turn?.job;
    if (turn) turn.set(job);
    else this.#insert(new Turn(job, this.composer));
    if (!this.#live || (before?.state === job.state && before.outcome === job.outcome)) return;
    announce(job.outcome === 'clip' ? t('clip_ready', { words: job.prompt }) : job.text);
  }

  toEnd(behavior) {
    this.#atEnd = true;
    scrollTo({ top: document.documentElement.scrollHeight, behavior });
  }

  #insert(turn) {
    const { id, at } = turn.job;
    const place = 1 + this.#order.findLastIndex(({ job }) => job.at < at || (job.at === at && job.id < id));
    this.#node.insertBefore(turn.node, this.#order[place]?.node ?? null);
    this.#order.splice(place, 0, turn);
    this.#turns.set(id, turn);
    turn.node.classList.toggle('new', this.#live);
  }

  #scrolled() {
    const { scrollHeight } = document.documentElement;
    // Only a person who goes up leaves: the page itself moves too when it grows or shrinks.
    if (scrollHeight - innerHeight - scrollY < NEAR) this.#atEnd = true;
    else if (scrollY < this.#position && scrollHeight === this.#height) this.#atEnd = false;
    this.#position = scrollY;
  }

  #resized() {
    this.#height = document.documentElement.scrollHeight;
    if (this.#atEnd && this.#order.length) this.toEnd('instant');
  }
}
