#include "kernels/bulge.hpp"

#include <algorithm>

#include "kernels/lanes.hpp"
#include "kernels/levels.hpp"
#include "kernels/reflector.hpp"

namespace eckart::kernels {
namespace {

// Sums of W vectors' lanes at once: pairs are merged until one vector holds all W sums.
template <class Real, int Bytes>
struct LaneSums {
  using L = Lanes<Real, Bytes>;
  using Vec = typename L::Vec;

  [[gnu::always_inline]] static void run(Vec* x) {
#pragma GCC unroll 16
    for (int count = L::width; count > 1; count /= 2) {
#pragma GCC unroll 16
      for (int p = 0; p < count / 2; ++p) {
        Vec even, odd;
        pick_lanes<[](int l) { return 2 * l; }, L>(x[2 * p], x[2 * p + 1], even);
        pick_lanes<[](int l) { return 2 * l + 1; }, L>(x[2 * p], x[2 * p + 1], odd);
        x[p] = even + odd;
      }
    }
  }
};

// Operations on one B x B block of the band, whose columns lie `ld` apart.
template <class T, int B, int Bytes>
struct BlockOps {
  using Real = real_t<T>;
  using L = Lanes<Real, Bytes>;
  using Vec = typename L::Vec;
  using Loose = typename L::Loose;
  static constexpr int W = L::width;
  static constexpr int R = B / W;  // vectors of a column
  static constexpr int P = planes<T>;
  static constexpr index_t ld = 3 * B;

  // A vector of length B, plane by plane.
  struct Vector {
    alignas(64) Grid<Real, P, B> x;
  };
  struct Complex {
    Real re = 0;
    Real im = 0;
  };
  struct Block {
    Real* at[2];  // the planes
  };

  [[gnu::always_inline]] static const Loose& at(const Real* p) {
    return *reinterpret_cast<const Loose*>(p);
  }
  [[gnu::always_inline]] static Loose& at(Real* p) { return *reinterpret_cast<Loose*>(p); }

  [[gnu::always_inline]] static Complex entry(const Vector& v, int i) {
    if constexpr (P == 2) {
      return {v.x[0][i], v.x[1][i]};
    } else {
      return {v.x[0][i], 0};
    }
  }
  [[gnu::always_inline]] static Complex times(Complex a, Complex b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }

  // out_j = sum_i conj(v_i) A_ij
  [[gnu::always_inline]] static void dots(const Block& A, const Vector& v, Vector& out) {
    for (int j = 0; j < B; j += W) {
      Row<Vec, W> re, im;
#pragma GCC unroll 16
      for (int c = 0; c < W; ++c) {
        const Real* a = A.at[0] + (j + c) * ld;
        re[c] = at(v.x[0]) * at(a);
#pragma GCC unroll 16
        for (int r = 1; r < R; ++r) re[c] += at(v.x[0] + r * W) * at(a + r * W);
        if constexpr (P == 2) {
          const Real* b = A.at[1] + (j + c) * ld;
          im[c] = at(v.x[0]) * at(b) - at(v.x[1]) * at(a);
          re[c] += at(v.x[1]) * at(b);
#pragma GCC unroll 16
          for (int r = 1; r < R; ++r) {
            re[c] += at(v.x[1] + r * W) * at(b + r * W);
            im[c] += at(v.x[0] + r * W) * at(b + r * W);
            im[c] -= at(v.x[1] + r * W) * at(a + r * W);
          }
        }
      }
      LaneSums<Real, Bytes>::run(re);
      at(out.x[0] + j) = re[0];
      if constexpr (P == 2) {
        LaneSums<Real, Bytes>::run(im);
        at(out.x[1] + j) = im[0];
      }
    }
  }

