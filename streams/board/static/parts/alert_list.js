/** Alerts in a list: what dropped, since when, what went with it, and the way to its waterfall. */

import { el } from '../dom.js';
import { figure } from '../figure.js';
import { day, moment, points } from '../format.js';
import { linkTo } from '../router.js';
import { kindOf, nameOf, titleOf } from '../words.js';

/**
 * @param {any[]} alerts as `schemas/board.py` has them
 * @param {{full?: boolean, none?: string}} [options] `full`: with the waterfall that was sent
 * @returns {HTMLElement}
 */
export function alertList(alerts, { full = false, none = 'No open alerts.' } = {}) {
  if (!alerts.length) return el('p', { class: 'faint' }, none);
  return el('ul', { class: 'alerts' }, alerts.map((alert) => item(alert, full)));
}

/** @param {any} alert @param {boolean} full */
function item(alert, full) {
  const dropped = alert.type === 'ScoreDropped';
  const kind = !dropped ? 'recovered' : alert.severity === 'alarm' ? 'alarm' : 'warning';
  const sign = { alarm: '▼▼', warning: '▼', recovered: '▲' }[kind];
  const subject = `${alert.subject}:${alert.id}`;
  const change = alert.score_before !== null && alert.score_after !== null;
  return el('li', { class: kind, 'data-alert': subject, 'data-subject': subject },
    el('p', { class: 'what' },
      el('span', { class: `badge ${kind}` }, el('span', { 'aria-hidden': 'true' }, `${sign} `), { alarm: 'Alarm', warning: 'Warning', recovered: 'Recovered' }[kind]),
      ' ', el('a', { href: linkTo(alert.subject, alert.id) }, nameOf(alert)),
      el('small', { class: 'faint' }, ` ${kindOf(alert.subject).toLowerCase()}${alert.name ? ` ${alert.id}` : ''}`),
      alert.acknowledged ? el('span', { class: 'badge' }, 'acknowledged') : null),
    el('p', {}, dropped ? why(alert) : `${titleOf(alert.metric)} is back within its usual range.`),
    el('p', { class: 'faint' },
      change ? ['Score ', figure('score_before', alert.score_before, points(alert.score_before)), ' → ', figure('score_after', alert.score_after, points(alert.score_after)), ', '] : null,
      dropped ? `since ${day(alert.since)}, seen on ${day(alert.as_of)}` : `on ${day(alert.as_of)}`,
      alert.told_at ? `, told ${moment(alert.told_at)}` : '', '.'),
    dropped ? el('p', {}, el('a', { href: linkTo(alert.subject, alert.id, { from: alert.since, to: alert.as_of }) }, 'What changed, down to the records')) : null,
    full && dropped && change && alert.parts?.length ? details(alert) : null);
}

/** @param {any} alert */
function why(alert) {
  if (!alert.cause) return `${titleOf(alert.metric)} went down more than chance explains.`;
  return `Associated most with ${alert.cause.replace(/\.$/, '')}.`;
}

/** The waterfall as it was sent, drawn when it is opened. @param {any} alert */
function details(alert) {
  const place = el('div');
  const made = el('details', {}, el('summary', {}, 'The waterfall as it was sent'), place);
  made.addEventListener('toggle', async () => {
    const { waterfallChart } = await import('../charts/waterfall.js');
    if (place.hasChildNodes()) return;
    place.append(waterfallChart({ from: { as_of: alert.since, score: alert.score_before }, to: { as_of: alert.as_of, score: alert.score_after }, parts: alert.parts }));
  });
  return made;
}
