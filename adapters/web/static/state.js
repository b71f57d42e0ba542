/** Data that the server wrote into the page (`ChatPage._show`): token, texts, limits. */
export const state = JSON.parse(document.getElementById('state').textContent);

/** The text of a key, with its {placeholders} replaced. */
export function t(key, values = {}) {
  return state.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
