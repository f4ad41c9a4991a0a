// The weights of a model: the spectrum of every matrix, and what it says.
import { counted, h, percent, s, show, table } from '../dom.js';
import { ask, newest } from '../api.js';
import { chartFigure, scale } from '../chart.js';
import { commands, csvText, pythonText, quoted, saveText } from '../exports.js';

export const id = 'model';
export const title = 'Model';
export const shows = 'model';
export const needsData = true;

const HEAD = ['matrix', 'shape', 'type', 'rank', 'effective', 'stable', '80 %', '90 %', '95 %', '99 %', 'κ', 'spikes', 'α'];
const SHARES = ['0.8', '0.9', '0.95', '0.99'];

/** The singular values over a logarithmic axis, small. */
function small(spectrum) {
  const values = spectrum.sigma.filter((x) => x > spectrum.sigma[0] * 1e-8);
  const svg = s('svg', { viewBox: '0 0 120 54', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  if (values.length < 2) {
    svg.append(s('g', { class: 'first' }, s('circle', { class: 'fill', cx: 60, cy: 27, r: 3 })));
    return svg;
  }
  const x = scale(0, values.length - 1, 1, 119);
  const y = scale(values.at(-1), values[0], 52, 2, true);
  const step = Math.max(1, Math.floor(values.length / 120));
  const points = values.flatMap((value, i) => (i % step && i + 1 < values.length ? [] : [`${x(i).toFixed(1)} ${y(value).toFixed(1)}`]));
  svg.append(s('g', { class: 'first' }, s('path', { class: 'stroke', 'vector-effect': 'non-scaling-stroke', d: `M${points.join('L')}` })));
  return svg;
}

export function mount(root, fields, app) {
  const sets = app.of('model');
  const set = sets.find((one) => String(one.id) === fields.get('data')) ?? sets[0];
  const state = { data: set.id, layer: fields.get('layer') ?? '', only: fields.get('only') ?? '' };
  let matrices = [];      // {name, tensor, matrix, kind, type, rows, cols, sameAs, spectrum}
  let without = [];       // names of tensors without a matrix
  let stopped = false;
  const layers = h('div');
  const turn = newest(layers);
  const chosen = h('div', { class: 'stack' });
  const overview = h('div');
  const lines = commands();
  const only = h('input', { type: 'search', id: 'only', class: 'grow', value: state.only, autocomplete: 'off',
    oninput: () => { state.only = only.value; draw(); remember(); } });
  root.append(h('h1', {}, 'What the weights of a model are made of'),
    h('p', { class: 'lead' }, `${set.name}: ${counted(set.tensors, 'tensor')}, ${show(set.bytes / 2 ** 20, 3)} MiB. A matrix whose energy sits in few singular values can be stored as two thin ones.`),
    h('div', { class: 'stack' },
      h('section', { class: 'card', 'aria-label': 'Data' },
        sets.length > 1 ? app.chooser('model', state.data, (data) => { location.hash = `#model?data=${data}`; }) : null,
        h('div', { class: 'row' }, h('label', { for: 'only' }, 'Names with'), only)),
      h('section', { class: 'card', 'aria-label': 'Matrices' }, h('h2', {}, 'Matrices'), layers),
      chosen,
      h('section', { class: 'card', 'aria-label': 'All spectra' }, h('h2', {}, 'All spectra'),
        h('p', { class: 'note' }, 'Singular values, falling, over a logarithmic axis of their own.'), overview),
      lines.card));

  function remember() {
    app.remember({ data: state.data, layer: state.layer, only: state.only });
    const pattern = state.layer ? ` --only ${quoted(state.layer.replace(/\[.*\]$/, ''))}` : '';
    const file = set.source;
    const name = pythonText(state.layer.replace(/\[.*\]$/, '') || matrices[0]?.name || 'NAME');
    const read = /\.npz$/i.test(file) ? `W = np.load(${pythonText(file)})[${name}]`
      : /\.gguf$/i.test(file) ? `from gguf import GGUFReader\nW = next(t.data for t in GGUFReader(${pythonText(file)}).tensors if t.name == ${name})`
        : `from safetensors.torch import load_file\nW = load_file(${pythonText(file)})[${name}].float().numpy()`;
    lines.set(`eckart model spectrum ${quoted(file)}\neckart model spectrum ${quoted(file)}${pattern} --plot spectra.svg`,
      `import numpy as np, eckart\n${read}\ns = eckart.svdvals(W.reshape(W.shape[0], -1))\nstable_rank = (s**2).sum() / s[0]**2`);
  }

  const filtered = () => matrices.filter((one) => one.name.includes(state.only));

  async function load() {
    remember();
    await app.working(`Reading ${set.name}`, async () => {
      const { tensors } = await ask('model/layers', { data: set.id });
      if (!layers.isConnected) return;
      without = tensors.filter((tensor) => !tensor.matrices.length).map((tensor) => tensor.name);
      matrices = tensors.flatMap((tensor, i) => tensor.matrices.map((matrix, j) => ({
        name: tensor.name + (matrix.part ? `[${matrix.part}]` : ''), tensor: i, matrix: j, kind: tensor.kind, type: tensor.type,
        rows: matrix.rows, cols: matrix.cols, sameAs: tensor.same_as, spectrum: null })));
      if (!matrices.some((one) => one.name === state.layer)) state.layer = matrices[0]?.name ?? '';
      remember();
      await computeAll();
    });
  }

  /** The chosen matrix first, then the others as they stand. */
  async function computeAll() {
    const isNow = turn();
    stopped = false;
    const waiting = matrices.filter((one) => !one.spectrum && !one.sameAs);
    waiting.sort((a, b) => (b.name === state.layer) - (a.name === state.layer));
    for (const one of waiting) {
      draw();
      try {
        const spectrum = await ask('model/spectrum', { data: set.id, tensor: one.tensor, matrix: one.matrix });
        if (!isNow()) return;
        one.spectrum = spectrum;
      } catch (error) {
        if (!isNow()) return;
        if (error.kind === 'cancelled') stopped = true;
        else if (error.kind === 'gone') throw error;
        else one.refusal = error.message;
        if (stopped) break;
      }
    }
    draw();
  }

  function choose(name) {
    state.layer = name;
    remember();
    draw();
  }

  const cells = (one) => {
    const { spectrum } = one;
    const shape = `${one.rows} × ${one.cols}`;
    if (one.sameAs) return [shape, one.type, `the same bytes as ${one.sameAs}`];
    if (one.refusal) return [shape, one.type, one.refusal];
    if (!spectrum) return [shape, one.type, '…'];
    return [shape, one.type, spectrum.numerical_rank, show(spectrum.effective_rank, 4), show(spectrum.stable_rank, 4), ...SHARES.map((share) => spectrum.energy_ranks[share]),
      spectrum.condition_number === null ? '∞' : show(spectrum.condition_number, 3), spectrum.spikes, spectrum.alpha === null ? '–' : spectrum.alpha.toFixed(2)];
  };

  function draw() {
    const list = filtered();
    const done = list.filter((one) => one.spectrum);
    const body = table(HEAD, list.map((one) => [h('button', { type: 'button', class: 'quiet', 'aria-pressed': String(one.name === state.layer),
      'aria-label': `Spectrum of ${one.name}`, onclick: () => choose(one.name) }, one.name), ...cells(one)]), { class: 'tight' });
    layers.dataset.done = matrices.filter((one) => one.spectrum).length;
    const left = matrices.filter((one) => !one.spectrum && !one.sameAs && !one.refusal).length;
    const top = layers.querySelector('.scroll')?.scrollTop ?? 0;
    layers.replaceChildren(
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of matrices' }, body),
      h('p', { class: 'note', role: 'status' }, left ? `${counted(left, 'matrix').replace('matrixs', 'matrices')} to go` : null,
        without.length ? ` ${counted(without.length, 'tensor')} without a matrix: vectors, scalars, integers.` : null),
      h('details', {}, h('summary', {}, 'What the columns say'), h('p', { class: 'note' },
        'effective: e to the entropy of the energies; stable: ‖W‖²/σ₁²; 80 % …: the triplets that hold that share of the energy; '
        + 'spikes: singular values above what independent entries of these rows and columns give; α: exponent of the power law that fits the tail of the squared values best.')),
      h('div', { class: 'tools' },
        stopped ? h('button', { type: 'button', class: 'main', onclick: () => app.working('Spectra', computeAll) }, 'Go on') : null,
        h('button', { type: 'button', onclick: () => saveText('spectra.csv', csvText([...HEAD.slice(0, 3), 'rank', 'effective', 'stable', ...SHARES, 'condition', 'spikes', 'alpha'],
          done.map(({ name, rows, cols, type, spectrum: x }) => [name, `${rows}x${cols}`, type, x.numerical_rank, x.effective_rank, x.stable_rank,
            ...SHARES.map((share) => x.energy_ranks[share]), x.condition_number ?? 'inf', x.spikes, x.alpha ?? '']))) }, 'CSV')));
    layers.firstChild.scrollTop = top;
    overview.replaceChildren(h('div', {}, h('div', { class: 'spectra' }, done.slice(0, 120).map((one) => h('button', { type: 'button', 'aria-label': `Show the spectrum of ${one.name}`,
      'aria-pressed': String(one.name === state.layer), onclick: () => choose(one.name) }, h('span', { title: one.name }, one.name), small(one.spectrum)))),
    done.length > 120 ? h('p', { class: 'note' }, `The first 120 of ${done.length}: say which by a part of their names.`) : null));
    drawChosen();
  }

  function drawChosen() {
    const one = matrices.find((other) => other.name === state.layer);
    if (!one?.spectrum) {
      chosen.replaceChildren();
      return;
    }
    if (chosen.dataset.layer === one.name && chosen.children.length) return;
    chosen.dataset.layer = one.name;
    const { sigma, noise_edge: edge, frobenius_norm: norm } = one.spectrum;
    chosen.dataset.stable = one.spectrum.stable_rank;
    const floor = Math.max(sigma.filter((x) => x > 0).at(-1) ?? 1e-16, (sigma[0] || 1) * 1e-8);
    let held = 0;
    const energy = sigma.map((x) => { held += (x / (norm || 1)) ** 2; return Math.min(1, held); });
    const rows = sigma.map((x, i) => [i + 1, x, energy[i]]);
    const head = ['component', 'sigma', 'cumulative'];
    chosen.replaceChildren(h('div', { class: 'columns' },
      h('section', { class: 'card', 'aria-label': 'Chosen spectrum' }, h('h2', {}, one.name), chartFigure({
        name: 'spectrum', title: `Singular values of ${one.rows} × ${one.cols}, ${one.kind}`, height: 380, text: `${counted(sigma.length, 'value')}, from ${show(sigma[0])} to ${show(sigma.at(-1))}`,
        x: { label: 'i', range: [0.5, sigma.length + 0.5], whole: true }, y: { label: 'σᵢ', range: [floor, Math.max(sigma[0], floor * 10)], log: true },
        rules: edge > floor && edge < sigma[0] ? [{ y: edge, label: 'noise of these rows and columns' }] : [],
        series: [{ name: 'σ', kind: 'dots', css: 'first', points: sigma.map((x, i) => [i + 1, x]).filter(([, x]) => x >= floor) }], head, rows })),
      h('section', { class: 'card', 'aria-label': 'Energy of the chosen' }, h('h2', {}, 'Energy'), chartFigure({
        name: 'energy', title: 'Energy that the k leading triplets hold', height: 380, text: SHARES.map((share) => `${percent(share)} needs ${one.spectrum.energy_ranks[share]}`).join(', '),
        x: { label: 'k', range: [0, sigma.length], whole: true }, y: { label: 'Σσᵢ²/‖W‖²', range: [0, 1], percent: true },
        series: [{ name: 'energy', kind: 'line', css: 'first', points: [[0, 0], ...energy.map((x, i) => [i + 1, x])] }],
        rules: SHARES.slice(0, 3).map((share) => ({ y: Number(share), label: `${Math.round(100 * share)} %: k = ${one.spectrum.energy_ranks[share]}` })), head, rows }))));
  }

  load();
}
