import { answerTo, Bubble } from './bubble.js';
import { button, h, iconButton, setText } from './dom.js';
import { say } from './post.js';
import { t } from './state.js';

/**
 * A message and the question about it (`JobJson.waiting`): a line and buttons. After the answer, a job with the same id
 * replaces it.
 */
export class Question {
  /** Whether it is unanswered. */
  open = true;
  #text = h('p', { className: 'status' });
  #actions = h('div', { className: 'actions' });

  constructor(waiting, conversation) {
    this.id = waiting.id;
    this.at = waiting.at;
    this.conversation = conversation;
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
    this.asked = performance.now();
    this.#actions.replaceChildren(
      button([label], () => this.#answer(command), 'button'),
      iconButton('close', t('drop_order'), () => this.#answer(`/no ${this.id}`)));
  }

  close(text) {
    this.open = false;
    setText(this.#text, text);
    if (this.#actions.contains(document.activeElement)) this.answer.focus({ preventScroll: true });
    this.#actions.replaceChildren();
  }

  async #answer(command) {
    if (this.answer.ariaBusy === 'true') return;
    this.answer.ariaBusy = 'true';
    this.conversation.take('', { answered: command, ...await say([['text', command]]) });
    this.answer.ariaBusy = null;
  }

  /** Show a reply that is neither a job nor another question. */
  tell({ answered, lost, text }) {
    if (answered.startsWith('/no ') && !lost) this.close(text);
    else setText(this.#text, text);
  }
}
