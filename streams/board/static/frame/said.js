/** What screen readers are told of news: a summary now and then, never a stream of numbers. */

import { points } from '../format.js';
import { nameOf } from '../words.js';

const AT_MOST_EVERY = 12000;
/** @type {Map<string, any>} */
const waiting = new Map();
let timer = 0;

/** Says a sentence politely. @param {string} text */
export function announce(text) {
  const place = document.getElementById('said');
  if (place) place.textContent = text;
}

/** Notes a new score; what has gathered is said together. @param {any} summary */
export function heard(summary) {
  waiting.set(`${summary.subject}:${summary.id}`, summary);
  timer ||= window.setTimeout(tell, AT_MOST_EVERY);
}

function tell() {
  const [one] = waiting.values();
  announce(waiting.size === 1 ? `${nameOf(one)}: score ${points(one.score)}` : `${waiting.size} scores have changed`);
  waiting.clear();
  timer = 0;
}
