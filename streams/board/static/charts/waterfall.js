/** The waterfall of a change: a row a part, its bar from where the ones above it ended; each opens to its parts, down to the records. */

import { el, fill, svg } from '../dom.js';
import { stripChart } from './strip.js';
import { figure } from '../figure.js';
import { day, inUnit, points, signed } from '../format.js';
import { partName } from '../words.js';

const SWITCHES = ['scorecard', 'people', 'corrections', 'market'];
const TOLD_FROM = 0.05;
const HEIGHT = 18;
const USUAL = '91d';
const NEARLY = 0.03;

/** @typedef {{from: number, to: number}} Span */

/**
 * @param {{from: any, to: any, parts: any[]}} explanation both with a score
 * @returns {HTMLElement}
 */
export function waterfallChart(explanation) {
  const { from, to, parts } = explanation;
  const ordered = inOrder(parts);
  const span = spanOf(from.score, ordered);
  const rows = el('ul', { class: 'rows' });
  fill(rows, drawRows(ordered, from.score, span, '', false));
  return el('div', { class: 'waterfall', 'data-chart': 'waterfall', 'data-from': from.as_of, 'data-to': to.as_of },
    total('from.score', from, span),
    rows,
    total('to.score', to, span));
}

/** The score on one of the dates, with its interval where it is known. */
function total(name, score, span) {
  const low = score.low ?? null;
  return el('div', { class: 'row total' },
    el('span', { class: 'name' }, day(score.as_of), low === null ? null : el('small', { class: 'faint' }, ` ${points(low)} to ${points(score.high)}`)),
    stripChart({ dot: score.score, from: span.from, to: span.to, said: `score ${points(score.score)} on ${day(score.as_of)}` }),
    figure(name, score.score, points(score.score), { class: 'number' }));
}

/** Rows of one level, one after the other; parts too small to tell come behind a button. */
function drawRows(parts, start, span, path, ofSum) {
  let at = start;
  /** @type {HTMLElement[]} */
  const small = [];
  const rows = [];
  for (const part of parts) {
    const row = drawRow(part, at, span, path, ofSum);
    at += part.points;
    if (Math.abs(part.points) >= TOLD_FROM || part.cause === 'pillar') rows.push(row);
    else small.push(row);
  }
  if (!small.length) return rows;
  const list = el('ul', { class: 'rows', hidden: true });
  fill(list, small);
  const button = el('button', { type: 'button', class: 'row small', 'aria-expanded': 'false' }, `${small.length} more, each too small to tell`);
  button.addEventListener('click', () => toggle(button, list));
  return [...rows, el('li', {}, button, list)];
}

function toggle(button, list) {
  list.hidden = !list.hidden;
  button.setAttribute('aria-expanded', String(!list.hidden));
}

function drawRow(part, at, span, path, ofSum) {
  const below = partsBelow(part);
  const own = path ? `${path}/${keyOf(part)}` : keyOf(part);
  const shown = [
    el('span', { class: 'name' }, partName(part, ofSum, path !== '' && !part.segment && path.split('/').at(-1) === part.cause)),
    bar(at, at + part.points, span, part.points < 0 ? 'down' : 'up'),
    el('span', { class: `number ${part.points <= -TOLD_FROM ? 'down' : part.points >= TOLD_FROM ? 'up' : ''}` }, signed(part.points)),
  ];
  const row = el('li', {});
  const marks = part.cause === 'record'
    ? { 'data-record': `${part.type}:${part.id}`, 'data-value': String(part.points) }
    : { 'data-part': own, 'data-value': String(part.points) };
  if (!below.length) {
    fill(row, el('div', { class: 'row leaf', ...marks }, shown));
    return row;
  }
  const sum = part.cause === 'metric' ? isSum(part) : ofSum;
  const list = el('ul', { class: 'rows', hidden: true });
  const button = el('button', { type: 'button', class: 'row', 'aria-expanded': 'false', ...marks }, shown);
  button.addEventListener('click', () => {
    if (!list.hasChildNodes()) fill(list, drawRows(below, at, span, own, sum));
    toggle(button, list);
  });
  fill(row, button, list);
  return row;
}

