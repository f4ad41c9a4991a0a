// Any matrix: its picture, its spectrum, how few triplets hold it, how right that is.
import { counted, h, percent, show } from '../dom.js';
import { ask, askBytes, newest } from '../api.js';
import { chartFigure } from '../chart.js';
import { heatFigure } from '../heat.js';
import { commands, pythonImports, pythonRead, quoted, saveBytes } from '../exports.js';

export const id = 'matrix';
export const title = 'Matrix';
export const shows = 'matrix';

const SHARES = [0.8, 0.9, 0.95];

/** The certificate as sentences, each with what kind of statement it is. */
export function certificateWords(c) {
  const kind = (bound) => h('span', { class: 'chip' }, bound.kind);
  const lines = [];
  if (c.residual.kind !== 'unknown') {
    lines.push(['Every triplet was multiplied by the matrix again: ‖Av − σu‖ and ‖Aᴴu − σv‖ are at most '
      + `${show(c.residual.value, 2)} of σ₁. `, kind(c.residual)]);
  }
  if (c.orthogonality_U.kind !== 'unknown') {
    lines.push([`U and V are orthonormal to ${show(Math.max(c.orthogonality_U.value, c.orthogonality_V.value), 2)}. `,
      kind(c.orthogonality_U)]);
  }
  if (c.energy.kind !== 'unknown') {
    const all = Math.abs(1 - c.energy.value) <= 1e-6;
    lines.push([all ? 'The triplets hold all of ‖A‖². ' : `The triplets hold ${percent(c.energy.value)} of ‖A‖². `, kind(c.energy)]);
  }
  if (c.spectral_error.kind !== 'unknown' && c.spectral_error.value > 0) {
    lines.push([`What is left out is at most ${show(c.spectral_error.value, 2)} σ₁ in the 2-norm. `, kind(c.spectral_error)]);
  }
  return h('div', {},
    h('p', { class: c.met ? 'good' : 'bad' }, `${c.met ? '✓' : '✗'} accuracy ${show(c.accuracy, 2)} asked: ${c.met ? 'met' : 'NOT met'}`),
    h('ul', {}, lines.map((line) => h('li', {}, line)), c.findings.map((finding) => h('li', { class: 'bad' }, finding))));
}

