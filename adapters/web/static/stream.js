/** Milliseconds: how long a break is not worth a word, how long an unseen page keeps its line, the pauses. */
const PATIENCE = 2500;
const UNSEEN = 10_000;
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 30_000;

/**
 * The server's events. The browser itself resumes a broken stream with the last id; what it gives up on (an error
 * page of a proxy, a sleep) is opened anew, and then everything comes again, which does no harm.
 */
export class Stream {
  #source = null;
  #pause = FIRST_PAUSE;
  #comeback = null;
  #doubt = null;
  #leaving = null;

  /**
   * @param {object} on
   * @param {(job: import('./turn.js').Job) => void} on.job
   * @param {(allowance: {text: string}) => void} on.allowance
   * @param {() => void} on.ready the backlog is through
   * @param {(online: boolean) => void} on.online
   * @param {() => boolean} on.idle whether nothing is under way, so that an unseen page needs no events
   */
  constructor(on) {
    this.on = on;
    addEventListener('online', () => this.restart());
    addEventListener('offline', () => on.online(false));
    addEventListener('pageshow', (event) => event.persisted && this.restart());
    document.addEventListener('visibilitychange', () => this.#seen(!document.hidden));
    this.restart();
  }

  restart() {
    this.#stop();
    const source = this.#source = new EventSource('/events');
    source.addEventListener('open', () => this.#opened());
    source.addEventListener('error', () => this.#broken());
    source.addEventListener('ready', () => this.on.ready());
    for (const name of ['job', 'allowance']) {
      source.addEventListener(name, (event) => this.on[name](JSON.parse(event.data)));
    }
  }

  #stop() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#comeback);
  }

  #opened() {
    clearTimeout(this.#doubt);
    this.#doubt = null;
    this.#pause = FIRST_PAUSE;
    this.on.online(true);
  }

  #broken() {
    this.#doubt ??= setTimeout(() => this.on.online(false), PATIENCE);
    if (this.#source.readyState !== EventSource.CLOSED) return;
    this.#comeback = setTimeout(() => this.restart(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  /** A browser has six lines to one server for all tabs together: pages that nobody sees give theirs back. */
  #seen(visible) {
    clearTimeout(this.#leaving);
    if (visible && !this.#source) this.restart();
    if (!visible) this.#leaving = setTimeout(() => this.on.idle() && this.#stop(), UNSEEN);
  }
}
