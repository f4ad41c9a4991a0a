// Elements without markup: names and file contents are text, never HTML.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat(3).filter((child) => child != null && child !== false));
  return node;
}

/** Returns an HTML element. Attributes named on... are listeners.
 * @param {string} tag @param {object} [attributes] @param {...any} children */
export const h = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);

/** Returns an SVG element, likewise. */
export const s = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** Sets many attributes. */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

/** Returns elements from HTML that the engine wrote: sentences whose words it escaped, MathML. */
export function written(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content;
}

/** Returns a number for people: so many digits that count, a real minus sign. */
export function show(x, digits = 6) {
  if (x === null || x === undefined || Number.isNaN(x)) return '–';
  if (x === Infinity) return '∞';
  if (x === -Infinity) return '−∞';
  const size = Math.abs(x);
  let text;
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    text = x.toExponential(Math.min(digits - 1, 3)).replace(/\.?0+e/, 'e').replace('e+', 'e');
  } else {
    text = String(Number(x.toPrecision(digits)));
  }
  return text.replaceAll('-', '−');
}

/** Returns a share for people: 0.9912 as "99.12 %". Nearly all is not all. */
export function percent(share) {
  const value = 100 * share;
  if (value >= 99.995 && share < 1 - 1e-12) return '> 99.99 %';
  return `${value === 0 || value >= 0.1 ? value.toFixed(2) : show(value, 2)} %`;
}

/** Returns "1 row", "2 rows". */
export const counted = (n, noun) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

/** Returns a table; head is a list of names, rows hold text or elements. */
export function table(head, rows, attributes) {
  return h('table', attributes,
    h('thead', {}, h('tr', {}, head.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((cell) => h('td', {}, cell))))));
}

/** Calls action once per frame at most, with the latest arguments. */
export function perFrame(action) {
  let latest = null;
  return (...given) => {
    if (latest === null) requestAnimationFrame(() => {
      const now = latest;
      latest = null;
      action(...now);
    });
    latest = given;
  };
}
