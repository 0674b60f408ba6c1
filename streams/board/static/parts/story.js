/** What every subject's page tells first: the score, how it went, and what changed between two dates; and its news. */

import { NoAnswer } from '../api.js';
import { el } from '../dom.js';
import { markChanges } from '../figure.js';
import { day } from '../format.js';
import { changeSheet } from './change_sheet.js';
import { scoreCard } from './head.js';
import { ASK_AGAIN, pause } from '../live.js';
import { trendSheet } from './trend_sheet.js';

const AT_MOST_EVERY = 4000;
const MISSED = 8 * 86400000; // a trend has a day a week

/**
 * @param {any} summary
 * @param {string} asOf
 * @param {() => Promise<any>} ask for the trend
 * @param {URLSearchParams} state
 * @param {AbortSignal} signal
 * @param {number} [gate] coverage that a score takes
 * @returns {{later: Promise<void>, top: HTMLElement, change: HTMLElement, news: (summary: any) => void, score: (summary: any, asOf: string) => void}} `later`: the trend
 *   is drawn; `news`: a published score; `score`: draws the card anew
 */
export function story(summary, asOf, ask, state, signal, gate) {
  /** @type {any} undefined: still to come */
  let trend;
  const head = el('div', { class: 'contents' }, scoreCard(summary, asOf, gate));
  const graph = el('div', { class: 'contents' });
  const change = changeSheet(summary, asOf, state, signal, draw);
  let drawn = 0;
  let scored = summary.score;
  let asking = false;

  function draw() {
    drawn = Date.now();
    if (trend) change.know(trend);
    graph.replaceChildren(trendSheet(trend, { signal, ...change.dates(), choose: change.compareWith }));
  }
  draw();
  const look = async () => {
    asking = true;
    const found = await ask().catch(refused);
    asking = false;
    if (signal.aborted) return;
    if (found || trend === undefined) trend = found;
    draw();
  };
  /** No trend; where that may pass, it is asked for once more by and by, and nobody waits for it. */
  const refused = (error) => {
    if (signal.aborted) return null;
    if (!(error instanceof NoAnswer)) console.error(error);
    else if (error.passing) pause(ASK_AGAIN, signal).then(() => signal.aborted || asking || look());
    return null;
  };
  const later = look();
  return {
    later,
    top: el('div', { class: 'top' }, head, graph),
    change: change.node,
    score: (now, date) => {
      const card = scoreCard(now, date, gate);
      markChanges(head, card);
      head.replaceChildren(card);
      change.moveTo(date);
    },
    news: (now) => {
      if (now.subject !== summary.subject || now.id !== summary.id) return;
      if ((now.score === null) !== (scored === null)) head.replaceChildren(scoreCard(now, now.as_of, gate)); // other words around it
      scored = now.score;
      const date = head.querySelector('h2 small');
      if (date) date.textContent = day(now.as_of);
      change.moveTo(now.as_of);
      if (!trend) return;
      const before = trend.days.filter((each) => each.as_of < now.as_of);
      trend.days = [...before, now];
      if (!asking && Date.parse(now.as_of) - Date.parse(before.at(-1)?.as_of ?? now.as_of) > MISSED) look(); // days went by unseen
      const looked = graph.matches(':has(:hover, :focus)'); // a chart does not move under a reader's hand
      if (!looked && Date.now() - drawn > AT_MOST_EVERY) draw();
    },
  };
}
