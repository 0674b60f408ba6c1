/** Pillars and metrics of a score: each with its window, target, peers and number of records. */

import { stripChart } from '../charts/strip.js';
import { el, sheet, svg, table } from '../dom.js';
import { figure } from '../figure.js';
import { count, day, inUnit, points, share } from '../format.js';
import { remember } from '../router.js';
import { meaningOf, titleOf } from '../words.js';

const WINDOWS = ['7d', '28d', '91d', '364d'];
const USUAL = '91d';

/**
 * The pillars, as wide as they weigh.
 * @param {any} standing
 * @returns {HTMLElement}
 */
export function pillarsSheet(standing) {
  const pillars = Object.entries(standing.pillars);
  return sheet('Pillars', {}, el('ul', { class: 'pillars' }, pillars.map(([name, pillar]) => {
    const value = 100 * pillar.u;
    const item = el('li', {},
      el('span', { class: 'name' }, titleOf(name), ' ', el('small', { class: 'faint' }, `weighs ${share(pillar.weight)}`)),
      el('span', { class: 'number strong' }, figure(`pillar.${name}.value`, pillar.u, points(value))),
      svg('svg', { class: 'bar total', width: '100%', height: 10, role: 'img', 'aria-label': `${points(value)} of 100` },
        svg('rect', { class: 'rail', width: '100%', height: 10, rx: 3 }), svg('rect', { width: `${value}%`, height: 10, rx: 3 }), svg('line', { class: 'target', x1: '70%', x2: '70%', y1: 0, y2: 10 })));
    item.style.setProperty('--weight', String(pillar.weight));
    return item;
  })), el('p', { class: 'faint' }, '70 is on target. Pillars are multiplied, so a strong one cannot buy off a weak one.'));
}

/**
 * @param {any} standing
 * @param {any} score the object of contract.md section 4
 * @param {URLSearchParams} state `window` of the address
 * @returns {HTMLElement}
 */
export function metricsSheet(standing, score, state) {
  let chosen = WINDOWS.includes(state.get('window') ?? '') ? String(state.get('window')) : USUAL;
  const content = el('div');
  const buttons = WINDOWS.map((window) => el('button', { type: 'button', 'data-key': `window ${window}`, click: () => choose(window) }, `${parseInt(window, 10)} days`));
  const choose = (window) => {
    chosen = window;
    state.set('window', window);
    remember({ window: window === USUAL ? '' : window });
    draw();
  };
  const draw = () => {
    buttons.forEach((button, place) => button.setAttribute('aria-pressed', String(WINDOWS[place] === chosen)));
    content.replaceChildren(...pillarTables(standing, score, chosen), others(standing, score, chosen));
  };
  draw();
  return sheet('Every metric', {},
    el('p', { class: 'faint' }, `The score looks at ${standing.window.days} days, ${day(standing.window.first)} to ${day(standing.window.last)}, ${count(standing.window.present)} of them working days present. `,
      'The line runs from the worst to the best that counts: ', el('span', { class: 'key' }, el('i', { class: 'k dot' }), 'estimate and its 80 % range'), ' ', el('span', { class: 'key' }, el('i', { class: 'k peers' }), 'peers'), ' ', el('span', { class: 'key' }, el('i', { class: 'k target' }), 'target'), '.'),
    el('p', { class: 'choice', role: 'group', 'aria-label': 'Window of the values' }, el('span', { class: 'faint' }, 'Values over '), buttons), content);
}

function pillarTables(standing, score, window) {
  return Object.entries(standing.pillars).map(([pillar, { metrics }]) => el('div', { class: 'pillar' },
    el('h3', {}, titleOf(pillar), pillar === 'improvement' ? el('small', { class: 'faint' }, ' the trend of each, week by week') : ''),
    el('ul', { class: 'metrics' }, Object.entries(metrics).map(([name, part]) => part.known ? metric(name, part, score.metrics[name], window, standing) : slope(name, part)))));
}

