#include "factor/lane_svd.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace eckart::factor {
namespace {

// Odd: columns that are a power of two apart would share few places of the cache.
index_t leading(index_t rows) { return rows | 1; }

template <class T>
index_t pack_reals(index_t rows, index_t cols) {
  return leading(rows) * cols * kernels::Pack<T>::entry;
}

// The rooms of a LaneSvd, in reals.
template <Scalar T>
struct Rooms {
  using Real = real_t<T>;
  index_t m;
  index_t n;
  index_t left_cols;
  bool vectors;

  Rooms(index_t rows, index_t cols, Vectors wanted)
      : m(std::max(rows, cols)),
        n(std::min(rows, cols)),
        left_cols(wanted == Vectors::full ? m : n),
        vectors(wanted != Vectors::none) {}

  index_t column() const { return n * kernels::Pack<T>::entry; }
  index_t diagonal() const { return (n + 1) * kernels::lanes<T>; }
  index_t scratch() const { return kernels::bidiagonal_qr_scratch<Real>(n); }
  index_t total() const {
    const index_t values = pack_reals<T>(m, n) + 2 * column() + 2 * diagonal() + scratch();
    if (!vectors) return values;
    return values + 2 * pack_reals<Real>(n, n) + pack_reals<T>(m, left_cols) + pack_reals<T>(n, n);
  }
};

}  // namespace

template <Scalar T>
double lane_svd_bytes(index_t rows, index_t cols, Vectors vectors) {
  return static_cast<double>(sizeof(real_t<T>)) *
         static_cast<double>(Rooms<T>(rows, cols, vectors).total());
}

template <Scalar T>
LaneSvd<T>::LaneSvd(index_t rows, index_t cols, Vectors vectors)
    : wide_(rows < cols), vectors_(vectors != Vectors::none), n_(std::min(rows, cols)) {
  const Rooms<T> rooms(rows, cols, vectors);
  storage_ = Matrix<Real>(rooms.total(), 1);
  Real* free = storage_.data();
  const auto take = [&](index_t reals) { return std::exchange(free, free + reals); };
  const auto pack = [&]<class P>(P& to, index_t pack_rows, index_t pack_cols) {
    to.rows = pack_rows;
    to.cols = pack_cols;
    to.ld = leading(pack_rows);
    to.data = take(to.ld * pack_cols * P::entry);
  };
  pack(A_, rooms.m, n_);
  tau_q_ = take(rooms.column());
  tau_p_ = take(rooms.column());
  d_ = take(n_ * kernels::lanes<T>);
  e_ = take((n_ + 1) * kernels::lanes<T>) + kernels::lanes<T>;
  scratch_ = take(rooms.scratch());
  if (vectors_) {
    pack(X_, n_, n_);
    pack(Y_, n_, n_);
    pack(left_, rooms.m, rooms.left_cols);
    pack(right_, n_, n_);
  }
  order_.resize(static_cast<std::size_t>(rooms.left_cols * kernels::lanes<T>));
}

template <Scalar T>
void LaneSvd<T>::run(const kernels::Scattered<const T>& A,
                     const kernels::Scattered<T>& U,
                     Real* sigma,
                     const kernels::Scattered<T>& V,
                     LaneStatus* status) {
  // A wide matrix enters as its adjoint: U and V change places.
  kernels::Scattered<const T> tall = A;
  if (wide_) {
    std::swap(tall.row, tall.col);
    tall.conjugated = !A.conjugated;
  }
  int exponents[kernels::lanes<T>];
  bool finite[kernels::lanes<T>];
  bool converged[kernels::lanes<T>];
  kernels::gather_scaled<T>(tall, A_, exponents, finite);

  kernels::bidiagonalize<T>(A_, d_, e_, tau_q_, tau_p_);                  // A = Q B P^H
  kernels::bidiagonal_qr<Real>(n_, d_, e_, X_, Y_, scratch_, converged);  // B = X S Y^T
  if (vectors_) {
    kernels::back_transform_left<T>(A_, tau_q_, X_, left_);    // Q X
    kernels::back_transform_right<T>(A_, tau_p_, Y_, right_);  // P Y
  }
  kernels::orient<T>(n_, d_, wide_ ? left_ : right_, wide_ ? right_ : left_);
  sort(A.count, sigma, exponents);
  if (vectors_) {
    kernels::scatter<T>(left_, order_.data(), wide_ ? V : U);
    kernels::scatter<T>(right_, order_.data(), wide_ ? U : V);
  }
  for (index_t l = 0; l < A.count; ++l) {
    status[l] = !finite[l]      ? LaneStatus::not_finite
                : !converged[l] ? LaneStatus::not_converged
                                : LaneStatus::done;
  }
}

template <Scalar T>
void LaneSvd<T>::sort(index_t count, Real* sigma, const int* exponents) {
  constexpr index_t width = kernels::lanes<T>;
  const index_t columns = static_cast<index_t>(order_.size()) / width;
  std::vector<std::pair<Real, index_t>> values(static_cast<std::size_t>(n_));
  for (index_t l = 0; l < count; ++l) {
    for (index_t k = 0; k < n_; ++k) values[static_cast<std::size_t>(k)] = {-d_[k * width + l], k};
    std::sort(values.begin(), values.end());
    for (index_t k = 0; k < columns; ++k) {
      order_[static_cast<std::size_t>(k * width + l)] =
          k < n_ ? values[static_cast<std::size_t>(k)].second : k;
    }
    for (index_t k = 0; k < n_; ++k) {
      sigma[l * n_ + k] = std::ldexp(0 - values[static_cast<std::size_t>(k)].first, exponents[l]);
    }
  }
}

template class LaneSvd<float>;
template class LaneSvd<double>;
template class LaneSvd<std::complex<float>>;
template class LaneSvd<std::complex<double>>;
template double lane_svd_bytes<float>(index_t, index_t, Vectors);
template double lane_svd_bytes<double>(index_t, index_t, Vectors);
template double lane_svd_bytes<std::complex<float>>(index_t, index_t, Vectors);
template double lane_svd_bytes<std::complex<double>>(index_t, index_t, Vectors);

}  // namespace eckart::factor
