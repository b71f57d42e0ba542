import { calm, h, iconButton, setIcon } from './dom.js';
import { setSource } from './source.js';
import { t } from './state.js';

/** Clips play while visible; one observer for all. */
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) players.get(target).visible(isIntersecting);
}, { threshold: 0.25 });

const players = new WeakMap();

/** A muted, looping clip with minimal controls. */
export class Clip {
  /** Paused by the person or by reduced motion: no autoplay. */
  #held = calm.matches;
  #seen = false;
  #toggle = iconButton('play', t('play'), () => this.#turn(), 'over');

  constructor(data, alt) {
    this.video = h('video', {
      className: 'video', muted: true, loop: true, playsInline: true, preload: 'none', ariaLabel: alt,
    });
    const controls = h('div', { className: 'controls' }, this.#toggle);
    if (data.sound) controls.append(this.#sound());
    controls.append(iconButton('full', t('full_screen'), () => this.#fullScreen(), 'over'));
    this.node = h('div', { className: 'clip' }, this.video, controls);

    this.video.addEventListener('play', () => this.#label('pause'));
    this.video.addEventListener('pause', () => this.#label('play'));
    this.video.addEventListener('playing', () => this.node.classList.add('shown'), { once: true });
    // A newer link stops the video.
    this.video.addEventListener('emptied', () => this.visible(this.#seen));
    this.video.addEventListener('click', () => this.video.controls || this.#turn());
    this.video.addEventListener('fullscreenchange', () => {
      this.video.controls = document.fullscreenElement === this.video;
    });
    this.set(data);
    players.set(this.video, this);
    seen.observe(this.video);
  }

  set(data) {
    setSource(this.video, data.src);
  }

  visible(yes) {
    this.#seen = yes;
    if (!yes) this.video.pause();
    else if (!this.#held) this.#play();
  }

  #turn() {
    this.#held = !this.video.paused;
    if (this.#held) this.video.pause();
    else this.#play();
  }

  #play() {
    // Refused autoplay (power saving) leaves the first frame and the play button.
    this.video.play().catch(() => this.#label('play'));
  }

  #label(name) {
    setIcon(this.#toggle, name, t(name));
  }

  #sound() {
    const { video } = this;
    const button = iconButton('muted', t('unmute'), () => { video.muted = !video.muted; }, 'over');
    video.addEventListener('volumechange', () => {
      setIcon(button, ...(video.muted ? ['muted', t('unmute')] : ['loud', t('mute')]));
    });
    return button;
  }

  #fullScreen() {
    // iPhones only support their own method.
    if (this.video.requestFullscreen) this.video.requestFullscreen();
    else this.video.webkitEnterFullscreen();
  }
}
