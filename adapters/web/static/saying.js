import { Bubble } from './bubble.js';
import { Clip } from './clip.js';
import { h, icon, iconButton, tied } from './dom.js';
import { setSource } from './source.js';
import { t } from './state.js';

/** Something that was said besides a photo, and its answer as from the bot: words, clips, files, buttons. */
export class Saying {
  /**
   * @param {string} words what the person said; nothing for what a button says
   * @param {import('./post.js').Answer} answer
   * @param {(command: string) => Promise<void>} say
   */
  constructor(words, answer, say) {
    const { text, clip, jobs, files = [], buttons } = answer;
    this.answer = h('article', { className: 'answer', ariaLabel: t('answer', { words: words || text }), tabIndex: -1 });
    this.answer.dataset.is = clip ? 'clip' : 'said';
    if (clip) this.answer.append(stage(clip, text));
    this.answer.append(jobs
      ? h('ul', { className: 'jobs', ariaLabel: t('history') }, ...jobs.map((job) => row(job, say)))
      : h('p', { className: clip ? 'facts' : 'status' }, tied(text)));
    this.answer.append(...files.filter(({ picture }) => picture)
      .map(({ name, href }) => h('img', { className: 'paper', src: href, alt: '' })));
    const actions = [
      ...(clip ? [link(t('download'), clip.download)] : []),
      ...files.map(({ name, href }) => link(name, href, href.startsWith('data:') ? name : '')),
      ...buttons.map(([label, command]) => button(label, command, say)),
    ];
    if (actions.length) this.answer.append(h('div', { className: 'actions' }, ...actions));
    this.node = h('div', { className: 'turn saying' });
    if (words) this.node.append(new Bubble({ prompt: words }).node);
    this.node.append(this.answer);
  }
}

function stage(clip, alt) {
  const node = h('div', { className: 'stage' }, new Clip(clip, alt).node);
  node.style.setProperty('--ratio', clip.width / clip.height);
  return node;
}

function link(label, href, download = '') {
  return h('a', { className: 'button quiet', href, download }, icon('save'), h('span', {}, label));
}

function button(label, command, say) {
  return h('button', { type: 'button', className: 'button quiet', onclick: once(() => say(command)) }, label);
}

/** A button rests until its answer is there. */
function once(act) {
  return async ({ currentTarget: button }) => {
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    await act();
    button.ariaDisabled = null;
  };
}

/** A line of the history. */
function row(job, say) {
  const image = h('img', { alt: '', width: 56, height: 56, decoding: 'async' });
  setSource(image, job.photo.src);
  const when = new Date(job.at * 1000)
    .toLocaleString([], { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });
  const facts = [job.outcome === 'clip' ? '' : job.text, ...job.options, when].filter(Boolean).join(' · ');
  const line = h('li', {}, image,
    h('div', {}, h('p', { className: 'words', dir: 'auto' }, job.prompt), h('p', { className: 'facts' }, tied(facts))));
  line.dataset.job = job.id;
  if (job.clip) line.append(iconButton('play', t('send_again'), once(() => say(`/clip ${job.id}`)), 'tiny'));
  if (job.state === 'done') line.append(iconButton('bin', t('delete_clip'), once(() => say(`/delete ${job.id}`)), 'tiny'));
  return line;
}
