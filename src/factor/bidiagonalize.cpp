#include "factor/bidiagonalize.hpp"

#include <algorithm>
#include <cmath>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "factor/reflectors.hpp"
#include "kernels/matvec.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

template <Scalar T>
real_t<T> squared_modulus(T x) {
  if constexpr (is_complex<T>) {
    return x.real() * x.real() + x.imag() * x.imag();
  } else {
    return x * x;
  }
}

// What is known of a column or row by ranges that are worked on in parallel; added up in order.
template <Scalar T>
struct Partial {
  std::vector<T> products;  // with the pending factors
  real_t<T> tail = 0;       // sum of squares but for the first entry
  T inner = 0;              // y^H c
};

template <Scalar T>
Partial<T> add_up(const std::vector<Partial<T>>& parts, index_t count) {
  Partial<T> sum;
  sum.products.assign(static_cast<std::size_t>(count), T{0});
  for (const Partial<T>& part : parts) {
    for (std::size_t k = 0; k < part.products.size(); ++k) sum.products[k] += part.products[k];
    sum.tail += part.tail;
    sum.inner += part.inner;
  }
  return sum;
}

// The reduction in progress. The true matrix is A - E F^H: E = [u z u z ...] and F = [y v y v ...]
// hold the updates of this panel that A has not seen yet.
template <Scalar T>
class Reduction {
 public:
  using Real = real_t<T>;

  Reduction(MatrixView<T> A, const Context& context)
      : A_(A),
        context_(context),
        width_(std::min<index_t>(panel_width, A.cols)),
        E_(padded(A.rows), 2 * width_),
        F_(padded(A.cols), 2 * width_),
        swept_(padded(A.rows), most_strips) {
    const auto n = static_cast<std::size_t>(A.cols);
    result_.d.resize(n);
    result_.e.resize(n == 0 ? 0 : n - 1);
    result_.tau_left.resize(n);
    result_.tau_right.resize(n == 0 ? 0 : n - 1);
  }

  Bidiagonal<T> run() {
    const blas::BlasThreads one_thread;
    for (index_t first = 0; first < A_.cols; first += width_) {
      reduce_panel(first, std::min(first + width_, A_.cols));
    }
    return std::move(result_);
  }

 private:
  static constexpr index_t panel_width = 16;
  static constexpr index_t most_strips = 8;
  static constexpr index_t strip_entries = 16384;  // worth the start of a thread
  static constexpr index_t row_chunk = 2048;
  static constexpr index_t align = 64 / sizeof(T) > 0 ? 64 / sizeof(T) : 1;

  static index_t padded(index_t n) { return (n + align - 1) / align * align; }

  void reduce_panel(index_t first, index_t last) {
    pending_ = 0;
    std::fill_n(E_.data(), E_.rows() * E_.cols(), T{0});
    std::fill_n(F_.data(), F_.rows() * F_.cols(), T{0});
    const index_t cols = A_.cols - first;
    const index_t least = strip_entries / (A_.rows - first);
    strip_ = std::max(padded(core::count_chunks(cols, most_strips)), std::max<index_t>(least, 8));
    strip_origin_ = first;
    Partial<T> column = load_column(first);
    for (index_t i = first; i < last; ++i) {
      make_left(i, column);
      if (i + 1 == A_.cols) break;
      sweep(i, column.products);
      column = make_right(i);
    }
    store_right_vectors(first, last);
    if (last < A_.cols) {
      const index_t rows = A_.rows - last;
      const index_t trailing = A_.cols - last;
      blas::multiply<T>(Op::none, Op::adjoint, T{-1}, E_.view().block(last, 0, rows, pending_),
                        F_.view().block(last, 0, trailing, pending_), T{1},
                        A_.block(last, last, rows, trailing), context_);
    }
  }

  // Column i of the true matrix, from row i on, into the next column of E.
  // Returns E^H of its tail and the tail's sum of squares.
  Partial<T> load_column(index_t i) {
    return by_rows(i, [&](index_t from, index_t to) { return load_rows(i, from, to); });
  }

  Partial<T> load_rows(index_t i, index_t from, index_t to) {
    T* a = E_.view().column(pending_);
    std::copy(A_.column(i) + from, A_.column(i) + to, a + from);
    std::vector<T> row(static_cast<std::size_t>(pending_));
    for (index_t k = 0; k < pending_; ++k) row[static_cast<std::size_t>(k)] = -conjugate(F_(i, k));
    kernels::add_times<T>(to - from, pending_, E_.data() + from, E_.ld(), row.data(), a + from);
    Partial<T> part;
    const index_t tail = std::max(from, i + 1);
    for (index_t r = tail; r < to; ++r) part.tail += squared_modulus(a[r]);
    part.products.resize(static_cast<std::size_t>(pending_));
    kernels::adjoint_times<T>(to - tail, pending_, E_.data() + tail, E_.ld(), a + tail,
                              part.products.data());
    return part;
  }