  // out_i = sum_j A_ij y_j
  [[gnu::always_inline]] static void matvec(const Block& A, const Vector& y, Vector& out) {
    Grid<Vec, 2, R> re, im;
#pragma GCC unroll 2
    for (int h = 0; h < 2; ++h) {
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) re[h][r] = im[h][r] = Vec{};
    }
    for (int j = 0; j < B; j += 2) {
#pragma GCC unroll 2
      for (int h = 0; h < 2; ++h) {
        const Real* a = A.at[0] + (j + h) * ld;
        const Real y_re = y.x[0][j + h];
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) re[h][r] += at(a + r * W) * y_re;
        if constexpr (P == 2) {
          const Real* b = A.at[1] + (j + h) * ld;
          const Real y_im = y.x[1][j + h];
#pragma GCC unroll 16
          for (int r = 0; r < R; ++r) {
            re[h][r] -= at(b + r * W) * y_im;
            im[h][r] += at(b + r * W) * y_re;
            im[h][r] += at(a + r * W) * y_im;
          }
        }
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      at(out.x[0] + r * W) = re[0][r] + re[1][r];
      if constexpr (P == 2) at(out.x[1] + r * W) = im[0][r] + im[1][r];
    }
  }

  // A_ij -= a_i c_j + f_i g_j
  [[gnu::always_inline]] static void rank2(
      const Block& A, const Vector& a, const Vector& c, const Vector& f, const Vector& g) {
    for (int j = 0; j < B; ++j) {
      Real* x = A.at[0] + j * ld;
      const Real c_re = c.x[0][j];
      const Real g_re = g.x[0][j];
      if constexpr (P == 1) {
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) {
          at(x + r * W) -= at(a.x[0] + r * W) * c_re + at(f.x[0] + r * W) * g_re;
        }
      } else {
        Real* y = A.at[1] + j * ld;
        const Real c_im = c.x[1][j];
        const Real g_im = g.x[1][j];
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) {
          const int k = r * W;
          at(x + k) -= at(a.x[0] + k) * c_re - at(a.x[1] + k) * c_im + at(f.x[0] + k) * g_re -
                       at(f.x[1] + k) * g_im;
          at(y + k) -= at(a.x[0] + k) * c_im + at(a.x[1] + k) * c_re + at(f.x[0] + k) * g_im +
                       at(f.x[1] + k) * g_re;
        }
      }
    }
  }

  // sum_i conj(x_i) y_i
  [[gnu::always_inline]] static Complex inner(const Vector& x, const Vector& y) {
    Vec re = at(x.x[0]) * at(y.x[0]);
#pragma GCC unroll 16
    for (int r = 1; r < R; ++r) re += at(x.x[0] + r * W) * at(y.x[0] + r * W);
    Complex sum;
    if constexpr (P == 2) {
      Vec im = at(x.x[0]) * at(y.x[1]) - at(x.x[1]) * at(y.x[0]);
      re += at(x.x[1]) * at(y.x[1]);
#pragma GCC unroll 16
      for (int r = 1; r < R; ++r) {
        const int k = r * W;
        re += at(x.x[1] + k) * at(y.x[1] + k);
        im += at(x.x[0] + k) * at(y.x[1] + k) - at(x.x[1] + k) * at(y.x[0] + k);
      }
      for (int l = 0; l < W; ++l) sum.im += im[l];
    }
    for (int l = 0; l < W; ++l) sum.re += re[l];
    return sum;
  }

  // x <- alpha x
  [[gnu::always_inline]] static void scale(Vector& x, Complex alpha) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const int k = r * W;
      if constexpr (P == 2) {
        const Vec re = at(x.x[0] + k) * alpha.re - at(x.x[1] + k) * alpha.im;
        at(x.x[1] + k) = at(x.x[0] + k) * alpha.im + at(x.x[1] + k) * alpha.re;
        at(x.x[0] + k) = re;
      } else {
        at(x.x[0] + k) = at(x.x[0] + k) * alpha.re;
      }
    }
  }

  // y <- y - alpha x
  [[gnu::always_inline]] static void subtract(Vector& y, Complex alpha, const Vector& x) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const int k = r * W;
      at(y.x[0] + k) -= at(x.x[0] + k) * alpha.re;
      if constexpr (P == 2) {
        at(y.x[0] + k) += at(x.x[1] + k) * alpha.im;
        at(y.x[1] + k) -= at(x.x[0] + k) * alpha.im + at(x.x[1] + k) * alpha.re;
      }
    }
  }

  [[gnu::always_inline]] static void conjugate_all(Vector& x) {
    if constexpr (P == 2) {
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) at(x.x[1] + r * W) = -at(x.x[1] + r * W);
    }
  }

  struct Tau {
    Complex tau;
    Real beta;
  };

  // v <- the reflector's vector for x = v.
  [[gnu::always_inline]] static Tau reflect(Vector& v) {
    Real unscale = 1;
    Real energy = inner(v, v).re;
    if (!well_scaled(energy)) [[unlikely]] {
      Real largest = 0;
      for (int p = 0; p < P; ++p) {
        for (int i = 0; i < B; ++i) largest = std::max(largest, std::abs(v.x[p][i]));
      }
      const Real up = scale_to_one(largest);
      unscale = 1 / up;
      scale(v, {up, 0});
    }
    const Complex alpha = entry(v, 0);
    v.x[0][0] = 0;
    if constexpr (P == 2) v.x[1][0] = 0;
    const Reflector<Real> h = make_reflector(alpha.re, alpha.im, inner(v, v).re);
    scale(v, {h.factor_re, h.factor_im});
    v.x[0][0] = 1;
    return {{h.tau_re, h.tau_im}, h.beta * unscale};
  }

  [[gnu::always_inline]] static void load_row(const Block& A, Vector& row) {
    for (int p = 0; p < P; ++p) {
      for (int j = 0; j < B; ++j) row.x[p][j] = A.at[p][j * ld];
    }
  }
  [[gnu::always_inline]] static void store_row(const Block& A, Real beta) {
    for (int p = 0; p < P; ++p) {
      for (int j = 0; j < B; ++j) A.at[p][j * ld] = 0;
    }
    A.at[0][0] = beta;
  }
  [[gnu::always_inline]] static void store_column(const Block& A, Real beta) {
    for (int p = 0; p < P; ++p) {
      for (int i = 0; i < B; ++i) A.at[p][i] = 0;
    }
    A.at[0][0] = beta;
  }

  // A <- Hq^H A Hp for the given Hq and the Hp that clears the first row of Hq^H A.
  [[gnu::always_inline]] static Complex left_then_right(const Block& A,
                                                        const Vector& vq,
                                                        Complex tau_q,
                                                        Vector& vp) {
    Vector z, x;
    dots(A, vq, z);
    scale(z, {tau_q.re, -tau_q.im});  // Hq^H A = A - vq z^T
    load_row(A, vp);
    subtract(vp, {1, 0}, z);
    conjugate_all(vp);
    const Tau h = reflect(vp);
    matvec(A, vp, x);
    conjugate_all(z);
    subtract(x, inner(z, vp), vq);  // z^T vp
    conjugate_all(z);
    scale(x, h.tau);
    Vector vp_conj = vp;
    conjugate_all(vp_conj);
    rank2(A, vq, z, x, vp_conj);
    store_row(A, h.beta);
    return h.tau;
  }

  // A <- Hq^H A Hp for the given Hp and the Hq that clears the first column of A Hp.
  [[gnu::always_inline]] static Complex right_then_left(const Block& A,
                                                        const Vector& vp,
                                                        Complex tau_p,
                                                        Vector& vq) {
    Vector z, x;
    matvec(A, vp, x);
    scale(x, tau_p);  // A Hp = A - x vp^H
    for (int p = 0; p < P; ++p) {
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) at(vq.x[p] + r * W) = at(A.at[p] + r * W);
    }
    subtract(vq, {1, 0}, x);
    const Tau h = reflect(vq);
    dots(A, vq, z);
    Vector vp_conj = vp;
    conjugate_all(vp_conj);
    subtract(z, inner(vq, x), vp_conj);
    scale(z, {h.tau.re, -h.tau.im});
    rank2(A, vq, z, x, vp_conj);
    store_column(A, h.beta);
    return h.tau;
  }
};

