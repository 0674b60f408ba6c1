/** How a score went: the line, its 80 % interval as a band, what was done for the subject as marks. */

import { el, fill, svg, table } from '../dom.js';
import { day, month, points, shortDay } from '../format.js';
import { capital, titleOf } from '../words.js';

/** @typedef {{as_of: string, score: number | null, low: number | null, high: number | null, level: number | null}} Day */
/** @typedef {{started_at: string, kind: string, metric: string | null, note: string | null}} Intervention */

const LEAST_HEIGHT = 230;
const LEFT = 30;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;
const GAP = 15 * 86400000; // longer without a score: the line is broken

/**
 * @param {Day[]} days ascending
 * @param {Intervention[]} interventions
 * @param {{from?: string, to?: string, choose?: (date: string) => void, signal: AbortSignal}} options dates to mark; `choose` takes a day that was clicked
 * @returns {HTMLElement}
 */
export function trendChart(days, interventions, options) {
  const told = el('p', { class: 'told', 'aria-live': 'polite' });
  const scored = days.filter((each) => each.score !== null);
  if (scored.length < 2) return el('p', { class: 'faint' }, 'No trend yet: it takes two days with a score.');
  const drawing = el('div', { class: 'drawing' });
  const chart = el('div', {
    class: 'trend', 'data-chart': 'trend', tabindex: '0', role: 'group',
    'aria-label': `Score from ${day(scored[0].as_of)} to ${day(scored[scored.length - 1].as_of)}. Arrow keys go from day to day.`,
  }, drawing);
  let at = -1;
  /** @type {ReturnType<typeof scales> | null} */
  let scale = null;

  const draw = () => {
    scale = scales(days, drawing.clientWidth || 600, Math.max(LEAST_HEIGHT, drawing.clientHeight));
    drawing.replaceChildren(picture(days, interventions, scale, options));
    if (at >= 0) show(at);
  };
  const show = (place) => {
    at = Math.max(0, Math.min(scored.length - 1, place));
    const each = scored[at];
    told.textContent = `${day(each.as_of)}: ${points(each.score)}, between ${points(each.low)} and ${points(each.high)}`;
    const cross = drawing.querySelector('.cross');
    if (!cross || !scale) return;
    cross.setAttribute('transform', `translate(${scale.x(each.as_of)},0)`);
    cross.querySelector('circle')?.setAttribute('cy', String(scale.y(each.score)));
    cross.removeAttribute('visibility');
  };
  const rest = () => {
    at = -1;
    told.textContent = options.choose ? 'Point at a day, or use the arrow keys; Enter or a click compares with it.' : 'Point at a day, or use the arrow keys.';
    drawing.querySelector('.cross')?.setAttribute('visibility', 'hidden');
  };
  const nearest = (event) => {
    if (!scale) return -1;
    const x = event.clientX - drawing.getBoundingClientRect().left;
    let best = 0;
    scored.forEach((each, place) => {
      if (Math.abs((scale?.x(each.as_of) ?? 0) - x) < Math.abs((scale?.x(scored[best].as_of) ?? 0) - x)) best = place;
    });
    return best;
  };
  chart.addEventListener('pointermove', (event) => show(nearest(event)));
  chart.addEventListener('pointerleave', rest);
  chart.addEventListener('blur', rest);
  chart.addEventListener('click', (event) => options.choose?.(scored[nearest(event)].as_of));
  chart.addEventListener('keydown', (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 };
    if (event.key in steps) show((at < 0 ? scored.length - 1 : at) + (at < 0 ? 0 : steps[event.key]));
    else if (event.key === 'Home') show(0);
    else if (event.key === 'End') show(scored.length - 1);
    else if (event.key === 'Enter' && at >= 0) options.choose?.(scored[at].as_of);
    else return;
    event.preventDefault();
  });
  const watcher = new ResizeObserver(draw);
  watcher.observe(drawing);
  options.signal.addEventListener('abort', () => watcher.disconnect());
  rest();
  return el('figure', {}, chart, told, marks(interventions), el('details', { class: 'text' },
    el('summary', {}, 'The trend as a table'),
    table('Score by day', ['Day', 'Score', '80 % from', 'to', 'Level'], days.map((each) => [day(each.as_of), ...['score', 'low', 'high', 'level'].map((name) => points(each[name]))]), { class: 'numbers' })));
}

