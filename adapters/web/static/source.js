/**
 * Links to photos and clips are signed, so they differ in every event and expire. An element keeps the link it was
 * loaded with, or it would load again at every event; only when that one fails does it take the newest.
 */

const known = new WeakMap();

/** Give an image or a video its link, or a newer one to fall back on. */
export function setSource(node, src) {
  const link = known.get(node);
  if (!link) {
    known.set(node, { newest: src, failed: false });
    node.addEventListener('error', () => failed(node));
    node.src = src;
    return;
  }
  link.newest = src;
  if (link.failed) reload(node, link);
}

function failed(node) {
  const link = known.get(node);
  link.failed = true;
  if (node.getAttribute('src') !== link.newest) reload(node, link);
  // Nothing newer is known: whoever listens can ask the server for it.
  else node.dispatchEvent(new CustomEvent('stale', { bubbles: true }));
}

function reload(node, link) {
  link.failed = false;
  node.src = link.newest;
}