function bar(from, to, span, kind) {
  const x = (value) => 2 + 96 * Math.min(1, Math.max(0, (value - span.from) / (span.to - span.from))); // as strips
  const [left, right] = [Math.min(x(from), x(to)), Math.max(x(from), x(to))];
  return svg('svg', { class: `bar ${kind}`, width: '100%', height: HEIGHT, 'aria-hidden': 'true' },
    svg('line', { class: 'from', x1: `${x(from)}%`, x2: `${x(from)}%`, y1: 0, y2: HEIGHT }),
    svg('rect', { x: `${left}%`, width: `${Math.max(right - left, 0.3)}%`, y: 3, height: HEIGHT - 6, rx: 2 }));
}

/** What all bars lie within, with room at the ends. */
function spanOf(start, parts) {
  let at = start;
  const ends = [at];
  for (const part of parts) ends.push(at += part.points);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const room = Math.max(2, (most - least) * 0.35);
  return { from: Math.max(0, least - room), to: Math.min(100, most + room) };
}

/** Switches in their order, then the others, most points first whichever way, the rest last. */
function inOrder(parts) {
  const place = (part) => SWITCHES.includes(part.cause) ? SWITCHES.indexOf(part.cause) : part.cause === 'rest' ? 9 : 8;
  return [...parts].sort((one, other) => place(one) - place(other) || (place(one) < 8 ? 0 : Math.abs(other.points) - Math.abs(one.points)));
}

/** What is inside a part, records as parts of the cause `record`. */
function partsBelow(part) {
  const records = (list) => (list ?? []).map((record) => ({ ...record, cause: 'record' }));
  const found = (part.parts ?? []).flatMap((inside) => inside.cause === 'records' ? records(inside.records) : [inside]);
  return inOrder([...found, ...records(part.records)]);
}

/** A part's name in its path. */
const keyOf = (part) => part.segment ?? part.metric ?? (part.cause === 'pillar' ? part.pillar : part.cause);

/** Whether a metric is a sum: below it is no mix. */
const isSum = (part) => (part.parts ?? []).every((inside) => !['mix', 'rate'].includes(inside.cause));

/** What a metric was and is over its usual window; nothing where that is nearly the same, for then days present made the points. */
function fromTo({ from, to }, metric) {
  const [before, now] = [from, to].map((score) => score.metrics?.[metric]?.windows[USUAL].value ?? null);
  if (before === null || now === null || Math.abs(now - before) <= NEARLY * Math.max(Math.abs(now), Math.abs(before))) return '';
  const { unit } = to.metrics[metric];
  return `, from ${inUnit(before, unit)} to ${inUnit(now, unit)}`;
}

/**
 * The largest losses and gains in a sentence, for those who see no bars, and for those who are in a hurry.
 * @param {{from: any, to: any, parts: any[]}} explanation
 * @returns {string}
 */
export function inWords(explanation) {
  const change = explanation.to.score - explanation.from.score;
  const metrics = explanation.parts.flatMap((part) => part.cause !== 'pillar' ? [part]
    : (part.parts ?? []).map((inside) => ({ ...inside, slope: part.pillar === 'improvement' })));
  const named = (sign) => metrics.filter((part) => part.points * sign >= TOLD_FROM)
    .sort((one, other) => Math.abs(other.points) - Math.abs(one.points)).slice(0, 3)
    .map((part) => `${part.slope ? 'trend of ' : ''}${partName(part, false).toLowerCase()} ${signed(part.points)}${part.slope || !part.metric ? '' : fromTo(explanation, part.metric)}`).join('; ');
  const [lost, won] = [named(-1), named(1)];
  const head = Math.abs(change) < TOLD_FROM ? 'The score stayed where it was.' : `The score ${change < 0 ? 'fell' : 'rose'} by ${points(Math.abs(change))} points.`;
  return [head, lost && `Most of what went down: ${lost}.`, won && `Most of what went up: ${won}.`].filter(Boolean).join(' ');
}
