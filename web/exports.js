// Pictures and tables as files, and the lines that give the same result elsewhere.
import { h } from './dom.js';

function save(name, blob) {
  const link = h('a', { download: name, href: URL.createObjectURL(blob) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export const saveBytes = (name, bytes) => save(name, new Blob([bytes]));

export const savePng = (name, canvas) => canvas.toBlob((blob) => save(name, blob));

export const saveText = (name, text) => save(name, new Blob([text], { type: 'text/plain' }));

const COPIED = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin',
  'font-size', 'font-weight', 'font-family', 'text-anchor', 'opacity', 'paint-order'];

/** Returns the drawing as text that needs no style sheet. @param {SVGSVGElement} svg */
export function svgText(svg) {
  const copy = svg.cloneNode(true);
  const from = [svg, ...svg.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((node, i) => {
    const style = getComputedStyle(from[i]);
    for (const name of COPIED) {
      const value = style.getPropertyValue(name);  // none of a drawing that is not on the page
      if (value) node.setAttribute(name, value);
    }
    node.removeAttribute('class');
  });
  const box = svg.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', box.width);
  copy.setAttribute('height', box.height);
  return new XMLSerializer().serializeToString(copy);
}

async function pngOf(node) {
  if (node instanceof HTMLCanvasElement) return new Promise((done) => node.toBlob(done));
  const box = node.viewBox.baseVal;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(node))}`;
  await image.decode();
  const canvas = h('canvas', { width: box.width * 2, height: box.height * 2 });
  const context = canvas.getContext('2d');
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done));
}

export function csvText(head, rows) {
  const field = (x) => {
    const text = String(x ?? '');
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(field).join(',')).join('\n') + '\n';
}

/** Returns the buttons that save a drawing, and the numbers behind it.
 * @param {string} name of the files, without extension
 * @param {() => Element} drawing an SVG or a canvas
 * @param {() => {head: string[], rows: any[][]}} numbers
 * @param {() => SVGSVGElement} [vector] the same as an SVG, where drawing is a canvas that can be drawn
 *   by lines; of pixels there is a PNG alone */
export function exportTools(name, drawing, numbers, vector = drawing) {
  const button = (text, action) => h('button', { type: 'button', onclick: action }, text);
  const tools = h('div', { class: 'tools', role: 'group', 'aria-label': 'Save' },
    button('PNG', async () => save(`${name}.png`, await pngOf(drawing()))));
  if (vector !== drawing || drawing() instanceof SVGElement) {
    tools.append(button('SVG', () => saveText(`${name}.svg`, svgText(vector()))));
  }
  if (numbers) {
    tools.append(button('CSV', () => {
      const { head, rows } = numbers();
      saveText(`${name}.csv`, csvText(head, rows));
    }));
  }
  return tools;
}

/** Returns text as one word of a shell. */
export const quoted = (text) => (/^[\w./,:+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Returns Python's name of a text. */
export const pythonText = (text) => JSON.stringify(text);

/** Returns the card with the lines for a shell and for Python; set(shell, python) changes them. */
export function commands() {
  const shell = h('code');
  const python = h('code');
  const card = h('section', { class: 'card commands', 'aria-label': 'The same elsewhere' },
    h('h2', {}, 'The same elsewhere'),
    h('div', { class: 'note' }, 'In a shell'), h('pre', { tabindex: 0 }, shell),
    h('div', { class: 'note' }, 'In Python'), h('pre', { tabindex: 0 }, python));
  return { card, set(shellLines, pythonLines) {
    shell.textContent = shellLines;
    python.textContent = pythonLines;
  } };
}

/** Returns the Python line that reads a file into A. */
export function pythonRead(source) {
  if (source.startsWith('[')) return `A = np.array(${source}, dtype=float)`;
  if (/\.np[yz]$/i.test(source)) return `A = np.load(${pythonText(source)})`;
  if (/\.mtx(\.gz)?$/i.test(source)) return `A = scipy.io.mmread(${pythonText(source)}).tocsr()`;
  return `A = np.genfromtxt(${pythonText(source)}, delimiter=${/\.tsv/i.test(source) ? '"\\t"' : '","'})\n`
    + 'A = A[~np.isnan(A).any(axis=1)]  # without a line of names';
}

export const pythonImports = (source) =>
  `import numpy as np, eckart${/\.mtx/i.test(source) ? ', scipy.io' : ''}`;
