import { answerTo, Bubble } from './bubble.js';
import { Clip } from './clip.js';
import { Deletion } from './deletion.js';
import { announce, button, h, icon, link, picture, setText } from './dom.js';
import { ask, askable } from './notify.js';
import { say } from './post.js';
import { Saying } from './saying.js';
import { setSource } from './source.js';
import { t } from './state.js';

/** A message and its reply (`JobJson.job`). Built once; later events update only what changed. */
export class Turn {
  #progress = new Progress();
  #clip = null;
  /** Show the reply to a command. */
  #told = '';

  #status = h('p', { className: 'status' });
  #facts = h('p', { className: 'facts' });
  #note = h('p', { className: 'note' });
  #image = picture();

  constructor(job, conversation) {
    this.id = job.id;
    this.at = job.at;
    this.job = job;
    this.conversation = conversation;
    const { composer } = conversation;
    this.bubble = new Bubble(job);
    this.stage = h('div', { className: 'stage' }, this.#image, this.#progress.node);
    this.stage.style.setProperty('--ratio', job.photo.width / job.photo.height);
    this.buttons = {
      cancel: this.#button('close', 'cancel', () => this.#command('cancel')),
      notify: this.#button('loud', 'notify', () => ask().then(() => this.set(this.job))),
      download: link(t('download')),
      again: this.#button('again', 'again', () => this.#command('again')),
      words: this.#button('words', 'new_words', () => composer.rework(this.job)),
      other: this.#button('tune', 'model', () => this.#command('with')),
      goOn: this.#button('next', 'go_on', () => composer.rework(this.job, true)),
      join: this.#button('join', 'join', () => this.#command('join')),
    };
    this.deletion = new Deletion(() => this.#command('delete', ' yes'));
    this.deletion.command = `/delete ${this.id} yes`;
    this.answer = answerTo(job.prompt, 'busy', this.stage, this.#status, this.#facts, this.#note,
      h('div', { className: 'actions' }, ...Object.values(this.buttons)), this.deletion.question);
    this.bubble.node.append(this.deletion.button);
    this.node = h('div', { className: 'turn' }, this.bubble.node, this.answer);
    this.set(job);
  }

  set(job) {
    // It stays until the next change.
    if (job.text !== this.job.text || job.state !== this.job.state) this.#told = '';
    this.job = job;
    const clip = job.outcome === 'clip' ? job.clip : null;
    const over = job.state === 'done';
    const failed = over && !clip;
    this.answer.dataset.is = clip ? 'clip' : failed ? 'failed' : 'busy';
    this.bubble.set(job);
    setSource(this.#image, job.photo.src);
    if (clip) this.#showClip(clip);
    this.#progress.set(over ? null : job.progress);
    this.#showStatus();
    // After a failure the sentence includes the refund.
    setText(this.#facts, [...job.options, ...(failed ? [] : [job.price])].join(' · '));
    setText(this.#note, clip ? job.note : '');

    const { cancel, notify, download, again, words, other, goOn, join } = this.buttons;
    // The focus would be lost with a removed button; its reply gets it.
    const focused = document.activeElement;
    cancel.hidden = !job.cancel;
    notify.hidden = over || !askable();
    download.hidden = goOn.hidden = !clip;
    again.hidden = words.hidden = this.deletion.button.hidden = !over;
    join.hidden = !job.joins;
    other.hidden = !over || !job.others;
    if (clip) Object.assign(download, clip.save);
    if (job.film && !this.film?.isConnected) {
      this.film = new Saying('', job.film).answer;
      this.film.dataset.job = job.film.of;
      this.node.append(this.film);
    }
    if (focused.hidden && this.answer.contains(focused)) this.answer.focus({ preventScroll: true });
  }

  /** The server is reachable again. */
  reached() {
    if (this.#told === t('unreached')) this.#told = '';
    this.#showStatus();
  }

  #showClip(data) {
    if (this.#clip) {
      this.#clip.set(data);
      return;
    }
    this.#clip = new Clip(data, this.job.alt);
    this.stage.style.setProperty('--ratio', data.width / data.height);
    this.stage.append(this.#clip.node);
  }

  /** A clip needs no text. */
  #showStatus() {
    setText(this.#status, this.#told || (this.#clip ? '' : this.job.text));
  }

  #button(symbol, key, onclick) {
    return button([icon(symbol), h('span', {}, t(key))], onclick);
  }

  async #command(name, more = '') {
    this.#told = '';
    const { text, state } = this.job;
    const answer = await say([['text', `/${name} ${this.job.id}${more}`]]);
    if (answer.deleted) this.conversation.drop(answer.deleted);
    if (answer.question || answer.film || answer.buttons || (answer.job && name === 'again')) this.conversation.take('', answer);
    // The change that it made says more, and may be known already.
    else if (!answer.fine || (text === this.job.text && state === this.job.state)) {
      if (answer.view) this.conversation.put(answer.view);
      else this.#told = answer.text;
    }
    this.#showStatus();
    if (this.#told) announce(this.#told);
  }
}

const TICK = 1000;

/** Progress from 0 to 0.99: almost linear until the usual time, then ever slower, never complete. */
function share(elapsed, usual) {
  const s = elapsed / usual;
  return (0.99 * s) / (1 + s ** 4) ** 0.25;
}

/** A thin bar that advances between events: one step per second, animated by CSS. */
class Progress {
  #timer = null;
  #reached = 0;

  constructor() {
    this.node = h('div', { className: 'progress', role: 'progressbar', ariaLabel: t('progress'),
      hidden: true }, h('span'));
  }

  /** The current `progress`, or null if nothing is running. */
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
    // A later event may have a longer estimate; then the bar pauses instead of going back.
    this.#reached = Math.max(this.#reached, value);
    this.node.firstElementChild.style.transform = `scaleX(${this.#reached})`;
    // In steps of ten, as screen readers announce every change.
    this.node.ariaValueNow = String(Math.floor(this.#reached * 10) * 10);
  }
}
