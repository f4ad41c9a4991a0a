// 2 x 2: the circle, its image, and the three steps between them.
import { h, perFrame, s, set, show, table } from '../dom.js';
import { ask, latest } from '../api.js';
import { commands, exportTools } from '../exports.js';
import { polar, rotation, stage, svd2, times, wrapped } from '../two_math.js';

export const id = 'two';
export const title = '2×2';

const PRESETS = {
  'a first example': [3, 2, 2, 3], identity: [1, 0, 0, 1], diagonal: [2, 0, 0, 0.5], 'diag(3, −2)': [3, 0, 0, -2],
  shear: [1, 1, 0, 1], 'rotation by 30°': [Math.sqrt(3) / 2, -0.5, 0.5, Math.sqrt(3) / 2],
  'singular: rank 1': [2, 1, 1, 0.5], reflection: [0.6, 0.8, 0.8, -0.6], 'repeated σ': [1.2, -0.9, 0.9, 1.2],
};
const STEPS = ['the circle and an F', 'rotated by Vᵀ', 'stretched by Σ', 'mirrored', 'rotated by U: this is A'];
const F = [[0, 0], [0, 1], [0.65, 1], [0.65, 0.8], [0.2, 0.8], [0.2, 0.6], [0.5, 0.6], [0.5, 0.4], [0.2, 0.4], [0.2, 0]]
  .map(([x, y]) => [x - 0.3, y - 0.5]);
const SIZE = 560;
const round = (x) => Math.round(x * 1000) / 1000;
let playing = 0;

export function leave() {
  cancelAnimationFrame(playing);
}

