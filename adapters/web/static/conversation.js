import { announce, byId } from './dom.js';
import { allowed, notify } from './notify.js';
import { say } from './post.js';
import { Question } from './question.js';
import { Saying } from './saying.js';
import { t } from './state.js';
import { Turn } from './turn.js';

/** Pixels from the end that count as the end. */
const NEAR = 80;

const news = ({ outcome, prompt, text }) => (outcome === 'clip' ? t('clip_ready', { words: prompt }) : text);

/**
 * `Turn`s, `Question`s and `Saying`s, oldest first. Jobs and questions come from events, alike in all tabs; replies to
 * commands are per tab.
 */
export class Conversation {
  #items = new Map();
  #order = [];
  #live = false;
  #atEnd = true;
  #position = 0;
  #height = 0;
  #sayings = 0;
  /** Jobs received by the current stream */
  #told = new Set();
  #node = byId('conversation');

  /** `onChange`: called after an item was added or removed. */
  constructor(onChange) {
    this.onChange = onChange;
    addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(document.body);
  }

  get empty() {
    return this.#order.every(({ id }) => id[0] === '~');
  }

  /** Whether a notification is needed, as the page is not visible. */
  get waited() {
    return allowed() && this.#order.some(({ job }) => job && job.state !== 'done');
  }

  /** The question that a text answers: the latest. A command's is over when something follows. */
  get question() {
    const last = this.#order.at(-1);
    return this.#order.map((item) => item.deletion ?? item)
      .filter((item) => item.open && (item === last || !(item instanceof Saying)))
      .sort((a, b) => a.asked - b.asked).at(-1);
  }

  begin() {
    this.#told.clear();
    this.#order.forEach((item) => item.reached?.());
  }

  /**
   * Further events are news: animated and announced. If the stream sent the `whole`, jobs that it did not send are
   * removed.
   */
  live(whole) {
    this.#live = true;
    const gone = (item) => whole && item.job && !this.#told.has(item.id);
    this.#order.filter(gone).forEach((item) => this.#remove(item));
    this.onChange();
  }

  put(job) {
    this.#told.add(job.id);
    const item = this.#items.get(job.id);
    const before = item?.job;
    if (before) item.set(job);
    else {
      if (item) this.#remove(item);
      this.#insert(new Turn(job, this));
    }
    if (!this.#live || (before?.state === job.state && before.outcome === job.outcome)) return;
    if (!before || news(before) !== news(job)) announce(news(job));
    if (job.state === 'done') notify(job.id, news(job));
  }

  /** All parked orders; others that became no job are over. */
  wait(orders) {
    orders.forEach((order) => this.ask(order, false));
    const over = ({ id, open }) => open && !orders.some((order) => order.id === id);
    this.#order.filter(over).forEach((item) => item.close(t('order_lapsed')));
  }

  ask(order, news = true) {
    const item = this.#items.get(order.id);
    if (item instanceof Question) item.set(order);
    else if (!item) this.#insert(new Question(order, this));
    if (!news) return;
    announce(order.text);
    this.toEnd();
  }

  /** Append the reply to a command. */
  say(words, answer) {
    const saying = new Saying(words, answer, (command) => this.command(command));
    saying.id = `~${String(this.#sayings += 1).padStart(6, '0')}`;
    saying.at = this.#order.at(-1)?.at ?? 0;
    this.#insert(saying);
    // A job that it changed says so itself.
    this.#showFrom(saying.node, answer.view ? '' : answer.jobs ? t('history') : answer.text);
  }

  /** Scroll to the beginning of a reply, which may be long. */
  #showFrom(node, text) {
    if (text) announce(text);
    this.#atEnd = false;
    node.scrollIntoView();
  }

  /** Send a button's command. */
  async command(text) {
    this.take('', await say([['text', text]]));
  }

  /** Show a reply in its place. */
  take(words, answer) {
    if (answer.forgotten) {
      this.clear();
      document.dispatchEvent(new Event('stale')); // a new stream does not tell of it once more
    }
    if (answer.deleted) this.drop(answer.deleted);
    if (answer.view && !this.#items.get(answer.view.id)?.job) this.put(answer.view); // events may be ahead
    const asked = this.#items.get(answer.answered?.split(' ')[1]);
    asked?.deletion?.ask(false);
    if (answer.job) this.toEnd();
    else if (answer.question) this.ask(answer.question);
    else if (answer.film) {
      this.put(answer.film);
      this.#showFrom(this.#items.get(answer.film.id).film, answer.text);
    }
    else if (asked?.tell) {
      asked.tell(answer);
      announce(answer.text);
    } else this.say(words, answer);
    // The focus was lost with the removed element.
    if (document.activeElement.matches('body, [hidden] *')) this.#focus(-1);
    if (answer.ask) this.#invite(answer.ask);
  }

  /** The answer is a text: the composer takes the clip that the question is about. */
  #invite(ask) {
    const [name, id] = ask.split(' ');
    const { job } = this.#items.get(id) ?? {};
    if (job) this.composer.rework(job, name === '/continue');
  }

  drop(id) {
    const item = this.#items.get(id);
    if (item) this.#remove(item);
    this.#node.querySelectorAll(`[data-job~="${id}"]`).forEach((row) => row.remove());
    this.onChange();
  }

  clear() {
    this.#order = [];
    this.#items.clear();
    this.#node.replaceChildren();
    this.onChange();
  }

  toEnd(behavior) {
    this.#atEnd = true;
    scrollTo({ top: document.documentElement.scrollHeight, behavior });
  }

  #insert(item) {
    const { id, at } = item;
    const place = 1 + this.#order.findLastIndex((other) => other.at < at || (other.at === at && other.id < id));
    this.#node.insertBefore(item.node, this.#order[place]?.node ?? null);
    this.#order.splice(place, 0, item);
    this.#items.set(id, item);
    item.node.classList.toggle('new', this.#live);
    this.onChange();
  }

  #remove(item) {
    const focused = item.node.contains(document.activeElement);
    item.node.remove();
    this.#items.delete(item.id);
    const place = this.#order.indexOf(item);
    this.#order.splice(place, 1);
    if (focused) this.#focus(place - 1);
  }

  #focus(place) {
    this.#order.at(place)?.answer.focus({ preventScroll: true });
  }

  #scrolled() {
    const { scrollHeight } = document.documentElement;
    // Only scrolling up by the person leaves the end: the page also moves when it grows or shrinks.
    if (scrollHeight - innerHeight - scrollY < NEAR) this.#atEnd = true;
    else if (scrollY < this.#position && scrollHeight === this.#height) this.#atEnd = false;
    this.#position = scrollY;
  }

  #resized() {
    this.#height = document.documentElement.scrollHeight;
    if (this.#atEnd && this.#order.length) this.toEnd('instant');
  }
}
