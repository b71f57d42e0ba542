/** What the server wrote into the page (`Page._show`): the token, the texts, the limits. */
export const state = JSON.parse(document.getElementById('state').textContent);

/** The text of a key with its {placeholders} filled in. */
export function t(key, values = {}) {
  return state.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
