import { Crop, tooLong } from './crop.js';
import { byId, h, iconButton } from './dom.js';
import { say } from './post.js';
import { state, t } from './state.js';

/**
 * Start and end picture of the draft. Each has a `file`, or none if it is on the server already; `fine`: it was
 * checked; `crop`: a part of it is sent.
 */
export class Photos {
  start = null;
  end = null;
  /** Resolves when all are in memory. */
  read = null;

  #node = byId('photos');

  /** `refuse`: called with the reason why a picture was removed. */
  constructor(changed, refuse) {
    this.changed = changed;
    this.refuse = refuse;
  }

  set(side, file) {
    const { name, type } = file;
    const picture = { src: URL.createObjectURL(file), file, name };
    // A browser does not send a file that changed after it was picked.
    const reading = file.arrayBuffer().then((data) => { picture.file = new File([data], name, { type }); }, () => {});
    this.read = Promise.all([this.read, reading]);
    this.#put({ [side]: picture });
  }

  /** The pictures to send. */
  async fields() {
    await this.read;
    const file = async (picture) => (await picture?.crop?.file(picture.name)) ?? picture?.file;
    return [['photo', await file(this.start)], ['end', await file(this.end)]].filter(([, sent]) => sent);
  }

  /** Show a picture that is on the server; it is not sent again. */
  borrow(src) {
    this.#put({ start: { src, name: '' }, end: null });
  }

  /** Remove all, to restore them later. */
  take() {
    const { start, end } = this;
    this.start = this.end = null;
    return { start, end };
  }

  clear(pictures = { start: null, end: null }) {
    this.#put(pictures);
  }

  #remove(side) {
    // The remaining one becomes the start: a clip cannot have an end only.
    this.#put({ start: side === 'start' ? this.end : this.start, end: null });
    (this.#node.querySelector('button') ?? byId('pick')).focus();
  }

  #put(pictures) {
    const before = [this.start, this.end];
    Object.assign(this, pictures);
    for (const old of before) {
      if (old?.file && old !== this.start && old !== this.end) URL.revokeObjectURL(old.src);
    }
    this.#render();
    this.changed();
  }

  #render() {
    const pair = Boolean(this.end);
    this.#node.hidden = !this.start;
    const sides = ['start', 'end'].filter((side) => this[side]);
    this.#node.replaceChildren(...sides.map((side) => this.#figure(side, pair)));
    if (pair) {
      const swap = () => {
        this.#put({ start: this.end, end: this.start });
        this.#node.querySelector('.swap').focus();
      };
      this.#node.firstElementChild.after(iconButton('swap', t('swap'), swap, 'tiny swap'));
    }
  }

  #figure(side, pair) {
    const picture = this[side];
    const { file } = picture;
    const figure = h('figure', {}, picture.crop?.node ?? this.#image(side, picture));
    if (file) figure.append(iconButton('close', t(`remove_${side}`), () => this.#remove(side)));
    if (pair) figure.append(h('figcaption', {}, t(side)));
    return figure;
  }

  #image(side, picture) {
    const { src, file, name } = picture;
    const image = h('img', { src, alt: t(`${side}_preview`) });
    image.onload = () => {
      if (!file || picture.fine || this[side] !== picture) return;
      if (Math.min(image.naturalWidth, image.naturalHeight) < state.limits.least) this.#look(picture);
      else if (tooLong(image)) {
        picture.crop = new Crop(image);
        this.#render();
      }
    };
    image.onerror = () => {
      image.replaceWith(h('span', { className: 'nameless' }, name));
      if (file && !picture.fine) this.#look(picture);
    };
    return image;
  }

  /**
   * Request the server's preview of a picture that the browser cannot display (such as HEIC), or the reason of its
   * refusal.
   */
  async #look(picture) {
    picture.fine = true;
    await this.read;
    const seen = await say([['text', '/preview'], ['photo', picture.file]]);
    const side = ['start', 'end'].find((one) => this[one] === picture);
    if (!side || seen.lost) return; // it is looked at again when it is sent
    if (seen.preview) this.#put({ [side]: { ...picture, src: seen.preview } });
    else {
      this.#remove(side);
      this.refuse(seen.text);
    }
  }
}