template <class T, int B, int Bytes>
struct ChaseTileKernel {
  using Ops = BlockOps<T, B, Bytes>;
  using Real = real_t<T>;
  using Vector = typename Ops::Vector;
  using Complex = typename Ops::Complex;
  using Block = typename Ops::Block;

  [[gnu::always_inline]] static Block block(const BulgeTile<T>& tile, index_t i, index_t j) {
    const index_t offset = 2 * B + i + Ops::ld * j;
    Block A{{tile.band + offset, nullptr}};
    if constexpr (is_complex<T>) A.at[1] = tile.band_imag + offset;
    return A;
  }

  [[gnu::always_inline]] static void keep(T* to,
                                          index_t length,
                                          const Vector& v,
                                          const Complex& tau) {
    if constexpr (is_complex<T>) {
      to[0] = T(tau.re, tau.im);
      for (index_t i = 1; i < length; ++i) to[i] = T(v.x[0][i], v.x[1][i]);
    } else {
      to[0] = tau.re;
      for (index_t i = 1; i < length; ++i) to[i] = v.x[0][i];
    }
  }

  // Step t of sweep s: rows and columns J = [s + 1 + t b, s + (t + 1) b].
  [[gnu::always_inline]] static void step(const BulgeTile<T>& tile, index_t s, index_t t) {
    Real* slot = tile.pending + s * pending_size<T>(B);
    Vector& vq = *reinterpret_cast<Vector*>(slot);
    Complex& tau_q = *reinterpret_cast<Complex*>(slot + planes<T> * B);
    Vector vp;
    Complex tau_p;
    const index_t j = s + 1 + t * B;
    if (t == 0) {  // the row of the sweep itself
      const Block row = block(tile, s, j);
      Ops::load_row(row, vp);
      Ops::conjugate_all(vp);
      const typename Ops::Tau h = Ops::reflect(vp);
      Ops::store_row(row, h.beta);
      tau_p = h.tau;
    } else {  // the block to the right of the last step's, whose left reflector is pending
      tau_p = Ops::left_then_right(block(tile, j - B, j), vq, tau_q, vp);
    }
    tau_q = Ops::right_then_left(block(tile, j, j), vp, tau_p, vq);
    if (tile.kept != nullptr) {
      const index_t length = std::min<index_t>(B, tile.n - j);
      keep(tile.kept + j + s * tile.n, length, vq, tau_q);
      keep(tile.kept + t * B + (tile.n - 1 - s) * tile.n, length, vp, tau_p);
    }
  }

