// The frame of the page: views, data sets, state in the address, progress, errors.
import { h } from './dom.js';
import { cancel, followProgress, listData, Refusal, upload } from './api.js';
import * as two from './views/two.js';
import * as image from './views/image.js';
import * as matrix from './views/matrix.js';
import * as hand from './views/hand.js';
import * as pca from './views/pca.js';
import * as text from './views/text.js';
import * as ratings from './views/ratings.js';
import * as model from './views/model.js';

const views = [two, image, matrix, hand, pca, text, ratings, model];
const $ = (id) => document.getElementById(id);

/** What every view gets. */
const app = {
  data: [],
  of: (kind) => app.data.filter((set) => set.kind === kind),

  /** Writes the state of the view into the address, without a new entry in the history. */
  remember(state) {
    const fields = new URLSearchParams();
    for (const [name, value] of Object.entries(state)) {
      if (value !== null && value !== undefined && value !== '') fields.set(name, value);
    }
    const hash = `#${current.id}${fields.size ? `?${fields}` : ''}`;
    if (location.hash !== hash) history.replaceState(null, '', hash);
    shownHash = hash;
  },

  /** Runs work, shows that it runs, and what it could not do. */
  async working(what, work) {
    const timer = setTimeout(() => {
      $('progress-text').textContent = what;
      $('progress-bar').removeAttribute('value');
      $('progress').hidden = false;
    }, 150);
    ++running;
    document.body.setAttribute('aria-busy', 'true');
    try {
      return await work();
    } catch (error) {
      app.say(error);
      return null;
    } finally {
      clearTimeout(timer);
      if (--running === 0) {
        $('progress').hidden = true;
        document.body.removeAttribute('aria-busy');
      }
    }
  },

  /** Shows an error to people. */
  say(error) {
    if (!(error instanceof Refusal)) console.error(error);
    if (error.kind === 'cancelled') return;
    $('message').textContent = error.message;
    $('message').hidden = false;
    clearTimeout(app.hiding);
    app.hiding = setTimeout(() => { $('message').hidden = true; }, 12000);
  },

  /** Takes a file of the reader's; then shows it in the view that was open, if it shows its kind. */
  async take(file) {
    const answer = await app.working(`Reading ${file.name}`, () => upload(file));
    if (!answer) return;
    app.data = answer.data;
    const { kind } = answer.data.find((set) => set.id === answer.id);
    const view = current.shows === kind ? current : views.find((one) => one.shows === kind);
    location.hash = `#${view.id}?data=${answer.id}`;
    show();
  },

  /** Returns the chooser of data sets of a kind, with a button for another file. */
  chooser(kind, chosen, changed) {
    const size = (set) => (set.rows === undefined ? set.width === undefined ? '' : ` (${set.width} × ${set.height})` : ` (${set.rows} × ${set.cols})`);
    const select = h('select', { id: 'data', onchange: () => changed(Number(select.value)) },
      app.of(kind).map((set) => h('option', { value: set.id, selected: set.id === chosen }, `${set.name}${size(set)}`)));
    const taken = FILES[kind];
    const file = h('input', { type: 'file', hidden: true, 'aria-label': taken?.label,
      onchange: () => file.files[0] && app.take(file.files[0]) });
    return h('div', { class: 'row' },
      app.of(kind).length ? [h('label', { for: 'data' }, 'Data'), select] : null,
      taken ? [h('button', { type: 'button', onclick: () => file.click() }, 'Open a file …'), file,
        h('span', { class: 'note' }, `or drop one anywhere: ${taken.kinds}`)] : null);
  },
};

// What the page takes from its reader.
const FILES = {
  matrix: { label: 'Open a matrix', kinds: '.npy .npz .mtx .csv .tsv, also .gz' },
  image: { label: 'Open a picture', kinds: 'PNG, JPEG, PNM, .eck' },
};

let current = two;
let running = 0;  // pieces of work, some within others
let shownHash = null;

function state() {
  const [id, fields] = location.hash.slice(1).split('?');
  return { view: views.find((view) => view.id === id) ?? firstView(), fields: new URLSearchParams(fields ?? '') };
}

// A file that was given is what the reader wants to see.
function firstView() {
  const kind = app.data[0]?.kind;
  return views.find((view) => view.shows === kind && kind) ?? two;
}

function show() {
  if (location.hash === shownHash) return;
  const { view, fields } = state();
  current.leave?.();
  current = view;
  for (const link of $('tabs').querySelectorAll('a')) {
    if (link.hash === `#${view.id}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.title = `${view.title} · Eckart explorer`;
  $('message').hidden = true;
  const main = $('main');
  main.dataset.view = view.id;
  main.replaceChildren();
  view.mount(main, fields, app);
  shownHash = location.hash;
}

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new Event('themechange'));
}

async function start() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let theme = null;
  try { theme = localStorage.getItem('theme'); } catch { /* storage is off */ }
  chooseTheme(theme ?? (dark.matches ? 'dark' : 'light'));
  $('theme').onclick = () => {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    chooseTheme(next);
    try { localStorage.setItem('theme', next); } catch { /* it lasts as long as the page */ }
  };
  try {
    app.data = (await listData()).data;
  } catch (error) {
    app.say(error);
  }
  const offered = views.filter((view) => !view.needsData || app.of(view.shows).length > 0);
  $('tabs').append(...offered.map((view) =>
    h('li', {}, h('a', { href: `#${view.id}` }, view.title))));
  $('cancel').onclick = () => cancel().catch(app.say);
  followProgress((event) => {
    if ($('progress').hidden) return;
    if (event.fraction >= 0) $('progress-bar').value = event.fraction;
  });
  addEventListener('hashchange', show);
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('drop');
  });
  addEventListener('dragleave', () => document.body.classList.remove('drop'));
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('drop');
    if (event.dataTransfer.files[0]) app.take(event.dataTransfer.files[0]);
  });
  show();
}

start();
