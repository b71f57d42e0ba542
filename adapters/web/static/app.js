import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { byId, setText } from './dom.js';
import { fill, state, t } from './state.js';
import { Stream } from './stream.js';
import { Welcome } from './welcome.js';

/** Milliseconds between two looks for fresh links: one lost file must not make the page ask forever. */
const FRESH = 30_000;

fill(document);
byId('stand-in').hidden = !state.stand_in;
setText(byId('allowance'), state.allowance);

const composer = new Composer(() => conversation.toEnd());
const conversation = new Conversation(composer);
const welcome = new Welcome((sample) => composer.sendSample(sample));
const stream = new Stream({
  job(job) {
    welcome.show(false);
    conversation.put(job);
  },
  allowance: ({ text }) => setText(byId('allowance'), text),
  ready() {
    conversation.live();
    welcome.show(conversation.empty);
  },
  online(online) {
    setText(byId('offline'), online ? '' : t('offline_now'));
    if (!online) welcome.show(conversation.empty);
  },
  idle: () => conversation.idle,
});

let asked = -Infinity;
document.addEventListener('stale', () => {
  if (performance.now() - asked < FRESH) return;
  asked = performance.now();
  stream.restart();
});

receiveFiles();

/** Photos dropped anywhere on the page, or pasted. */
function receiveFiles() {
  const drop = byId('drop');
  const carriesFiles = (event) => event.dataTransfer.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) drop.hidden = true;
  });
  addEventListener('drop', (event) => {
    drop.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    composer.add(event.dataTransfer.files);
  });
  addEventListener('paste', (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    composer.add(event.clipboardData.files);
  });
}
