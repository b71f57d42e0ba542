import { state, t } from './state.js';

/** Timeout without progress, in milliseconds. */
const PATIENCE = 30_000;
/** Milliseconds after an answer within which the same message is a double tap. */
const TWICE = 2000;

/** Unanswered or just answered messages */
let known = [];

/**
 * Send a message. A repetition after a lost answer or a double tap keeps its key, so that it is idempotent. Without an
 * answer its arrival is unknown: then `lost` is set.
 * `fields`: names and values in order, files last; the answer is that of `JobJson.reply`.
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
    // fetch() does not report the progress of uploads.
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
