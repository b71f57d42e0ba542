import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { byId, setText } from './dom.js';
import { state, t } from './state.js';
import { Stream } from './stream.js';

/** Minimum milliseconds between requests for fresh links, as a missing file would repeat them forever. */
const FRESH = 30_000;

byId('composer').parentNode.hidden = false;
setText(byId('allowance'), state.allowance);

let ready = false;
/** The greeting with samples, before the first message. */
const welcome = (wanted = true) => { byId('welcome').hidden = !(wanted && conversation.empty); };
const conversation = new Conversation(() => welcome(ready));
const composer = conversation.composer = new Composer(conversation);
const stream = new Stream({
  job: (job) => conversation.put(job),
  waiting: ({ orders }) => conversation.wait(orders),
  waited: () => conversation.waited,
  forgotten: () => conversation.clear(),
  deleted: ({ jobs }) => jobs.forEach((id) => conversation.drop(id)),
  allowance: ({ text }) => setText(byId('allowance'), text),
  ready({ whole }) {
    ready = true;
    conversation.live(whole);
    welcome();
  },
  online(online) {
    if (online) conversation.begin();
    setText(byId('offline'), online ? '' : t(navigator.onLine ? 'server_away' : 'offline_now'));
    if (!online) welcome();
  },
  lost(known) {
    // Text survives a reload, photos do not.
    if (known && !composer.photos.start) location.reload();
    else setText(byId('offline'), t('reload'));
  },
});

byId('samples').onclick = ({ target }) => {
  const button = target.closest('button');
  if (button) composer.post([['text', button.textContent.trim()], ['sample', button.value]]);
};

let asked = -Infinity;
document.addEventListener('stale', () => {
  if (performance.now() - asked < FRESH) return;
  asked = performance.now();
  stream.restart();
});

receiveFiles();

byId('menu').onclick = ({ target }) => {
  byId('menu').hidePopover();
  if (target.value) composer.post([['text', target.value]], target.textContent);
};

/** Photos dropped anywhere on the page, or pasted. */
function receiveFiles() {
  const drop = byId('drop');
  // Other drops, such as links, could navigate away.
  const take = (event) => {
    const files = event.dataTransfer.types.includes('Files');
    if (files || !event.target.matches('textarea, .field')) event.preventDefault();
    return files;
  };
  addEventListener('dragover', (event) => { drop.hidden = !take(event); });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) drop.hidden = true;
  });
  addEventListener('drop', (event) => {
    drop.hidden = true;
    if (take(event)) composer.add(event.dataTransfer.files);
  });
  addEventListener('paste', (event) => {
    const { files } = event.clipboardData;
    const text = event.clipboardData.getData('text/plain');
    // Copied spreadsheet cells include a picture of them, a copied file its name.
    if (!files.length || (text && !text.includes(files[0].name))) return;
    event.preventDefault();
    composer.add(files);
  });
}
