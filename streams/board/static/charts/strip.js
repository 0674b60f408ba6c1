/** A dot with its interval on a line from one end to the other: for scores, and for a metric between its goalposts. */

import { svg } from '../dom.js';

/**
 * @typedef {object} Strip
 * @property {number | null} dot
 * @property {number | null} [low]
 * @property {number | null} [high]
 * @property {{at: number, kind: 'peers' | 'target' | 'median' | 'before'}[]} [ticks]
 * @property {number} [from] left end, 0
 * @property {number} [to] right end, 100; less than `from` turns the line round
 * @property {string} said what it shows, in words
 */

const HEIGHT = 22;
const MIDDLE = HEIGHT / 2;

/**
 * @param {Strip} strip
 * @returns {SVGElement}
 */
export function stripChart(strip) {
  const { dot, low = null, high = null, ticks = [], from = 0, to = 100, said } = strip;
  const x = (value) => `${(2 + 96 * Math.min(1, Math.max(0, (value - from) / (to - from || 1)))).toFixed(2)}%`;
  const ends = low === null || high === null ? null : [x(low), x(high)].sort((one, other) => parseFloat(one) - parseFloat(other));
  return svg('svg', { class: 'strip', height: HEIGHT, width: '100%', role: 'img', 'aria-label': said, 'data-chart': 'dots' },
    svg('line', { class: 'rail', x1: '2%', x2: '98%', y1: MIDDLE, y2: MIDDLE }),
    ends && svg('line', { class: 'range', x1: ends[0], x2: ends[1], y1: MIDDLE, y2: MIDDLE }),
    ticks.map(({ at, kind }) => kind === 'target'
      ? svg('line', { class: 'tick target', x1: x(at), x2: x(at), y1: 2, y2: HEIGHT - 2 })
      : svg('line', { class: `tick ${kind}`, x1: x(at), x2: x(at), y1: 5, y2: HEIGHT - 5 })),
    dot !== null && svg('circle', { class: 'dot', cx: x(dot), cy: MIDDLE, r: 5 }),
  );
}