function metric(name, part, raw, window, standing) {
  const { known, goalposts, scored_in: unit } = part;
  const shown = raw?.windows?.[window] ?? { value: null, n: 0 };
  const say = (value) => inUnit(value, unit);
  const said = `${titleOf(name)}: estimate ${say(part.shrunk)}, between ${say(known.low)} and ${say(known.high)}; peers ${say(part.level)}; target ${say(goalposts.target)}`;
  return el('li', {},
    el('div', { class: 'name' }, el('strong', {}, titleOf(name)), el('small', { class: 'faint' }, meaningOf(name))),
    el('div', { class: 'value' },
      figure(`metric.${name}.value`, shown.value, inUnit(shown.value, raw?.unit ?? unit), { class: 'strong', 'data-window': window }),
      el('small', { class: 'faint' }, figure(`metric.${name}.n`, shown.n, count(shown.n), { 'data-window': window }), shown.n === 1 ? ' record' : ' records')),
    stripChart({ dot: part.shrunk, low: known.low, high: known.high, from: goalposts.worst, to: goalposts.best, ticks: [{ at: part.level, kind: 'peers' }, { at: goalposts.target, kind: 'target' }], said }),
    el('div', { class: 'refs' },
      el('small', {}, 'target ', ...target(name, part, raw, standing.window.days)),
      el('small', { class: 'faint' }, 'peers ', say(part.level), known.peers ? ` (${count(known.peers)})` : ' (by the scorecard)'),
      unit.includes('a day') && part.value !== null ? el('small', { class: 'faint' }, 'own ', say(part.value)) : null),
    more(name, part, raw));
}

/** The target that was given, in the score's window where it is a sum; else the usual one, a little above the peers. */
function target(name, { goalposts, scored_in: unit }, raw, days) {
  if (raw?.target === null || raw?.target === undefined) return [inUnit(goalposts.target, unit), ' (usual)'];
  const given = figure(`metric.${name}.target`, raw.target, inUnit(raw.target, raw.unit));
  return unit.includes('a day') ? [inUnit(goalposts.target, unit), ': ', given, ` in ${days} days`] : [given];
}

/** Everything else about a metric. */
function more(name, part, raw) {
  const { known, scored_in: unit } = part;
  return el('details', { 'data-key': `metric ${name}` }, el('summary', {}, 'All numbers'),
    table(`${titleOf(name)} over all windows`, ['Window', 'Value', 'Records'], WINDOWS.map((window) => {
      const { value, n } = raw?.windows?.[window] ?? { value: null, n: 0 };
      return [`${parseInt(window, 10)} days`, inUnit(value, raw?.unit ?? unit), count(n)];
    }), { class: 'numbers' }),
    el('p', { class: 'faint' },
      `Own value ${inUnit(part.value, unit)} from ${count(known.records)} records, drawn towards the peers' ${inUnit(part.level, unit)} as far as chance goes: ${inUnit(part.shrunk, unit)}, most likely ${inUnit(known.low, unit)} to ${inUnit(known.high, unit)}. `,
      `It counts as ${points(100 * part.utility)} of 100 (70 is on target) and weighs ${share(part.weight)} of its pillar. `,
      known.no_measurable_difference ? 'By this metric the peers cannot be told apart on this evidence.' : ''));
}

/** The trend of a metric: from falling to rising, flat in the middle. */
function slope(name, part) {
  const value = 100 * part.utility;
  const way = part.n === 0 ? 'no records yet' : part.utility_low > 0.5 ? 'getting better' : part.utility_high < 0.5 ? 'getting worse' : value > 55 ? 'perhaps better' : value < 45 ? 'perhaps worse' : 'steady';
  return el('li', { class: 'slope' },
    el('div', { class: 'name' }, el('strong', {}, titleOf(name))),
    el('div', { class: 'value' }, figure(`slope.${name}.value`, part.utility, points(value), { class: 'strong' }), el('small', { class: 'faint' }, `${count(part.n)} weeks`)),
    stripChart({ dot: value, low: 100 * part.utility_low, high: 100 * part.utility_high, ticks: [{ at: 50, kind: 'peers' }], said: `${titleOf(name)}: ${way}, ${points(value)} where 50 is flat` }),
    el('div', { class: 'refs' }, el('small', {}, way)));
}

/** Metrics that are shown only. */
function others(standing, score, window) {
  const rest = Object.entries(score.metrics).filter(([name, metric]) => !metric.pillar && !standing.pillars.results?.metrics[name]);
  return el('details', { 'data-key': 'others' }, el('summary', {}, `${rest.length} more that are shown and not scored`),
    table('Metrics that are not scored', ['Metric', 'Value', 'Records', 'Target'], rest.map(([name, metric]) => {
      const { value, n } = metric.windows[window];
      return [titleOf(name), figure(`metric.${name}.value`, value, inUnit(value, metric.unit), { 'data-window': window }), figure(`metric.${name}.n`, n, count(n), { 'data-window': window }), inUnit(metric.target, metric.unit)];
    }), { class: 'numbers' }),
    standing.not_collected.length ? el('p', { class: 'faint' }, `The company has no records of ${standing.not_collected.map(titleOf).join(', ')}; their weight is the others'.`) : null);
}