  // Rows [first, A.rows) in chunks.
  template <class Body>
  Partial<T> by_rows(index_t first, const Body& body) {
    const index_t rows = A_.rows - first;
    std::vector<Partial<T>> parts(static_cast<std::size_t>(core::count_chunks(rows, row_chunk)));
    core::for_each_chunk(rows, row_chunk, context_, [&](index_t c, index_t from, index_t to) {
      parts[static_cast<std::size_t>(c)] = body(first + from, first + to);
    });
    return add_up(parts, pending_);
  }

  // u from the loaded column; column.products becomes E^H u.
  void make_left(index_t i, Partial<T>& column) {
    T* u = E_.view().column(pending_);
    const Reflector<T> H = make_reflector<T>(u[i], column.tail);
    result_.d[static_cast<std::size_t>(i)] = H.beta;
    result_.tau_left[static_cast<std::size_t>(i)] = H.tau;
    u[i] = 1;
    for (index_t r = i + 1; r < A_.rows; ++r) u[r] *= H.scale;
    std::copy(u + i + 1, u + A_.rows, A_.column(i) + i + 1);
    for (index_t k = 0; k < pending_; ++k) {
      T& product = column.products[static_cast<std::size_t>(k)];
      product = conjugate(E_(i, k)) + H.scale * product;
    }
  }

  // One sweep over the trailing columns: y = tau A^H u, the updated row c (conjugated), and A c.
  void sweep(index_t i, const std::vector<T>& left_products) {
    const index_t strips = core::count_chunks(A_.cols - strip_origin_, strip_);
    parts_.assign(static_cast<std::size_t>(strips), {});
    core::for_each_chunk(strips, 1, context_, [&](index_t s, index_t, index_t) {
      const index_t from = std::max(strip_origin_ + s * strip_, i + 1);
      const index_t to = std::min(strip_origin_ + (s + 1) * strip_, A_.cols);
      parts_[static_cast<std::size_t>(s)] = sweep_strip(i, s, from, to, left_products);
    });
  }

  Partial<T> sweep_strip(
      index_t i, index_t s, index_t from, index_t to, const std::vector<T>& left_products) {
    const index_t top = i / align * align;  // u is zero between top and i
    const index_t rows = A_.rows - top;
    const T* u = E_.view().column(pending_) + top;
    const T tau = result_.tau_left[static_cast<std::size_t>(i)];
    T* y = F_.view().column(pending_);
    T* c = F_.view().column(pending_ + 1);
    T* Ac = swept_.view().column(s) + top;
    std::fill_n(Ac, rows, T{0});
    Partial<T> part;
    part.products.resize(static_cast<std::size_t>(pending_));
    if (from >= to) return part;

    // What the pending factors take from A^H u and from row i.
    std::vector<T> row(static_cast<std::size_t>(pending_));
    for (index_t k = 0; k < pending_; ++k) row[static_cast<std::size_t>(k)] = conjugate(E_(i, k));
    const index_t cols = to - from;
    std::vector<T> of_product(static_cast<std::size_t>(cols));
    std::vector<T> of_row(static_cast<std::size_t>(cols));
    kernels::add_times<T>(cols, pending_, F_.data() + from, F_.ld(), left_products.data(),
                          of_product.data());
    kernels::add_times<T>(cols, pending_, F_.data() + from, F_.ld(), row.data(), of_row.data());

    // A group of columns is read once from afar and once more from the cache.
    constexpr index_t group = 8;
    for (index_t j = from; j < to; j += group) {
      const index_t count = std::min(group, to - j);
      const T* columns = A_.column(j) + top;
      kernels::adjoint_times<T>(rows, count, columns, A_.ld, u, y + j);
      for (index_t k = j; k < j + count; ++k) {
        y[k] = tau * (y[k] - of_product[static_cast<std::size_t>(k - from)]);
        c[k] = conjugate(A_(i, k)) - of_row[static_cast<std::size_t>(k - from)] - y[k];
        part.inner += conjugate(y[k]) * c[k];
        if (k > i + 1) part.tail += squared_modulus(c[k]);
      }
      kernels::add_times<T>(rows, count, columns, A_.ld, c + j, Ac);
    }
    kernels::adjoint_times<T>(cols, pending_, F_.data() + from, F_.ld(), c + from,
                              part.products.data());
    return part;
  }

