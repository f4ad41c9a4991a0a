// Into packs and out of them: gather with scaling, the sign rule, scatter.
#include <cmath>
#include <limits>

#include "kernels/batch_lanes.hpp"

namespace eckart::kernels {
namespace {

// x <- 2^-exponent x in each lane, in two steps: one power alone may leave the range.
template <class Real>
struct PowersOfTwo {
  PerLane<Real> half;
  PerLane<Real> rest;
};

template <class T>
struct GatherKernel {
  using Real = real_t<T>;
  static constexpr index_t width = lanes<T>;
  static constexpr index_t parts = is_complex<T> ? 2 : 1;

  [[gnu::always_inline]] static void run(const Scattered<const T>& from, Pack<T> A) {
    for (index_t l = 0; l < width; ++l) copy_in(from, l, A);
  }

  [[gnu::always_inline]] static void copy_in(const Scattered<const T>& from, index_t l, Pack<T> A) {
    const auto* source = reinterpret_cast<const Real*>(from.data + l * from.matrix);
    const Real sign = from.conjugated ? Real{-1} : Real{1};
    for (index_t j = 0; j < A.cols; ++j) {
      Real* to = A.at(0, j) + l;
      const Real* x = source + j * from.col * parts;
      for (index_t i = 0; i < A.rows; ++i) {
        const bool present = l < from.count;
        to[i * A.entry] = present ? x[i * from.row * parts] : Real{0};
        if constexpr (is_complex<T>) {
          to[i * A.entry + width] = present ? sign * x[i * from.row * parts + 1] : Real{0};
        }
      }
    }
  }
};

template <class T>
struct GatherScaledKernel {
  using Real = real_t<T>;
  static constexpr index_t width = lanes<T>;
  static constexpr index_t parts = is_complex<T> ? 2 : 1;

  [[gnu::always_inline]] static void run(const Scattered<const T>& from,
                                         Pack<T> A,
                                         int* exponents,
                                         bool* finite) {
    GatherKernel<T>::run(from, A);
    PerLane<Real> largest;
    PerLane<Real> defect;  // 0, or NaN if an entry is not finite
    look(A, largest, defect);
    PowersOfTwo<Real> powers;
    for (index_t l = 0; l < width; ++l) {
      finite[l] = defect[l] == 0;
      exponents[l] = finite[l] && largest[l] > 0 ? std::ilogb(largest[l]) : 0;
      powers.half[l] = std::ldexp(Real{1}, -(exponents[l] / 2));
      powers.rest[l] = std::ldexp(Real{1}, -(exponents[l] - exponents[l] / 2));
    }
    scale(A, powers, defect);
  }

  [[gnu::always_inline]] static void look(Pack<T> A,
                                          PerLane<Real>& largest,
                                          PerLane<Real>& defect) {
    largest = {};
    defect = {};
    for (index_t j = 0; j < A.cols; ++j) {
      const Real* column = A.at(0, j);
      for (index_t i = 0; i < A.rows * parts; ++i) {
#pragma omp simd
        for (index_t l = 0; l < width; ++l) {
          const Real x = column[i * width + l];
          const Real size = std::abs(x);
          largest[l] = size > largest[l] ? size : largest[l];
          defect[l] += x * 0;
        }
      }
    }
  }

  [[gnu::always_inline]] static void scale(Pack<T> A,
                                           const PowersOfTwo<Real>& powers,
                                           const PerLane<Real>& defect) {
    for (index_t j = 0; j < A.cols; ++j) {
      Real* column = A.at(0, j);
      for (index_t i = 0; i < A.rows * parts; ++i) {
#pragma omp simd
        for (index_t l = 0; l < width; ++l) {
          const Real x = column[i * width + l] * powers.half[l] * powers.rest[l];
          column[i * width + l] = defect[l] == 0 ? x : 0;
        }
      }
    }
  }
};

template <class T>
struct ScatterKernel {
  using Real = real_t<T>;
  static constexpr index_t width = lanes<T>;

  [[gnu::always_inline]] static void run(Pack<T> A, const index_t* order, const Scattered<T>& to) {
    const Real sign = to.conjugated ? Real{-1} : Real{1};
    for (index_t l = 0; l < to.count; ++l) {
      for (index_t j = 0; j < A.cols; ++j) {
        const Real* from = A.at(0, order[j * width + l]) + l;
        T* x = to.data + l * to.matrix + j * to.col;
        for (index_t i = 0; i < A.rows; ++i) {
          if constexpr (is_complex<T>) {
            x[i * to.row] = {from[i * A.entry], sign * from[i * A.entry + width]};
          } else {
            x[i * to.row] = from[i * A.entry];
          }
        }
      }
    }
  }
};

template <class T>
struct OrientKernel {
  using Real = real_t<T>;
  static constexpr index_t width = lanes<T>;

  // What makes the deciding entry of a column real and positive.
  struct Turn {
    PerLane<Real> re;
    PerLane<Real> im;
    PerLane<Real> row;  // of the deciding entry
    PerLane<Real> modulus;
  };

