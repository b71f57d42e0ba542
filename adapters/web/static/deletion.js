import { button, h, iconButton } from './dom.js';
import { t } from './state.js';

/** A button that asks for confirmation in its place before a deletion. */
export class Deletion {
  question = h('div', { className: 'sure', role: 'group', ariaLabel: t('delete_clip'), hidden: true });

  constructor(act) {
    this.button = iconButton('bin', t('delete_clip'), () => this.ask(this.question.hidden), 'tiny bin');
    const yes = () => {
      this.ask(false);
      return act();
    };
    this.question.append(h('p', {}, t('delete_what')), button([t('delete')], yes, 'button'),
      button([t('keep')], () => this.ask(false)));
    this.question.addEventListener('keydown', (event) => event.key === 'Escape' && this.ask(false));
  }

  ask(asked) {
    const focused = this.question.contains(document.activeElement);
    this.open = asked;
    this.asked = performance.now();
    this.question.hidden = !asked;
    this.button.ariaExpanded = String(asked);
    if (asked) this.question.querySelector('.quiet').focus();
    else if (focused) this.button.focus({ preventScroll: true });
  }
}
