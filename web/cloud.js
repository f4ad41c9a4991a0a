// A cloud of points in two or three dimensions, on a canvas.
import { h, percent, show, table } from './dom.js';
import { exportTools } from './exports.js';
import { SvgContext } from './svg_context.js';
import { ticks } from './chart.js';

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const span = (values) => {
  let lo = Infinity;
  let hi = -Infinity;
  for (const x of values) {
    lo = Math.min(lo, x);
    hi = Math.max(hi, x);
  }
  return hi > lo ? [lo, hi] : [lo - 1, hi + 1];
};

/**
 * Returns a figure. Three axes turn by dragging or arrow keys.
 * @param {{title: string, axes: {name: string, share: number, values: number[]}[], added: number[][]|null}} cloud
 */
export function cloudFigure(cloud) {
  const three = cloud.axes.length === 3;
  const n = cloud.axes[0].values.length;
  const columns = cloud.axes.length === 1 ? [cloud.axes[0], { name: 'row', values: cloud.axes[0].values.map((_, i) => i + 1) }] : cloud.axes;
  const added = cloud.added && (columns.length === cloud.added.length ? cloud.added : [...cloud.added, cloud.added[0].map(() => 0)]);
  const ranges = columns.map((axis, i) => span(added ? [...axis.values, ...added[i]] : axis.values));
  const text = columns.map((axis, i) => `${axis.name} from ${show(ranges[i][0], 3)} to ${show(ranges[i][1], 3)}`).join(', ');
  const canvas = h('canvas', { role: 'img', tabindex: three ? 0 : null,
    'aria-label': `${cloud.title}: ${text}.${three ? ' Arrow keys turn the cloud.' : ''}` });
  canvas.style.touchAction = three ? 'none' : '';
  const angles = { turn: 0.6, tilt: 0.35 };

  function draw() {
    const { width, height } = size();
    const fine = devicePixelRatio || 1;
    canvas.width = width * fine;
    canvas.height = height * fine;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext('2d');
    context.scale(fine, fine);
    paint(context, width, height);
  }
  function size() {
    const width = Math.max(260, figure.clientWidth || 640);
    return { width, height: Math.round(Math.min(520, Math.max(280, width * 0.66))) };
  }
  function paint(context, width, height) {
    context.font = '12px system-ui, sans-serif';
    (three ? draw3 : draw2)(context, width, height);
  }
  /** The same as a drawing of lines and dots. */
  function drawing() {
    const { width, height } = size();
    const context = new SvgContext(width, height);
    paint(context, width, height);
    return context.svg;
  }

  function dots(context, xs, ys, count, colour, r) {
    context.fillStyle = colour;
    context.globalAlpha = count > 3000 ? 0.45 : 0.75;
    for (let i = 0; i < count; ++i) {
      if (r < 2) context.fillRect(xs[i] - r, ys[i] - r, 2 * r, 2 * r);
      else {
        context.beginPath();
        context.arc(xs[i], ys[i], r, 0, 7);
        context.fill();
      }
    }
    context.globalAlpha = 1;
  }
  function crosses(context, xs, ys) {
    context.strokeStyle = css('--second');
    context.lineWidth = 3;
    xs.forEach((x, i) => {
      context.beginPath();
      context.moveTo(x - 6, ys[i] - 6);
      context.lineTo(x + 6, ys[i] + 6);
      context.moveTo(x - 6, ys[i] + 6);
      context.lineTo(x + 6, ys[i] - 6);
      context.stroke();
    });
  }
  const radius = n > 5000 ? 1.2 : n > 800 ? 2 : 3.2;
  const label = (axis) => axis.name + (axis.share === undefined ? '' : ` (${percent(axis.share)})`);

  function draw2(context, width, height) {
    const box = { left: 58, right: width - 12, top: 10, bottom: height - 40 };
    const map = (i, from, to) => {
      const [lo, hi] = ranges[i];
      const pad = 0.04 * (hi - lo);
      return (x) => from + (to - from) * (x - lo + pad) / (hi - lo + 2 * pad);
    };
    const x = map(0, box.left, box.right);
    const y = map(1, box.bottom, box.top);
    context.strokeStyle = css('--line');
    context.fillStyle = css('--soft');
    context.lineWidth = 1;
    context.beginPath();
    context.textAlign = 'center';
    for (const t of ticks(...ranges[0], width < 480 ? 4 : 8)) {
      context.moveTo(x(t), box.top);
      context.lineTo(x(t), box.bottom);
      context.fillText(show(t, 4), x(t), box.bottom + 15);
    }
    context.textAlign = 'right';
    for (const t of ticks(...ranges[1], 6)) {
      context.moveTo(box.left, y(t));
      context.lineTo(box.right, y(t));
      context.fillText(show(t, 4), box.left - 6, y(t) + 4);
    }
    context.stroke();
    context.textAlign = 'center';
    context.fillText(label(columns[0]), (box.left + box.right) / 2, height - 6);
    context.save();
    context.translate(13, (box.top + box.bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(label(columns[1]), 0, 0);
    context.restore();
    dots(context, columns[0].values.map(x), columns[1].values.map(y), n, css('--first'), radius);
    if (added) crosses(context, added[0].map(x), added[1].map(y));
  }

  function draw3(context, width, height) {
    // One unit for all three, so that distances are true.
    const reach = Math.max(...ranges.map(([lo, hi]) => hi - lo)) / 2;
    const middle = ranges.map(([lo, hi]) => (lo + hi) / 2);
    const unit = Math.min(width, height) * 0.45 / reach;
    const [ct, st, cs, ss] = [Math.cos(angles.turn), Math.sin(angles.turn), Math.cos(angles.tilt), Math.sin(angles.tilt)];
    const px = new Float64Array(n);
    const py = new Float64Array(n);
    const project = (a, b, c) => {
      const x = ct * a + st * b;
      const depth = -st * a + ct * b;
      return [width / 2 + unit * x, height / 2 - unit * (cs * c + ss * depth)];
    };
    for (let i = 0; i < n; ++i) {
      [px[i], py[i]] = project(columns[0].values[i] - middle[0], columns[1].values[i] - middle[1], columns[2].values[i] - middle[2]);
    }
    context.lineWidth = 1.5;
    context.textAlign = 'center';
    columns.forEach((axis, j) => {
      const end = [0, 0, 0];
      end[j] = reach * 1.12;
      const [x0, y0] = project(...end.map((x) => -x));
      const [x1, y1] = project(...end);
      context.strokeStyle = css('--line');
      context.beginPath();
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      context.stroke();
      context.fillStyle = css('--soft');
      context.fillText(label(axis), Math.min(width - 70, Math.max(70, x1)), y1 - 5);
    });
    dots(context, px, py, n, css('--first'), radius);
    if (added) {
      const places = added[0].map((_, i) => project(...added.map((column, j) => column[i] - middle[j])));
      crosses(context, places.map((p) => p[0]), places.map((p) => p[1]));
    }
  }

  if (three) {
    let from = null;
    const turn = (a, b) => {
      angles.turn += a;
      angles.tilt = Math.max(-1.5, Math.min(1.5, angles.tilt + b));
      requestAnimationFrame(draw);
    };
    canvas.addEventListener('pointerdown', (event) => {
      from = [event.clientX, event.clientY];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!from) return;
      turn((event.clientX - from[0]) * 0.01, (event.clientY - from[1]) * 0.01);
      from = [event.clientX, event.clientY];
    });
    canvas.addEventListener('pointerup', () => { from = null; });
    canvas.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
      if (!by) return;
      event.preventDefault();
      turn(...by);
    });
  }
  const head = ['row', ...columns.map((axis) => axis.name)];
  const rows = () => columns[0].values.map((_, i) => [i + 1, ...columns.map((axis) => axis.values[i])]);
  const figure = h('figure', {}, h('figcaption', {}, `${cloud.title}${three ? ': drag or use the arrow keys to turn it' : ''}`), canvas,
    exportTools('scores', () => canvas, () => ({ head, rows: rows() }), drawing),
    h('details', {}, h('summary', {}, 'As a table'), h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of scores' },
      table(head, rows().slice(0, 200).map((row) => row.map((x) => show(x)))),
      n > 200 ? h('p', { class: 'note' }, `The first 200 of ${n}; CSV has all that are shown.`) : null)));
  new ResizeObserver(draw).observe(figure);
  const redraw = () => (canvas.isConnected ? draw() : document.removeEventListener('themechange', redraw));
  document.addEventListener('themechange', redraw);
  return figure;
}