/** @param {HTMLElement} root @param {URLSearchParams} fields */
export function mount(root, fields, app) {
  const number = (name, otherwise) => {
    const x = fields.has(name) ? Number(fields.get(name)) : otherwise;
    return Number.isFinite(x) && Math.abs(x) <= 1e6 ? x : otherwise;
  };
  const state = {
    A: ['a', 'b', 'c', 'd'].map((name, i) => number(name, [3, 2, 2, 3][i])),
    time: Math.min(4, Math.max(0, number('t', 4))),
    x: number('x', 20),
    mode: fields.get('mode') === 'turn' ? 'turn' : 'svd',
  };

  // The plane.
  const world = s('g');
  const plane = s('svg', { viewBox: `0 0 ${SIZE} ${SIZE}`, role: 'group', 'aria-label': 'The plane' });
  const summary = s('title');
  plane.append(summary, world);
  const grid = s('g', { class: 'axis' });
  const circle = s('circle', { class: 'circle' });
  const ellipse = s('path', { class: 'wash first' });
  const letter = s('path', { class: 'wash third' });
  const arrow = (css, label) => {
    const node = s('g', { class: css }, s('line', { class: 'stroke' }), s('path', { class: 'fill' }),
      s('text', { class: 'coloured halo' }, label));
    return node;
  };
  const v1 = arrow('fourth', 'v₁');
  const v2 = arrow('fourth', 'v₂');
  const u1 = arrow('first', 'σ₁u₁');
  const u2 = arrow('first', 'σ₂u₂');
  const xArrow = arrow('fourth', 'x');
  const yArrow = arrow('fourth', 'y');
  const Ax = arrow('first', 'Ax');
  const Ay = arrow('first', 'Ay');
  const handle = (label, name) => s('g', { class: 'handle second', tabindex: 0, role: 'slider', 'aria-label': name,
    'aria-valuemin': -1000000, 'aria-valuemax': 1000000 }, s('circle', { r: 9 }), s('text', { class: 'coloured halo' }, label));
  const e1 = handle('Ae₁', 'Image of e1, the first column: arrow keys move it');
  const e2 = handle('Ae₂', 'Image of e2, the second column: arrow keys move it');
  const columns = [s('line', { class: 'stroke second' }), s('line', { class: 'stroke second' })];
  world.append(grid, circle, ellipse, letter, columns[0], columns[1], v1, v2, u1, u2, xArrow, yArrow, Ax, Ay, e1, e2);

  let unit = 70;
  const at = ([x, y]) => [SIZE / 2 + unit * x, SIZE / 2 - unit * y];
  const place = (group, from, [x, y]) => {
    const [px, py] = at([x, y]);
    const [ox, oy] = at(from);
    const length = Math.hypot(px - ox, py - oy);
    group.style.display = length < 1 ? 'none' : '';
    if (length < 1) return;
    const [dx, dy] = [(px - ox) / length, (py - oy) / length];
    const [line, head, label] = group.childNodes;
    set(line, { x1: ox, y1: oy, x2: px - 8 * dx, y2: py - 8 * dy });
    set(head, { d: `M${px} ${py}L${px - 12 * dx - 5 * dy} ${py - 12 * dy + 5 * dx}L${px - 12 * dx + 5 * dy} ${py - 12 * dy - 5 * dx}Z` });
    const out = length < 26 ? 24 : 17;
    set(label, { x: px + out * dx, y: py + out * dy + 5, 'text-anchor': 'middle' });
  };
  const path = (points) => points.map((p, i) => `${i ? 'L' : 'M'}${at(p).map((q) => q.toFixed(1)).join(' ')}`).join('') + 'Z';
  const ring = Array.from({ length: 120 }, (_, i) => [Math.cos(i * Math.PI / 60), Math.sin(i * Math.PI / 60)]);

  function drawGrid() {
    grid.replaceChildren();
    const half = SIZE / 2 / unit;
    const step = [0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 50, 100, 1000, 1e4, 1e5, 1e6].find((x) => x >= half / 7) ?? 1e6;
    for (let x = -Math.floor(half / step); x <= half / step; ++x) {
      const [px, py] = at([x * step, x * step]);
      grid.append(s('line', { x1: px, x2: px, y1: 0, y2: SIZE }), s('line', { x1: 0, x2: SIZE, y1: py, y2: py }));
      if (x && px > 12 && py > 18) grid.append(s('text', { x: px + 3, y: SIZE / 2 + 14 }, show(x * step)), s('text', { x: SIZE / 2 + 4, y: py - 3 }, show(x * step)));
    }
    grid.append(s('line', { class: 'rule', x1: 0, x2: SIZE, y1: SIZE / 2, y2: SIZE / 2 }),
      s('line', { class: 'rule', y1: 0, y2: SIZE, x1: SIZE / 2, x2: SIZE / 2 }));
  }

  // The panels beside it.
  const names = ['a₁₁', 'a₁₂', 'a₂₁', 'a₂₂'];
  const inputs = names.map((name, i) => h('input', { type: 'number', step: 0.1, 'aria-label': `Entry ${name}`,
    oninput: () => inputs[i].value !== '' && change(i, inputs[i].valueAsNumber) }));
  const sliders = names.map((name, i) => h('input', { type: 'range', min: -4, max: 4, step: 0.05, 'aria-label': `Slider of ${name}`,
    oninput: () => change(i, sliders[i].valueAsNumber) }));
  const outputs = names.map(() => h('output'));
  const numbers = h('div', { id: 'numbers' });
  const engine = h('p', { class: 'note', id: 'engine', role: 'status' });
  const lines = commands();
  const stepName = h('strong', { id: 'step', 'aria-live': 'polite' });
  const time = h('input', { type: 'range', min: 0, max: 4, step: 0.01, 'aria-label': 'Time of the animation',
    oninput: () => { state.time = time.valueAsNumber; draw(); } });
  const play = h('button', { type: 'button', class: 'main', onclick: animate }, '▶ Play');
  const turn = h('input', { type: 'range', min: -180, max: 180, step: 0.5, 'aria-label': 'Angle of x in degrees',
    oninput: () => { state.x = turn.valueAsNumber; draw(); } });
  const found = h('p', { id: 'found', 'aria-live': 'polite' });
  const steps = h('div', {}, h('p', {}, stepName), h('div', { class: 'row' }, play, h('div', { class: 'grow' }, time)),
    h('p', { class: 'note', id: 'angles' }));
  const search = h('div', {}, h('p', {}, 'Turn x until Ax is as long as it can be. Then Ay, the image of the perpendicular y, '
    + 'is perpendicular to Ax: you have found v₁ and v₂.'), turn, found);
  const mode = (name, text) => h('button', { type: 'button', 'aria-pressed': 'false', 'data-mode': name,
    onclick: () => { leave(); state.mode = name; draw(); } }, text);
  const modes = h('div', { class: 'row', role: 'group', 'aria-label': 'What is shown' },
    mode('svd', 'Rotate, stretch, rotate'), mode('turn', 'Find it yourself'));
  const preset = h('select', { id: 'preset', onchange: () => {
    if (preset.value) assign(PRESETS[preset.value]);
    preset.value = '';
  } }, h('option', { value: '' }, 'Examples …'), Object.keys(PRESETS).map((name) => h('option', { value: name }, name)));

  const answered = latest((question) => ask('two', question), (answer, asked) => {
    // The matrix may have changed meanwhile: then this answer is about another one.
    if (asked.matrix.flat().every((x, i) => x === state.A[i])) confirmed(answer);
  }, app.say);
  let resting = 0;

  function change(i, value) {
    if (!Number.isFinite(value) || Math.abs(value) > 1e6) return;
    state.A[i] = value;
    update(inputs[i] === document.activeElement ? i : -1);
  }
  function assign(A) {
    leave();
    state.A = [...A];
    update(-1);
  }

  // What depends on A: at once by the closed form, then confirmed by the engine.
  function update(typing) {
    state.A.forEach((x, i) => {
      if (i !== typing) inputs[i].value = round(x);
      sliders[i].value = x;
      outputs[i].value = show(x, 4);
    });
    draw();
    report(svd2(state.A));
    listPoints();
    engine.textContent = 'Computed in this page; the engine is asked when you pause.';
    clearTimeout(resting);
    resting = setTimeout(() => {
      if (plane.isConnected) answered({ matrix: [state.A.slice(0, 2), state.A.slice(2)] });
    }, 120);
    const text = `[[${state.A[0]},${state.A[1]}],[${state.A[2]},${state.A[3]}]]`;
    lines.set(`eckart svd "${text}"\neckart explain "${text}"`,
      `import numpy as np, eckart\nU, s, Vt = eckart.svd(np.array(${text}, dtype=float))`);
  }
  function confirmed(answer) {
    const c = answer.report.certificate;
    const mine = svd2(state.A);
    const off = Math.max(...mine.sigma.map((x, i) => Math.abs(x - answer.sigma[i]))) / (answer.sigma[0] || 1);
    report(answer);
    engine.replaceChildren(h('span', { class: c.met ? 'good' : 'bad' }, c.met ? '✓ checked by the engine' : '✗ not met'),
      ` – largest residual ${show(c.residual.value, 2)}, difference from the closed form ${show(off, 2)}, relative to σ₁`);
  }
  function report({ U, sigma, V }) {
    const small = (M) => h('div', { class: 'mono pre' }, M.map((row) => h('div', {}, row.map((x) => show(x, 5).padStart(9)).join(' '))));
    const [a, b, c, d] = state.A;
    const rank = sigma.filter((x) => x > 2 * 2.220446049250313e-16 * sigma[0]).length;
    numbers.dataset.sigma = sigma.join(' ');
    numbers.replaceChildren(h('dl', {},
      h('dt', {}, 'σ₁, σ₂'), h('dd', { class: 'mono' }, sigma.map((x) => show(x, 8)).join(',  ')),
      h('dt', {}, 'rank'), h('dd', {}, rank),
      h('dt', {}, 'κ = σ₁/σ₂'), h('dd', {}, rank < 2 ? (sigma[0] ? '∞' : 'undefined') : show(sigma[0] / sigma[1])),
      h('dt', {}, 'det'), h('dd', {}, `${show(a * d - b * c)}${a * d - b * c < 0 ? ': A mirrors the plane' : ''}`),
      h('dt', {}, 'U'), h('dd', {}, small(U)), h('dt', {}, 'Σ'), h('dd', {}, small([[sigma[0], 0], [0, sigma[1]]])),
      h('dt', {}, 'V'), h('dd', {}, small(V))));
  }

  const hide = (nodes, hidden) => nodes.forEach((node) => { node.style.display = hidden ? 'none' : ''; });

  function draw() {
    const p = polar(state.A);
    const reach = Math.max(1, p.sigma[0], Math.hypot(state.A[0], state.A[2]), Math.hypot(state.A[1], state.A[3]));
    const wanted = SIZE / 2 / (reach * 1.22);
    // While a column is dragged the plane keeps its size, unless it would be lost.
    if (!dragging || wanted < unit * 0.8) {
      unit = wanted;
      drawGrid();
    }
    const [cx, cy] = at([0, 0]);
    set(circle, { cx, cy, r: unit });
    const turning = state.mode === 'turn';
    for (const button of modes.children) button.setAttribute('aria-pressed', String(button.dataset.mode === state.mode));
    steps.hidden = turning;
    search.hidden = !turning;
    const M = turning ? state.A : stage(p, state.time);
    set(ellipse, { d: path(ring.map((q) => times(M, q))) });
    set(letter, { d: path(F.map((q) => times(M, q))) });
    hide([letter], turning);
    const done = turning || state.time >= 4;
    hide([e1, e2, ...columns], !done);
    drawColumns(done);
    hide([v1, v2, u1, u2], turning);
    hide([xArrow, yArrow, Ax, Ay], !turning);
    if (turning) drawSearch(p);
    else drawSteps(p, M);
    app.remember({ a: round(state.A[0]), b: round(state.A[1]), c: round(state.A[2]), d: round(state.A[3]),
      mode: turning ? 'turn' : '', t: turning || state.time === 4 ? '' : state.time, x: turning ? state.x : '' });
  }
  function drawColumns(done) {
    [e1, e2].forEach((node, i) => {
      const tip = [state.A[i], state.A[2 + i]];
      const [px, py] = at(tip);
      set(node.firstChild, { cx: px, cy: py });
      const far = Math.hypot(px - SIZE / 2, py - SIZE / 2) || 1;
      set(node.lastChild, { x: px + 24 * (px - SIZE / 2) / far, y: py + 24 * (py - SIZE / 2) / far + 5, 'text-anchor': 'middle' });
      set(node, { 'aria-valuenow': round(tip[0]), 'aria-valuetext': `(${show(round(tip[0]))}, ${show(round(tip[1]))})` });
      const [ox, oy] = at([0, 0]);
      if (done) set(columns[i], { x1: ox, y1: oy, x2: px, y2: py });
    });
  }
  function drawSteps(p, M) {
    const t = state.time;
    time.value = t;
    const step = t <= 0 ? 0 : t < 1.0001 ? 1 : t < 2.5 ? 2 : t < 3.0001 && p.mirror < 0 ? 3 : t < 4 ? (p.mirror < 0 ? 3 : 2) : 4;
    stepName.textContent = t > 3 && t < 4 ? 'rotating by U' : STEPS[step];
    const degrees = (x) => `${show(wrapped(x) * 180 / Math.PI, 4)}°`;
    steps.lastChild.textContent = `A = rotation by ${degrees(p.theta)} · diag(${show(p.sigma[0], 4)}, ${show(p.mirror * p.sigma[1], 4)}) · rotation by ${degrees(-p.phi)}`
      + (p.mirror < 0 ? '. The determinant is negative: one axis is mirrored on the way, all at once.' : '');
    const v = [times(rotation(p.phi), [1, 0]), times(rotation(p.phi), [0, 1])];
    [v1, v2].forEach((node, i) => place(node, [0, 0], t >= 4 ? v[i] : [0, 0]));
    [u1, u2].forEach((node, i) => place(node, [0, 0], times(M, v[i])));
    u1.lastChild.textContent = t >= 4 ? 'σ₁u₁' : '1';
    u2.lastChild.textContent = t >= 4 ? 'σ₂u₂' : '2';
    summary.textContent = `The unit circle becomes an ellipse with half-axes ${show(p.sigma[0], 4)} and ${show(p.sigma[1], 4)}. Shown: ${stepName.textContent}.`;
  }
  function drawSearch(p) {
    turn.value = state.x;
    const t = state.x * Math.PI / 180;
    const x = [Math.cos(t), Math.sin(t)];
    const y = [-Math.sin(t), Math.cos(t)];
    const X = times(state.A, x);
    const Y = times(state.A, y);
    place(xArrow, [0, 0], x);
    place(yArrow, [0, 0], y);
    place(Ax, [0, 0], X);
    place(Ay, [0, 0], Y);
    const length = Math.hypot(...X);
    const angle = Math.acos(Math.min(1, Math.max(-1, (X[0] * Y[0] + X[1] * Y[1]) / ((length * Math.hypot(...Y)) || 1)))) * 180 / Math.PI;
    const best = p.sigma[0] > 0 && length >= p.sigma[0] * 0.9999;
    found.replaceChildren(`|Ax| = ${show(length, 5)}; angle between Ax and Ay ${show(angle, 4)}°. `,
      best ? h('span', { class: 'good' }, `✓ found: σ₁ = ${show(p.sigma[0], 6)}, x = ±v₁`) : 'Longer is possible.');
    summary.textContent = found.textContent;
  }

  // Dragging and keys.
  let dragging = null;
  const drag = perFrame((i, x, y) => {
    state.A[i] = round(x);
    state.A[2 + i] = round(y);
    const started = performance.now();
    update(-1);
    plane.dataset.frame = (performance.now() - started).toFixed(3);
  });
  [e1, e2].forEach((node, i) => {
    node.addEventListener('pointerdown', (event) => {
      dragging = node;
      node.setPointerCapture(event.pointerId);
      event.preventDefault();
      node.focus();
    });
    node.addEventListener('pointermove', (event) => {
      if (dragging !== node) return;
      const box = plane.getBoundingClientRect();
      const pixels = SIZE / box.width;
      drag(i, ((event.clientX - box.left) * pixels - SIZE / 2) / unit, (SIZE / 2 - (event.clientY - box.top) * pixels) / unit);
    });
    const drop = () => { dragging = null; draw(); };
    node.addEventListener('pointerup', drop);
    node.addEventListener('pointercancel', drop);
    node.addEventListener('keydown', (event) => {
      const by = event.shiftKey ? 1 : 0.1;
      const move = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key];
      if (!move) return;
      event.preventDefault();
      state.A[i] = round(state.A[i] + move[0]);
      state.A[2 + i] = round(state.A[2 + i] + move[1]);
      update(-1);
    });
  });

  function animate() {
    leave();
    const begin = performance.now() - (state.time >= 4 ? 0 : state.time * 1100);
    const frame = (now) => {
      state.time = Math.min(4, Math.max(0, (now - begin) / 1100));
      draw();
      if (state.time < 4) playing = requestAnimationFrame(frame);
    };
    playing = requestAnimationFrame(frame);
  }

  /** What the picture shows, in words and numbers. */
  const points = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'The picture as a table' });
  const pointsShown = h('details', { ontoggle: () => listPoints() }, h('summary', {}, 'As a table'), points);
  function listPoints() {
    if (!pointsShown.open) return;
    const { U, sigma, V } = svd2(state.A);
    const column = (M, j, factor = 1) => [factor * M[0][j], factor * M[1][j]];
    const a = [state.A.slice(0, 2), state.A.slice(2)];
    const vectors = [['e₁', [1, 0], 'Ae₁', column(a, 0)], ['e₂', [0, 1], 'Ae₂', column(a, 1)],
      ['v₁', column(V, 0), 'Av₁ = σ₁u₁', column(U, 0, sigma[0])], ['v₂', column(V, 1), 'Av₂ = σ₂u₂', column(U, 1, sigma[1])]];
    const pair = (v) => `(${v.map((x) => show(x, 5)).join(', ')})`;
    points.replaceChildren(table(['on the circle', 'at', 'becomes', 'at', 'length'],
      vectors.map(([from, v, to, w]) => [from, pair(v), to, pair(w), show(Math.hypot(...w), 6)])));
  }

  const numbersOf = () => {
    const { U, sigma, V } = svd2(state.A);
    return { head: ['quantity', '1', '2'], rows: [['A row 1', ...state.A.slice(0, 2)], ['A row 2', ...state.A.slice(2)],
      ['sigma', ...sigma], ['U row 1', ...U[0]], ['U row 2', ...U[1]], ['V row 1', ...V[0]], ['V row 2', ...V[1]]] };
  };
  root.append(h('h1', {}, 'What a 2×2 matrix does to the plane'),
    h('p', { class: 'lead' }, 'Every matrix turns the unit circle into an ellipse. Its half-axes are σ₁u₁ and σ₂u₂, and they come from '
      + 'v₁ and v₂ on the circle. Drag the orange ends: they are the columns of A.'),
    h('div', { class: 'columns wide-left' },
      h('div', { class: 'stack' }, h('section', { class: 'card', 'aria-label': 'Picture' }, h('figure', {}, plane),
        exportTools('eckart-2x2', () => plane, numbersOf), pointsShown),
      h('section', { class: 'card', 'aria-label': 'Animation' }, modes, steps, search)),
      h('div', { class: 'stack' },
        h('section', { class: 'card', 'aria-label': 'The matrix' }, h('div', { class: 'row' }, h('h2', {}, 'The matrix A'),
          preset),
        h('div', { class: 'matrix-input', role: 'group', 'aria-label': 'Entries of A' }, inputs),
        h('details', {}, h('summary', {}, 'Sliders'), h('div', { class: 'sliders' }, names.map((name, i) => [h('span', {}, name), sliders[i], outputs[i]])))),
        h('section', { class: 'card', 'aria-label': 'The decomposition' }, h('h2', {}, 'A = U Σ Vᵀ'), numbers, engine),
        lines.card)));
  preset.setAttribute('aria-label', 'Examples');
  update(-1);
}
