/** What changed between two dates that the reader chooses: asked for, waited for, drawn as a waterfall. */

import { NoAnswer, ask } from '../api.js';
import { el, sheet } from '../dom.js';
import { count, day, dayAfter, share } from '../format.js';
import { pause } from '../live.js';
import { remember } from '../router.js';
import { tooLittle } from '../words.js';

const POLL = 700;
const FOUR_WEEKS = 28;

/**
 * @param {any} summary whose change
 * @param {string} asOf
 * @param {URLSearchParams} state `from` and `to` of the address
 * @param {AbortSignal} signal
 * @param {() => void} chosen called when other dates are compared
 * @returns {{node: HTMLElement, know: (trend: any | null) => void, moveTo: (asOf: string) => void, dates: () => {from?: string, to?: string}, compareWith: (date: string) => void}}
 *   `know`: a trend to choose usual dates by; `moveTo`: the newest date is another one now; `dates`: those compared; none before
 */
export function changeSheet(summary, asOf, state, signal, chosen) {
  let compared = state.has('from');
  let newest = asOf;
  const date = (name, usual) => el('input', {
    type: 'date', name, id: `change-${name}`, max: asOf, required: true, value: /^\d{4}-\d\d-\d\d$/.test(state.get(name) ?? '') ? state.get(name) : usual,
  });
  const [from, to] = [date('from', dayAfter(asOf, -FOUR_WEEKS)), date('to', asOf)];
  const result = el('div', { class: 'result', 'aria-live': 'polite' });
  let asked = new AbortController();
  signal.addEventListener('abort', () => asked.abort());

  const show = async () => {
    if (!from.reportValidity() || !to.reportValidity()) return;
    if (from.value >= to.value) [from.value, to.value] = from.value === to.value ? [dayAfter(to.value, -FOUR_WEEKS), to.value] : [to.value, from.value];
    remember({ from: from.value, to: to.value === newest ? '' : to.value });
    if (compared) chosen();
    asked.abort();
    asked = new AbortController();
    const { signal: own } = asked;
    node.dataset.state = 'reading';
    try {
      const waterfall = import('../charts/waterfall.js');
      const found = await explained(summary, from.value, to.value, result, own);
      result.replaceChildren(...drawn(found, await waterfall));
      node.dataset.state = 'ready';
    } catch (error) {
      if (own.aborted) return;
      if (!(error instanceof NoAnswer)) console.error(error);
      result.replaceChildren(el('p', { class: 'kind' }, error.message), el('p', {}, el('button', { type: 'button', click: show }, 'Ask again')));
      node.dataset.state = 'failed';
    }
  };
  const compare = (start, end) => {
    [from.value, to.value] = [start, end];
    compared = true;
    show();
  };
  const usual = el('span', { class: 'presets', role: 'group', 'aria-label': 'Usual dates' });
  const button = ([title, start]) => el('button', { type: 'button', class: 'quiet', click: () => compare(start(newest), newest) }, title);
  const know = (trend) => {
    const wanted = presets(newest, trend);
    if (usual.contains(document.activeElement) || [...usual.children].map((each) => each.textContent).join() === wanted.map(([title]) => title).join()) return;
    usual.replaceChildren(...wanted.map(button));
  };
  know(null);
  const moveTo = (date) => {
    if (date === newest) return;
    const untouched = !compared && to.value === newest && from.value === dayAfter(newest, -FOUR_WEEKS) && !form.contains(document.activeElement);
    newest = date;
    from.max = to.max = date;
    if (untouched) [from.value, to.value] = [dayAfter(date, -FOUR_WEEKS), date];
  };
  const form = el('form', { class: 'dates', submit: (event) => {
    event.preventDefault();
    compared = true;
    show();
  } },
  el('label', { for: 'change-from' }, 'From'), from, el('label', { for: 'change-to' }, 'to'), to,
  el('button', { type: 'submit' }, 'Show what changed'),
  usual);
  const node = sheet('What changed', { id: 'change', 'data-state': 'idle' },
    el('p', { class: 'faint' }, 'Two dates, and the change between them taken apart: down to the records.'), form, result);
  if (compared) queueMicrotask(show); // once its page holds it
  return {
    node, know, moveTo, dates: () => compared ? { from: from.value, to: to.value } : {},
    compareWith: (start) => {
      if (start >= newest) return;
      compare(start, newest);
      node.scrollIntoView({ block: 'nearest' });
    },
  };
}

/** Usual beginnings, before the newest date there is when one is chosen: some weeks, and the days of the best and the worst score. */
function presets(newest, trend) {
  /** @type {[string, (newest: string) => string][]} */
  const found = [['4 weeks', FOUR_WEEKS], ['13 weeks', 91], ['a year', 364]].map(([title, days]) => [title, (date) => dayAfter(date, -days)]);
  const days = (trend?.days ?? []).filter((each) => each.score !== null && each.as_of < newest);
  if (!days.length) return found;
  const by = (sign) => days.reduce((best, each) => sign * each.score > sign * best.score ? each : best).as_of;
  const [highest, lowest] = [by(1), by(-1)];
  return [...found, [`its highest, ${day(highest)}`, () => highest], [`its lowest, ${day(lowest)}`, () => lowest]];
}

/** Asks until it has been worked out. */
async function explained(summary, from, to, place, signal) {
  const path = `board/explain/${summary.subject}/${encodeURIComponent(summary.id)}?as_of=${to}&against=${from}`;
  const told = el('p', { class: 'faint' }, 'Reading the records …');
  const progress = el('progress', { 'aria-label': 'Records read', max: 1 });
  place.replaceChildren(told, progress);
  for (;;) {
    const response = await ask(path, signal);
    const found = await response.json();
    if (response.status !== 202) return found;
    if (found.of) {
      progress.value = found.records / found.of;
      told.textContent = `Reading the records: ${count(found.records)} of ${count(found.of)} …`;
    } else if (found.state === 'waiting') {
      told.textContent = 'Another change is being worked out; this one is next …';
    }
    await pause(POLL, signal);
    if (signal.aborted) throw new DOMException('no longer wanted', 'AbortError');
  }
}

function drawn(found, { inWords, waterfallChart }) {
  const { from, to } = found;
  const lacking = [from, to].find((each) => each === null || each.score === null);
  if (lacking !== undefined) {
    return [el('p', { class: 'kind' }, lacking === null ? 'On the first date there was nothing of it yet: choose a later one.'
      : `On ${day(lacking.as_of)} there is no score to compare. ${tooLittle(lacking, share)}`)];
  }
  return [el('p', {}, inWords(found)), waterfallChart(found),
    el('p', { class: 'faint' }, 'Points say what changed together with the score, not what caused it; values are of the 91 days before each date. Bars begin where the ones above end; each opens to its parts.')];
}
