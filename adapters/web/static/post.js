import { state, t } from './state.js';

/** Milliseconds without progress. */
const PATIENCE = 30_000;
/** Milliseconds after an answer in which the same words are the same tap. */
const TWICE = 2000;

/** Without an answer, or just answered */
let known = [];

/**
 * Say something to the server. The same again keeps its key if it got no answer, or if a tap came twice, so that it is
 * the same as saying it once: no other question is answered. Without an answer nobody can say whether it arrived: then
 * `lost` is set.
 * `fields` are names and values in the order in which they are sent, files last; the answer is what `View.reply` makes.
 */
export async function say(fields, onUpload = () => {}) {
  known = known.filter(({ answered }) => performance.now() - answered < TWICE).slice(-8);
  const same = (one) => one.fields.length === fields.length
    && fields.every(([name, value], i) => name === one.fields[i][0]
      && (value === one.fields[i][1] || (name === 'asked' && one.answered === Infinity)));
  const message = known.find(same) ?? { fields, key: randomKey(), answered: Infinity };
  if (!known.includes(message)) known.push(message);
  const answer = await post([['key', message.key], ...message.fields], onUpload);
  if (!answer) return { text: t('unreached'), lost: true };
  message.answered = performance.now();
  return answer;
}

/** Send a form; resolves to the JSON of the answer, or to nothing. */
function post(fields, onUpload) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  return new Promise((resolve) => {
    // fetch() does not tell how much of a photo is on its way.
    const request = new XMLHttpRequest();
    request.open('POST', '/say');
    request.setRequestHeader('X-Photoplay', state.csrf);
    request.responseType = 'json';
    let patience;
    const wait = () => {
      clearTimeout(patience);
      patience = setTimeout(() => request.abort(), PATIENCE);
    };
    request.upload.onprogress = (event) => {
      wait();
      if (event.lengthComputable) onUpload(event.loaded / event.total);
    };
    request.onloadend = () => {
      clearTimeout(patience);
      resolve(request.status < 500 && request.response?.text && request.response);
    };
    wait();
    request.send(body);
  });
}

/** crypto.randomUUID() is missing on plain http. */
const randomKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
