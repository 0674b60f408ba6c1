/** The stream: how late, how much, which workers, and what was set aside and why. */

import { get } from '../api.js';
import { el, sheet, table } from '../dom.js';
import { figure, mark } from '../figure.js';
import { count, day, duration, inUnit } from '../format.js';
import { letters } from '../parts/letters.js';
import { pause } from '../live.js';
import { OUTCOMES } from '../words.js';

const LOOK_AGAIN = 5000;

/**
 * @param {import('../router.js').Place} place
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function draw({ state }, signal) {
  const found = await get('board/stream', signal);
  const now = el('div', { class: 'tiles' }, tiles(found));
  const rest = el('div', {}, ...sheets(found));
  const said = el('div', {}, standing(found));
  lookAgain(signal, (fresh) => {
    said.replaceChildren(standing(fresh));
    show(now, fresh);
    const held = el('div', {}, ...sheets(fresh));
    if (held.textContent !== rest.textContent && !rest.contains(document.activeElement)) rest.replaceChildren(...held.childNodes);
  });
  return {
    title: 'Stream',
    content: [
      el('div', { class: 'heading' }, el('h1', {}, 'Stream'), el('p', { class: 'beside' }, `version ${found.version}, up for ${duration(found.uptime_seconds)}`)),
      said, now, letters(found.dead_letters, state, signal), rest,
    ],
    subjects: ['company:company'],
    stream: (news) => show(now, { ...found, ...news }),
  };
}

async function lookAgain(signal, take) {
  for (;;) {
    await pause(LOOK_AGAIN, signal);
    if (signal.aborted) return;
    if (document.hidden) continue;
    try {
      take(await get('board/stream', signal));
    } catch {
      // The lamp above says that the connection is lost; the next look may find it.
    }
  }
}

function standing(found) {
  if (found.ready) return el('p', { class: 'lead' }, el('span', { class: 'badge recovered' }, el('span', { 'aria-hidden': 'true' }, '● '), 'Ready'), ' Every worker takes records.');
  return el('section', { class: 'sheet warned', 'aria-label': 'Not ready' },
    el('p', {}, el('span', { class: 'badge alarm' }, el('span', { 'aria-hidden': 'true' }, '▼ '), 'Not ready'), ' The command ', el('code', {}, 'upscore doctor'), ' says what to do.'),
    el('ul', {}, found.obstacles.map((each) => el('li', {}, each))));
}

/** @type {[string, string, string, (value: any) => string][]} */
const TILES = [
  ['lag_seconds', 'Lag', 'age of the newest record when it counted', (value) => value === null ? '–' : duration(value)],
  ['behind', 'Waiting', 'records not yet taken', count],
  ['rate', 'Rate', 'records a second now', (value) => inUnit(value, 'count')],
  ['event_time', 'Event time', 'newest business date', day],
];

function tiles(found) {
  return TILES.map(([name, title, meaning, write]) => el('section', { class: 'sheet tile', 'aria-label': title },
    el('h2', {}, title), el('p', { class: 'large' }, figure(name, found[name], write(found[name]))), el('p', { class: 'faint' }, meaning)));
}

/** Writes new values without a mark: they move all the time. */
function show(place, found) {
  for (const [name, , , write] of TILES) {
    const shown = place.querySelector(`[data-figure=${name}]`);
    if (!shown || found[name] === undefined) continue;
    const text = write(found[name]);
    shown.setAttribute('data-value', found[name] === null ? '' : String(found[name]));
    if (shown.textContent === text) continue;
    shown.textContent = text;
    if (name === 'event_time') mark(shown);
  }
}

function sheets(found) {
  const outcomes = Object.keys(OUTCOMES);
  return [
    sheet('Records by topic', {}, el('p', { class: 'faint' }, 'Since each worker began.'),
      table('Records by topic and outcome', ['Topic', ...outcomes.map((each) => OUTCOMES[each])],
        Object.entries(found.records).map(([topic, by]) => [topic, ...outcomes.map((outcome) => figure(`records.${topic}.${outcome}`, by[outcome] ?? 0, count(by[outcome] ?? 0)))]), { class: 'numbers' })),
    sheet('Workers', {}, table('Workers', ['Worker', 'Partitions', 'State', 'Rate', 'Lag', 'Waiting', 'Up for'], found.workers.map(worker))),
  ];
}

function worker(each) {
  const state = each.error ? `cannot be reached: ${each.error}` : each.ready === null ? 'not known' : each.ready ? 'ready' : 'not ready';
  return [
    el('span', { title: each.id }, each.url ?? each.id, each.here ? el('small', { class: 'faint' }, ' this one') : null),
    each.partitions.length ? each.partitions.join(', ') : 'none',
    state,
    each.rate === null ? '–' : inUnit(each.rate, 'count'), each.lag_seconds === null ? '–' : duration(each.lag_seconds), count(each.behind),
    each.uptime_seconds === null ? '–' : duration(each.uptime_seconds),
  ];
}

