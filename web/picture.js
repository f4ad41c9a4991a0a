// Pictures as arrays of bytes, and on a canvas.
import { h } from './dom.js';

/** Returns the picture in an answer of the engine: channels 1 grey, 2 with alpha, 3 RGB, 4 with alpha.
 * @returns {{width: number, height: number, channels: number, samples: Uint8Array, facts: object}} */
export function pictureOf({ bytes, headers }) {
  const facts = JSON.parse(headers.get('X-Facts'));
  return { width: facts.width, height: facts.height, channels: facts.channels, samples: new Uint8Array(bytes), facts };
}

/** Returns the picture whose samples are f(a, b), alpha as it is in a. */
function combined(a, b, f) {
  const colors = a.channels - (a.channels % 2 === 0 ? 1 : 0);
  const samples = new Uint8ClampedArray(a.samples.length);
  for (let i = 0; i < samples.length; ++i) samples[i] = i % a.channels < colors ? f(a.samples[i], b.samples[i]) : a.samples[i];
  return { ...a, samples };
}

export const blended = (a, b, share) => combined(a, b, (x, y) => x + (y - x) * share);

/** Returns a - b around grey, so many times. */
export const differing = (a, b, gain) => combined(a, b, (x, y) => 128 + gain * (x - y));

/** Draws the picture in its own pixels. */
export function drawPicture(canvas, picture) {
  const { width, height, channels, samples } = picture;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  const grey = channels < 3;
  const alpha = channels % 2 === 0;
  for (let i = 0, from = 0, to = 0; i < width * height; ++i, from += channels, to += 4) {
    image.data[to] = samples[from];
    image.data[to + 1] = samples[grey ? from : from + 1];
    image.data[to + 2] = samples[grey ? from : from + 2];
    image.data[to + 3] = alpha ? samples[from + channels - 1] : 255;
  }
  context.putImageData(image, 0, 0);
}

/** Returns the outer product u v^T on a canvas: grey is zero. */
export function patternCanvas({ u, v }, label, ratio) {
  const canvas = h('canvas', { role: 'img', 'aria-label': label });
  const largest = (list) => Math.max(...list.map(Math.abs));
  const reach = largest(u) * largest(v) || 1;
  const samples = new Uint8ClampedArray(u.length * v.length);
  u.forEach((x, i) => v.forEach((y, j) => { samples[i * v.length + j] = 128 + 127 * x * y / reach; }));
  drawPicture(canvas, { width: v.length, height: u.length, channels: 1, samples });
  canvas.style.aspectRatio = String(1 / ratio);
  return canvas;
}
