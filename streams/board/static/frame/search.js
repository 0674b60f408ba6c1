/** The search box: ids and names, as a combobox with a list below. Source: ARIA Authoring Practices, combobox. */

import { get } from '../api.js';
import { el } from '../dom.js';
import { points } from '../format.js';
import { linkTo } from '../router.js';
import { kindOf, nameOf } from '../words.js';

const AFTER = 150;

/** Lets the form's box find. @param {HTMLFormElement} form */
export function mountSearch(form) {
  const list = el('ul', { id: 'found', role: 'listbox', 'aria-label': 'Found', hidden: true });
  const box = form.elements.namedItem('find');
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'found', 'aria-autocomplete': 'list' })) box.setAttribute(name, value);
  let asked = new AbortController();
  let timer = 0;
  let at = -1;

  const close = () => {
    list.hidden = true;
    at = -1;
    box.setAttribute('aria-expanded', 'false');
    box.removeAttribute('aria-activedescendant');
  };
  const choose = (next) => {
    const options = [...list.querySelectorAll('a')];
    if (!options.length) return;
    at = (next + options.length) % options.length;
    options.forEach((option, place) => option.setAttribute('aria-selected', String(place === at)));
    options[at].scrollIntoView({ block: 'nearest' });
    box.setAttribute('aria-activedescendant', options[at].id);
  };
  const open = (link) => {
    if (!link) return;
    location.hash = link.getAttribute('href');
    box.value = '';
    close();
  };
  const look = async () => {
    const text = box.value.trim();
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    if (!text) return close();
    try {
      const { found } = await get(`board/search?q=${encodeURIComponent(text)}`, signal);
      list.replaceChildren(...(found.length ? found.map(option) : [el('li', { class: 'faint', role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, 'Nobody of this name or id')]));
      list.hidden = false;
      at = -1;
      box.setAttribute('aria-expanded', 'true');
    } catch {
      if (!signal.aborted) close();
    }
  };

  box.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(look, AFTER);
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      choose(event.key === 'ArrowDown' ? at + 1 : at < 0 ? -1 : at - 1);
    } else if (event.key === 'Escape') {
      close();
    }
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const options = list.querySelectorAll('a');
    if (!list.hidden) open(options[Math.max(at, 0)]);
    else look();
  });
  form.addEventListener('focusout', (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    event.preventDefault();
    open(event.target.closest('a'));
  });
  form.append(list);
  if (box.value) look(); // typed while this was on its way
}

function option(summary, place) {
  return el('li', { role: 'none' }, el('a', {
    role: 'option', id: `found-${place}`, tabindex: '-1', 'aria-selected': 'false', href: linkTo(summary.subject, summary.id),
  }, el('span', {}, nameOf(summary), ' ', el('small', { class: 'faint' }, `${kindOf(summary.subject).toLowerCase()}${summary.name ? ` ${summary.id}` : ''}`)),
  el('span', { class: 'number' }, points(summary.score))));
}
