/** Words for what the API names. */

const TITLES = {
  net_revenue: 'Net revenue', deals_won: 'Deals won', deals_lost: 'Deals lost', leads_created: 'Leads created', calls: 'Calls',
  meetings: 'Meetings', emails: 'Emails', feedback_count: 'Answers of customers', average_deal_size: 'Average deal size',
  win_rate: 'Win rate', cohort_win_rate: 'Cohort win rate', cycle_days: 'Sales cycle', gross_margin_ratio: 'Gross margin',
  discount_ratio: 'Discount', refund_ratio: 'Refunded revenue', return_rate: 'Return rate',
  lead_conversion_ratio: 'Lead conversion', connect_ratio: 'Connected calls', first_response_seconds: 'First response',
  csat: 'Customer satisfaction', nps: 'Net promoter score', ces: 'Customer effort score', churn_rate: 'Churn rate',
  retention_rate: 'Retention rate', acquisition_cost: 'Acquisition cost', lifetime_value: 'Lifetime value',
  roi: 'Return on investment', pipeline_value: 'Pipeline value', target_attainment: 'Target attainment',
};

const MEANINGS = {
  net_revenue: 'amounts won, less refunds', average_deal_size: 'amount won per deal won', win_rate: 'won of all closed, by closing date',
  cohort_win_rate: 'won by now of the deals opened lately', cycle_days: 'from opening to winning',
  gross_margin_ratio: 'of won deals that state their cost', return_rate: 'refunds per deal won',
  first_response_seconds: 'time to the first answer', csat: 'satisfied answers, of all', nps: 'promoters less detractors',
  lead_conversion_ratio: 'leads converted per lead created', connect_ratio: 'connected, of those with an outcome',
  calls: 'calls made', meetings: 'meetings held',
};

const CAUSES = {
  scorecard: 'Scorecard, norms and targets', people: 'Team, absence and ramp-up', corrections: 'Corrected records',
  market: 'Market and season', mix: 'Another mix of products and sources', days: 'Days present',
  weight: 'Its weight in the pillar', norm: 'The norm', target: 'The target', rest: 'All other records',
};

const TIERS = { above: 'Above the others', typical: 'Like the others', below: 'Below the others' };
const KINDS = { rep: 'Rep', team: 'Team', territory: 'Territory', company: 'Company' };

/** With a capital at its head. @param {string} text @returns {string} */
export const capital = (text) => text ? `${text[0].toUpperCase()}${text.slice(1)}` : text;

/** A metric or pillar, for people. @param {string} name @returns {string} */
export function titleOf(name) {
  if (name.startsWith('evaluation_')) return `Evaluation: ${name.slice(11).replaceAll('_', ' ')}`;
  return TITLES[name] ?? capital(name.replaceAll('_', ' '));
}

/** What a metric is; empty where its title says it. @param {string} name @returns {string} */
export const meaningOf = (name) => MEANINGS[name] ?? '';

/** @param {string | null} tier @returns {string} */
export const tierOf = (tier) => tier === null ? 'Not enough records yet' : TIERS[tier] ?? capital(String(tier));

/** @param {string} subject @returns {string} */
export const kindOf = (subject) => KINDS[subject] ?? capital(subject);

/** What people call a subject; its id where nobody gave it a name. @param {{subject: string, id: string, name?: string | null}} summary @returns {string} */
export const nameOf = (summary) => summary.name || (summary.subject === 'company' ? 'Company' : summary.id);

/**
 * What a part of a waterfall is called where its place says the rest.
 * @param {any} part as contract.md section 4 has it
 * @param {boolean} ofSum whether the metric around it is a sum
 * @param {boolean} [unnamed] whether it is the part of a cause that has no segment
 * @returns {string}
 */
export function partName(part, ofSum, unnamed = false) {
  if (unnamed) return 'No product or source is named';
  if (part.cause === 'record') return `${capital(part.type)} ${part.id}`;
  if (part.segment) return `Product or source: ${part.segment}`;
  if (part.cause === 'rate') return part.points < 0 ? 'It went worse' : 'It went better';
  if (part.cause === 'metric') return titleOf(part.metric);
  if (part.cause === 'pillar') return titleOf(part.pillar);
  if (part.cause === 'volume') return ofSum ? 'How much there was' : 'How many records stand behind it';
  return CAUSES[part.cause] ?? capital(part.cause.replaceAll('_', ' '));
}

/** Why there is no score, kindly. @param {{coverage: number}} summary @param {(value: number) => string} share @param {number} [gate] @returns {string} */
export function tooLittle(summary, share, gate) {
  const needs = gate === undefined ? '' : `; it takes ${share(gate)}`;
  return `Not enough records for a fair score yet: there is evidence for ${share(summary.coverage)} of what counts${needs}. It appears by itself as records come in.`;
}

/** Outcomes of records, said plainly. */
export const OUTCOMES = {
  applied: 'Applied', unchanged: 'Already known', stale: 'Older than what is held', invalid: 'Set aside',
};
