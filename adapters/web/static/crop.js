import { h } from './dom.js';
import { state, t } from './state.js';

/** Longer sides only make the upload heavier: clips have 720 lines. */
const LONGEST = 2560;
/** What a press of an arrow key moves, as a share of the picture; with Shift, more. */
const STEP = 0.01;
const LEAP = 0.1;

/** Whether a picture is of a shape of which no clip can be made. */
export function tooLong({ naturalWidth: width, naturalHeight: height }) {
  return Math.max(width, height) > state.limits.longest * Math.min(width, height);
}

/**
 * A picture that is too long, and the part of it that is used: as high as the picture, and as long as somebody draws it
 * within the shapes that are allowed. It is moved by its middle and stretched by its ends, with a pointer or the arrow keys.
 */
export class Crop {
  /** The part in use, from 0 to 1 along the longer side. */
  #from = 0;
  #to = 1;
  /** @type {File | null} what is sent, until the frame moves */
  #made = null;
  /** @type {(() => void) | null} */
  #render = null;

  /** @param {HTMLImageElement} image once it is loaded */
  constructor(image) {
    const { naturalWidth: width, naturalHeight: height } = image;
    this.image = image;
    this.upright = height > width;
    const [short, long] = [width, height].sort((a, b) => a - b);
    this.most = (state.limits.longest * short) / long;
    this.least = Math.max(short / state.limits.longest, state.limits.least) / long;
    this.#set((1 - this.most) / 2, (1 + this.most) / 2);
    this.node = this.#build();
    this.#render();
  }

  /**
   * The part as a file of its own: the same one for as long as the frame stays. Null where this browser cannot make it;
   * then the whole is sent, and the server asks.
   * @returns {Promise<File | null>}
   */
  async file(name) {
    this.#made ??= await this.#draw(name).catch(() => null);
    return this.#made;
  }

  async #draw(name) {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const long = Math.max(width, height);
    // Rounded inwards, as one pixel more could be too long again.
    const from = Math.ceil(this.#from * long);
    const length = Math.min(Math.floor(this.#to * long) - from, Math.floor(state.limits.longest * Math.min(width, height)));
    const part = this.upright ? [0, from, width, length] : [from, 0, length, height];
    const scale = Math.min(1, LONGEST / Math.max(part[2], part[3]));
    const canvas = h('canvas', { width: Math.round(part[2] * scale), height: Math.ceil(part[3] * scale) });
    const context = canvas.getContext('2d');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.image, ...part, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.92); });
    return blob && new File([blob], `${name.replace(/\.\w+$/, '')}.jpg`, { type: 'image/jpeg' });
  }

  #build() {
    const [first, middle, last] = ['crop_start', 'crop_middle', 'crop_end'].map((key) => h('span', {
      role: 'slider', tabIndex: 0, ariaLabel: t(key), ariaOrientation: this.upright ? 'vertical' : 'horizontal',
      ariaValueMin: '0', ariaValueMax: '100',
    }));
    this.image.draggable = false;
    const node = h('div', { className: `crop${this.upright ? ' upright' : ''}` },
      h('div', {}, this.image, middle, first, last), h('p', { className: 'hint' }, t('crop_hint')));
    this.#moved(first, (by) => this.#stretch(by, 0));
    this.#moved(last, (by) => this.#stretch(0, by));
    this.#moved(middle, (by) => this.#shift(by));
    this.#render = () => {
      node.style.setProperty('--from', this.#from);
      node.style.setProperty('--to', this.#to);
      const values = [[first, this.#from], [middle, (this.#from + this.#to) / 2], [last, this.#to]];
      for (const [slider, value] of values) {
        slider.ariaValueNow = String(Math.round(value * 100));
        slider.ariaValueText = t('percent', { value: slider.ariaValueNow });
      }
    };
    return node;
  }

  /** Call `act` with the share of the picture by which a slider is dragged, or moved with the arrow keys. */
  #moved(slider, act) {
    const move = (by) => {
      act(by);
      this.#made = null;
      this.#render();
    };
    let at = null;
    const where = (event) => (this.upright ? event.clientY : event.clientX);
    slider.addEventListener('pointerdown', (event) => {
      slider.setPointerCapture(event.pointerId);
      at = where(event);
    });
    slider.addEventListener('pointermove', (event) => {
      if (at === null) return;
      const box = this.image.getBoundingClientRect();
      move((where(event) - at) / (this.upright ? box.height : box.width));
      at = where(event);
    });
    for (const end of ['pointerup', 'pointercancel']) slider.addEventListener(end, () => { at = null; });
    slider.addEventListener('keydown', (event) => {
      const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      move(way * (event.shiftKey ? LEAP : STEP));
    });
  }

  #shift(by) {
    const way = Math.max(-this.#from, Math.min(1 - this.#to, by));
    this.#set(this.#from + way, this.#to + way);
  }

  /** Past what is allowed, the other end comes along. */
  #stretch(first, last) {
    let from = Math.max(0, this.#from + first);
    let to = Math.min(1, this.#to + last);
    if (first) from = Math.min(from, 1 - this.least);
    else to = Math.max(to, this.least);
    const length = Math.max(this.least, Math.min(this.most, to - from));
    if (first) to = Math.min(1, from + length);
    else from = Math.max(0, to - length);
    this.#set(from, to);
  }

  #set(from, to) {
    this.#from = from;
    this.#to = to;
  }
}
