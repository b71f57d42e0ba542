import { answerTo, Bubble } from './bubble.js';
import { Clip } from './clip.js';
import { button, h, iconButton, link, tied } from './dom.js';
import { setSource } from './source.js';
import { t } from './state.js';

/** A message without a photo, and the bot's reply: text, clips, files, buttons. */
export class Saying {
  /** `words`: the person's text; empty for a button's command. */
  constructor(words, answer, say) {
    const { text, clip, jobs, files = [], buttons = [] } = answer;
    this.answer = answerTo(words || text, clip ? 'clip' : 'said');
    if (clip) this.answer.append(stage(clip, text));
    this.answer.append(jobs
      ? h('ul', { className: 'jobs', ariaLabel: t('history') }, ...jobs.map((job) => row(job, say)))
      : h('p', { className: clip ? 'facts' : 'status' }, tied(text)));
    this.answer.append(...files.filter(({ picture }) => picture)
      .map(({ href }) => h('img', { className: 'paper', src: href, alt: '' })));
    const actions = [
      ...(clip ? [link(t('download'), clip.download)] : []),
      ...files.map(({ name, href }) => link(name, href, href.startsWith('data:') ? name : '')),
      ...buttons.map(([label, command]) => button([label], () => say(command))),
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

/** A line of the history. */
function row(job, say) {
  const image = h('img', { alt: '', decoding: 'async' });
  setSource(image, job.photo.src);
  const when = new Date(job.at * 1000)
    .toLocaleString([], { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' })
    .replaceAll(' ', '\u00a0');
  const facts = [job.outcome === 'clip' ? '' : job.text, ...job.options, when].filter(Boolean).join(' · ');
  const line = h('li', {}, image,
    h('div', {}, h('p', { className: 'words', dir: 'auto' }, job.prompt), h('p', { className: 'facts' }, tied(facts))));
  line.dataset.job = job.id;
  if (job.clip) line.append(iconButton('play', t('send_again'), () => say(`/clip ${job.id}`)));
  if (job.state === 'done') line.append(iconButton('bin', t('delete_clip'), () => say(`/delete ${job.id}`)));
  return line;
}
