/** Small helpers to build elements. Text always goes in as text, never as markup. */

const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** An element; what it knows as a property is set as one, everything else as an attribute. */
export function h(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** A symbol of chat.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that is only a symbol. */
export function iconButton(name, label, onclick, className = 'tiny') {
  const button = h('button', { type: 'button', className, onclick });
  setIcon(button, name, label);
  return button;
}

/** What an `iconButton` shows; the label is read aloud and shown as a tooltip. */
export function setIcon(button, name, label) {
  button.replaceChildren(icon(name));
  button.ariaLabel = button.title = label;
}

/** A number stays on a line with its unit, an option with its dashes. */
export function tied(text) {
  return text.replace(/--\b/g, '--\u2060').replace(/(\d) (?=(s|min|h|days?|hours?|credits?|MB)\b)/g, '$1\u00a0');
}

/** Assigning the same text again would still make screen readers look at it. */
export function setText(node, text) {
  const said = tied(text);
  if (node.textContent !== said) node.textContent = said;
}

/** Say a sentence to people who listen to the page; it interrupts nobody and takes no focus. */
export function announce(sentence) {
  byId('announcer').textContent = sentence;
}

/** Whether this person asked their system for less movement. */
export const calm = matchMedia('(prefers-reduced-motion: reduce)');
