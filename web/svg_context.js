// What a canvas is told, as an SVG: paths, dots, boxes and text, of those calls that drawings here use.
import { s } from './dom.js';

const ANCHORS = { left: 'start', center: 'middle', right: 'end' };
const at = (x) => Number(x.toFixed(2));

/** Takes the place of a CanvasRenderingContext2D; svg is the drawing so far. */
export class SvgContext {
  fillStyle = '#000000';
  strokeStyle = '#000000';
  lineWidth = 1;
  globalAlpha = 1;
  textAlign = 'left';
  font = '';
  #path = '';
  #moves = [''];

  constructor(width, height) {
    this.svg = s('svg', { viewBox: `0 0 ${width} ${height}` });
  }

  beginPath() { this.#path = ''; }
  moveTo(x, y) { this.#path += `M${at(x)} ${at(y)}`; }
  lineTo(x, y) { this.#path += `L${at(x)} ${at(y)}`; }
  /** Whole circles alone. */
  arc(x, y, r) { this.#path += `M${at(x - r)} ${at(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`; }
  stroke() { this.#add('path', { d: this.#path, fill: 'none', stroke: this.strokeStyle, 'stroke-width': this.lineWidth }); }
  fill() { this.#add('path', { d: this.#path, fill: this.fillStyle }); }
  fillRect(x, y, width, height) { this.#add('rect', { x: at(x), y: at(y), width: at(width), height: at(height), fill: this.fillStyle }); }
  fillText(text, x, y) {
    const [, size, family] = this.font.match(/^(\d+)px (.*)$/);
    this.#add('text', { x: at(x), y: at(y), fill: this.fillStyle, 'text-anchor': ANCHORS[this.textAlign], 'font-size': size, 'font-family': family }, text);
  }
  save() { this.#moves.push(this.#moves.at(-1)); }
  restore() { this.#moves.pop(); }
  translate(x, y) { this.#moves[this.#moves.length - 1] += ` translate(${at(x)} ${at(y)})`; }
  rotate(angle) { this.#moves[this.#moves.length - 1] += ` rotate(${at(angle * 180 / Math.PI)})`; }

  #add(tag, attributes, ...children) {
    const opacity = this.globalAlpha < 1 ? this.globalAlpha : null;
    this.svg.append(s(tag, { ...attributes, opacity, transform: this.#moves.at(-1) || null }, ...children));
  }
}
