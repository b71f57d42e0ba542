/**
 * Links to photos and clips are signed, so they differ in every event and expire. An element keeps its link, as a new
 * one would reload it; only after a failure it uses the newest.
 */

const known = new WeakMap();

/** Set the link of an image or video, or a newer one as a fallback. */
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
  // Nothing newer is known: listeners can request it from the server.
  else node.dispatchEvent(new CustomEvent('stale', { bubbles: true }));
}

function reload(node, link) {
  link.failed = false;
  node.src = link.newest;
}
