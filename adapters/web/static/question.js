import { Bubble } from './bubble.js';
import { h, iconButton, setText } from './dom.js';
import { t } from './state.js';

/** @typedef {object} Waiting what `View.waiting` makes; once it is answered, a job of the same id takes its place */

/** A message, and what is asked about it in its place in the conversation: a line and a button. */
export class Question {
  /** Whether an answer is still waited for. */
  open = true;
  #text = h('p', { className: 'status' });
  #actions = h('div', { className: 'actions' });

  /**
   * @param {Waiting} waiting
   * @param {(command: string) => Promise<string>} say resolves to what is told about it, if no job comes of it
   */
  constructor(waiting, say) {
    this.id = waiting.id;
    this.at = waiting.at;
    this.say = say;
    this.bubble = new Bubble(waiting);
    this.answer = h('article', { className: 'answer', ariaLabel: t('answer', { words: waiting.prompt }), tabIndex: -1 },
      this.#text, this.#actions);
    this.answer.dataset.is = 'asked';
    this.node = h('div', { className: 'turn' }, this.bubble.node, this.answer);
    this.set(waiting);
  }

  /** @param {Waiting} waiting */
  set(waiting) {
    this.bubble.set(waiting);
    setText(this.#text, waiting.text);
    const [[label, command]] = waiting.buttons;
    if (this.command === command) return;
    this.command = command;
    this.#actions.replaceChildren(
      h('button', { type: 'button', className: 'button', onclick: () => this.#answer(command) }, label),
      iconButton('close', t('drop_order'), () => this.#answer(`/no ${this.id}`)));
  }

  /** No answer is waited for any more. @param {string} text why */
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