  [[gnu::always_inline]] static void run(const BulgeTile<T>& tile) {
    for (index_t q = tile.first_q; q < tile.last_q; ++q) {
      for (index_t s = tile.first_sweep; s < tile.last_sweep && s <= q; ++s) {
        if (s + 1 + (q - s) * B < tile.n) step(tile, s, q - s);
      }
    }
  }
};

template <class T, int B>
void chase(const BulgeTile<T>& tile) {
  switch (level()) {
    case Level::v4:
      return run_v4<ChaseTileKernel<T, B, 64>, const BulgeTile<T>&>(tile);
    case Level::v3:
      return run_v3<ChaseTileKernel<T, B, 32>, const BulgeTile<T>&>(tile);
    case Level::base:
      break;
  }
  return run_base<ChaseTileKernel<T, B, 16>, const BulgeTile<T>&>(tile);
}

}  // namespace

template <class T>
void chase_tile(const BulgeTile<T>& tile) {
  return tile.width == 32 ? chase<T, 32>(tile) : chase<T, 64>(tile);
}

template void chase_tile(const BulgeTile<float>&);
template void chase_tile(const BulgeTile<double>&);
template void chase_tile(const BulgeTile<std::complex<float>>&);
template void chase_tile(const BulgeTile<std::complex<double>>&);

}  // namespace eckart::kernels
