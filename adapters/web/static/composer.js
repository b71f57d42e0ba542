import { byId, setText } from './dom.js';
import { Options } from './options.js';
import { Photos } from './photos.js';
import { say } from './post.js';
import { state, t } from './state.js';

const KEPT = 'draft';
/** On touch keyboards Enter makes a new line; the button sends. */
const touch = matchMedia('(hover: none) and (pointer: coarse)');

/** The composer of a message: photos, text, options. */
export class Composer {
  /** The job that the message continues, or null for a new photo. */
  #rework = null;
  #busy = false;
  /** The draft that a rework interrupted. */
  #draft = null;

  #form = byId('composer');
  #words = byId('words');
  #notice = byId('notice');
  #send = byId('send');
  #options = new Options();
  photos = new Photos(() => this.#changed(), (text) => this.#tell(text));

  constructor(conversation) {
    this.conversation = conversation;
    this.#words.maxLength = state.limits.prompt * 2; // room for the options; the server counts what is left
    this.#words.addEventListener('input', () => this.#changed());
    this.#words.addEventListener('keydown', (event) => this.#key(event));
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.send();
    });
    this.#picker(byId('pick'), (file) => this.#put('start', file));
    this.#picker(byId('pick-end'), (file) => this.#put(this.photos.start ? 'end' : 'start', file));
    byId('rework').querySelector('button').onclick = () => this.#leaveRework();
    byId('moves').onclick = ({ target }) => target.matches('button') && this.#add(target.textContent);
    addEventListener('pagehide', () => sessionStorage.setItem(KEPT, this.#draft?.words || this.#words.value));
    this.#words.value = sessionStorage.getItem(KEPT) ?? '';
    this.#changed();
  }

  /** Dropped or pasted photos: the first is the start picture, the second the end picture. */
  add(files) {
    for (const file of [...files].slice(0, 2)) {
      const second = this.photos.start && !this.#rework;
      this.#put(second ? 'end' : 'start', file);
    }
  }

  send() {
    const missing = this.#missing();
    if (missing) {
      this.#tell(missing);
      this.#focus();
      return;
    }
    const words = this.#words.value.trim();
    const command = words.startsWith('/') && !this.#rework ? words : '';
    // A command or an answer keeps the rest of the draft.
    this.post(this.#fields(!command || command.startsWith('/animate')), command,
      ({ job, answered }) => (answered || (command && !job) ? this.#write('') : this.#clear()));
  }

  /**
   * Refusals of a draft are displayed beside it, all other replies in the conversation, after the `command` as typed.
   * `fields` may be a promise; `taken`: called on success.
   */
  async post(fields, command = '', taken = () => {}) {
    if (this.#blocked()) return;
    this.#setBusy(true);
    const answer = await say(await fields, (share) => this.#send.style.setProperty('--sent', share));
    this.#setBusy(false);
    if (answer.job || answer.question || answer.answered || (command && !answer.lost)) {
      taken(answer);
      this.conversation.take(command, answer);
    } else this.#tell(answer.text, answer.fine);
  }

  /** The command of the question that a text without a photo may answer. */
  get #asked() {
    return (!this.photos.start && this.conversation.question?.command) || '';
  }

  #missing() {
    const words = this.#words.value.trim();
    if (words.startsWith('/')) return '';
    if (!this.photos.start) return words && this.#asked ? '' : t('need_photo');
    if (this.#options.conflict) return this.#options.conflict;
    // An unchanged rework is the purpose of Again.
    return words ? '' : t('need_words');
  }

  /** The fields to send: the whole draft, or only its text. */
  async #fields(whole) {
    const words = this.#words.value.trim();
    const text = this.#rework ? `${this.#rework.command} ${words}` : words;
    const said = [['asked', this.#asked], ['text', text], ...this.#options.fields(this.#rework)];
    return whole ? [...said, ...await this.photos.fields()] : said;
  }

  #write(words) {
    this.#words.value = words;
    this.#changed();
  }

  #blocked() {
    if (this.#busy) this.#tell(t('one_by_one'));
    return this.#busy;
  }

  #put(side, file) {
    if (this.#blocked()) return;
    if (file.size > state.limits.bytes) {
      this.#tell(t('too_heavy', { mb: Math.floor(state.limits.bytes / 2 ** 20) }));
      return;
    }
    if (side === 'end') this.#options.makeRoomForEnd();
    if (this.#rework) this.#leaveRework();
    this.photos.set(side, file);
    this.#focus();
  }

  /** Another text for a job's photo, or, to go `on`, for the last frame of its clip. */
  rework({ id, prompt, photo, end, picked }, on) {
    if (this.#blocked()) return;
    const draft = this.#draft ?? {
      words: this.#words.value,
      picked: this.#options.picked,
      photos: this.photos.take(),
    };
    this.#draft = null;
    this.#clear();
    this.#draft = draft;
    this.#rework = on ? { command: `/continue ${id}`, words: '' } : { command: `/again ${id}`, words: prompt, end };
    byId('rework').hidden = false;
    setText(byId('rework').firstElementChild, t(on ? 'continue_of' : 'new_words_for', { words: prompt }));
    this.#words.value = this.#rework.words;
    this.#options.reset({ ...picked });
    this.photos.borrow(on ? `/frame/${id}` : photo.src);
    this.#focus();
    this.#words.select();
  }

  /** Remove text that was filled in with the photo; typed text stays, if there is no draft. */
  #leaveRework() {
    if (this.#blocked()) return;
    const words = this.#words.value === this.#rework.words ? '' : this.#words.value;
    this.#clear();
    this.#words.value ||= words;
    this.#changed();
    this.#focus();
  }

  /** Clear the composer, or restore the draft before a rework. */
  #clear() {
    const { words = '', picked, photos } = this.#draft ?? {};
    this.#draft = this.#rework = null;
    byId('rework').hidden = true;
    this.#words.value = words;
    this.#options.reset(picked);
    this.#options.open(false);
    this.photos.clear(photos);
  }

  /** Insert a chip's words before the options at the end of the text. */
  #add(words) {
    const said = this.#words.value;
    const [end] = said.match(/(\s*(--|—|–)\w.*)?$/s);
    const before = said.slice(0, said.length - end.length).replace(/[\s,]+$/, '');
    if (!before.includes(words)) this.#write(`${before}${before && ', '}${words}${end}`);
    this.#focus();
  }

  #changed() {
    byId('moves').hidden = !this.photos.start;
    this.#options.read(this.#words.value);
    this.#options.look({ end: Boolean(this.photos.end || this.#rework?.end), endAllowed: !this.#rework });
    this.#tell(this.#options.conflict);
    // field-sizing: content is not supported everywhere yet.
    this.#words.style.height = 'auto';
    this.#words.style.height = `${this.#words.scrollHeight}px`;
  }

  /** Focus without scrolling, as the composer is always visible. */
  #focus() {
    this.#words.focus({ preventScroll: true });
  }

  #key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || touch.matches) return;
    event.preventDefault();
    this.send();
  }

  #picker(input, use) {
    input.addEventListener('change', () => {
      const [file] = input.files;
      input.value = ''; // or picking the same file again would be no change
      if (file) use(file);
    });
  }

  #tell(text, fine = false) {
    this.#notice.role = fine ? 'status' : 'alert';
    setText(this.#notice, text);
  }

  #setBusy(busy) {
    this.#busy = busy;
    this.#form.ariaBusy = String(busy);
    this.#words.readOnly = busy;
    this.#send.style.setProperty('--sent', 0);
    if (busy) this.#tell('');
  }
}
