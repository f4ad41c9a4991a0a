// A recommender: what somebody rated, what they may like, and why.
import { h, show, table } from '../dom.js';
import { ask, newest } from '../api.js';
import { commands, csvText, pythonText, quoted, saveText } from '../exports.js';

export const id = 'ratings';
export const title = 'Ratings';
export const shows = 'ratings';
export const needsData = true;

export function mount(root, fields, app) {
  const sets = app.of('ratings');
  const chosen = sets.find((set) => String(set.id) === fields.get('data')) ?? sets[0];
  const state = { data: chosen.id, user: fields.get('user') ?? '', item: fields.get('item') ?? '' };
  const lines = commands();
  const lists = h('div', { id: 'lists', class: 'columns' });
  const similar = h('div', { id: 'similar', 'aria-live': 'polite' });
  const names = h('datalist', { id: 'names' });
  const user = h('input', { type: 'search', id: 'user', list: 'names', class: 'grow', autocomplete: 'off', value: state.user,
    oninput: () => suggest(user.value) });
  root.append(h('h1', {}, 'What somebody may like'),
    h('p', { class: 'lead' }, `${chosen.users.toLocaleString('en')} users, ${chosen.items.toLocaleString('en')} items; method ${chosen.method}${chosen.rank ? `, rank ${chosen.rank}` : ''}.`),
    h('section', { class: 'card', 'aria-label': 'User' },
      sets.length > 1 ? app.chooser('ratings', state.data, (data) => { location.hash = `#ratings?data=${data}`; }) : null,
      h('form', { class: 'row', onsubmit: (event) => { event.preventDefault(); state.user = user.value; recommend(); } },
        h('label', { for: 'user' }, 'User'), user, names, h('button', { class: 'main' }, 'Recommend'))),
    lists, h('section', { class: 'card', 'aria-label': 'Similar items' }, h('h2', {}, 'Similar items'), similar), lines.card);
  for (const node of root.children) if (node !== root.firstChild) node.style.marginBottom = '1.1rem';
  similar.append(h('p', { class: 'note' }, 'Choose an item in a list.'));
  const turns = { names: newest(names), user: newest(lists), item: newest(similar) };
  app.working('Recommending', start);

  async function suggest(part) {
    const isNow = turns.names();
    const answer = await ask('ratings/names', { data: state.data, part, count: 20 }).catch(() => null);
    if (answer && isNow()) names.replaceChildren(...answer.names.map((name) => h('option', { value: name })));
    return answer?.names ?? [];
  }
  async function start() {
    const known = await suggest('');
    if (!lists.isConnected) return;
    if (!state.user) state.user = known[0] ?? '';
    user.value = state.user;
    await recommend();
    if (state.item && lists.isConnected) await alike(state.item);
  }

  const link = (item) => h('button', { type: 'button', class: 'quiet', 'aria-label': `Items like ${item}`, onclick: () => alike(item) }, item);

  async function recommend() {
    const isNow = turns.user();
    remember();
    const answer = await app.working('Recommending', () => ask('ratings/top', { data: state.data, user: state.user, count: 15 }));
    if (!isNow()) return;
    if (!answer) {  // the lists are somebody else's
      lists.replaceChildren(h('p', { class: 'note' }, 'Nothing was recommended.'));
      return;
    }
    const rated = [...answer.ratings].sort((a, b) => b.rating - a.rating);
    lists.replaceChildren(
      h('section', { class: 'card', 'aria-label': 'Recommended' }, h('h2', {}, `For ${answer.user}`),
        h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Recommended items' }, table(['item', 'score', 'because of'],
          answer.items.map((item) => [link(item.item), show(item.score, 4), item.why.map((why) => why.item).join(', ')]), { class: 'words' })),
        h('div', { class: 'tools' }, h('button', { type: 'button', onclick: () => saveText('recommended.csv', csvText(['item', 'score'], answer.items.map((item) => [item.item, item.score]))) }, 'CSV'))),
      h('section', { class: 'card', 'aria-label': 'Rated' }, h('h2', {}, `Rated by ${answer.user}: ${rated.length}`),
        h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Rated items' }, table(['item', 'rating'], rated.map((item) => [link(item.item), show(item.rating)])))));
  }

  async function alike(item) {
    const isNow = turns.item();
    state.item = item;
    remember();
    const answer = await app.working('Comparing', () => ask('ratings/similar', { data: state.data, item, count: 15 }));
    if (!isNow()) return;
    if (!answer) {
      similar.replaceChildren(h('p', { class: 'note' }, 'Nothing was compared.'));
      return;
    }
    similar.replaceChildren(h('p', {}, 'Like ', h('strong', {}, answer.item)),
      table(['item', 'likeness'], answer.items.map((other) => [link(other.item), show(other.score, 4)])));
  }

  function remember() {
    app.remember({ data: state.data, user: state.user, item: state.item });
    const model = quoted(chosen.source);
    const tail = state.item ? `\neckart recommend similar ${model} --item ${quoted(state.item)}` : '';
    lines.set(`eckart recommend top ${model} --user ${quoted(state.user)}${tail}`,
      `import eckart\nmodel = eckart.SVDRecommender.load(${pythonText(chosen.source)})\nmodel.recommend(${pythonText(state.user)}, n_items=10)`
      + (state.item ? `\nmodel.similar_items(${pythonText(state.item)}, n=10)` : ''));
  }
}
