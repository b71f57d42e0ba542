import { answerTo, Bubble } from './bubble.js';
import { Clip } from './clip.js';
import { button, h, iconButton, link, picture, tied } from './dom.js';
import { setSource } from './source.js';
import { t } from './state.js';

/** A message without a photo, and the bot's reply: text, clips, files, buttons. */
export class Saying {
  /** `words`: the person's text, or empty; `answer.command`: the yes to its question. */
  constructor(words, answer, say) {
    const { text, clip, alt, jobs, files = [], buttons = [], command } = answer;
    this.open = Boolean(this.command = command);
    this.asked = performance.now();
    this.answer = answerTo(words || alt || text, clip ? 'clip' : 'said');
    if (clip) this.answer.append(stage(clip, alt));
    this.answer.append(jobs
      ? h('ul', { className: 'jobs', ariaLabel: t('history') }, ...jobs.map((job) => row(job, say)))
      : h('p', { className: clip ? 'facts' : 'status' }, tied(text)));
    this.answer.append(...files.filter((file) => file.picture)
      .map(({ save }) => h('img', { className: 'paper', src: save.href, alt: '' })));
    const actions = [
      ...(clip ? [link(t('download'), clip.save)] : []),
      ...files.map(({ name, save }) => link(name, save)),
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

function row(job, say) {
  const image = picture();
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
