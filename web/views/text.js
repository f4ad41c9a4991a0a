// A model of text: search by meaning, similar documents, topics.
import { h, percent, show, table } from '../dom.js';
import { ask, newest } from '../api.js';
import { commands, csvText, pythonText, quoted, saveText } from '../exports.js';

export const id = 'text';
export const title = 'Text';
export const shows = 'text';
export const needsData = true;

export function mount(root, fields, app) {
  const sets = app.of('text');
  const chosen = sets.find((set) => String(set.id) === fields.get('data')) ?? sets[0];
  const state = { data: chosen.id, q: fields.get('q') ?? '', doc: Number(fields.get('doc')) || 0 };
  const found = h('div', { id: 'hits', 'aria-live': 'polite' });
  const topics = h('div', { id: 'topics' });
  const lines = commands();
  const words = h('input', { type: 'search', id: 'query', class: 'grow', value: state.q, autocomplete: 'off' });
  root.append(h('h1', {}, 'Text by meaning'),
    h('p', { class: 'lead' }, `${chosen.documents.toLocaleString('en')} documents over ${chosen.terms.toLocaleString('en')} terms, in ${chosen.rank} dimensions: documents are near each other when they use words that occur together.`),
    h('section', { class: 'card', 'aria-label': 'Search' },
      sets.length > 1 ? app.chooser('text', state.data, (data) => { location.hash = `#text?data=${data}`; }) : null,
      h('form', { class: 'row', role: 'search', onsubmit: (event) => { event.preventDefault(); state.doc = 0; state.q = words.value; search(); } },
        h('label', { for: 'query' }, 'Look for'), words, h('button', { class: 'main' }, 'Search'))),
    h('div', { class: 'columns' },
      h('section', { class: 'card', 'aria-label': 'Documents' }, h('h2', {}, 'Documents'), found),
      h('section', { class: 'card', 'aria-label': 'Topics' }, h('h2', {}, 'Topics'), topics)), lines.card);
  for (const node of root.children) if (node !== root.firstChild) node.style.marginBottom = '1.1rem';
  const model = quoted(chosen.source);
  const turn = newest(found);
  search();

  /** The search, and the topics where they are not there yet. */
  async function search() {
    const isNow = turn();
    await app.working('Searching', async () => {
      await look(isNow);
      if (isNow() && !topics.hasChildNodes()) await showTopics();
    });
  }

  async function look(isNow) {
    app.remember({ data: state.data, q: state.doc ? '' : state.q, doc: state.doc });
    const what = state.doc ? `similar ${model} '#${state.doc}'` : `query ${model} ${quoted(state.q || 'words')}`;
    const call = state.doc ? `similar_documents(${state.doc - 1}, n=10)` : `query(${pythonText(state.q || 'words')}, n=10)`;
    lines.set(`eckart lsa ${what}\neckart lsa topics ${model}`,
      `import eckart\nmodel = eckart.LatentSemanticAnalysis.load(${pythonText(chosen.source)})\nmodel.${call}  # (document, cosine), counted from 0`);
    if (!state.doc && !state.q.trim()) {
      found.replaceChildren(h('p', { class: 'note' }, 'Type a few words, or a whole paragraph.'));
      return;
    }
    const answer = await app.working('Searching', () => (state.doc
      ? ask('text/similar', { data: state.data, document: state.doc, count: 20 })
      : ask('text/query', { data: state.data, query: state.q, count: 20 })));
    if (!isNow()) return;
    if (!answer) {
      found.replaceChildren(h('p', { class: 'note' }, 'Nothing was searched for.'));
      return;
    }
    found.replaceChildren(
      h('p', { class: 'note' }, state.doc ? `Like ${answer.document}` : answer.unknown_tokens ? `${answer.unknown_tokens} of the words are not in the model.` : 'Nearest first.'),
      answer.hits.length ? h('ol', {}, answer.hits.map((hit) => h('li', {}, h('strong', {}, hit.document), ` ${show(hit.cosine, 3)} `,
        h('button', { type: 'button', class: 'quiet', 'aria-label': `Documents like ${hit.document}`,
          onclick: () => { state.doc = hit.number; search(); } }, 'similar'),
        h('div', { class: 'note' }, hit.lead)))) : h('p', {}, 'Nothing is like it.'),
      h('div', { class: 'tools' }, h('button', { type: 'button', onclick: () => saveText('hits.csv',
        csvText(['document', 'cosine'], answer.hits.map((hit) => [hit.document, hit.cosine]))) }, 'CSV')));
  }

  async function showTopics() {
    const answer = await ask('text/topics', { data: state.data, count: 12 }).catch((error) => app.say(error));
    if (!answer || !topics.isConnected) return;
    const side = (list) => h('div', {}, list.map((word) => {
      const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
      bar.style.width = `${Math.min(60, Math.abs(word.weight) * 160)}px`;
      return h('div', {}, word.term, ' ', bar);
    }));
    topics.replaceChildren(h('p', { class: 'note' }, 'Each dimension sets some terms against others.'),
      h('div', { class: 'scroll tall', tabindex: 0, role: 'region', 'aria-label': 'Table of topics' }, table(['topic', 'σ', 'energy', '+', '−'],
        answer.topics.map((t) => [t.topic, show(t.sigma, 4), percent(t.energy), side(t.plus.slice(0, 6)), side(t.minus.slice(0, 6))]), { class: 'words' })));
  }
}
