import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { byId, setText } from './dom.js';
import { fill, state, t } from './state.js';
import { Stream } from './stream.js';
import { Welcome } from './welcome.js';

/** Milliseconds between two looks for fresh links, lest one lost file ask forever. */
const FRESH = 30_000;

fill(document);
byId('composer').parentNode.hidden = false;
setText(byId('stand-in'), state.preview);
setText(byId('allowance'), state.allowance);

let ready = false;
const conversation = new Conversation(() => welcome.show(ready && conversation.empty));
const composer = conversation.composer = new Composer(conversation);
const welcome = new Welcome((sample) => composer.sendSample(sample));
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
    welcome.show(conversation.empty);
  },
  online(online) {
    if (online) conversation.begin();
    setText(byId('offline'), online ? '' : t(navigator.onLine ? 'server_away' : 'offline_now'));
    if (!online) welcome.show(conversation.empty);
  },
  lost(known) {
    // Words outlive a reload, photos don't.
    if (known && !composer.holdsPhoto) location.reload();
    else setText(byId('offline'), t('reload'));
  },
});

let asked = -Infinity;
document.addEventListener('stale', () => {
  if (performance.now() - asked < FRESH) return;
  asked = performance.now();
  stream.restart();
});

receiveFiles();

for (const button of document.querySelectorAll('#menu [data-say]')) {
  button.onclick = () => {
    byId('menu').hidePopover();
    composer.say(button.dataset.say, button.textContent.trim());
  };
}

/** Photos dropped anywhere on the page, or pasted. */
function receiveFiles() {
  const drop = byId('drop');
  // What is neither a file nor for a field could lead away from the page.
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
    // Cells of a spreadsheet come with a picture of them, a copied file with its name.
    if (!files.length || (text && !text.includes(files[0].name))) return;
    event.preventDefault();
    composer.add(files);
  });
}
