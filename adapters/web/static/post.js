import { state } from './state.js';

/** @typedef {{text: string, job: string | null, fine: boolean, buttons: [string, string][]}} Answer */

/** Milliseconds without progress. */
const PATIENCE = 30_000;

/** Nobody can say whether the message arrived: the same message may be sent again, and makes no second clip. */
export class Unreachable extends Error {}

/** One message to the server. It keeps its key, so that sending it twice is the same as sending it once. */
export class Message {
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

  /**
   * Raises `Unreachable` when there is no answer.
   * @param {(share: number) => void} [onUpload]
   * @returns {Promise<Answer>}
   */
  send(onUpload = () => {}) {
    const body = new FormData();
    body.append('key', this.#key);
    for (const [name, value] of this.fields) body.append(name, value);
    return new Promise((resolve, reject) => {
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
      request.onerror = request.onabort = () => reject(new Unreachable());
      request.onloadend = () => clearTimeout(patience);
      request.onload = () => {
        const { status, response } = request;
        if (status < 500 && response?.text) resolve({ job: null, buttons: [], ...response });
        else reject(new Unreachable());
      };
      wait();
      request.send(body);
    });
  }
}

/** crypto.randomUUID() is missing on plain http. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
