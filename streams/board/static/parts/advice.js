/** What would raise a score most, where it is strong, where it is weak. */

import { el, sheet, svg } from '../dom.js';
import { figure } from '../figure.js';
import { inUnit, signed } from '../format.js';
import { titleOf } from '../words.js';

const TOLD = 4;

/**
 * @param {any} standing as `schemas/standing.py` has it
 * @returns {HTMLElement}
 */
export function adviceSheet(standing) {
  const { advice } = standing;
  if (!advice) {
    return sheet('What would raise it', {}, el('p', { class: 'kind' },
      'There are too few records for advice that would be fair. What is there is shown below; advice comes by itself with the records.'));
  }
  const levers = advice.levers.filter((lever) => lever.per_step > 0).slice(0, TOLD);
  const most = Math.max(...levers.map((lever) => lever.per_step), 1e-9);
  return el('div', { class: 'two' },
    sheet('What would raise it most', {},
      levers.length ? el('ol', { class: 'levers' }, levers.map((lever) => el('li', {},
        el('span', {}, el('strong', {}, titleOf(lever.metric)), ` ${step(standing, lever)}`),
        el('span', { class: 'number up' }, figure(`advice.${lever.metric}.points`, lever.per_step, signed(lever.per_step))),
        svg('svg', { class: 'bar up', width: '100%', height: 8, 'aria-hidden': 'true' }, svg('rect', { width: `${100 * lever.per_step / most}%`, height: 8, rx: 2 })))))
        : el('p', { class: 'faint' }, 'Nothing that is scored would raise it further.'),
      el('p', { class: 'faint' }, 'Points that one usual step of each would bring, all else as it is.')),
    sheet('Strong and weak', {}, el('p', { class: 'faint' }, 'Points beside the level of the peers. What may be chance is said to be.'),
      el('div', { class: 'two even' }, sides('Strong', advice.strengths, false), sides('Weak', advice.weak_spots, true))));
}

/**
 * What is to be said of a lever beside its points.
 * @param {any} lever
 * @param {boolean} weak
 * @returns {HTMLElement | null}
 */
export function remark(lever, weak) {
  const said = [weak && `${signed(lever.target_points)} at its target`, !lever.certain && 'may be chance'].filter(Boolean);
  return said.length ? el('small', { class: 'faint' }, said.join(', ')) : null;
}

/** One usual step of a metric. */
function step(standing, lever) {
  const unit = standing.pillars[lever.pillar]?.metrics[lever.metric]?.scored_in ?? '';
  return `from ${inUnit(lever.value, unit)} to ${inUnit(lever.value + lever.step, unit)}`;
}

function sides(title, levers, weak) {
  return el('div', {}, el('h3', {}, title),
    levers.length ? el('ul', { class: 'levers' }, levers.map((lever) => el('li', {},
      el('span', {}, titleOf(lever.metric)),
      el('span', { class: `number ${weak ? 'down' : 'up'}` }, figure(`beside_norm.${lever.metric}`, lever.beside_norm, signed(lever.beside_norm))),
      remark(lever, weak))))
      : el('p', { class: 'faint' }, 'None.'));
}
