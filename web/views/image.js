// A picture by few directions: what each rank keeps, and what it costs beside PNG and JPEG.
import { h, percent, show, table } from '../dom.js';
import { ask, askBytes, latest, newest } from '../api.js';
import { chartFigure } from '../chart.js';
import { blended, differing, drawPicture, patternCanvas, pictureOf } from '../picture.js';
import { commands, exportTools, pythonText, quoted, saveBytes, savePng } from '../exports.js';

export const id = 'image';
export const title = 'Image';
export const shows = 'image';

const SIDE = 1024;    // pixels of a picture on the page at rest
const MOVING = 512;   // while its rank changes: what a frame of the screen has time for
const SAMPLES = { camera: 'a photograph', chelsea: 'in colour', gradient: 'gradient', checkerboard: 'checkerboard', noise: 'noise' };
const MODES = { side: 'Side by side', blend: 'Blend', difference: 'Difference' };
const REST = 250;  // milliseconds without a move, after which the sketch is refined

const decibels = (x) => (x === null ? '∞ dB' : `${x.toFixed(2)} dB`);
const bytes = (n) => n.toLocaleString('en');
const names = (planes, ranks) => (planes.length === 1 ? String(ranks[0]) : planes.map((name, i) => `${name} ${ranks[i]}`).join(', '));

/** Returns what nobody can take for an advertisement. */
function verdict(quality, set, png) {
  const { jpeg } = quality;
  const ratio = jpeg ? quality.bytes / jpeg.bytes : 0;
  const lossless = quality.bytes > png ? ' Even PNG, which loses nothing, is smaller.' : '';
  if (set.bits === 16) return ['', `JPEG has 8 bits: there is nothing to compare with.${lossless}`];
  if (!jpeg) return ['', `No JPEG reaches this PSNR.${lossless}`];
  if (jpeg.quality === 1 && ratio < 1) return ['', 'The picture is coarser than any JPEG of it: the two cannot be compared.'];
  return ratio > 1 ? ['bad', `The SVD loses: a JPEG of this quality is ${ratio.toFixed(1)} times smaller.${lossless}`]
    : ['good', `The SVD wins: a JPEG of this quality takes ${(1 / ratio).toFixed(1)} times its bytes.`];
}

