import { fill, h } from './dom.js';

/**
 * A labelled control of the form, with its hint and what is wrong with it.
 *
 * @param {import('./fields.js').Field} field
 * @param {string} text
 */
export function createField(field, text) {
  const { name, label, kind, hint, omitted } = field;
  const id = `field-${name}`;
  const properties = {
    id,
    name,
    'aria-describedby': `${id}-fault ${id}-hint`,
    spellcheck: kind === 'text' ? 'true' : 'false',
  };
  const fault = h('p', { class: 'fault', id: `${id}-fault`, role: 'alert' });
  const control = createControl();

  function createControl() {
    if (kind === 'switch')
      return h('select', properties, h('option', { value: 'true' }, 'on'), h('option', { value: 'false' }, 'off'));
    if (kind === 'line' || kind === 'number')
      return h('input', {
        ...properties,
        inputmode: kind === 'number' ? 'numeric' : 'text',
        placeholder: omitted,
        autocomplete: 'off',
      });
    const rows = { text: 3, ids: 2, json: 12 }[kind];
    return h('textarea', {
      ...properties,
      rows: name === 'tags' ? 4 : rows,
      class: kind === 'json' ? 'json' : 'prose',
    });
  }

  /** @param {string} next */
  function setText(next) {
    control.value = next;
  }
  setText(text);

  return {
    field,
    element: h(
      'div',
      { class: `field ${kind} ${name}` },
      h('label', { for: id }, label),
      control,
      h('p', { class: 'hint', id: `${id}-hint` }, hint),
      fault,
    ),
    getText: () => control.value,
    setText,
    focus: () => control.focus(),
    /** @param {string} message */
    showFault(message) {
      fill(fault, message);
      if (message) control.setAttribute('aria-invalid', 'true');
      else control.removeAttribute('aria-invalid');
    },
  };
}
