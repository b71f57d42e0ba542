import { state } from './state.js';

/** @typedef {{text: string, job: string | null}} Answer */

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
      request.upload.onprogress = (event) => event.lengthComputable && onUpload(event.loaded / event.total);
      request.onerror = () => reject(new Unreachable());
      request.onload = () => {
        // Signed out, or the token is from another time; the page that the server makes now knows better.
        if ([401, 403].includes(request.status)) location.reload();
        else if (request.status < 500 && request.response?.text) resolve({ job: null, ...request.response });
        else reject(new Unreachable());
      };
      request.send(body);
    });
  }
}

/** crypto.randomUUID() is missing on plain http. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