export function mount(root, fields, app) {
  const state = { data: Number(fields.get('data')) || null, sample: fields.get('sample') ?? '', k: Number(fields.get('k')) || 20,
    mode: MODES[fields.get('show')] ? fields.get('show') : 'side', mix: Number(fields.get('mix') ?? 50), gain: Number(fields.get('gain')) || 4,
    channels: fields.get('colors') === 'rgb' };
  if (!app.of('image').some((set) => set.id === state.data)) state.data = null;
  if (!state.data && !state.sample) {
    state.data = app.of('image').find((set) => !set.sample)?.id ?? null;
    if (!state.data) state.sample = 'camera';
  }
  let set = null;
  let original = null;
  let coarse = null;    // the same as it is while the rank changes
  let drawn = null;     // on the left
  let shown = null;
  let facts = null;     // of what is shown
  let spectrum = null;  // once all triplets are known: then every rank is exact at once
  let quality = null;
  let resting = 0;

  // What does not change with the picture.
  const chooser = h('div', { class: 'row' });
  const samples = h('div', { class: 'row', role: 'group', 'aria-label': 'Pictures to try' }, h('span', { class: 'note' }, 'Or try'),
    Object.entries(SAMPLES).map(([name, text]) => h('button', { type: 'button', 'data-sample': name, onclick: () => open({ sample: name, data: null }) }, text)));
  const slider = h('input', { type: 'range', min: 0, max: 1000, 'aria-label': 'Rank k', oninput: () => choose(rankAt(slider.valueAsNumber)),
    onkeydown: (event) => {
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
      if (!by) return;
      event.preventDefault();
      choose(state.k + by);
    } });
  const number = h('input', { type: 'number', min: 1, 'aria-label': 'Rank k as a number', onchange: () => choose(number.valueAsNumber) });
  number.style.width = '5.5rem';
  const colors = h('select', { 'aria-label': 'What is decomposed', onchange: () => { state.channels = colors.value === 'rgb'; load(); } },
    h('option', { value: 'ycbcr' }, 'brightness and colour'), h('option', { value: 'rgb' }, 'red, green, blue'));
  const modes = h('div', { class: 'row', role: 'group', 'aria-label': 'How the two are compared' }, Object.entries(MODES).map(([name, text]) =>
    h('button', { type: 'button', 'data-mode': name, onclick: () => { state.mode = name; draw(); remember(); } }, text)));
  const range = (word, label, min, max, name) => {
    const input = h('input', { type: 'range', min, max, 'aria-label': label, value: state[name],
      oninput: () => { state[name] = input.valueAsNumber; draw(); remember(); } });
    return h('label', { class: 'scale' }, h('span', {}, word), input);
  };
  const mix = range('Rank k', 'Blend: percent of rank k', 0, 100, 'mix');
  const gain = range('Gain', 'Gain of the difference', 1, 32, 'gain');
  const phase = h('p', { class: 'note', id: 'phase', role: 'status' });
  const left = h('canvas', { role: 'img' });
  const right = h('canvas', { role: 'img' });
  const leftFigure = h('figure', {}, h('figcaption', {}, 'Original'), left);
  const rightCaption = h('figcaption');
  const rightFigure = h('figure', {}, rightCaption, right);
  const stage = h('div', { id: 'stage', class: 'columns' }, leftFigure, rightFigure);
  const turn = newest(stage);
  const below = h('div', { class: 'stack' });
  const numbers = h('div', { id: 'image-numbers' });
  const lines = commands();
  const save = exportTools('picture', () => right, () => ({ head: ['quantity', 'value'], rows: figures() }));
  save.append(h('button', { type: 'button', onclick: async () => {
    const answer = await app.working('Packing', () => askBytes('image/packed', { ...about(), rank: state.k }));
    if (answer) saveBytes(`${set.name.replace(/\.\w+$/, '')}_k${state.k}.eck`, answer.bytes);
  } }, 'Save as .eck'));
  const saveOriginal = h('button', { type: 'button', onclick: () => savePng(set.name, left) }, 'Save the original');
  save.append(saveOriginal);
  root.append(h('h1', {}, 'How few directions a picture needs'),
    h('p', { class: 'lead' }, 'A picture is a matrix of brightness. Its k leading singular triplets are the nearest picture of rank k; whether that saves bytes is another question, answered below.'),
    h('div', { class: 'stack' },
      h('section', { class: 'card', 'aria-label': 'Data' }, chooser, samples),
      h('section', { class: 'card', 'aria-label': 'Rank' }, h('div', { class: 'row' }, h('label', {}, 'Rank'), h('div', { class: 'grow' }, slider), number, colors),
        h('div', { class: 'row' }, modes, mix, gain), phase, stage, save),
      below, lines.card));

  const about = () => ({ data: set.id, channels: state.channels });
  const most = () => set.most_rank;
  const rankAt = (place) => Math.round(most() ** (place / 1000));
  const placeOf = (k) => (most() > 1 ? Math.round(1000 * Math.log(k) / Math.log(most())) : 0);

  function remember() {
    app.remember({ data: state.sample ? '' : state.data, sample: state.sample, k: state.k, show: state.mode === 'side' ? '' : state.mode,
      mix: state.mode === 'blend' ? state.mix : '', gain: state.mode === 'difference' ? state.gain : '', colors: state.channels ? 'rgb' : '' });
  }

  function open(which) {
    Object.assign(state, { sample: '' }, which);
    load();
  }

  /** Everything about a picture, from the sketch to what its bytes are worth. */
  async function load() {
    clearTimeout(resting);
    moved.drop();
    const isNow = turn();
    spectrum = quality = facts = null;
    delete stage.dataset.settled;
    await app.working('Decomposing the picture', async () => {
      if (state.sample) {
        const answer = await ask('sample', { name: state.sample });
        if (!isNow()) return;
        app.data = answer.data;
        state.data = answer.id;
      }
      set = app.data.find((one) => one.id === state.data);
      state.k = Math.min(Math.max(1, Math.round(state.k)), most());
      chooser.replaceChildren(app.chooser('image', set.id, (data) => open({ data })));
      for (const button of samples.querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.dataset.sample === state.sample));
      colors.hidden = set.channels < 3;
      saveOriginal.hidden = !set.sample;  // others have it
      colors.value = state.channels ? 'rgb' : 'ycbcr';
      number.max = most();
      showRank();
      remember();
      const answer = await askBytes('image/original', { data: set.id, side: SIDE });
      if (!isNow()) return;
      original = coarse = pictureOf(answer);
      if (Math.max(original.width, original.height) > MOVING) {
        const smaller = await askBytes('image/original', { data: set.id, side: MOVING });
        if (!isNow()) return;
        coarse = pictureOf(smaller);
      }
      await sketched({ ...about(), rank: state.k, side: MOVING });
      if (isNow()) await settle(isNow);
    });
  }

  async function sketched(question) {
    const answer = await askBytes('image/rank', question);
    answeredRank(answer, question);
  }
  function answeredRank(answer, question) {
    if (question.data !== set.id || question.channels !== state.channels) return;
    if (facts?.side === SIDE && facts.rank === state.k && question.side !== SIDE) return;
    shown = pictureOf(answer);
    facts = { ...shown.facts, rank: question.rank, side: question.side };
    draw();
    if (asked.rank === question.rank) stage.dataset.frame = (performance.now() - asked.at).toFixed(3);
  }
  const moved = latest((question) => askBytes('image/rank', question), answeredRank, app.say);
  let asked = {};

  /** The slider has moved: a picture at once, the rest when it rests. */
  function choose(k) {
    if (!original || !Number.isFinite(k)) return;
    state.k = Math.min(Math.max(1, Math.round(k)), most());
    asked = { rank: state.k, at: performance.now() };
    turn();
    quality = null;
    delete stage.dataset.settled;
    showRank();
    moved({ ...about(), rank: state.k, side: MOVING, exact: spectrum !== null });
    clearTimeout(resting);
    resting = setTimeout(() => {
      if (!stage.isConnected) return;
      remember();
      moved.drop();
      const isNow = turn();
      app.working('Refining the picture', () => settle(isNow));
    }, REST);
  }

  async function settle(isNow) {
    const question = { ...about(), rank: state.k };
    if (!facts?.exact || facts.rank !== state.k || facts.side !== SIDE) {
      await sketched({ ...question, side: SIDE, exact: true });
      if (!isNow()) return;
    }
    if (!spectrum) {
      const answer = await ask('image/spectrum', { ...about(), patterns: 8, side: 128 });
      if (!isNow()) return;
      spectrum = answer;
    }
    const answer = await ask('image/quality', question);
    if (!isNow()) return;
    quality = answer;
    present();
    stage.dataset.settled = state.k;
  }

  function showRank() {
    slider.value = placeOf(state.k);
    number.value = state.k;
    slider.setAttribute('aria-valuetext', `rank ${state.k} of at most ${most()}`);
    const file = set.source || set.name;
    const colored = set.channels >= 3;
    const flag = colored && state.channels ? ' --colors channels' : '';
    const ranks = facts?.rank === state.k ? facts.ranks : null;
    const python = !colored || state.channels
      ? `A = np.asarray(Image.open(${pythonText(file)}))\nmodel = eckart.LowRankImage(n_components=${state.k}).fit(A)\npicture, psnr = model.reconstruct(), model.psnr_`
      : `planes = np.moveaxis(np.asarray(Image.open(${pythonText(file)}).convert("YCbCr"), dtype=float), 2, 0)\n`
        + `factors = [eckart.svd(A, k=k) for A, k in zip(planes, ${JSON.stringify(ranks ?? [state.k, state.k, state.k])})]`;
    lines.set(`eckart image inspect ${quoted(file)} --ranks ${state.k}${flag}\neckart image compress ${quoted(file)} -k ${state.k}${flag} -o picture.eck\neckart image expand picture.eck -o picture.png`,
      `import numpy as np, eckart\nfrom PIL import Image\n${python}`);
  }

  function draw() {
    for (const button of modes.children) button.setAttribute('aria-pressed', String(button.dataset.mode === state.mode));
    mix.hidden = state.mode !== 'blend';
    gain.hidden = state.mode !== 'difference';
    leftFigure.hidden = state.mode !== 'side';
    if (!shown) return;
    const rank = `rank ${facts.rank}`;
    if (drawn !== original) drawPicture(left, original);
    drawn = original;
    left.setAttribute('aria-label', `${set.name}, ${set.width} × ${set.height} pixels`);
    const like = shown.width === original.width ? original : coarse;
    const [picture, caption] = state.mode === 'blend' ? [blended(like, shown, state.mix / 100), `${100 - state.mix} % original, ${state.mix} % ${rank}`]
      : state.mode === 'difference' ? [differing(like, shown, state.gain), `Original minus ${rank}, ${state.gain} times; grey is no difference`]
        : [shown, `${rank[0].toUpperCase()}${rank.slice(1)}`];
    drawPicture(right, picture);
    rightCaption.textContent = caption;
    right.setAttribute('aria-label', `${caption}: PSNR ${decibels(facts.psnr)}, ${percent(facts.energy)} of the energy`);
    phase.textContent = `${facts.exact ? 'Exact' : 'Approximate: a sketch, refined when you pause'}. Rank ${facts.rank} keeps ${percent4(facts.energy)} of the energy, PSNR ${decibels(facts.psnr)}.`;
    stage.dataset.rank = facts.rank;
    stage.dataset.exact = facts.exact;
    stage.dataset.energy = facts.energy;
  }

  function figures() {
    const list = facts ? [['rank', facts.rank], ['exact', facts.exact], ['energy', facts.energy], ['psnr', facts.psnr ?? 'inf']] : [];
    if (quality) {
      list.push(['ssim', quality.ssim], ['eck_bytes', quality.bytes], ['eck_psnr', quality.packed_psnr ?? 'inf'], ['raw_bytes', spectrum.raw_bytes],
        ['png_bytes', spectrum.png_bytes], ['jpeg_bytes', quality.jpeg?.bytes], ['jpeg_quality', quality.jpeg?.quality], ['jpeg_psnr', quality.jpeg?.psnr]);
    }
    return list;
  }

  /** What is known once the picture rests. */
  function present() {
    const { planes } = spectrum;
    const pixels = set.width * set.height;
    const bits = (n) => (8 * n / pixels).toFixed(2);
    const row = (what, n, psnr) => [what, bytes(n), bits(n), psnr];
    const numbersKept = quality.ranks.reduce((sum, k) => sum + k * (set.width + set.height + 1), 0);
    const breakEven = Math.floor(pixels / (set.width + set.height + 1));
    const [css, words] = verdict(quality, set, spectrum.png_bytes);
    const rows = [row('the samples', spectrum.raw_bytes, 'lossless'), row('this file', set.bytes, 'the original'), row('as PNG', spectrum.png_bytes, 'lossless'),
      row(`rank ${names(planes.map((plane) => plane.name), quality.ranks)} (.eck)`, quality.bytes, decibels(quality.packed_psnr))];
    if (quality.jpeg) rows.push(row(`as JPEG, quality ${quality.jpeg.quality}`, quality.jpeg.bytes, decibels(quality.jpeg.psnr)));
    numbers.replaceChildren(
      h('dl', {}, h('dt', {}, 'energy'), h('dd', { id: 'energy' }, percent4(quality.energy)), h('dt', {}, 'PSNR'), h('dd', { id: 'psnr' }, decibels(quality.psnr)),
        h('dt', {}, 'SSIM'), h('dd', { id: 'ssim' }, quality.ssim === null ? 'the picture is too small' : quality.ssim.toFixed(4)),
        h('dt', {}, 'numbers'), h('dd', {}, `${bytes(numbersKept)} instead of ${bytes(pixels * planes.length)}; below rank ${breakEven + 1} of every plane there are fewer`)),
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Sizes' }, table(['stored as', 'bytes', 'bits per pixel', 'PSNR'], rows)),
      h('p', { class: css, id: 'verdict' }, words));
    numbers.dataset.bytes = quality.bytes;
    numbers.dataset.psnr = quality.psnr ?? 'Infinity';
    numbers.dataset.energy = quality.energy;
    const longest = Math.max(...planes.map((plane) => plane.sigma.length));
    const first = planes[0];
    let held = 0;
    const energies = first.sigma.map((x) => { held += x * x / (first.square || 1); return Math.min(1, held); });
    const top = Math.max(...planes.map((plane) => plane.sigma[0])) || 1;
    const positive = planes.flatMap((plane) => plane.sigma).filter((x) => x > top * 1e-12);
    const floor = Math.min(top / 10, ...positive.slice(-1), Math.min(...positive.slice(0, 4000)));
    const chart = chartFigure({ name: 'spectrum', title: planes.length === 1 ? 'Singular values' : `Singular values of ${planes.map((plane) => plane.name).join(', ')}`,
      text: planes.map((plane) => `${plane.name} from ${show(plane.sigma[0])} to ${show(plane.sigma.at(-1))}`).join('; '), height: 280,
      x: { label: 'i', range: [0.5, longest + 0.5], whole: true }, y: { label: 'σᵢ', range: [floor, top], log: true },
      rules: [{ x: state.k, label: `k = ${state.k}` }],
      series: planes.map((plane, p) => ({ name: plane.name, kind: 'dots', css: ['first', 'second', 'third'][p], points: plane.sigma.map((x, i) => [i + 1, x]).filter(([, x]) => x >= floor) })),
      head: ['i', ...planes.map((plane) => `sigma ${plane.name}`), `energy ${first.name}`],
      rows: Array.from({ length: longest }, (_, i) => [i + 1, ...planes.map((plane) => plane.sigma[i] ?? ''), energies[i] ?? '']) });
    const rank = first.sigma.filter((x) => x > first.sigma[0] * 1e-12).length;
    const patterns = spectrum.patterns.filter((pattern) => pattern.sigma > first.sigma[0] * 1e-12).map((pattern, i) => {
      const share = first.square > 0 ? pattern.sigma ** 2 / first.square : 0;
      const text = `σ${subscript(i + 1)} = ${show(pattern.sigma, 5)}, ${percent(share)}`;
      return h('figure', {}, patternCanvas(pattern, `Singular image ${i + 1}: ${text}`, set.height / set.width), h('figcaption', {}, text));
    });
    below.replaceChildren(
      h('div', { class: 'columns' },
        h('section', { class: 'card', 'aria-label': 'What it costs' }, h('h2', {}, `What rank ${state.k} keeps and costs`), numbers),
        h('section', { class: 'card', 'aria-label': 'Spectrum' }, h('h2', {}, 'Spectrum'), h('p', { class: 'note', id: 'image-rank' },
          `Numerical rank of ${first.name}: ${rank}${first.sigma.length < Math.min(set.width, set.height) ? ' or more; the leading triplets alone were computed' : ''}.`), chart)),
      h('section', { class: 'card', 'aria-label': 'Singular images' }, h('h2', {}, 'The leading singular images σᵢuᵢvᵢᵀ'),
        h('p', { class: 'note' }, `Each is a column times a row${planes.length > 1 ? `, of the plane ${first.name}` : ''}; added up, they are the picture. Light is above zero, dark below.`),
        h('div', { class: 'patterns' }, patterns)));
    showRank();
  }

  load();
}

const subscript = (i) => [...String(i)].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[digit]).join('');

/** A share as the command line says it: four places, and nearly all is not all. */
const percent4 = (share) => (100 * share >= 99.99995 && share < 1 - 1e-12 ? '> 99.9999 %' : `${(100 * share).toFixed(4)} %`);
