/** A rep: score, trend, pillars, every metric beside target and peers, what would raise it, and what changed between two dates. */

import { adviceSheet } from '../parts/advice.js';
import { newestAlerts } from '../parts/alert_list.js';
import { get } from '../api.js';
import { el, sheet } from '../dom.js';
import { markChanges } from '../figure.js';
import { grafana } from '../frame/grafana.js';
import { crumbs, heading } from '../parts/head.js';
import { renewing } from '../live.js';
import { metricsSheet, pillarsSheet } from '../parts/metrics.js';
import { story } from '../parts/story.js';
import { nameOf } from '../words.js';

/**
 * @param {import('../router.js').Place} place
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function draw({ id, state }, signal) {
  const of = `rep/${encodeURIComponent(id)}`;
  const found = await get(`board/${of}`, signal);
  const trend = () => get(`board/trend/${of}?days=182`, signal);
  const { standing, score } = found;
  const summary = summaryOf(found);
  const team = standing.team_id && (found.team ?? { subject: 'team', id: standing.team_id });

  const first = story(summary, standing.as_of, trend, state, signal, standing.coverage_gate);
  const live = el('div', { class: 'live-parts', 'data-subject': `rep:${id}` }, parts(standing, score, state));

  const alerts = el('div', { class: 'contents' }, alertsSheet(found.alerts));

  const fresh = renewing(async () => {
    const now = await get(`board/${of}`, signal);
    first.score(summaryOf(now), now.standing.as_of);
    redraw(live, parts(now.standing, now.score, state));
    if (!alerts.contains(document.activeElement)) alerts.replaceChildren(...[alertsSheet(now.alerts)].filter(Boolean));
  }, signal);
  return {
    title: `${nameOf(summary)}, rep`,
    later: first.later,
    content: [
      crumbs([team], nameOf(summary)),
      heading(summary, grafana(found.grafana, 'rep', { team: standing.team_id ?? '', rep: id })),
      alerts,
      first.top,
      first.change,
      live,
    ],
    subjects: [`rep:${id}`],
    score: (news) => {
      first.news(news);
      fresh();
    },
    alert: fresh,
    again: fresh,
  };
}

/** What is open for a rep; nothing where nothing is. */
function alertsSheet(alerts) {
  if (!alerts.length) return null;
  return sheet(alerts.length === 1 ? 'An open alert' : 'Open alerts', { class: 'sheet warned' }, newestAlerts(alerts, `${alerts[0].subject}:${alerts[0].id}`));
}

/** What stands for a rep in one line. */
function summaryOf({ name, standing, score }) {
  return { ...score, name, n_members: null, low: standing.interval?.low ?? null, high: standing.interval?.high ?? null, score: standing.score, level: standing.level, coverage: standing.coverage };
}

function parts(standing, score, state) {
  return [adviceSheet(standing), pillarsSheet(standing), metricsSheet(standing, score, state)];
}

/** Draws the parts anew, marks what changed, and leaves the reader where they were. */
function redraw(place, fresh) {
  const held = el('div', {}, ...fresh);
  markChanges(place, held);
  const open = new Set([...place.querySelectorAll('details[open]')].map((each) => each.getAttribute('data-key')));
  for (const each of held.querySelectorAll('details')) if (open.has(each.getAttribute('data-key'))) each.open = true;
  const focused = document.activeElement;
  const key = focused && place.contains(focused) ? focused.closest('[data-key]')?.getAttribute('data-key') : null;
  place.replaceChildren(...held.childNodes);
  if (!key) return;
  const again = place.querySelector(`[data-key="${CSS.escape(key)}"]`);
  (again?.matches('details') ? again.querySelector('summary') : again)?.focus({ preventScroll: true });
}
