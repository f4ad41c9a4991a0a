// The derivation by hand of the matrix that is typed in.
import { h, show, written } from '../dom.js';
import { ask, newest } from '../api.js';
import { commands, saveText } from '../exports.js';

export const id = 'hand';
export const title = 'By hand';

const EXAMPLES = {
  'a first example': '[[3,2],[2,3]]', 'square roots': '[[1,1],[0,1]]', 'a negative diagonal': '[[3,0],[0,-2]]',
  'wide': '[[3,2,2],[2,3,-2]]', 'rank one': '[[2,4],[1,2],[0,0]]', '3 × 3': '[[4,2,1],[5,3,-10],[9,-12,11]]', 'fractions': '[[0.5,1],[1,0.25]]',
};

export function mount(root, fields, app) {
  const text = h('input', { type: 'text', id: 'typed', class: 'grow mono', spellcheck: 'false', autocomplete: 'off',
    value: fields.get('m') ?? '[[3,2],[2,3]]' });
  const examples = h('select', { 'aria-label': 'Examples', onchange: () => {
    if (!examples.value) return;
    text.value = EXAMPLES[examples.value];
    examples.value = '';
    derive();
  } }, h('option', { value: '' }, 'Examples …'), Object.keys(EXAMPLES).map((name) => h('option', { value: name }, name)));
  const form = h('form', { class: 'row', onsubmit: (event) => { event.preventDefault(); derive(); } },
    h('label', { for: 'typed' }, 'Matrix'), text, h('button', { class: 'main' }, 'Derive'), examples);
  const page = h('div', { id: 'derivation' });
  const lines = commands();
  const turn = newest(page);
  root.append(h('h1', {}, 'The decomposition by hand'),
    h('p', { class: 'lead' }, 'Every step for your matrix, of up to 6 rows and columns. Whole numbers, fractions and short decimals are '
      + 'treated exactly, square roots included, as far as that goes.'),
    h('section', { class: 'card', 'aria-label': 'The matrix' }, form), h('div', { class: 'stack' }, page, lines.card));
  page.style.marginTop = '1.1rem';
  derive();

  async function derive() {
    const matrix = text.value.trim();
    const isNow = turn();
    app.remember({ m: matrix });
    lines.set(`eckart explain '${matrix.replaceAll("'", '')}'`, `import numpy as np, eckart\nU, s, Vt = eckart.svd(np.array(${matrix}, dtype=float))`);
    const answer = await app.working('Deriving', () => ask('explain', { matrix }));
    if (!isNow()) return;
    if (!answer) {  // what stands there is about another matrix
      delete page.dataset.sigma;
      page.replaceChildren(h('p', { class: 'note' }, 'Nothing was derived.'));
      return;
    }
    page.dataset.sigma = answer.sigma.join(' ');
    page.replaceChildren(
      ...answer.steps.map((step, i) => h('section', { class: 'card step', 'aria-labelledby': `step${i}` },
        h('h2', { id: `step${i}` }, `${i + 1}. ${step.title}`),
        step.paragraphs.map((p) => h('div', { class: p.kind === 'remark' ? 'note' : p.kind,
          tabindex: p.kind === 'formula' ? 0 : null }, written(p.html))))),
      h('div', { class: 'tools' },
        h('button', { type: 'button', onclick: () => saveText('derivation.md', answer.markdown) }, 'Save as Markdown'),
        h('span', { class: 'note' }, `The engine's own values differ by ${show(answer.value_difference, 2)} of σ₁.`)));
  }
}
