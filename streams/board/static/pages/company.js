/** The company: its score and trend, teams, territories, who moved, open alerts. */

import { newestAlerts } from '../parts/alert_list.js';
import { get } from '../api.js';
import { sparksInView } from '../charts/spark.js';
import { stripChart } from '../charts/strip.js';
import { el, sheet } from '../dom.js';
import { figureOf } from '../figure.js';
import { count, points, signed } from '../format.js';
import { grafana } from '../frame/grafana.js';
import { heading } from '../parts/head.js';
import { pause, renewing } from '../live.js';
import { linkTo } from '../router.js';
import { subjectTable } from '../parts/subject_table.js';
import { story } from '../parts/story.js';
import { nameOf } from '../words.js';

const LOOK_AGAIN = 8000;

/**
 * @param {import('../router.js').Place} place
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function draw({ state }, signal) {
  const found = await get('board/company', signal);
  if (!found.company) return { title: 'Company', content: [empty()], score: () => location.reload(), stream: () => lookAgain(signal) };
  const trend = () => get('board/trend/company/company?days=182', signal);
  const spark = sparksInView(signal);
  const told = story(found.company, found.as_of, trend, state, signal);
  const table = (rows, caption) => subjectTable(rows, {
    caption, spark: (cell, summary) => spark(cell, summary, found.as_of),
    more: [
      { key: 'trend', title: '13 weeks', of: (each) => each.improvement, cell: () => '', class: 'spark wide' },
      { key: 'n_members', title: 'Members', of: (each) => each.n_members, cell: (each) => figureOf(each, 'n_members'), class: 'number wide' },
    ],
  });
  const teams = table(found.teams, 'Teams');
  const territories = table(found.territories, 'Territories');
  const first = state.has('from'); // whoever comes by a link to a change sees it at once
  const alerts = el('div', {}, newestAlerts(found.alerts));
  const moved = el('div', { class: 'contents' }, movers(found.movers));
  const look = async () => {
    const now = await get('board/company', signal);
    alerts.replaceChildren(newestAlerts(now.alerts));
    moved.replaceChildren(movers(now.movers));
    return now;
  };
  const fresh = renewing(look, signal);
  untilCounted(found, look, signal);
  return {
    title: 'Company',
    later: told.later,
    content: [
      heading({ ...found.company, name: null }, el('a', { href: '#/scorecard' }, `by ${found.scorecard}`), grafana(found.grafana, 'company', {})),
      told.top,
      first && told.change,
      el('div', { class: 'two' },
        sheet('Open alerts', {}, alerts),
        moved),
      sheet('Teams', {}, found.teams.length ? teams.node : el('p', { class: 'faint' }, 'No teams yet: they come with the records of reps and teams.')),
      found.territories.length ? sheet('Territories', {}, territories.node) : null,
      !first && told.change,
    ],
    subjects: ['company:company', ...[...found.teams, ...found.territories].map((each) => `${each.subject}:${each.id}`)].slice(0, 200),
    score: (summary) => {
      told.news(summary);
      teams.update(summary);
      territories.update(summary);
    },
    alert: fresh,
    again: fresh,
  };
}

/** The first score may have come between the answer and the first news. */
async function lookAgain(signal) {
  const now = await get('board/company', signal).catch(() => null);
  if (now?.company) location.reload();
}

/** Looks again while movers are being counted. */
async function untilCounted(found, look, signal) {
  for (let now = found; now.movers.counted < now.movers.of;) {
    await pause(LOOK_AGAIN, signal);
    if (signal.aborted) return;
    now = await look().catch(() => now);
  }
}

function movers(found) {
  const ends = [...found.up, ...found.down].flatMap((each) => [each.before, each.score]);
  const span = { from: Math.max(0, Math.min(...ends) - 3), to: Math.min(100, Math.max(...ends) + 3) };
  const list = (title, rows) => el('div', {},
    el('h3', {}, title),
    rows.length ? el('ul', { class: 'movers' }, rows.map((rep) => mover(rep, span))) : el('p', { class: 'faint' }, 'Nobody.'));
  const partly = found.counted < found.of ? el('p', { class: 'faint' }, `${count(found.counted)} of ${count(found.of)} reps are counted so far; the others follow.`) : null;
  return sheet(`Who moved in ${found.days} days`, {}, el('div', { class: 'two even' }, list('Up', found.up), list('Down', found.down)), partly,
    el('p', { class: 'faint' }, 'Small changes may be chance; an alert tells of a drop that is not.'));
}

function mover(rep, span) {
  return el('li', { 'data-subject': `rep:${rep.id}` },
    el('a', { href: linkTo('rep', rep.id) }, nameOf(rep)),
    stripChart({ dot: rep.score, low: Math.min(rep.before, rep.score), high: Math.max(rep.before, rep.score), ticks: [{ at: rep.before, kind: 'before' }], ...span, said: `from ${points(rep.before)} to ${points(rep.score)}` }),
    figureOf(rep, 'change', { class: `number ${rep.change < 0 ? 'down' : 'up'}`, 'aria-label': `${signed(rep.change)} points` }));
}

function empty() {
  return el('section', { class: 'sheet notice' },
    el('h1', {}, 'No records yet'),
    el('p', {}, 'As soon as the first record arrives, the scores of the company, its teams and reps appear here by themselves.'),
    el('p', {}, 'To send records: ', el('code', {}, 'upscore simulate | upscore publish -'), ', or connect your CRM to the ', el('code', {}, 'sales.*'), ' topics.'),
    el('p', {}, el('a', { href: '#/stream' }, 'Look at the stream')));
}
