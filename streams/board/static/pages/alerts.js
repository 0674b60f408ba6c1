/** Alerts: what dropped, why, since when, and who has acknowledged it. */

import { alertList } from '../parts/alert_list.js';
import { get } from '../api.js';
import { el, sheet } from '../dom.js';
import { renewing } from '../live.js';

/**
 * @param {import('../router.js').Place} _place
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function draw(_place, signal) {
  const content = el('div', {}, ...sheets(await get('board/alerts', signal)));
  const fresh = renewing(async () => content.replaceChildren(...sheets(await get('board/alerts', signal))), signal);
  return { title: 'Alerts', content: [el('div', { class: 'heading' }, el('h1', {}, 'Alerts')), content], subjects: ['company:company'], alert: fresh, again: fresh };
}

function sheets(found) {
  return [
    el('p', { class: 'faint lead' }, 'An alert tells of a drop that is no noise, with what it is associated with. It asks a manager to look and to talk; it settles nothing. ', acknowledging(found)),
    sheet('Open', {}, alertList(found.open, 'None: no score has really dropped.')),
    sheet('Past', {}, alertList(found.past, 'None yet.')),
  ];
}

function acknowledging(found) {
  if (found.acknowledged_error) return `Who acknowledged is not known just now: ${found.acknowledged_error}.`;
  if (found.acknowledged_by) return 'One is acknowledged by a silence in Alertmanager.';
  return 'Acknowledging is not configured (UPSCORE_ALERTMANAGER_URL).';
}