export function mount(root, fields, app) {
  const sets = app.of('matrix');
  const chosen = sets.find((set) => String(set.id) === fields.get('data')) ?? sets[0];
  const state = { data: chosen?.id ?? null, log: fields.get('axis') !== 'linear', k: Number(fields.get('k')) || 0 };
  const body = h('div', { class: 'stack' });
  const turn = newest(body);
  root.append(h('h1', {}, 'How many directions a matrix has'),
    h('p', { class: 'lead' }, 'The singular values say how much each direction matters; their squares add up to the energy of the matrix.'),
    h('section', { class: 'card', 'aria-label': 'Data' },
      app.chooser('matrix', state.data, (data) => load(sets.find((set) => set.id === data)))), body);
  body.style.marginTop = '1.1rem';
  if (chosen) load(chosen);
  else body.append(h('p', {}, 'There is no matrix yet. Open a file, drop one on this page, or start ',
    h('code', {}, 'eckart explore FILE'), '.'));

  function remember() {
    app.remember({ data: state.data, axis: state.log ? '' : 'linear', k: state.k });
  }

  async function load(set) {
    const isNow = turn();
    state.data = set.id;
    remember();
    body.replaceChildren(h('p', { class: 'note' }, 'Computing …'));
    const answer = await app.working(`Decomposing ${set.name}`, async () => {
      const spectrum = await ask('spectrum', { data: set.id });
      return isNow() ? { spectrum, heat: await askBytes('heat', { data: set.id, rows: 256, cols: 256 }) } : null;
    });
    if (!isNow()) return;
    if (!answer) {
      body.replaceChildren(h('p', {}, 'Nothing was computed. '), h('button', { type: 'button', onclick: () => load(set) }, 'Try again'));
      return;
    }
    present(set, answer.spectrum, answer.heat);
  }

  function present(set, spectrum, heat) {
    const { sigma } = spectrum;
    const energy = [];
    let held = 0;
    for (const x of sigma) {
      held += (x / spectrum.frobenius_norm) ** 2;
      energy.push(Math.min(1, held));
    }
    const rows = sigma.map((x, i) => [i + 1, x, (x / spectrum.frobenius_norm) ** 2, energy[i]]);
    const head = ['component', 'sigma', 'energy', 'cumulative'];
    const positive = sigma.filter((x) => x > 0);
    const floor = Math.max(positive.at(-1) ?? 1e-16, (sigma[0] || 1) * 1e-17);
    const spectrumChart = h('div');
    const rounding = Math.max(spectrum.rows, spectrum.cols) * epsilon(set) * sigma[0];
    const drawSpectrum = () => spectrumChart.replaceChildren(chartFigure({
      name: 'spectrum', title: `Singular values${state.log ? ', logarithmic' : ''}`,
      text: `${counted(sigma.length, 'value')}, from ${show(sigma[0])} to ${show(sigma.at(-1))}`,
      x: { label: 'i', range: [0.5, sigma.length + 0.5], whole: true },
      y: { label: 'σᵢ', range: state.log ? [floor, Math.max(sigma[0], floor * 10)] : [0, sigma[0] || 1], log: state.log },
      rules: state.log && rounding > floor ? [{ y: rounding, label: 'rounding level' }] : [],
      series: [{ name: 'σ', kind: sigma.length > 60 || state.log ? 'dots' : 'bars', css: 'first', points: sigma.map((x, i) => [i + 1, x]) }],
      head, rows }));
    const axis = h('button', { type: 'button', 'aria-pressed': String(state.log), onclick: () => {
      state.log = !state.log;
      axis.setAttribute('aria-pressed', String(state.log));
      drawSpectrum();
      remember();
    } }, 'Logarithmic');
    drawSpectrum();

    const reach = SHARES.map((share) => [share, spectrum.reach[String(Math.round(100 * share))]]);
    const energyChart = chartFigure({
      name: 'energy', title: 'Energy that the k leading triplets hold', height: 380,
      text: reach.map(([share, k]) => (k ? `${Math.round(100 * share)} % needs ${k}` : `${Math.round(100 * share)} % needs more than ${sigma.length}`)).join(', '),
      x: { label: 'k', range: [0, sigma.length], whole: true }, y: { label: 'Σσᵢ²/‖A‖²', range: [0, 1], percent: true },
      series: [{ name: 'energy', kind: 'line', css: 'first', points: [[0, 0], ...energy.map((x, i) => [i + 1, x])] }],
      rules: reach.map(([share, k]) => ({ y: share, label: k ? `${Math.round(100 * share)} %: k = ${k}` : `${Math.round(100 * share)} %` })),
      head, rows });
    const rank = sigma.filter((x) => x > rounding).length;
    const slider = h('input', { type: 'range', min: 1, max: Math.max(1, sigma.length), value: state.k || reach[1][1] || sigma.length,
      'aria-label': 'Rank k', oninput: () => chooseRank(slider.valueAsNumber) });
    const said = h('p', { id: 'rank-words', 'aria-live': 'polite' });
    const lines = commands();
    function chooseRank(k) {
      state.k = k;
      const numbers = k * (spectrum.rows + spectrum.cols + 1);
      said.textContent = `Rank ${k} keeps ${percent(energy[k - 1])} of the energy; ‖A − A_k‖ is ${show(Math.sqrt(Math.max(0, 1 - energy[k - 1])), 3)} of ‖A‖ `
        + `in the Frobenius norm. It takes ${numbers.toLocaleString('en')} numbers instead of ${(spectrum.rows * spectrum.cols).toLocaleString('en')}.`;
      slider.setAttribute('aria-valuetext', `k = ${k}, ${percent(energy[k - 1])} of the energy`);
      const source = set.source || set.name;
      lines.set(`eckart info ${quoted(source)}\neckart svd ${quoted(source)} -k ${k} -o result`,
        `${pythonImports(source)}\n${pythonRead(source)}\nU, s, Vt = eckart.svd(A, k=${k})`);
      remember();
    }
    const download = h('button', { type: 'button', class: 'main', onclick: async () => {
      const answer = await app.working('Computing the factors', () => askBytes('factors', { data: set.id, rank: state.k }));
      if (answer) saveBytes(`${set.name.replace(/\W+/g, '_')}_k${state.k}.npz`, answer.bytes);
    } }, 'Download U, s, Vt (.npz)');
    const picture = heatFigure({ name: 'matrix', title: `The entries of ${set.name}`,
      text: `${spectrum.rows} × ${spectrum.cols}, ${set.storage} ${set.scalar}`,
      rows: Number(heat.headers.get('X-Rows')), cols: Number(heat.headers.get('X-Cols')),
      cells: new Float32Array(heat.bytes), ofRows: spectrum.rows, ofCols: spectrum.cols });
    const report = spectrum.report;
    body.dataset.sigma = sigma.slice(0, 5).join(' ');
    body.replaceChildren(
      h('div', { class: 'columns' },
        h('section', { class: 'card', 'aria-label': 'Entries' }, picture),
        h('section', { class: 'card', 'aria-label': 'Spectrum' }, h('div', { class: 'row' }, h('h2', {}, 'Spectrum'), axis), spectrumChart)),
      h('div', { class: 'columns' },
        h('section', { class: 'card', 'aria-label': 'Energy' }, h('h2', {}, 'Energy'), energyChart),
        h('div', { class: 'stack' },
          h('section', { class: 'card', 'aria-label': 'Choose a rank' }, h('h2', {}, 'Choose a rank'), slider, said, h('div', { class: 'tools' }, download)),
          h('section', { class: 'card', 'aria-label': 'Certificate' }, h('h2', {}, 'How right this is'), certificateWords(report.certificate),
            h('dl', {}, h('dt', {}, 'numerical rank'), h('dd', {}, spectrum.complete ? rank : `at least ${rank}`),
              h('dt', {}, '‖A‖'), h('dd', {}, show(spectrum.frobenius_norm, 7)),
              h('dt', {}, 'σ₁'), h('dd', { id: 'sigma1' }, show(sigma[0], 8)),
              h('dt', {}, 'κ'), h('dd', {}, !spectrum.complete ? 'needs all values' : sigma.at(-1) > rounding ? show(sigma[0] / sigma.at(-1), 5)
                : sigma.at(-1) > 0 ? `at least ${show(sigma[0] / rounding, 3)}` : '∞'),
              h('dt', {}, 'method'), h('dd', {}, `${report.method}, ${show(report.seconds, 3)} s`))))),
      lines.card);
    chooseRank(Math.min(sigma.length, slider.valueAsNumber));
  }
}

const epsilon = (set) => (set.scalar === 'float32' || set.scalar === 'complex64' ? 2 ** -23 : 2 ** -52);
