/** Dead letters: what was set aside, why, and a search in it. */

import { NoAnswer, get } from '../api.js';
import { el, sheet } from '../dom.js';
import { figure } from '../figure.js';
import { count, moment } from '../format.js';
import { remember } from '../router.js';

const AFTER = 300;
const LIMIT = 50;

/**
 * @param {Record<string, number>} reasons how many of each
 * @param {URLSearchParams} state `q` and `reason` of the address
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function letters(reasons, state, signal) {
  const box = el('input', { type: 'search', name: 'q', value: state.get('q'), placeholder: 'Text, id or detail', 'aria-label': 'Search in dead letters', autocomplete: 'off' });
  const list = el('div', { 'aria-live': 'polite' });
  let reason = state.get('reason') ?? '';
  let asked = new AbortController();
  let timer = 0;
  signal.addEventListener('abort', () => asked.abort());
  const look = async () => {
    asked.abort();
    asked = new AbortController();
    const { signal: own } = asked;
    remember({ q: box.value.trim(), reason });
    const query = new URLSearchParams({ limit: String(LIMIT), ...(box.value.trim() && { q: box.value.trim() }), ...(reason && { reason }) });
    try {
      const found = await get(`board/dead-letters?${query}`, own);
      list.replaceChildren(...drawn(found, Boolean(box.value.trim() || reason)));
    } catch (error) {
      if (own.aborted) return;
      list.replaceChildren(el('p', { class: 'kind' }, error instanceof NoAnswer ? error.message : `They could not be read: ${error}`));
    }
  };
  const names = Object.keys(reasons).sort((one, other) => reasons[other] - reasons[one]);
  const buttons = names.map((name) => el('button', { type: 'button', 'aria-pressed': String(name === reason), click: () => {
    reason = reason === name ? '' : name;
    buttons.forEach((button, place) => button.setAttribute('aria-pressed', String(names[place] === reason)));
    look();
  } }, name.replaceAll('_', ' '), ' ', figure(`dead_letters.${name}`, reasons[name], count(reasons[name]))));
  box.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(look, AFTER);
  });
  look();
  return sheet('Dead letters', { 'data-letters': '' },
    el('p', { class: 'faint' }, 'Records that could not be taken, kept byte for byte with the reason. Mend the sender and send the record again: nothing else is needed.'),
    names.length ? el('p', { class: 'choice', role: 'group', 'aria-label': 'Only those of a reason' }, buttons) : null,
    el('p', { class: 'filter' }, box), list);
}

function drawn(found, chosen) {
  const searched = `${count(found.searched)} looked through${found.all ? ', all there are' : '; there are older ones'}.`;
  if (!found.letters.length) return [el('p', { class: 'faint' }, chosen ? `Nothing matches. ${searched}` : 'None: every record was taken.')];
  return [el('p', { class: 'faint' }, `${count(found.letters.length)} shown, the newest first; ${searched}`), el('ul', { class: 'letters' }, found.letters.map(letter))];
}

function letter(each) {
  const place = `${each.source_topic}:${each.source_partition}:${each.source_offset}`;
  return el('li', { 'data-letter': place },
    el('p', {}, el('span', { class: 'badge' }, each.reason.replaceAll('_', ' ')), ' ', el('span', { class: 'detail' }, each.detail)),
    el('p', { class: 'faint' }, `${moment(each.time)}, ${each.source_topic} partition ${each.source_partition ?? '–'} offset ${each.source_offset ?? '–'}, ${count(each.bytes)} bytes${each.key ? `, key ${each.key}` : ''}`),
    each.text ? el('details', {}, el('summary', {}, 'The record'), el('pre', { tabindex: '0' }, each.text)) : el('p', { class: 'faint' }, 'It has no text: a tombstone.'));
}
