/** Small helpers to build elements. Text always goes in as text, never as markup. */

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

/** A symbol of icons.html: a copy of one in the page, with another name. */
export function icon(name) {
  const svg = document.querySelector('svg:has(use)').cloneNode(true);
  svg.firstElementChild.setAttribute('href', `#i-${name}`);
  return svg;
}

/** A button with words, and what else stands in it; it rests until what it does is done. */
export function button(content, act, className = 'button quiet') {
  const onclick = async ({ currentTarget: made }) => {
    if (made.ariaDisabled) return;
    made.ariaDisabled = 'true';
    await act();
    made.ariaDisabled = null;
  };
  return h('button', { type: 'button', className, onclick }, ...content);
}

/** A link to a file, as a button. */
export function link(label, href = '', download = '') {
  return h('a', { className: 'button quiet', href, download }, icon('save'), h('span', {}, label));
}

/** A button that is only a symbol. */
export function iconButton(name, label, onclick, className = 'tiny') {
  const made = button([], onclick, className);
  setIcon(made, name, label);
  return made;
}

/** What an `iconButton` shows; the label is read aloud and shown as a tooltip. */
export function setIcon(node, name, label) {
  node.replaceChildren(icon(name));
  node.ariaLabel = node.title = label;
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
