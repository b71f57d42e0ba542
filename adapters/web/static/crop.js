import { h } from './dom.js';
import { state, t } from './state.js';

/** Pixels: clips have 720 lines, so longer sides only make the upload larger. */
const LONGEST = 2560;
/** Step of an arrow key, as a share of the picture; and with Shift. */
const STEP = 0.01;
const LEAP = 0.1;
const KEYS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** Whether a picture's aspect ratio is too extreme for a clip. */
export function tooLong({ naturalWidth: width, naturalHeight: height }) {
  return Math.max(width, height) > state.limits.longest * Math.min(width, height);
}

/** An overlong picture with a frame for the used part, which can be moved and resized. */
export class Crop {
  /** The file to send, until the frame moves */
  #made = null;

  /** `image` is loaded. */
  constructor(image) {
    this.image = image;
    const [short, long] = [image.naturalWidth, image.naturalHeight].sort((a, b) => a - b);
    this.upright = image.naturalWidth === short;
    this.long = long;
    this.most = Math.floor(state.limits.longest * short);
    this.least = Math.max(short / state.limits.longest, state.limits.least) / long;
    /** The part in use, from 0 to 1 along the longer side. */
    this.from = (1 - this.most / long) / 2;
    this.to = 1 - this.from;
    this.sliders = ['middle', 'start', 'end'].map((name) => this.#slider(name));
    image.draggable = false;
    this.node = h('div', { className: this.upright ? 'crop upright' : 'crop' },
      h('div', {}, image, ...this.sliders), h('p', { className: 'hint' }, t('crop_hint')));
    this.#show();
  }

  /**
   * The part as a file, the same while the frame stays. Null if this browser cannot make it: then the whole picture is
   * sent, and the server asks.
   */
  async file(name) {
    this.#made ??= await this.#draw(name).catch(() => null);
    return this.#made;
  }

  async #draw(name) {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    // Rounded inwards: one pixel more could exceed the aspect ratio.
    const from = Math.ceil(this.from * this.long);
    const length = Math.min(Math.floor(this.to * this.long) - from, this.most);
    const part = this.upright ? [0, from, width, length] : [from, 0, length, height];
    const scale = Math.min(1, LONGEST / Math.max(part[2], part[3]));
    const size = part.slice(2).map((side) => Math.min(LONGEST, Math.ceil(side * scale)));
    const canvas = h('canvas', { width: size[0], height: size[1] });
    const context = canvas.getContext('2d');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, ...size);
    context.drawImage(this.image, ...part, 0, 0, ...size);
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.92); });
    return blob && new File([blob], name.replace(/(\.\w+)?$/, '.jpg'), { type: blob.type });
  }

  #slider(name) {
    const slider = h('span', { role: 'slider', tabIndex: 0, ariaLabel: t(`crop_${name}`),
      ariaOrientation: this.upright ? 'vertical' : 'horizontal' });
    let at = null;
    const where = (event) => (this.upright ? event.clientY / this.image.height : event.clientX / this.image.width);
    slider.onpointerdown = (event) => {
      slider.setPointerCapture(event.pointerId);
      at = where(event);
    };
    slider.onpointermove = (event) => {
      if (at === null) return;
      this.#move(name, where(event) - at);
      at = where(event);
    };
    slider.onlostpointercapture = () => { at = null; };
    slider.onkeydown = (event) => {
      if (!KEYS[event.key]) return;
      event.preventDefault();
      this.#move(name, KEYS[event.key] * (event.shiftKey ? LEAP : STEP));
    };
    return slider;
  }

  /** Beyond the limits an end stops, or moves the other one. */
  #move(name, by) {
    const { least, from, to } = this;
    const most = this.most / this.long;
    if (name === 'start') {
      this.from = Math.max(0, Math.min(from + by, 1 - least));
      this.to = Math.max(this.from + least, Math.min(to, this.from + most));
    } else if (name === 'end') {
      this.to = Math.min(1, Math.max(to + by, least));
      this.from = Math.min(this.to - least, Math.max(from, this.to - most));
    } else {
      const way = Math.max(-from, Math.min(1 - to, by));
      this.from += way;
      this.to += way;
    }
    this.#made = null;
    this.#show();
  }

  #show() {
    this.node.style.setProperty('--from', this.from);
    this.node.style.setProperty('--to', this.to);
    [(this.from + this.to) / 2, this.from, this.to].forEach((value, i) => {
      this.sliders[i].ariaValueNow = String(Math.round(value * 100));
    });
  }
}
