// A matrix as a picture: blue below zero, orange above.
import { h, show } from './dom.js';
import { exportTools } from './exports.js';

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function channels(colour) {
  const n = parseInt(colour.slice(1), 16);
  return [n >> 16, n >> 8 & 255, n & 255];
}

/**
 * Returns a figure of cells.
 * @param {{name: string, title: string, text: string, rows: number, cols: number, cells: Float32Array,
 *   ofRows: number, ofCols: number}} picture rows x cols cells of a matrix of ofRows x ofCols
 */
export function heatFigure(picture) {
  const { rows, cols, cells } = picture;
  let largest = 0;
  for (const x of cells) if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
  const zoom = Math.max(1, Math.floor(640 / Math.max(rows, cols)));
  const canvas = h('canvas', { role: 'img', width: cols * zoom, height: rows * zoom,
    'aria-label': `${picture.title}. ${picture.text}` });
  const pointed = h('p', { class: 'note', 'aria-live': 'off' }, picture.text);
  // Long and narrow matrices are stretched: what counts is to see all of them.
  const ratio = Math.min(1.6, Math.max(0.12, picture.ofRows / picture.ofCols));
  canvas.style.width = `min(100%, ${Math.round(ratio > 0.75 ? 460 / ratio : 640)}px)`;
  canvas.style.aspectRatio = String(1 / ratio);
  canvas.style.imageRendering = 'pixelated';
  const draw = () => {
    const ground = channels(css('--ground'));
    const below = channels(css('--first'));
    const above = channels(css('--second'));
    const context = canvas.getContext('2d');
    const image = context.createImageData(cols * zoom, rows * zoom);
    for (let i = 0; i < image.height; ++i) {
      for (let j = 0; j < image.width; ++j) {
        const x = cells[Math.floor(i / zoom) * cols + Math.floor(j / zoom)];
        const colour = x < 0 ? below : above;
        const share = largest > 0 ? Math.min(1, Math.abs(x) / largest) : 0;
        const at = 4 * (i * image.width + j);
        for (let c = 0; c < 3; ++c) image.data[at + c] = ground[c] + (colour[c] - ground[c]) * share;
        image.data[at + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  };
  draw();
  const redraw = () => (canvas.isConnected ? draw() : document.removeEventListener('themechange', redraw));
  document.addEventListener('themechange', redraw);
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    const i = Math.min(rows - 1, Math.floor((event.clientY - box.top) / box.height * rows));
    const j = Math.min(cols - 1, Math.floor((event.clientX - box.left) / box.width * cols));
    const row = Math.floor(i * picture.ofRows / rows) + 1;
    const col = Math.floor(j * picture.ofCols / cols) + 1;
    const exact = rows === picture.ofRows && cols === picture.ofCols;
    pointed.textContent = `row ${row}, column ${col}${exact ? '' : ' and around'}: ${show(cells[i * cols + j])}`;
  });
  canvas.addEventListener('pointerleave', () => { pointed.textContent = picture.text; });
  const list = () => ({ head: Array.from({ length: cols }, (_, j) => j + 1),
    rows: Array.from({ length: rows }, (_, i) => Array.from(cells.subarray(i * cols, (i + 1) * cols))) });
  const swatch = (name) => h('span', { class: `${name} swatch`, 'aria-hidden': 'true' });
  return h('figure', {}, h('figcaption', {}, picture.title), canvas, pointed,
    h('p', { class: 'note' }, swatch('first'), ` ${show(-largest, 4)}  …  0  …  ${show(largest, 4)} `, swatch('second')),
    exportTools(picture.name, () => canvas, list));
}
