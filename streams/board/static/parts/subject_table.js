/** Subjects in a table: dot and interval, score, improvement; sorted by buttons, filtered, some at a time, so that a thousand stay light. */

import { el, fill } from '../dom.js';
import { stripChart } from '../charts/strip.js';
import { figureOf, mark } from '../figure.js';
import { count, points } from '../format.js';
import { linkTo, remember } from '../router.js';
import { nameOf, tierOf } from '../words.js';

const AT_ONCE = 40;
const FILTERED_FROM = 12;

const collator = new Intl.Collator(undefined, { numeric: true });

/** @typedef {{key: string, title: string, of: (summary: any) => number | string | null, cell: (summary: any) => Node | string, class?: string}} Column */

/**
 * @typedef {object} Options
 * @property {string} caption
 * @property {boolean} [tiers] groups by tier while sorted by score
 * @property {URLSearchParams} [state] `sort` and `filter` of the address
 * @property {{p10: number, median: number, p90: number} | null} [spread]
 * @property {Column[]} [more]
 * @property {(cell: HTMLElement, summary: any) => void} [spark]
 */

/** Higher first, without a score last, then by id. */
const order = (one, other) => one === null || other === null ? Number(one === null) - Number(other === null)
  : typeof one === 'string' ? collator.compare(one, String(other)) : Number(other) - one;

/**
 * @param {any[]} summaries
 * @param {Options} options
 * @returns {{node: HTMLElement, update: (summary: any) => void}}
 */
