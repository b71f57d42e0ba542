import { byId, h, setText } from './dom.js';
import { state, t } from './state.js';

/** The models, by what chooses one and tells the price that was seen. */
const values = Object.keys(state.models);

/**
 * The folded options. Options in the text override picked ones, and are shown as picked.
 */
export class Options {
  picked = {};
  #written = {};
  #pictures = { end: false, endAllowed: true };

  #fold = byId('fold');
  #panel = byId('options');
  #duration = byId('duration');
  #model = byId('model');
  #no = byId('no');
  #cfg = byId('cfg');
  #automatic = byId('automatic');

  constructor() {
    this.#fold.onclick = () => this.open(this.#panel.hidden);
    this.#panel.addEventListener('input', (event) => this.#pick(event.target));
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      this.open(false);
      this.#fold.focus();
    });
    this.#render();
  }

  open(wanted) {
    this.#panel.hidden = !wanted;
    this.#fold.ariaExpanded = String(wanted);
  }

  /** The effective options: picked, or written in the text; `can`: the chosen model. */
  get chosen() {
    const said = { ...this.picked, ...this.#written };
    const silent = state.models[values[0]].sound || /^(off|n|f|0)/i.test(said.sound ?? 'no');
    const usual = (!silent && values.find((one) => one.startsWith('sound@'))) || values[0];
    const model = said.model in state.models ? said.model : usual;
    const can = state.models[model];
    const fits = 'duration' in this.#written || said.duration in can.costs;
    return { no: '', ...said, model, can, duration: fits ? said.duration : can.preset };
  }

  /** Whether an end picture excludes that length: for some models it requires 5 seconds. */
  #tooLong(duration) {
    return this.chosen.can.five_only && duration !== '5';
  }

  /** The reason of a conflict, or nothing. */
  get conflict() {
    if (!this.#pictures.end || !this.#tooLong(this.chosen.duration)) return '';
    return t('end_or_ten');
  }

  /** A picked length is reset by an end picture; a written one stays. */
  makeRoomForEnd() {
    delete this.picked.duration;
    this.#render();
  }

  /** Fields for options that are not in the text; `all`: also reset ones, of a clip that had them. */
  fields(all) {
    const { model, duration, no, cfg = '' } = this.chosen;
    // A model in the words may have other lengths.
    const length = 'model' in this.#written && !this.picked.duration ? '' : duration;
    const found = Object.entries({ ...(this.#model && { model }), duration: length, no: no.trim(), cfg });
    return found.filter(([name, value]) => (value || all) && !(name in this.#written));
  }

  read(text) {
    this.#written = written(text);
    this.#render();
  }

  look(pictures) {
    this.#pictures = pictures;
    this.#render();
  }

  /** Reset, with a picked length or none. */
  reset(picked = {}) {
    this.picked = picked;
    this.#render();
  }

  #pick(control) {
    if (control === this.#automatic) this.picked.cfg = control.checked ? undefined : this.#cfg.value;
    else this.picked[control.id] = control.value;
    this.#render();
  }

  #render() {
    const { model, can, duration, no, cfg } = this.chosen;
    const { end, endAllowed } = this.#pictures;
    if (this.#model) this.#model.value = model;
    this.#duration.replaceChildren(...Object.entries(can.costs).map(([value, words]) => h('option', {
      value, disabled: end && this.#tooLong(value),
    }, words)));
    this.#duration.value = duration;
    if (this.#no.value !== no) this.#no.value = no;
    this.#cfg.value = cfg ?? 0.5;
    this.#cfg.ariaValueText = cfg ?? t('automatic');
    this.#cfg.classList.toggle('unset', cfg === undefined);
    this.#automatic.checked = cfg === undefined;

    const hints = {
      duration: end && can.five_only && t('ten_excluded'),
      'pick-end': endAllowed ? this.#tooLong(duration) && !end && t('five_then') : t('end_kept'),
    };
    for (const hint of this.#panel.querySelectorAll('.hint')) {
      const name = hint.id.slice(0, -5);
      const byWords = name in this.#written;
      byId(name).disabled = byWords || (name === 'pick-end' && !endAllowed);
      setText(hint, byWords ? t('written') : hints[name] || '');
    }
    this.#automatic.disabled = this.#cfg.disabled;

    const chips = [
      model !== values[0] && can.words,
      duration !== can.preset && t('seconds', { seconds: duration }),
      no.trim() && t('without', { what: no.trim() }),
      cfg !== undefined && t('followed', { value: cfg }),
    ];
    byId('chips').replaceChildren(...chips.filter(Boolean).map((chip) => h('li', {}, chip)));
  }
}

/**
 * Options written into the words, read for display only: `--10s`, `--no rain`, `--model best`.
 * The server's parsing decides.
 */

const DASH = '\\-\\p{Pd}\\u2212';
const MARK = new RegExp(
  `(?<![${DASH}])(?:[${DASH}]{2,}\\s*|(?<![\\p{L}\\p{N}])[${DASH}])`
  + `(?:(${state.options.join('|')})(?![\\p{Script=Latin}_])|(?=\\d+\\s*s))\\s*[=:\uff1a\uff1d]?\\s*`,
  'giu',
);

const squeezed = (name) => name.toLowerCase().replace(/[\s_-]/g, '');

function written(words) {
  const text = words.normalize('NFKC');
  const marks = [...text.matchAll(MARK)];
  const found = {};
  marks.forEach((mark, i) => {
    const name = (mark[1] ?? 'duration').toLowerCase();
    const tail = text.slice(mark.index + mark[0].length, marks[i + 1]?.index).trim();
    if (name === 'no') found.no = tail.replace(/[\s,;]+$/, '');
    else if (name === 'duration') [found.duration] = /^\d*/.exec(tail);
    else if (name === 'model') {
      const title = squeezed(tail).replace('withsound', 'sound');
      [found.model] = values.filter((one) => title.startsWith(squeezed(one.split('@')[0]))).sort().reverse();
    } else [found[name]] = tail.replace(',', '.').split(/\s/);
  });
  return found;
}