  [[gnu::always_inline]] static void run(index_t n, Real* d, Pack<T> V, Pack<T> U) {
    for (index_t k = 0; k < n; ++k) {
      PerLane<Real> sign;
#pragma omp simd
      for (index_t l = 0; l < width; ++l) {
        const Real x = d[k * width + l];
        sign[l] = x < 0 ? -1 : 1;
        d[k * width + l] = std::abs(x);
      }
      if (V.data == nullptr) continue;
      Turn turn;
      find_turn(V.rows, V.at(0, k), turn);
      apply(turn, V.rows, V.at(0, k));
      for (index_t l = 0; l < width; ++l) {  // real, without the rounding of the product
        Real* x = V.at(static_cast<index_t>(turn.row[l]), k) + l;
        x[0] = turn.modulus[l];
        if constexpr (is_complex<T>) x[width] = 0;
      }
#pragma omp simd
      for (index_t l = 0; l < width; ++l) {
        turn.re[l] *= sign[l];
        turn.im[l] *= sign[l];
      }
      apply(turn, U.rows, U.at(0, k));
    }
  }

  [[gnu::always_inline]] static void find_turn(index_t rows, const Real* v, Turn& turn) {
    PerLane<Real> largest = {};
    for (index_t i = 0; i < rows; ++i) {
      const Real* x = v + i * Pack<T>::entry;
#pragma omp simd
      for (index_t l = 0; l < width; ++l) {
        const Real size = squared_modulus(x, l);
        largest[l] = size > largest[l] ? size : largest[l];
      }
    }
    const Real near = 1 - std::sqrt(std::numeric_limits<Real>::epsilon());
    turn = {};
    for (index_t i = rows - 1; i >= 0; --i) {
      const Real* x = v + i * Pack<T>::entry;
      const Real row = static_cast<Real>(i);
#pragma omp simd
      for (index_t l = 0; l < width; ++l) {
        const bool decides = squared_modulus(x, l) >= largest[l] * (near * near);
        turn.row[l] = decides ? row : turn.row[l];
        turn.re[l] = decides ? x[l] : turn.re[l];
        if constexpr (is_complex<T>) turn.im[l] = decides ? -x[width + l] : turn.im[l];
      }
    }
#pragma omp simd
    for (index_t l = 0; l < width; ++l) {
      const Real square = turn.re[l] * turn.re[l] + turn.im[l] * turn.im[l];
      turn.modulus[l] = is_complex<T> ? std::sqrt(square) : std::abs(turn.re[l]);
      turn.re[l] /= turn.modulus[l];
      turn.im[l] /= turn.modulus[l];
    }
  }

  [[gnu::always_inline]] static Real squared_modulus(const Real* x, index_t l) {
    if constexpr (is_complex<T>) {
      return x[l] * x[l] + x[width + l] * x[width + l];
    } else {
      return x[l] * x[l];
    }
  }

  // x <- (re + i im) x
  [[gnu::always_inline]] static void apply(const Turn& turn, index_t rows, Real* x) {
    for (index_t i = 0; i < rows; ++i, x += Pack<T>::entry) {
#pragma omp simd
      for (index_t l = 0; l < width; ++l) {
        const Real a = x[l];
        if constexpr (is_complex<T>) {
          const Real b = x[width + l];
          x[l] = turn.re[l] * a - turn.im[l] * b + 0;
          x[width + l] = turn.re[l] * b + turn.im[l] * a + 0;
        } else {
          x[l] = turn.re[l] * a + 0;
        }
      }
    }
  }
};

}  // namespace

template <class T>
void gather(const Scattered<const T>& from, Pack<T> A) {
  at_level<GatherKernel<T>>(level(), from, A);
}
template <class T>
void gather_scaled(const Scattered<const T>& from, Pack<T> A, int* exponents, bool* finite) {
  at_level<GatherScaledKernel<T>>(level(), from, A, exponents, finite);
}
template <class T>
void scatter(Pack<T> A, const index_t* order, const Scattered<T>& to) {
  at_level<ScatterKernel<T>>(level(), A, order, to);
}
template <class T>
void orient(index_t n, real_t<T>* d, Pack<T> V, Pack<T> U) {
  at_level<OrientKernel<T>>(level(), n, d, V, U);
}

template void gather(const Scattered<const float>&, Pack<float>);
template void gather(const Scattered<const double>&, Pack<double>);
template void gather(const Scattered<const std::complex<float>>&, Pack<std::complex<float>>);
template void gather(const Scattered<const std::complex<double>>&, Pack<std::complex<double>>);
template void gather_scaled(const Scattered<const float>&, Pack<float>, int*, bool*);
template void gather_scaled(const Scattered<const double>&, Pack<double>, int*, bool*);
template void gather_scaled(const Scattered<const std::complex<float>>&,
                            Pack<std::complex<float>>,
                            int*,
                            bool*);
template void gather_scaled(const Scattered<const std::complex<double>>&,
                            Pack<std::complex<double>>,
                            int*,
                            bool*);
template void scatter(Pack<float>, const index_t*, const Scattered<float>&);
template void scatter(Pack<double>, const index_t*, const Scattered<double>&);
template void scatter(Pack<std::complex<float>>,
                      const index_t*,
                      const Scattered<std::complex<float>>&);
template void scatter(Pack<std::complex<double>>,
                      const index_t*,
                      const Scattered<std::complex<double>>&);
template void orient(index_t, float*, Pack<float>, Pack<float>);
template void orient(index_t, double*, Pack<double>, Pack<double>);
template void orient(index_t, float*, Pack<std::complex<float>>, Pack<std::complex<float>>);
template void orient(index_t, double*, Pack<std::complex<double>>, Pack<std::complex<double>>);

}  // namespace eckart::kernels