function scales(days, width, height) {
  const values = days.flatMap((each) => [each.low, each.high, each.score]).filter((value) => value !== null);
  const least = Math.max(0, Math.floor((Math.min(...values) - 2) / 10) * 10);
  const most = Math.min(100, Math.ceil((Math.max(...values) + 2) / 10) * 10);
  const [start, end] = [Date.parse(days[0].as_of), Date.parse(days[days.length - 1].as_of)];
  return {
    width, height, least, most, start, end,
    x: (date) => LEFT + (width - LEFT - RIGHT) * ((typeof date === 'number' ? date : Date.parse(date)) - start) / Math.max(1, end - start),
    y: (value) => TOP + (height - TOP - BOTTOM) * (most - value) / (most - least),
  };
}

function picture(days, interventions, scale, options) {
  const { width, height, x, y, least, most } = scale;
  const step = most - least > 60 ? 20 : 10;
  const lines = [];
  for (let value = least; value <= most; value += step) lines.push(value);
  const runs = unbroken(days);
  const last = runs.at(-1)?.at(-1);
  const inside = (date) => date !== undefined && Date.parse(date) >= scale.start && Date.parse(date) <= scale.end;
  return svg('svg', { width, height, 'aria-hidden': 'true' },
    lines.map((value) => [
      svg('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      svg('text', { x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, value),
    ]).flat(),
    months(scale).map(({ at, label }) => svg('text', { x: at, y: height - 6, 'text-anchor': 'middle' }, label)),
    inside(options.from) && inside(options.to) && svg('rect', { class: 'chosen', x: x(options.from ?? ''), y: TOP, width: Math.max(0, x(options.to ?? '') - x(options.from ?? '')), height: height - TOP - BOTTOM }),
    runs.map((run) => svg('path', { class: 'band', d: `${line(run, 'high', scale)}${line([...run].reverse(), 'low', scale).replace('M', 'L')}Z` })),
    runs.map((run) => svg('path', { class: 'line', d: line(run, 'score', scale) })),
    last && svg('circle', { class: 'end', cx: x(last.as_of), cy: y(last.score), r: 4 }),
    interventions.map((each, place) => inside(each.started_at) && svg('g', { class: 'done' },
      svg('line', { x1: x(Date.parse(each.started_at)), x2: x(Date.parse(each.started_at)), y1: TOP + 14, y2: height - BOTTOM }),
      svg('circle', { cx: x(Date.parse(each.started_at)), cy: TOP + 8, r: 8 }),
      svg('text', { x: x(Date.parse(each.started_at)), y: TOP + 12, 'text-anchor': 'middle' }, place + 1))),
    svg('g', { class: 'cross', visibility: 'hidden' }, svg('line', { y1: TOP, y2: height - BOTTOM }), svg('circle', { r: 4 })),
  );
}

function line(run, name, { x, y }) {
  return run.map((each, place) => `${place ? 'L' : 'M'}${x(each.as_of).toFixed(1)},${y(each[name] ?? each.score ?? 0).toFixed(1)}`).join('');
}

/** Stretches of days that have a score. */
function unbroken(days) {
  /** @type {Day[][]} */
  const runs = [];
  let before = 0;
  for (const each of days) {
    if (each.score === null) continue;
    const now = Date.parse(each.as_of);
    if (!runs.length || now - before > GAP) runs.push([]);
    runs[runs.length - 1].push(each);
    before = now;
  }
  return runs;
}

/** First days of months, where their names fit. */
function months({ start, end, x, width }) {
  const found = [];
  const date = new Date(start);
  date.setUTCDate(1);
  for (date.setUTCMonth(date.getUTCMonth() + 1); date.getTime() <= end; date.setUTCMonth(date.getUTCMonth() + 1)) {
    found.push({ at: x(date.getTime()), label: month(date) });
  }
  if (!found.length) return [start, end].map((time) => ({ at: Math.min(Math.max(x(time), LEFT + 20), width - 30), label: shortDay(new Date(time).toISOString().slice(0, 10)) }));
  const room = Math.ceil(found.length * 40 / width);
  return found.filter((_, place) => place % room === 0);
}

function marks(interventions) {
  if (!interventions.length) return null;
  const list = el('ol', { class: 'marks', 'aria-label': 'What was done' });
  fill(list, interventions.map((each) => el('li', {},
    el('strong', {}, capital(each.kind)), ` from ${day(each.started_at)}`, each.metric ? ` for ${titleOf(each.metric).toLowerCase()}` : '', each.note ? `: ${each.note}` : '')));
  return list;
}
