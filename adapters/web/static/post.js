import { state } from './state.js';

/** @typedef {object} Answer what `View.reply` makes; `job` and `buttons` are always there */

/** Milliseconds without progress. */
const PATIENCE = 30_000;
/** Milliseconds after an answer in which the same words are the same tap. */
const TWICE = 2000;

/** Nobody can say whether the message arrived: the same message may be sent again, and makes no second clip. */
export class Unreachable extends Error {}

/** One message to the server. It keeps its key, so that sending it twice is the same as sending it once. */
class Message {
  answered = Infinity;
  #key = randomKey();

  /** @param {[string, string | File][]} fields in the order in which they are sent: files last */
  constructor(fields) {
    this.fields = fields;
  }

  /** Whether these fields would make the very same message. */
  says(fields) {
    return fields.length === this.fields.length
      && fields.every(([name, value], i) => name === this.fields[i][0] && value === this.fields[i][1]);
  }

  /** Raises `Unreachable` when there is no answer. @returns {Promise<Answer>} */
  async send(onUpload) {
    const answer = await post('/say', [['key', this.#key], ...this.fields], onUpload);
    this.answered = performance.now();
    return { job: null, buttons: [], ...answer };
  }
}

/** @type {Message[]} those without an answer, and those that were answered a moment ago */
let known = [];

/** The message for what is said now: the same as before if that got no answer, or if a tap came twice. */
export function messageOf(fields) {
  known = known.filter(({ answered }) => answered === Infinity || performance.now() - answered < TWICE).slice(-8);
  const found = known.find((message) => message.says(fields)) ?? new Message(fields);
  if (!known.includes(found)) known.push(found);
  return found;
}

/**
 * Send a form; the answer is JSON with a `text`.
 * @param {(share: number) => void} [onUpload]
 */
export function post(path, fields, onUpload = () => {}) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  return new Promise((resolve, reject) => {
    // fetch() does not tell how much of a photo is on its way.
    const request = new XMLHttpRequest();
    request.open('POST', path);
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
    request.onerror = request.onabort = () => reject(new Unreachable());
    request.onloadend = () => clearTimeout(patience);
    request.onload = () => {
      const { status, response } = request;
      if (status < 500 && response?.text) resolve(response);
      else reject(new Unreachable());
    };
    wait();
    request.send(body);
  });
}

/** crypto.randomUUID() is missing on plain http. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
