/** Numbers and dates in the reader's locale. What is missing is an en dash. */

const NONE = '–';
/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

function numbers(options) {
  const key = JSON.stringify(options);
  let made = formats.get(key);
  if (!made) formats.set(key, made = new Intl.NumberFormat(undefined, options));
  return made;
}

/**
 * Points of a score, to a tenth.
 * @param {number | null | undefined} value
 * @returns {string}
 */
export const points = (value) => value === null || value === undefined
  ? NONE : numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);

/**
 * Points with their sign; what rounds to nothing has none.
 * @param {number | null | undefined} value
 * @returns {string}
 */
export const signed = (value) => value === null || value === undefined
  ? NONE : numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(value);

/**
 * A whole number.
 * @param {number | null | undefined} value
 * @returns {string}
 */
export const count = (value) => value === null || value === undefined
  ? NONE : numbers({ maximumFractionDigits: 0 }).format(value);

/**
 * A share of 1 as per cent.
 * @param {number | null | undefined} value
 * @param {number} [digits]
 * @returns {string}
 */
export const share = (value, digits = 0) => value === null || value === undefined
  ? NONE : numbers({ style: 'percent', maximumFractionDigits: digits }).format(value);

/**
 * A value in the unit that the API names: a currency, ratio, days, seconds, points, count, and these `a day present`,
 * `a week` or as a logarithm, whose exponential is shown.
 * @param {number | null | undefined} value
 * @param {string} unit
 * @param {boolean} [sign]
 * @returns {string}
 */
export function inUnit(value, unit, sign = false) {
  if (value === null || value === undefined) return NONE;
  const [, log, plain, after] = /^(ln )?(.*?)((?: a day present)?(?: a week)?)$/.exec(unit) ?? [];
  if (log && (sign || after)) return numbers({ style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(Math.expm1(value)) + perWhat(after);
  return bare(log ? Math.exp(value) : value, plain, sign ? 'exceptZero' : 'auto') + perWhat(after);
}

function perWhat(after) {
  return (after.includes('day') ? ' a day' : '') + (after.includes('week') ? ' a week' : '');
}

function bare(value, unit, signDisplay) {
  const size = Math.abs(value);
  if (/^[A-Z]{3}$/.test(unit)) {
    return numbers({ style: 'currency', currency: unit, maximumFractionDigits: size >= 100 ? 0 : 2, minimumFractionDigits: 0, signDisplay }).format(value);
  }
  if (unit === 'ratio') return numbers({ style: 'percent', maximumFractionDigits: 1, signDisplay }).format(value);
  if (unit === 'seconds' || unit === 's') return duration(value, signDisplay);
  const digits = size >= 1000 || Number.isInteger(value) ? 0 : size >= 1 ? 1 : 2;
  const number = numbers({ maximumFractionDigits: digits, signDisplay }).format(value);
  return unit === 'days' ? `${number} days` : number;
}

/**
 * Seconds in the unit that fits.
 * @param {number} seconds
 * @param {'auto' | 'exceptZero'} [signDisplay]
 * @returns {string}
 */
export function duration(seconds, signDisplay = 'auto') {
  const size = Math.abs(seconds);
  const [divisor, unit] = size >= 172800 ? [86400, 'day'] : size >= 5400 ? [3600, 'hour'] : size >= 90 ? [60, 'minute'] : [1, 'second'];
  const value = seconds / divisor;
  return numbers({ style: 'unit', unit, unitDisplay: divisor === 86400 ? 'long' : 'short', maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0, signDisplay }).format(value);
}

const LONG = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
const SHORT = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const MONTH = new Intl.DateTimeFormat(undefined, { month: 'short', timeZone: 'UTC' });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** @param {string | null | undefined} date `YYYY-MM-DD`; @returns {string} */
export const day = (date) => date ? LONG.format(new Date(`${date.slice(0, 10)}T00:00:00Z`)) : NONE;
/** @param {string} date @returns {string} without the year */
export const shortDay = (date) => SHORT.format(new Date(`${date}T00:00:00Z`));
/** @param {Date} date @returns {string} */
export const month = (date) => MONTH.format(date);
/** @param {string | null | undefined} time RFC 3339; shown in the reader's own zone @returns {string} */
export const moment = (time) => time ? MOMENT.format(new Date(time)) : NONE;

/**
 * A date some days on.
 * @param {string} date
 * @param {number} days
 * @returns {string}
 */
export const dayAfter = (date, days) => new Date(Date.parse(`${date}T00:00:00Z`) + days * 86400000).toISOString().slice(0, 10);
