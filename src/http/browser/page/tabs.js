import { fill, h } from './dom.js';

/**
 * Tabs with one panel: the arrow keys, Home and End move between tabs.
 *
 * @template {string} Name
 * @param {readonly (readonly [name: Name, label: string])[]} names
 * @param {(name: Name) => void} onSelect
 */
export function createTabs(names, onSelect) {
  const panel = h('div', { role: 'tabpanel', id: 'panel', tabindex: 0, class: 'panel' });
  const tabs = names.map(([name, label]) => {
    const element = h(
      'button',
      { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'panel', onclick: () => onSelect(name) },
      label,
    );
    return { name, element };
  });
  const list = h(
    'div',
    { role: 'tablist', 'aria-label': 'Experiment' },
    tabs.map(({ element }) => element),
  );
  list.addEventListener('keydown', (event) => {
    const at = tabs.findIndex(({ element }) => element === document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    if (!(event.key in next)) return;
    event.preventDefault();
    const tab = tabs.at(next[/** @type {keyof typeof next} */ (event.key)] % tabs.length);
    tab?.element.focus();
    tab?.element.click();
  });
  return {
    list,
    panel,
    /**
     * @param {Name} selected
     * @param {...(import('./dom.js').Child | readonly import('./dom.js').Child[])} content
     */
    show(selected, ...content) {
      for (const { name, element } of tabs) {
        element.setAttribute('aria-selected', String(name === selected));
        element.setAttribute('tabindex', name === selected ? '0' : '-1');
      }
      panel.setAttribute('aria-labelledby', `tab-${selected}`);
      fill(panel, ...content);
    },
  };
}
