/** Helpers to build elements. Text is always inserted as text, never as markup. */

export const byId = (id) => document.getElementById(id);

/** An element; known properties are set as such, others as attributes. */
export function h(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

export const picture = (alt = '') => h('img', { alt, loading: 'lazy', decoding: 'async' });

/** An icon of icons.html, by a reference to its symbol. */
export function icon(name) {
  const svg = document.querySelector('svg:has(use)').cloneNode(true);
  svg.firstElementChild.setAttribute('href', `#i-${name}`);
  return svg;
}

/** A button with a label and other content; disabled while its action runs. */
export function button(content, act, className = 'button quiet') {
  const onclick = async ({ currentTarget: made }) => {
    if (made.ariaDisabled) return;
    made.ariaDisabled = 'true';
    await act();
    made.ariaDisabled = null;
  };
  return h('button', { type: 'button', className, onclick }, ...content);
}

/** A link to a file, as a button; `save`: `href`, and the file's name as `download`. */
export function link(label, save) {
  return h('a', { className: 'button quiet', ...save }, icon('save'), h('span', {}, label));
}

/** A button with only an icon. */
export function iconButton(name, label, onclick, className = 'tiny') {
  const made = button([], onclick, className);
  setIcon(made, name, label);
  return made;
}

/** Set the icon of an `iconButton`; the label is for screen readers and the tooltip. */
export function setIcon(node, name, label) {
  node.replaceChildren(icon(name));
  node.ariaLabel = node.title = label;
}

/** Keep numbers on a line with their units, and options with their dashes. */
export function tied(text) {
  return text.replace(/--\b/g, '--\u2060').replace(/(\d) (?=(s|min|h|days?|hours?|credits?|MB)\b)/g, '$1\u00a0');
}

/** Set a text only if it differs, as screen readers notice every assignment. */
export function setText(node, text) {
  const said = tied(text);
  if (node.textContent !== said) node.textContent = said;
}

/** Announce a sentence to screen readers, politely and without moving the focus. */
export function announce(sentence) {
  byId('announcer').textContent = sentence;
}

/** Whether the system prefers reduced motion. */
export const calm = matchMedia('(prefers-reduced-motion: reduce)');
