/** Light or dark: as the system has it, or as the reader chose. */

const KEY = 'upscore-theme';

/** Puts the choice that is kept into force, and lets the button change it. @param {HTMLButtonElement} button */
export function mountTheme(button) {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = kept();
  if (chosen) document.documentElement.dataset.theme = chosen;
  const now = () => document.documentElement.dataset.theme ?? (system.matches ? 'dark' : 'light');
  const label = () => {
    const other = now() === 'dark' ? 'Light' : 'Dark';
    button.textContent = other;
    button.setAttribute('aria-label', `${other} colours`);
  };
  button.addEventListener('click', () => {
    const next = now() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
    label();
  });
  system.addEventListener('change', label);
  label();
}

function kept() {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : null;
  } catch {
    return null;
  }
}
