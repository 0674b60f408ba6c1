/** Alerts in a list: what dropped, since when, what went with it, and the way to its waterfall. */

import { el } from '../dom.js';
import { figure } from '../figure.js';
import { day, moment, points } from '../format.js';
import { linkTo } from '../router.js';
import { kindOf, nameOf, titleOf } from '../words.js';

const TOLD = 3;
const RATE = 'how it went'; // in the words of an alert's cause, which is the largest loss

/**
 * All alerts, each with the waterfall that was sent.
 * @param {any[]} alerts as `schemas/board.py` has them
 * @param {string} none what is said where there is none
 * @returns {HTMLElement}
 */
export function alertList(alerts, none) {
  if (!alerts.length) return el('p', { class: 'faint' }, none);
  return el('ul', { class: 'alerts' }, alerts.map((alert) => item(alert, [
    el('p', { class: 'faint' }, ...when(alert), alert.told_at ? ` Told ${moment(alert.told_at)}.` : ''), link(alert), waterfall(alert)])));
}

/**
 * The newest alerts in short, and where the others are.
 * @param {any[]} alerts
 * @param {string} [own] the subject key whose page it is, which needs no name
 * @returns {HTMLElement}
 */
export function newestAlerts(alerts, own) {
  if (!alerts.length) return el('p', { class: 'faint' }, 'No open alerts.');
  const left = alerts.length - TOLD;
  return el('div', {},
    el('ul', { class: 'alerts' }, alerts.slice(0, TOLD).map((alert) => item(alert, [el('p', { class: 'faint' }, ...when(alert), ' ', link(alert))], own))),
    left > 0 ? el('p', {}, el('a', { href: '#/alerts' }, `All ${alerts.length} open alerts`)) : null);
}

function item(alert, more, own) {
  const dropped = alert.type === 'ScoreDropped';
  const kind = !dropped ? 'recovered' : alert.severity === 'alarm' ? 'alarm' : 'warning';
  const [sign, word] = { alarm: ['▼▼ ', 'Alarm'], warning: ['▼ ', 'Warning'], recovered: ['▲ ', 'Recovered'] }[kind];
  const subject = `${alert.subject}:${alert.id}`;
  const badge = [el('span', { class: `badge ${kind}` }, el('span', { 'aria-hidden': 'true' }, sign), word), ' ',
    alert.acknowledged ? el('span', { class: 'badge' }, 'acknowledged') : null, ' '].flat();
  const about = dropped ? why(alert) : `${titleOf(alert.metric)} is back within its usual range.`;
  return el('li', { 'data-alert': subject, 'data-subject': subject },
    subject === own ? el('p', {}, badge, about) : [
      el('p', {}, badge, el('a', { href: linkTo(alert.subject, alert.id) }, nameOf(alert)),
        el('small', { class: 'faint' }, ` ${kindOf(alert.subject).toLowerCase()}${alert.name ? ` ${alert.id}` : ''}`)),
      el('p', {}, about)], more);
}

const when = (alert) => [
  changed(alert) ? ['Score ', figure('score_before', alert.score_before, points(alert.score_before)), ' → ', figure('score_after', alert.score_after, points(alert.score_after)), ', '] : [],
  alert.type === 'ScoreDropped' ? `since ${day(alert.since)}, seen on ${day(alert.as_of)}.` : `on ${day(alert.as_of)}.`,
].flat();

const changed = (alert) => alert.score_before !== null && alert.score_after !== null;

function why(alert) {
  if (!alert.cause) return `${titleOf(alert.metric)} went down more than chance explains.`;
  const metric = alert.cause_key?.split('/')[1];
  const [named, ...more] = alert.cause.split(': ');
  const how = more.join(': ');
  return ['Associated most with ', el('strong', {}, metric ? titleOf(metric) : named), how.startsWith(RATE) ? `, which went worse${how.slice(RATE.length)}` : how && `: ${how}`, '.'];
}

/** The way to what changed, with the alert's own dates. */
const link = (alert) => alert.type === 'ScoreDropped'
  ? el('a', { href: linkTo(alert.subject, alert.id, { from: alert.since, to: alert.as_of }) }, 'See what changed') : null;

/** The waterfall as it was sent, drawn when it is opened. */
function waterfall(alert) {
  if (!changed(alert) || !alert.parts.length) return null;
  const place = el('div');
  const made = el('details', {}, el('summary', {}, 'The waterfall as it was sent'), place);
  made.addEventListener('toggle', async () => {
    const { waterfallChart } = await import('../charts/waterfall.js');
    if (place.hasChildNodes()) return;
    place.append(waterfallChart({ from: { as_of: alert.since, score: alert.score_before }, to: { as_of: alert.as_of, score: alert.score_after }, parts: alert.parts }));
  });
  return made;
}