export function subjectTable(summaries, options) {
  const axis = axisOf(summaries);
  const columns = columnsOf(options, axis);
  const state = { rows: summaries, sort: options.state?.get('sort') ?? 'score', turned: options.state?.get('turned') === '1', filter: options.state?.get('filter') ?? '', shown: AT_ONCE };
  const body = el('tbody');
  const more = el('button', { type: 'button', class: 'quiet' });
  const said = el('p', { class: 'faint', role: 'status' });
  const heads = columns.map((column) => el('th', { scope: 'col', class: column.class },
    el('button', { type: 'button', class: 'sort', click: () => sortBy(column.key) }, column.title, el('span', { class: 'way', 'aria-hidden': 'true' })),
    column.key === 'interval' && el('span', { class: 'axis', 'aria-hidden': 'true' }, el('span', {}, count(axis.from)), el('span', {}, count(axis.to)))));

  const draw = () => {
    const wanted = state.filter.trim().toLowerCase();
    const column = columns.find(({ key }) => key === state.sort) ?? columns[0];
    const chosen = state.rows.filter((each) => !wanted || each.id.toLowerCase().includes(wanted) || (each.name ?? '').toLowerCase().includes(wanted))
      .sort((one, other) => (state.turned ? order(column.of(other), column.of(one)) : order(column.of(one), column.of(other))) || order(one.id, other.id));
    const tiered = Boolean(options.tiers) && state.sort === 'score' && !state.turned;
    if (tiered) chosen.sort((one, other) => rank(one.tier) - rank(other.tier));
    const rows = chosen.slice(0, state.shown);
    body.replaceChildren();
    let tier;
    for (const summary of rows) {
      if (tiered && summary.tier !== tier) {
        tier = summary.tier;
        const inTier = chosen.filter((each) => each.tier === tier).length;
        body.append(el('tr', { class: 'tier' }, el('th', { scope: 'rowgroup', colspan: columns.length }, tierOf(tier), el('small', { class: 'faint' }, ` ${inTier}`))));
      }
      body.append(row(summary, columns, options));
    }
    heads.forEach((head, place) => {
      const on = columns[place].key === column.key;
      if (on) head.setAttribute('aria-sort', (typeof column.of(chosen[0] ?? {}) === 'string') === state.turned ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    const left = chosen.length - rows.length;
    more.hidden = left === 0;
    more.textContent = `Show ${Math.min(left, AT_ONCE)} more of ${left}`;
    said.textContent = wanted || left ? `${rows.length} of ${chosen.length}${wanted ? ` that match, ${state.rows.length} in all` : ''}` : '';
  };
  const sortBy = (key) => {
    state.turned = state.sort === key && !state.turned;
    state.sort = key;
    remember({ sort: key === 'score' && !state.turned ? '' : key, turned: state.turned ? '1' : '' });
    draw();
  };
  more.addEventListener('click', () => {
    const next = body.querySelectorAll('tr').length;
    state.shown += AT_ONCE;
    draw();
    body.querySelectorAll('tr')[next]?.querySelector('a')?.focus();
  });
  const box = el('input', { type: 'search', name: 'filter', 'aria-label': `Filter: ${options.caption}`, placeholder: 'Name or id', value: state.filter, autocomplete: 'off' });
  box.addEventListener('input', () => {
    Object.assign(state, { filter: box.value, shown: AT_ONCE });
    remember({ filter: box.value.trim() });
    draw();
  });
  draw();
  const node = el('div', { class: 'subjects' },
    summaries.length >= FILTERED_FROM ? el('p', { class: 'filter' }, box) : null,
    el('table', {}, el('caption', { class: 'unseen' }, options.caption), el('thead', {}, el('tr', {}, heads)), body),
    said, more);
  return { node, update: (summary) => replace(state.rows, summary, body, columns) };
}

const rank = (tier) => ['above', 'typical', 'below'].indexOf(String(tier)) >= 0 ? ['above', 'typical', 'below'].indexOf(String(tier)) : 3;

/** Tens around all intervals, so that the differences can be seen. */
function axisOf(summaries) {
  const scored = summaries.filter((each) => each.score !== null);
  if (!scored.length) return { from: 0, to: 100 };
  const ends = scored.flatMap((each) => [each.low ?? each.score, each.high ?? each.score]);
  return { from: Math.max(0, Math.floor(Math.min(...ends) / 10) * 10), to: Math.min(100, Math.ceil(Math.max(...ends) / 10) * 10) };
}

function columnsOf(options, axis) {
  /** @type {Column[]} */
  const columns = [
    { key: 'name', title: 'Name', of: (each) => nameOf(each).toLowerCase(), cell: name, class: 'who' },
    { key: 'interval', title: 'Interval', of: (each) => each.low ?? null, cell: (each) => strip(each, options, axis), class: 'where' },
    { key: 'score', title: 'Score', of: (each) => each.score ?? null, cell: (each) => figureOf(each, 'score', { class: 'strong' }), class: 'number' },
    { key: 'improvement', title: 'Improving', of: (each) => each.improvement ?? null, cell: improving, class: 'number wide' },
    { key: 'coverage', title: 'Evidence', of: (each) => each.coverage ?? null, cell: (each) => figureOf(each, 'coverage'), class: 'number wide' },
  ];
  columns.push(...options.more ?? []);
  return columns;
}

const name = (summary) => el('a', { href: linkTo(summary.subject, summary.id) }, nameOf(summary), summary.name && el('small', { class: 'faint' }, ` ${summary.id}`));

function strip(summary, options, axis) {
  if (summary.score === null) return el('span', { class: 'faint' }, 'not enough records yet');
  return stripChart({
    dot: summary.score, low: summary.low, high: summary.high, ...axis,
    ticks: options.spread ? [{ at: options.spread.median, kind: 'median' }] : [],
    said: `${points(summary.score)}, between ${points(summary.low)} and ${points(summary.high)}`,
  });
}

function improving(summary) {
  const way = summary.improvement === null ? ['', ''] : summary.improvement > 52.5 ? ['▲', 'getting better: '] : summary.improvement < 47.5 ? ['▼', 'getting worse: '] : ['', 'steady: '];
  return el('span', {}, el('span', { class: way[0] === '▼' ? 'down' : 'up', 'aria-hidden': 'true' }, way[0]), ' ', el('span', { class: 'unseen' }, way[1]), figureOf(summary, 'improvement'));
}

function row(summary, columns, options) {
  const made = el('tr', { 'data-subject': `${summary.subject}:${summary.id}` });
  fill(made, columns.map((column, place) => el(place ? 'td' : 'th', { class: column.class, scope: place ? null : 'row' }, column.cell(summary))));
  const spark = made.querySelector('td.spark');
  if (spark) options.spark?.(spark, summary);
  return made;
}

/** Puts news of a subject into its row; the order stays until somebody sorts, so that nothing jumps under a reader's eyes. */
function replace(rows, summary, body, columns) {
  const place = rows.findIndex((each) => each.subject === summary.subject && each.id === summary.id);
  if (place < 0) return;
  rows[place] = { ...rows[place], ...summary };
  const subject = `${summary.subject}:${summary.id}`;
  const shown = [...body.children].find((each) => each.getAttribute('data-subject') === subject);
  const column = columns.findIndex(({ key }) => key === 'interval');
  const cell = shown?.children[column];
  if (!cell) return;
  cell.replaceChildren(columns[column].cell(rows[place]));
  const score = shown?.querySelector('[data-figure=score]');
  if (score && !score.hasAttribute('data-changed')) mark(score);
}
