/** A team or territory: its score and trend, members by tiers, targets, weak spots, alerts. */

import { remark } from '../parts/advice.js';
import { newestAlerts } from '../parts/alert_list.js';
import { get } from '../api.js';
import { sparksInView } from '../charts/spark.js';
import { stripChart } from '../charts/strip.js';
import { el, sheet, table } from '../dom.js';
import { figure } from '../figure.js';
import { inUnit, points, share, signed } from '../format.js';
import { grafana } from '../frame/grafana.js';
import { crumbs, heading } from '../parts/head.js';
import { renewing } from '../live.js';
import { subjectTable } from '../parts/subject_table.js';
import { story } from '../parts/story.js';
import { kindOf, nameOf, titleOf } from '../words.js';

/**
 * @param {import('../router.js').Place} place
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function draw({ page, id, state }, signal) {
  const of = `${page}/${encodeURIComponent(id)}`;
  const found = await get(`board/${of}`, signal);
  const trend = () => get(`board/trend/${of}?days=182`, signal);
  const spark = sparksInView(signal);
  const told = story(found.team, found.as_of, trend, state, signal);
  const members = subjectTable(found.members, {
    caption: 'Members', tiers: true, state, spread: found.spread, spark: (cell, summary) => spark(cell, summary, found.as_of),
    more: [
      { key: 'trend', title: '13 weeks', of: (each) => each.improvement, cell: () => '', class: 'spark wide' },
      { key: 'rank', title: 'Rank', of: (each) => each.rank_low === null ? null : -each.rank_low, cell: ranks, class: 'number wide' },
    ],
  });
  const below = found.teams.length ? subjectTable(found.teams, { caption: 'Teams below' }) : null;
  const first = state.has('from'); // whoever comes by a link to a change sees it at once
  const alerts = el('div', {}, newestAlerts(found.alerts, `${page}:${id}`));
  const fresh = renewing(async () => {
    const now = await get(`board/${of}`, signal);
    alerts.replaceChildren(newestAlerts(now.alerts, `${page}:${id}`));
  }, signal);
  return {
    title: `${nameOf(found.team)}, ${kindOf(page).toLowerCase()}`,
    later: told.later,
    content: [
      crumbs([found.parent], nameOf(found.team)),
      heading(found.team, found.manager ? `led by ${found.manager}` : null, grafana(found.grafana, page === 'team' ? 'team' : 'company', page === 'team' ? { team: id } : {})),
      told.top,
      first && told.change,
      el('div', { class: 'two' }, sheet('Open alerts', {}, alerts), weakSpots(found.weak_spots, found.missing)),
      sheet('Members by tier', {}, spreadLine(found), found.members.length ? members.node : el('p', { class: 'faint' }, 'Nobody belongs to it on this date.')),
      below ? sheet('Teams below', {}, below.node) : null,
      sheet('Targets', {}, targets(found.targets, found.missing)),
      !first && told.change,
    ],
    subjects: [`${page}:${id}`, ...found.teams.slice(0, 100).map((each) => `team:${each.id}`)],
    members: `${page}:${id}`,
    score: (summary) => {
      told.news(summary);
      members.update(summary);
      below?.update(summary);
    },
    alert: fresh,
    again: fresh,
  };
}

function ranks(member) {
  if (member.rank_low === null) return '';
  return el('span', {}, member.rank_low === member.rank_high ? String(member.rank_low) : `${member.rank_low} to ${member.rank_high}`);
}

/** How far the members lie apart. */
function spreadLine({ spread }) {
  if (!spread) return el('p', { class: 'faint' }, 'No member has enough records for a score yet.');
  return el('div', { class: 'spread' },
    el('p', {}, 'Eight of ten members with a score lie between ', figure('spread.p10', spread.p10, points(spread.p10)), ' and ', figure('spread.p90', spread.p90, points(spread.p90)),
      ', half of them below ', figure('spread.median', spread.median, points(spread.median)), '. Intervals that overlap widely cannot be told apart: compare tiers, not ranks.'),
    stripChart({ dot: null, low: spread.p10, high: spread.p90, ticks: [{ at: spread.median, kind: 'median' }], said: `members from ${points(spread.p10)} to ${points(spread.p90)}, median ${points(spread.median)}` }));
}

function weakSpots(spots, missing) {
  const content = missing ? el('p', { class: 'kind' }, `Not known just now: ${missing}.`) : spots === null ? el('p', { class: 'faint' }, 'Told once there are enough records for a score.')
    : spots.length ? el('ul', { class: 'levers' }, spots.map((spot) => el('li', {},
      el('span', {}, titleOf(spot.metric)),
      el('span', { class: 'number down' }, figure(`weak.${spot.metric}.beside_norm`, spot.beside_norm, signed(spot.beside_norm))),
      remark(spot, true))))
      : el('p', { class: 'faint' }, 'None: nothing lies below both the norm and the target.');
  return sheet('Weak spots', {}, el('p', { class: 'faint' }, 'Points beside the level of the peers.'), content);
}

function targets(targets, missing) {
  if (missing) return el('p', { class: 'kind' }, `Not known just now: ${missing}.`);
  if (!targets.length) return el('p', { class: 'faint' }, 'No targets are in force. A record of type target sets one.');
  return table('Targets', ['Metric', 'Reached', 'Due', 'Share', 'Over'], targets.map((each) => [
    each.title,
    figure(`metric.${each.metric}.value`, each.value, inUnit(each.value, each.unit)),
    figure(`metric.${each.metric}.target`, each.target, inUnit(each.target, each.unit)),
    each.attainment === null ? '' : el('span', { class: 'attained' },
      stripChart({ dot: null, low: 0, high: each.attainment, from: 0, to: 1.25, ticks: [{ at: 1, kind: 'target' }], said: `${share(each.attainment)} of the target` }),
      figure(`attainment.${each.metric}`, each.attainment, share(each.attainment))),
    `${each.window_days} days`,
  ]), { class: 'numbers' });
}
