import { answerTo, Bubble } from './bubble.js';
import { button, h, iconButton, setText } from './dom.js';
import { t } from './state.js';

/**
 * A message, and what is asked about it (`View.waiting`): a line and a button. Once it is answered, a job of the same id
 * takes its place.
 */
export class Question {
  /** Whether an answer is still waited for. */
  open = true;
  #text = h('p', { className: 'status' });
  #actions = h('div', { className: 'actions' });

  /** `say` resolves to what is told about it, if no job comes of it. */
  constructor(waiting, say) {
    this.id = waiting.id;
    this.at = waiting.at;
    this.say = say;
    this.bubble = new Bubble(waiting);
    this.answer = answerTo(waiting.prompt, 'asked', this.#text, this.#actions);
    this.node = h('div', { className: 'turn' }, this.bubble.node, this.answer);
    this.set(waiting);
  }

  set(waiting) {
    this.bubble.set(waiting);
    setText(this.#text, waiting.text);
    const [[label, command]] = waiting.buttons;
    if (this.command === command) return;
    this.command = command;
    this.#actions.replaceChildren(
      button([label], () => this.#answer(command), 'button'),
      iconButton('close', t('drop_order'), () => this.#answer(`/no ${this.id}`)));
  }

  /** No answer is waited for any more. */
  close(text) {
    this.open = false;
    setText(this.#text, text);
    if (this.#actions.contains(document.activeElement)) this.answer.focus({ preventScroll: true });
    this.#actions.replaceChildren();
  }

  async #answer(command) {
    if (this.answer.ariaBusy === 'true') return;
    this.answer.ariaBusy = 'true';
    const told = await this.say(command);
    this.answer.ariaBusy = null;
    if (told && command.startsWith('/no ')) this.close(told);
    else if (told) setText(this.#text, told);
  }
}
