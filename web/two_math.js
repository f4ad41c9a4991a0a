// The SVD of a 2 x 2 matrix [[a, b], [c, d]] in closed form, by angles.

/**
 * Returns A = R(theta) diag(sigma[0], mirror sigma[1]) R(-phi), R(t) the rotation by t, mirror the
 * sign of det A (1 for a singular matrix). So v1 = R(phi) e1, u1 = R(theta) e1.
 * A is split into (p I + q J) + (r K + t L): a rotation times |p + iq|, a mirror image times
 * |r + it|; the values are the sum and the difference of the two moduli.
 * @param {number[]} matrix a, b, c, d
 */
export function polar([a, b, c, d]) {
  const size = Math.max(Math.abs(a), Math.abs(b), Math.abs(c), Math.abs(d));
  if (size === 0) return { sigma: [0, 0], theta: 0, phi: 0, mirror: 1, det: 0 };
  const [x, y, z, w] = [a / size, b / size, c / size, d / size];
  const turning = Math.hypot((x + w) / 2, (z - y) / 2);
  const mirroring = Math.hypot((x - w) / 2, (z + y) / 2);
  const sum = Math.atan2(z + y, x - w);
  const difference = Math.atan2(z - y, x + w);
  const largest = turning + mirroring;
  const det = x * w - y * z;
  return {
    // The product of the two is |det|: nothing cancels where the moduli are nearly equal.
    sigma: [largest * size, Math.abs(det) / largest * size],
    theta: mirroring < 1e-15 ? difference : turning < 1e-15 ? sum : (sum + difference) / 2,
    phi: mirroring < 1e-15 || turning < 1e-15 ? 0 : (sum - difference) / 2,
    mirror: det < 0 ? -1 : 1,
    det: det * size * size,
  };
}

/** Returns U, sigma, V as rows, signs by the rule of Eckart: in each column of V the entry of
 * largest modulus, the first on ties, is positive. */
export function svd2(matrix) {
  const { sigma, theta, phi, mirror } = polar(matrix);
  const v = [[Math.cos(phi), Math.sin(phi)], [-Math.sin(phi), Math.cos(phi)]];
  const u = [[Math.cos(theta), Math.sin(theta)], [-mirror * Math.sin(theta), mirror * Math.cos(theta)]];
  for (const i of [0, 1]) {
    const lead = Math.abs(v[i][1]) > Math.abs(v[i][0]) + 1e-8 ? v[i][1] : v[i][0];
    if (lead < 0) {
      v[i] = v[i].map((x) => -x);
      u[i] = u[i].map((x) => -x);
    }
  }
  return { sigma, U: [[u[0][0], u[1][0]], [u[0][1], u[1][1]]], V: [[v[0][0], v[1][0]], [v[0][1], v[1][1]]] };
}

export const times = ([a, b, c, d], [x, y]) => [a * x + b * y, c * x + d * y];

export const rotation = (t) => [Math.cos(t), -Math.sin(t), Math.sin(t), Math.cos(t)];

export const product = ([a, b, c, d], [e, f, g, k]) =>
  [a * e + b * g, a * f + b * k, c * e + d * g, c * f + d * k];

/** The angle that is t but for whole turns, in (-pi, pi]. */
export const wrapped = (t) => Math.atan2(Math.sin(t), Math.cos(t));

/**
 * Returns the matrix that has been applied at a time from 0 to 4: rotate by -phi, stretch, mirror
 * the second axis (at once: there is no in-between), rotate by theta.
 */
export function stage({ sigma, theta, phi, mirror }, time) {
  const part = (i) => Math.min(1, Math.max(0, time - i));
  const grown = (value) => 1 + (value - 1) * part(1);
  const flip = mirror < 0 && time >= 2.5 ? -1 : 1;
  return product(rotation(wrapped(theta) * part(3)),
    product([grown(sigma[0]), 0, 0, flip * grown(sigma[1])], rotation(-wrapped(phi) * part(0))));
}
