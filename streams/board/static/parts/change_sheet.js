/** What changed between two dates that the reader chooses: asked for, waited for, drawn as a waterfall. */

import { NoAnswer, ask } from '../api.js';
import { el, sheet } from '../dom.js';
import { count, day, dayAfter, share } from '../format.js';
import { pause } from '../live.js';
import { remember } from '../router.js';
import { tooLittle } from '../words.js';

const POLL = 700;

/**
 * @param {any} summary whose change
 * @param {string} asOf
 * @param {URLSearchParams} state `from` and `to` of the address
 * @param {AbortSignal} signal
 * @param {() => void} chosen called when other dates are compared
 * @returns {{node: HTMLElement, know: (trend: any | null) => void, dates: () => {from?: string, to?: string}, compareWith: (date: string) => void}} `know`: a
 *   trend to choose usual dates by; `dates`: those compared; none before
 */
export function changeSheet(summary, asOf, state, signal, chosen) {
  let compared = state.has('from');
  const date = (name, usual) => el('input', {
    type: 'date', name, id: `change-${name}`, max: asOf, required: true, value: /^\d{4}-\d\d-\d\d$/.test(state.get(name) ?? '') ? state.get(name) : usual,
  });
  const [from, to] = [date('from', dayAfter(asOf, -28)), date('to', asOf)];
  const result = el('div', { class: 'result', 'aria-live': 'polite' });
  let asked = new AbortController();
  signal.addEventListener('abort', () => asked.abort());

  const show = async () => {
    if (!from.reportValidity() || !to.reportValidity()) return;
    if (from.value >= to.value) [from.value, to.value] = from.value === to.value ? [dayAfter(to.value, -28), to.value] : [to.value, from.value];
    remember({ from: from.value, to: to.value === asOf ? '' : to.value });
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
  const know = (trend) => usual.replaceChildren(...presets(asOf, trend).map(([title, start]) => el('button', { type: 'button', class: 'quiet', click: () => compare(start, asOf) }, title)));
  know(null);
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
    node, know, dates: () => compared ? { from: from.value, to: to.value } : {},
    compareWith: (start) => {
      if (start >= asOf) return;
      compare(start, asOf);
      node.scrollIntoView({ block: 'nearest' });
    },
  };
}

/** Usual beginnings: some weeks, and the day of the best score. */
function presets(asOf, trend) {
  /** @type {[string, string][]} */
  const found = [['4 weeks', dayAfter(asOf, -28)], ['13 weeks', dayAfter(asOf, -91)], ['a year', dayAfter(asOf, -364)]];
  const days = (trend?.days ?? []).filter((each) => each.score !== null && each.as_of < asOf);
  if (!days.length) return found;
  const by = (sign) => days.reduce((best, each) => sign * each.score > sign * best.score ? each : best).as_of;
  return [...found, [`its highest, ${day(by(1))}`, by(1)], [`its lowest, ${day(by(-1))}`, by(-1)]];
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
    el('p', { class: 'faint' }, 'Points say what changed together with the score, not what caused it. Bars begin where the ones above end; each opens to its parts.')];
}
