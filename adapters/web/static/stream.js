/** Milliseconds: an unreported interruption, the connection of an invisible page, pauses between attempts. */
const PATIENCE = 2500;
const UNSEEN = 10_000;
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 30_000;

/**
 * The server's events. The browser resumes an interrupted stream with the last id; after a failure that it does not
 * retry (a proxy's error page, a sleep) the stream is reopened, and all events are repeated, which is harmless.
 */
export class Stream {
  #source = null;
  #pause = FIRST_PAUSE;
  #comeback = null;
  #doubt = null;
  #leaving = null;
  #known = false;

  /**
   * `on`: callbacks for events, `online` changes, and `lost`: the server does not (or no longer) know the person.
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
    if (document.hidden && !this.on.waited()) return;
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
    // EventSource does not expose the status; this request has the same one.
    const answer = await fetch('/frame/0').catch(() => null);
    if (answer?.status !== 401) return;
    clearTimeout(this.#doubt);
    this.on.lost(this.#known);
  }

  /** A browser has six connections per server for all tabs: invisible pages close theirs. */
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
