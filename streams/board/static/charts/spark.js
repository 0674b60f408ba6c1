/** A sparkline: how a score went, without a scale; drawn when it comes into view. */

import { get } from '../api.js';
import { svg } from '../dom.js';
import { day, points } from '../format.js';

const WIDTH = 88;
const HEIGHT = 24;
/** Trends that were asked for, by subject and date. @type {Map<string, any[]>} */
const known = new Map();

/** The line of some days. */
function sparkChart(days) {
  const scored = days.filter((each) => each.score !== null);
  const values = scored.map((each) => each.score);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const middle = (least + most) / 2;
  const half = Math.max((most - least) / 2, 3); // less than six points in all is no mountain
  const [first, last] = [days[0], days.at(-1)];
  const x = (date) => 3 + (WIDTH - 6) * (Date.parse(date) - Date.parse(first.as_of)) / Math.max(1, Date.parse(last?.as_of ?? '') - Date.parse(first.as_of));
  const y = (value) => HEIGHT / 2 - (value - middle) / half * (HEIGHT / 2 - 3);
  const said = scored.length < 2 ? 'no trend yet'
    : `from ${points(values[0])} on ${day(scored[0].as_of)} to ${points(values.at(-1))}, lowest ${points(least)}, highest ${points(most)}`;
  if (scored.length < 2) return svg('svg', { class: 'spark', width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': said, 'data-chart': 'spark' });
  const path = scored.map((each, place) => `${place ? 'L' : 'M'}${x(each.as_of).toFixed(1)},${y(each.score).toFixed(1)}`).join('');
  const end = scored[scored.length - 1];
  return svg('svg', { class: 'spark', width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': said, 'data-chart': 'spark' },
    svg('path', { d: path }),
    svg('circle', { cx: x(end.as_of).toFixed(1), cy: y(end.score).toFixed(1), r: 2.5 }));
}

/**
 * Draws sparklines into the cells of subjects as they come into view, one question at a time.
 * @param {AbortSignal} signal
 * @returns {(cell: HTMLElement, summary: any, asOf: string) => void}
 */
export function sparksInView(signal) {
  /** @type {Map<Element, {summary: any, asOf: string}>} */
  const wanted = new Map();
  /** @type {Element[]} */
  const queue = [];
  let busy = false;
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) queue.push(entry.target);
    work();
  }, { rootMargin: '1000px' });
  signal.addEventListener('abort', () => watcher.disconnect());

  async function work() {
    if (busy) return;
    busy = true;
    for (let cell = queue.shift(); cell && !signal.aborted; cell = queue.shift()) {
      watcher.unobserve(cell);
      const { summary, asOf } = wanted.get(cell) ?? {};
      if (!summary || !cell.isConnected) continue;
      try {
        cell.replaceChildren(sparkChart(await days(summary, asOf ?? '', signal)));
      } catch {
        if (signal.aborted) return;
        // A row without its line says enough; the next look asks again.
      }
    }
    busy = false;
  }

  return (cell, summary, asOf) => {
    wanted.set(cell, { summary, asOf });
    const held = known.get(keyOf(summary, asOf));
    if (held) cell.replaceChildren(sparkChart(held));
    else watcher.observe(cell);
  };
}

const keyOf = (summary, asOf) => `${summary.subject}:${summary.id}@${asOf}`;

async function days(summary, asOf, signal) {
  const trend = await get(`board/trend/${summary.subject}/${encodeURIComponent(summary.id)}?days=91`, signal);
  if (known.size > 500) known.clear();
  known.set(keyOf(summary, asOf), trend.days);
  return trend.days;
}
