/**
 * Options written into the words, read for display only: `--10s`, `--duration 10`, `--no rain`, `--cfg 0.7`.
 * The server reads them again, and its reading is the one that counts.
 *
 * @typedef {{duration?: string, no?: string, cfg?: string}} Written
 */

const MARK = /(?<=^|\s)(--|—|–)(\w[\w-]*)=?/g;
const SHORT = /^(\d+)s$/;
const NAMES = ['duration', 'no', 'cfg'];

/** @returns {Written} */
export function written(text) {
  // A phone turns two hyphens into a dash; a dash before any other word is just a dash.
  const marks = [...text.matchAll(MARK)].filter(([, dash, name]) => (
    dash === '--' || NAMES.includes(name) || SHORT.test(name)
  ));
  const found = {};
  marks.forEach((mark, i) => {
    const name = mark[2].toLowerCase();
    const tail = text.slice(mark.index + mark[0].length, marks[i + 1]?.index).trim();
    const short = SHORT.exec(name);
    if (short) found.duration = short[1];
    else if (name === 'no') found.no = tail;
    else if (name === 'duration') found.duration = tail.split(/\s/)[0].replace(/s$/, '');
    else if (name === 'cfg') found.cfg = tail.split(/\s/)[0].replace(',', '.');
  });
  return found;
}
