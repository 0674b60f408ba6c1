/** The scorecard: what counts and how much, in words and numbers. */

import { get } from '../api.js';
import { el, sheet, svg } from '../dom.js';
import { figure } from '../figure.js';
import { count, inUnit, moment, share } from '../format.js';
import { titleOf } from '../words.js';

/** What each pillar is about. @type {Record<string, string>} */
const ABOUT = {
  results: 'what was sold', customer: 'what customers say, and whether they stay', process: 'how the work is done',
  improvement: 'whether all of it is getting better',
};

/**
 * @param {import('../router.js').Place} _place
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function draw(_place, signal) {
  const found = await get('board/scorecard', signal);
  const known = [found.author && `by ${found.author}`, found.since && `in force since ${moment(found.since)}`].filter(Boolean).join(', ');
  return {
    title: 'Scorecard',
    content: [
      el('div', { class: 'heading' }, el('h1', {}, 'Scorecard ', el('small', { class: 'faint' }, found.label)), el('p', { class: 'beside' }, known)),
      el('p', { class: 'faint lead' }, 'What counts, and how much. A business sets this itself, reviews it, and can try a change on its own history first (', el('code', {}, 'upscore scorecard try'), ').'),
      weights(found.pillars),
      ...found.pillars.map(pillar),
      sheet('Rules', {}, el('ul', { class: 'rules' }, found.rules.map((rule) => el('li', {}, rule)))),
      found.toml ? sheet('The file', {}, el('details', {}, el('summary', {}, 'As it was put into force'), el('pre', { tabindex: '0', 'aria-label': 'The text of the scorecard' }, found.toml))) : null,
    ],
    subjects: ['company:company'],
  };
}

/** All weights side by side. */
function weights(pillars) {
  let at = 0;
  const bars = pillars.map((each, place) => {
    const x = at;
    at += 100 * each.weight;
    return [svg('rect', { class: `share s${place}`, x: `${x}%`, width: `${100 * each.weight}%`, height: 14 })];
  });
  return el('div', { class: 'weights' },
    svg('svg', { width: '100%', height: 14, role: 'img', 'aria-label': pillars.map((each) => `${titleOf(each.name)} ${share(each.weight)}`).join(', ') }, bars.flat()),
    el('ul', { class: 'keys' }, pillars.map((each, place) => el('li', {}, svg('svg', { width: 10, height: 10, 'aria-hidden': 'true' }, svg('rect', { class: `share s${place}`, width: 10, height: 10, rx: 2 })), ` ${titleOf(each.name)} ${share(each.weight)}`))));
}

function pillar(each) {
  return sheet(titleOf(each.name), {},
    el('p', { class: 'faint' }, `${ABOUT[each.name] ? `It is about ${ABOUT[each.name]} and` : 'It'} weighs `, figure(`weight.${each.name}`, each.weight, share(each.weight)), ' of the score.'),
    each.metrics.length ? el('ul', { class: 'counts' }, each.metrics.map((metric) => counted(metric, each.weight)))
      : el('p', {}, 'It has no metrics of its own: it is the trend of the others, week by week.'));
}

function counted(metric, pillarWeight) {
  const facts = [
    metric.better === 'higher' ? 'more is better' : 'less is better',
    `over ${count(metric.window_days)} days`,
    metric.target === null ? 'target: from target records, or a little above the peers' : `target ${inUnit(metric.target, metric.unit)}${metric.per_day ? ' a working day' : ''}`,
    metric.min_n > 1 ? `from ${count(metric.min_n)} records on` : '',
  ].filter(Boolean).join(' · ');
  return el('li', {},
    el('span', {}, el('strong', {}, metric.title), ' ', metric.description),
    el('span', { class: 'number strong' }, figure(`weight.${metric.metric}`, metric.weight, share(metric.weight)), el('small', { class: 'faint' }, ` ${share(metric.weight * pillarWeight, 1)} of all`)),
    svg('svg', { class: 'bar total', width: '100%', height: 6, 'aria-hidden': 'true' }, svg('rect', { width: `${100 * metric.weight}%`, height: 6, rx: 2 })),
    el('small', { class: 'faint' }, facts));
}
