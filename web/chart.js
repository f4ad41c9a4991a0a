// Charts: axes, lines, bars, dots, each with a table that says the same.
import { h, s, show, table } from './dom.js';
import { exportTools } from './exports.js';

/** Returns round numbers from lo to hi, about count of them. */
export function ticks(lo, hi, count) {
  const raw = (hi - lo) / Math.max(1, count);
  if (!(raw > 0)) return [lo];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((f) => f >= raw * 0.999);
  const list = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + 1e-9 * step; ++i) list.push(i * step);
  return list;
}

/** Powers of ten from lo to hi, thinned to about count. */
function powers(lo, hi, count) {
  const first = Math.floor(Math.log10(lo) + 1e-9);
  const last = Math.ceil(Math.log10(hi) - 1e-9);
  const step = Math.max(1, Math.ceil((last - first) / count));
  const list = [];
  for (let p = first; p <= last; p += step) list.push(10 ** p);
  return list.filter((x) => x >= lo * 0.999 && x <= hi * 1.001);
}

/** A scale from numbers to pixels. */
export function scale(lo, hi, from, to, log = false) {
  const f = log ? Math.log10 : (x) => x;
  const a = f(lo);
  const b = f(hi) === a ? a + 1 : f(hi);
  return (x) => from + (to - from) * (f(x) - a) / (b - a);
}

const power = (x) => {
  const p = Math.round(Math.log10(x));
  const raised = [...String(p)].map((c) => ({ '-': '⁻' }[c] ?? '⁰¹²³⁴⁵⁶⁷⁸⁹'[c])).join('');
  return p >= -2 && p <= 3 ? show(x) : `10${raised}`;
};

/**
 * Returns a figure that redraws itself to the width it has.
 * @param {{name: string, title: string, text: string, height?: number,
 *   x: {label: string, range: number[]}, y: {label: string, range: number[], log?: boolean, percent?: boolean},
 *   series: {name: string, kind: 'line'|'bars'|'dots', css: string, points: number[][]}[],
 *   rules?: {y?: number, x?: number, label: string}[],
 *   head: string[], rows: any[][], onpick?: (x: number) => void}} chart
 */
export function chartFigure(chart) {
  const svg = s('svg', { role: 'img', 'aria-label': `${chart.title}. ${chart.text}` });
  const shown = chart.rows.slice(0, 500);
  const figure = h('figure', { class: 'chart' },
    h('figcaption', {}, chart.title), svg,
    exportTools(chart.name, () => svg, () => ({ head: chart.head, rows: chart.rows })),
    h('details', {}, h('summary', {}, 'As a table'),
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Table: ${chart.title}` },
        table(chart.head, shown.map((row) => row.map((x) => (typeof x === 'number' ? show(x) : x)))),
        chart.rows.length > 500 ? h('p', { class: 'note' }, `The first 500 of ${chart.rows.length}; CSV has all.`) : null)));
  const draw = () => drawChart(svg, chart, Math.max(280, figure.clientWidth || 640));
  new ResizeObserver(draw).observe(figure);
  draw();
  return figure;
}

function drawChart(svg, chart, width) {
  const height = chart.height ?? 300;
  const box = { left: 56, right: width - 14, top: 12, bottom: height - 42 };
  const x = scale(...chart.x.range, box.left, box.right);
  const y = scale(...chart.y.range, box.bottom, box.top, chart.y.log);
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('height', height);
  const axis = s('g', { class: 'axis' });
  const yTicks = chart.y.log ? powers(...chart.y.range, 6) : ticks(...chart.y.range, 5);
  for (const tick of yTicks) {
    const text = chart.y.percent ? `${Math.round(100 * tick)} %` : chart.y.log ? power(tick) : show(tick, 4);
    axis.append(s('line', { x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }),
      s('text', { x: box.left - 7, y: y(tick) + 4, 'text-anchor': 'end' }, text));
  }
  for (const tick of ticks(...chart.x.range, width < 480 ? 5 : 9)) {
    if (chart.x.whole && !Number.isInteger(Number(tick.toFixed(9)))) continue;
    axis.append(s('line', { x1: x(tick), x2: x(tick), y1: box.bottom, y2: box.bottom + 4 }),
      s('text', { x: x(tick), y: box.bottom + 18, 'text-anchor': 'middle' }, show(tick, 6)));
  }
  axis.append(
    s('text', { x: (box.left + box.right) / 2, y: height - 6, 'text-anchor': 'middle' }, chart.x.label),
    s('text', { x: 14, y: (box.top + box.bottom) / 2, 'text-anchor': 'middle',
      transform: `rotate(-90 14 ${(box.top + box.bottom) / 2})` }, chart.y.label));
  const marks = chart.series.map((series) => drawSeries(series, x, y, box, chart.y));
  const rules = (chart.rules ?? []).map((rule) => {
    const line = rule.y !== undefined
      ? { x1: box.left, x2: rule.end === undefined ? box.right : x(rule.end), y1: y(rule.y), y2: y(rule.y) }
      : { x1: x(rule.x), x2: x(rule.x), y1: box.top, y2: box.bottom };
    const at = rule.y !== undefined
      ? { x: box.right, y: y(rule.y) + 12, 'text-anchor': 'end' }
      : { x: x(rule.x) + 5, y: box.top + 12, 'text-anchor': 'start' };
    return s('g', {}, s('line', { class: 'rule', ...line }), s('text', { class: 'halo', ...at }, rule.label));
  });
  svg.replaceChildren(axis, ...marks, ...rules);
}

function drawSeries(series, x, y, box, axis) {
  const points = series.points.map(([a, b]) => [x(a), y(b)]).filter((p) => p.every(Number.isFinite));
  const group = s('g', { class: series.css });
  if (series.kind === 'line') {
    group.append(s('path', { class: 'stroke',
      d: points.map(([a, b], i) => `${i ? 'L' : 'M'}${a.toFixed(1)} ${b.toFixed(1)}`).join('') }));
  }
  if (series.kind === 'bars') {
    const gap = points.length > 1 ? (box.right - box.left) / points.length : 30;
    const w = Math.max(1, Math.min(26, gap * 0.75));
    const base = axis.log ? box.bottom : y(Math.max(0, axis.range[0]));
    for (const [a, b] of points) {
      group.append(s('rect', { class: 'fill', x: (a - w / 2).toFixed(1), y: Math.min(b, base).toFixed(1),
        width: w.toFixed(1), height: Math.abs(base - b).toFixed(1), rx: Math.min(3, w / 3) }));
    }
  }
  if (series.kind === 'dots' || (series.kind === 'line' && points.length <= 40)) {
    for (const [a, b] of points) {
      group.append(s('circle', { class: 'fill', cx: a.toFixed(1), cy: b.toFixed(1), r: points.length > 200 ? 1.8 : 3 }));
    }
  }
  return group;
}
