import { icon } from './dom.js';

/** What the server wrote into the page (`Page._show`): the token, every text, the limits, the samples. */
export const state = JSON.parse(document.getElementById('state').textContent);

/** The text of a key with its {placeholders} filled in. */
export function t(key, values = {}) {
  return state.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Put texts and symbols into the markup that asks for them with data-text, -label, -placeholder and -icon. */
export function fill(root) {
  for (const node of root.querySelectorAll('[data-text]')) node.textContent = t(node.dataset.text);
  for (const node of root.querySelectorAll('[data-placeholder]')) node.placeholder = t(node.dataset.placeholder);
  for (const node of root.querySelectorAll('[data-label]')) {
    node.ariaLabel = t(node.dataset.label);
    if (node.matches('button')) node.title = node.ariaLabel;
  }
  for (const node of root.querySelectorAll('[data-icon]')) node.prepend(icon(node.dataset.icon));
}
