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
  #known = false;

  /**
   * `on`: what to do on each event, when the page goes `online` or not, and when it is `lost`: the server does not know us,
   * though it may have before.
   */
  constructor(on) {
    this.on = on;
    addEventListener('online', () => this.restart());
    addEventListener('pageshow', (event) => event.persisted && this.restart());
    document.addEventListener('visibilitychange', () => this.#seen(!document.hidden));
    this.#seen(!document.hidden);
  }

  restart() {
    this.#stop();
    if (document.hidden) return;
    const source = this.#source = new EventSource('/events');
    source.addEventListener('open', () => this.#opened());
    source.addEventListener('error', () => this.#broken());
    for (const name of ['job', 'waiting', 'forgotten', 'deleted', 'allowance', 'ready']) {
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
    this.#known = true;
    this.on.online(true);
  }

  async #broken() {
    this.#doubt ??= setTimeout(() => this.on.online(false), PATIENCE);
    if (this.#source.readyState !== EventSource.CLOSED) return;
    this.#comeback = setTimeout(() => this.restart(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    // EventSource does not tell why; this asks the same door.
    const answer = await fetch('/frame/0').catch(() => null);
    if (answer?.status !== 401) return;
    clearTimeout(this.#doubt);
    this.on.lost(this.#known);
  }

  /** A browser has six lines to one server for all tabs: unseen pages give theirs back. */
  #seen(visible) {
    clearTimeout(this.#leaving);
    if (visible && !this.#source) this.restart();
    const leave = () => {
      if (this.on.waited()) this.#leaving = setTimeout(leave, UNSEEN);
      else this.#stop();
    };
    if (!visible) this.#leaving = setTimeout(leave, UNSEEN);
  }
}