  // v from the updated row, z from the sweep; then loads column i + 1, whose update is complete.
  Partial<T> make_right(index_t i) {
    const Partial<T> row = add_up(parts_, pending_);
    const T* y = F_.view().column(pending_);
    T* v = F_.view().column(pending_ + 1);
    const T c1 = v[i + 1];
    const Reflector<T> G = make_reflector<T>(c1, row.tail);
    result_.e[static_cast<std::size_t>(i)] = G.beta;
    result_.tau_right[static_cast<std::size_t>(i)] = G.tau;
    v[i + 1] = 1;
    for (index_t j = i + 2; j < A_.cols; ++j) v[j] *= G.scale;

    // A' v = (A' c - beta A' e_1) / (c1 - beta), A' = A - E F^H - u y^H.
    const T factor = G.tau == T{0} ? T{0} : G.tau / (c1 - G.beta);
    std::vector<T> of_pending(static_cast<std::size_t>(pending_));
    for (index_t k = 0; k < pending_; ++k) {
      of_pending[static_cast<std::size_t>(k)] =
          -factor * (row.products[static_cast<std::size_t>(k)] - G.beta * conjugate(F_(i + 1, k)));
    }
    const T of_u = -factor * (row.inner - G.beta * conjugate(y[i + 1]));
    const auto strips = static_cast<index_t>(parts_.size());
    const index_t before = pending_;
    pending_ += 2;
    const bool more = pending_ < E_.cols();
    return by_rows(i + 1, [&](index_t from, index_t to) {
      T* z = E_.view().column(before + 1);
      const T* u = E_.view().column(before);
      for (index_t r = from; r < to; ++r) {
        T sum = swept_(r, 0);
        for (index_t s = 1; s < strips; ++s) sum += swept_(r, s);
        z[r] = factor * (sum - G.beta * A_(r, i + 1)) + of_u * u[r];
      }
      kernels::add_times<T>(to - from, before, E_.data() + from, E_.ld(), of_pending.data(),
                            z + from);
      return more ? load_rows(i + 1, from, to) : Partial<T>{};
    });
  }

  // The rows of A that are done receive v^H.
  void store_right_vectors(index_t first, index_t last) {
    for (index_t j = first + 2; j < A_.cols; ++j) {
      for (index_t i = first; i < std::min(last, j - 1); ++i) {
        A_(i, j) = conjugate(F_(j, 2 * (i - first) + 1));
      }
    }
  }

  MatrixView<T> A_;
  const Context& context_;
  index_t width_;
  Matrix<T> E_;
  Matrix<T> F_;
  Matrix<T> swept_;  // A c, one column for each strip
  index_t pending_ = 0;
  index_t strip_ = 0;
  index_t strip_origin_ = 0;
  std::vector<Partial<T>> parts_;
  Bidiagonal<T> result_;
};

}  // namespace

template <Scalar T>
Bidiagonal<T> bidiagonalize(MatrixView<T> A, const Context& context) {
  return Reduction<T>(A, context).run();
}

template <Scalar T>
void apply_left(const Bidiagonal<T>& bidiagonal,
                MatrixView<const T> A,
                MatrixView<T> X,
                const Context& context) {
  apply_reflectors<T>(Stored::columns, A, bidiagonal.tau_left, X, context);
}

template <Scalar T>
void apply_right(const Bidiagonal<T>& bidiagonal,
                 MatrixView<const T> A,
                 MatrixView<T> Y,
                 const Context& context) {
  if (Y.rows < 2) return;
  apply_reflectors<T>(Stored::rows, A.block(0, 1, Y.rows - 1, Y.rows - 1), bidiagonal.tau_right,
                      Y.block(1, 0, Y.rows - 1, Y.cols), context);
}

template Bidiagonal<float> bidiagonalize(MatrixView<float>, const Context&);
template Bidiagonal<double> bidiagonalize(MatrixView<double>, const Context&);
template Bidiagonal<std::complex<float>> bidiagonalize(MatrixView<std::complex<float>>,
                                                       const Context&);
template Bidiagonal<std::complex<double>> bidiagonalize(MatrixView<std::complex<double>>,
                                                        const Context&);
template void apply_left(const Bidiagonal<float>&,
                         MatrixView<const float>,
                         MatrixView<float>,
                         const Context&);
template void apply_left(const Bidiagonal<double>&,
                         MatrixView<const double>,
                         MatrixView<double>,
                         const Context&);
template void apply_left(const Bidiagonal<std::complex<float>>&,
                         MatrixView<const std::complex<float>>,
                         MatrixView<std::complex<float>>,
                         const Context&);
template void apply_left(const Bidiagonal<std::complex<double>>&,
                         MatrixView<const std::complex<double>>,
                         MatrixView<std::complex<double>>,
                         const Context&);
template void apply_right(const Bidiagonal<float>&,
                          MatrixView<const float>,
                          MatrixView<float>,
                          const Context&);
template void apply_right(const Bidiagonal<double>&,
                          MatrixView<const double>,
                          MatrixView<double>,
                          const Context&);
template void apply_right(const Bidiagonal<std::complex<float>>&,
                          MatrixView<const std::complex<float>>,
                          MatrixView<std::complex<float>>,
                          const Context&);
template void apply_right(const Bidiagonal<std::complex<double>>&,
                          MatrixView<const std::complex<double>>,
                          MatrixView<std::complex<double>>,
                          const Context&);

}  // namespace eckart::factor
