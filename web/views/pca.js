// Principal components: the cloud, its axes, and what centring changes.
import { counted, h, percent, show, table } from '../dom.js';
import { ask, newest } from '../api.js';
import { chartFigure } from '../chart.js';
import { cloudFigure } from '../cloud.js';
import { commands, csvText, pythonImports, pythonRead, quoted, saveText } from '../exports.js';

export const id = 'pca';
export const title = 'PCA';
export const shows = 'matrix';

export function mount(root, fields, app) {
  const sets = app.of('matrix').filter((set) => !set.scalar.startsWith('complex'));
  const chosen = sets.find((set) => String(set.id) === fields.get('data')) ?? sets[0];
  const state = { data: chosen?.id ?? null, center: fields.get('center') !== 'no', scale: fields.get('scale') === 'yes',
    three: fields.get('view') === '3d', axes: (fields.get('axes') ?? '1,2,3').split(',').map(Number), points: fields.get('points') ?? '',
    entries: Number(fields.get('entries')) || 1, deviation: fields.get('times') === 'deviation' };
  const body = h('div', { class: 'stack' });
  const turn = newest(body);
  const tick = (name, label) => h('label', { class: 'tick' }, h('input', { type: 'checkbox', id: name, checked: state[name],
    onchange: (event) => { state[name] = event.target.checked; load(); } }), label);
  root.append(h('h1', {}, 'The directions in which rows differ'),
    h('p', { class: 'lead' }, 'Principal components are the right singular vectors of the centred table. Without centring the first one mostly points at the mean.'),
    h('section', { class: 'card', 'aria-label': 'Data' },
      app.chooser('matrix', state.data, (data) => { state.data = data; load(); }),
      h('div', { class: 'row' }, tick('center', 'centre the columns'), tick('scale', 'scale them to deviation 1'))), body);
  body.style.marginTop = '1.1rem';
  if (chosen) load();
  else body.append(h('p', {}, 'There is no table yet. Open a file, drop one on this page, or start ', h('code', {}, 'eckart explore table.csv'), '.'));

  function remember() {
    app.remember({ data: state.data, center: state.center ? '' : 'no', scale: state.scale ? 'yes' : '',
      view: state.three ? '3d' : '', axes: String(state.axes) === '1,2,3' ? '' : state.axes.join(), points: state.points,
      entries: state.entries === 1 ? '' : state.entries, times: state.deviation ? 'deviation' : '' });
  }

  /** The rows that were typed, or null. */
  function typed() {
    const rows = state.points.split(/[\n;]/).map((line) => line.trim()).filter(Boolean)
      .map((line) => line.split(/[\s,]+/).map(Number));
    return rows.length && rows.every((row) => row.every(Number.isFinite)) ? rows : null;
  }

  async function load() {
    const isNow = turn();
    remember();
    const set = sets.find((other) => other.id === state.data);
    const points = typed();
    const question = { data: set.id, components: 10, center: state.center, scale: state.scale };
    const answer = await app.working(`Components of ${set.name}`,
      () => ask('pca', points ? { ...question, with_points: true, points } : question));
    if (!isNow()) return;
    if (answer) {
      present(set, answer);
    } else {
      body.replaceChildren(h('p', {}, 'Nothing was computed. '), h('div', {}, h('button', { type: 'button', onclick: () => { state.points = ''; load(); } }, 'Try again')));
    }
  }

  function present(set, answer) {
    const k = answer.components.length;
    state.axes = [0, 1, 2].map((i) => Math.min(k, Math.max(1, state.axes[i] || i + 1)));
    const cloud = h('div');
    const drawCloud = () => {
      const three = state.three && k >= 3;
      const axes = state.axes.slice(0, three ? 3 : Math.min(2, k));
      cloud.replaceChildren(cloudFigure({
        title: `Scores of ${counted(answer.shown, 'row')}${answer.shown < answer.rows ? ` of ${answer.rows.toLocaleString('en')}` : ''}`,
        axes: axes.map((axis) => ({ name: `component ${axis}`, share: answer.explained_variance_ratio[axis - 1], values: answer.scores[axis - 1] })),
        added: answer.projected ? axes.map((axis) => answer.projected[axis - 1]) : null,
      }));
    };
    const choose = (i) => h('select', { 'aria-label': `Component on axis ${i + 1}`, onchange: (event) => {
      state.axes[i] = Number(event.target.value);
      drawCloud();
      remember();
    } }, answer.components.map((_, j) => h('option', { value: j + 1, selected: state.axes[i] === j + 1 }, `component ${j + 1}`)));
    const third = choose(2);
    const flip = h('button', { type: 'button', 'aria-pressed': String(state.three), disabled: k < 3, onclick: () => {
      state.three = !state.three;
      flip.setAttribute('aria-pressed', String(state.three));
      third.hidden = !state.three;
      drawCloud();
      remember();
    } }, '3D');
    third.hidden = !state.three;
    drawCloud();
    const variance = answer.explained_variance_ratio;
    let sum = 0;
    const varianceRows = variance.map((share, i) => [i + 1, answer.explained_variance[i], share, sum += share]);
    const loadings = h('div');
    const loadingOf = h('select', { 'aria-label': 'Component whose entries are shown', onchange: () => { state.entries = Number(loadingOf.value); drawLoadings(); remember(); } },
      answer.components.map((_, j) => h('option', { value: j + 1, selected: state.entries === j + 1 }, `component ${j + 1}`)));
    const deviation = h('label', { class: 'tick' }, h('input', { type: 'checkbox', checked: state.deviation,
      onchange: (event) => { state.deviation = event.target.checked; drawLoadings(); remember(); } }), 'times its deviation');
    const drawLoadings = () => {
      const j = Number(loadingOf.value) - 1;
      const factor = state.deviation ? Math.sqrt(answer.explained_variance[j]) : 1;
      const entries = answer.components[j].map((x) => x * factor);
      const what = state.deviation ? 'Loadings' : 'Entries';
      const reach = Math.max(...entries.map(Math.abs)) || 1;
      loadings.replaceChildren(chartFigure({ name: `component-${j + 1}`, title: `${what} of component ${j + 1} by column`, height: 240,
        text: `largest in column ${entries.map(Math.abs).indexOf(reach) + 1}`,
        x: { label: 'column', range: [0.5, entries.length + 0.5], whole: true }, y: { label: state.deviation ? 'loading' : 'entry', range: [-reach, reach] },
        series: [{ name: 'entries', kind: entries.length > 200 ? 'line' : 'bars', css: 'first', points: entries.map((x, i) => [i + 1, x]) }],
        rules: [{ y: 0, label: '' }], head: ['column', 'entry', 'loading', 'mean'],
        rows: answer.components[j].map((x, i) => [i + 1, x, x * Math.sqrt(answer.explained_variance[j]), answer.mean[i] ?? 0]) }));
    };
    drawLoadings();
    const area = h('textarea', { rows: 2, id: 'points', class: 'mono', placeholder: Array(Math.min(4, answer.cols)).fill('1.0').join(', ') + (answer.cols > 4 ? ', …' : '') });
    area.value = state.points;
    const pythonScores = (count) => {
      if (state.center && !state.scale) return `model = eckart.PCA(n_components=${count}).fit(A)\nscores = model.transform(A)`;
      const truth = (value) => (value ? 'True' : 'False');
      return `U, s, Vt = eckart.svd(A, k=${count}, center=${truth(state.center)}, scale=${truth(state.scale)})\nscores = U * s`;
    };
    const lines = commands();
    const source = set.source || set.name;
    const options = `${state.center ? '' : ' --no-center'}${state.scale ? ' --scale' : ''}`;
    lines.set(`eckart pca ${quoted(source)} -k ${k}${options} -o result`,
      `${pythonImports(source)}\n${pythonRead(source)}\n${pythonScores(k)}`);
    body.dataset.variance = variance.slice(0, 3).join(' ');
    body.replaceChildren(
      h('div', { class: 'columns wide-left' },
        h('section', { class: 'card', 'aria-label': 'Scores' }, h('div', { class: 'row' }, h('h2', {}, 'Scores'), k > 1 ? [choose(0), choose(1), third, flip] : null), cloud),
        h('div', { class: 'stack' },
          h('section', { class: 'card', 'aria-label': 'Variance' }, h('h2', {}, 'Explained variance'),
            table(['component', 'variance', 'share', 'sum'], varianceRows.map(([i, v, share, total]) => [i, show(v, 5), percent(share), percent(total)])),
            h('div', { class: 'tools' }, h('button', { type: 'button', onclick: () => saveText('variance.csv',
              csvText(['component', 'variance', 'share', 'sum'], varianceRows)) }, 'CSV'))),
          h('section', { class: 'card', 'aria-label': 'Centring' }, h('h2', {}, 'Centred or not'),
            h('p', { id: 'angle' }, `The first direction with centring and without lie ${show(answer.angle, 3)}° apart. `,
              answer.angle > 20 ? 'Here it matters: uncentred, the first direction is mostly the mean.' : 'Here it hardly matters.'),
            h('p', { class: answer.certificate.met ? 'good' : 'bad' }, `${answer.certificate.met ? '✓' : '✗'} residual ${show(answer.certificate.residual, 2)}, accuracy ${show(answer.certificate.accuracy, 2)} asked`)))),
      h('div', { class: 'columns' },
        h('section', { class: 'card', 'aria-label': 'Components' }, h('div', { class: 'row' }, h('h2', {}, 'Components'), loadingOf, deviation), loadings),
        h('section', { class: 'card', 'aria-label': 'New points' }, h('h2', {}, 'New points'),
          h('p', {}, h('label', { for: 'points' }, `Rows of ${counted(answer.cols, 'number')}, a line each: where do they fall?`)), area,
          h('div', { class: 'tools' }, h('button', { type: 'button', onclick: () => { state.points = area.value.trim(); load(); } }, 'Project them')),
          answer.projected ? h('div', { class: 'scroll', tabindex: 0, id: 'projected' }, table(['point', ...answer.projected.slice(0, 3).map((_, j) => `component ${j + 1}`)],
            answer.projected[0].map((_, i) => [i + 1, ...answer.projected.slice(0, 3).map((column) => show(column[i]))]))) : null)),
      lines.card);
  }
}
