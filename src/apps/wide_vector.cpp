#include "apps/wide_vector.hpp"

#include <utility>

#include "apps/double_word.hpp"
#include "core/parallel.hpp"
#include "kernels/double_word.hpp"

namespace eckart::apps {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

constexpr index_t chunk = 4096;  // rows

// Rows [first, last) of the real (part 0) or imaginary (part 1) parts of A + A_low.
template <Scalar T>
kernels::WideMatrix<real_t<T>> rows_of(
    MatrixView<const T> A, MatrixView<const T> A_low, index_t first, index_t last, int part) {
  using Real = real_t<T>;
  constexpr index_t step = is_complex<T> ? 2 : 1;
  const auto place = [&](const T* data) {
    return data ? reinterpret_cast<const Real*>(data + first) + part : nullptr;
  };
  return {place(A.data), place(A_low.data), last - first, A.cols, step, step * A.ld};
}

// sums <- their sums over the ranks, which all ranks add up in the same order.
template <class Real>
void sum_over_ranks(const Shard& rows, std::vector<DoubleWord<Real>>& sums) {
  if (rows.alone()) return;
  const std::size_t count = 2 * sums.size();
  const auto size = static_cast<std::size_t>(rows.ranks->size());
  std::vector<index_t> bounds;
  for (std::size_t r = 0; r <= size; ++r) bounds.push_back(static_cast<index_t>(r * count));
  std::vector<Real> words(size * count);
  const std::size_t here = static_cast<std::size_t>(rows.ranks->rank()) * count;
  for (std::size_t j = 0; j < sums.size(); ++j) {
    words[here + 2 * j] = sums[j].hi;
    words[here + 2 * j + 1] = sums[j].lo;
  }
  rows.ranks->gather_pieces(words, bounds);
  for (std::size_t j = 0; j < sums.size(); ++j) {
    sums[j] = {};
    for (std::size_t r = 0; r < size; ++r) {
      sums[j].add({words[r * count + 2 * j], words[r * count + 2 * j + 1]});
    }
  }
}

template <class Real>
std::vector<Real> negative(std::vector<Real> x) {
  for (Real& value : x) value = -value;
  return x;
}

}  // namespace

template <Scalar T>
WideVector<T>::WideVector(index_t n) {
  re_ = {std::vector<Real>(at(n)), std::vector<Real>(at(n))};
  if constexpr (is_complex<T>) im_ = re_;
}

template <Scalar T>
T WideVector<T>::rounded(index_t i) const {
  if constexpr (is_complex<T>) {
    return {re_.hi[at(i)] + re_.lo[at(i)], im_.hi[at(i)] + im_.lo[at(i)]};
  } else {
    return re_.hi[at(i)] + re_.lo[at(i)];
  }
}

template <Scalar T>
void WideVector<T>::set(index_t i, T x) {
  re_.hi[at(i)] = std::real(x);
  re_.lo[at(i)] = 0;
  if constexpr (is_complex<T>) {
    im_.hi[at(i)] = std::imag(x);
    im_.lo[at(i)] = 0;
  }
}

template <Scalar T>
void WideVector<T>::add(index_t i, T x) {
  const auto add_to = [&](Words& words, Real part) {
    DoubleWord<Real> word{words.hi[at(i)], words.lo[at(i)]};
    word.add(part);
    word = word.normalized();
    words.hi[at(i)] = word.hi;
    words.lo[at(i)] = word.lo;
  };
  add_to(re_, std::real(x));
  if constexpr (is_complex<T>) add_to(im_, std::imag(x));
}

template <Scalar T>
void WideVector<T>::scale(index_t i, Real factor) {
  const auto scale_one = [&](Words& words) {
    DoubleWord<Real> word;
    word.add_product({words.hi[at(i)], words.lo[at(i)]}, {factor, 0});
    word = word.normalized();
    words.hi[at(i)] = word.hi;
    words.lo[at(i)] = word.lo;
  };
  scale_one(re_);
  if constexpr (is_complex<T>) scale_one(im_);
}

template <Scalar T>
void WideVector<T>::subtract(const WideVector& x) {
  const auto subtract_from = [](Words& words, const Words& other) {
    for (std::size_t i = 0; i < words.hi.size(); ++i) {
      DoubleWord<Real> word{words.hi[i], words.lo[i]};
      word.add({-other.hi[i], -other.lo[i]});
      words.hi[i] = word.hi;
      words.lo[i] = word.lo;
    }
  };
  subtract_from(re_, x.re_);
  if constexpr (is_complex<T>) subtract_from(im_, x.im_);
}

template <Scalar T>
void WideVector<T>::subtract_product(MatrixView<const T> A,
                                     MatrixView<const T> A_low,
                                     const WideVector& z,
                                     Context& context) {
  const Words minus_re{negative(z.re_.hi), negative(z.re_.lo)};
  const Words minus_im{negative(z.im_.hi), negative(z.im_.lo)};
  core::for_each_chunk(A.rows, chunk, context, [&](index_t, index_t first, index_t last) {
    const auto add_product = [&](int part, const Words& factor, Words& sum) {
      kernels::add_wide_product<Real>({rows_of(A, A_low, first, last, part), factor.hi.data(),
                                       factor.lo.data(), sum.hi.data() + first,
                                       sum.lo.data() + first});
    };
    add_product(0, minus_re, re_);
    if constexpr (is_complex<T>) {
      add_product(1, z.im_, re_);
      add_product(0, minus_im, im_);
      add_product(1, minus_re, im_);
    }
  });
}

template <Scalar T>
std::vector<T> adjoint_product(MatrixView<const T> A,
                               MatrixView<const T> A_low,
                               const WideVector<T>& w,
                               const Shard& rows,
                               Context& context) {
  using Real = real_t<T>;
  using Words = typename WideVector<T>::Words;
  // One product of a real part of A with a real part of w: by chunks of rows, added in order.
  const index_t chunks = core::count_chunks(A.rows, chunk);
  const auto sums_of = [&](int part, const Words& factor) {
    std::vector<Real> hi(at(chunks * A.cols)), lo(at(chunks * A.cols));
    core::for_each_chunk(A.rows, chunk, context, [&](index_t c, index_t first, index_t last) {
      kernels::add_wide_sums<Real>({rows_of(A, A_low, first, last, part), factor.hi.data() + first,
                                    factor.lo.data() + first, hi.data() + c * A.cols,
                                    lo.data() + c * A.cols});
    });
    std::vector<DoubleWord<Real>> sums(at(A.cols));
    for (index_t c = 0; c < chunks; ++c) {
      for (index_t j = 0; j < A.cols; ++j) {
        sums[at(j)].add({hi[at(c * A.cols + j)], lo[at(c * A.cols + j)]});
      }
    }
    sum_over_ranks(rows, sums);
    return sums;
  };
  auto re = sums_of(0, w.re_);
  std::vector<T> product(at(A.cols));
  if constexpr (is_complex<T>) {
    const auto more = sums_of(1, w.im_), less = sums_of(1, w.re_);
    auto im = sums_of(0, w.im_);
    for (std::size_t j = 0; j < product.size(); ++j) {
      re[j].add(more[j]);
      im[j].add({-less[j].hi, -less[j].lo});
      product[j] = {re[j].rounded(), im[j].rounded()};
    }
  } else {
    for (std::size_t j = 0; j < product.size(); ++j) product[j] = re[j].rounded();
  }
  return product;
}

template class WideVector<float>;
template class WideVector<double>;
template class WideVector<std::complex<float>>;
template class WideVector<std::complex<double>>;
template std::vector<float> adjoint_product(MatrixView<const float>,
                                            MatrixView<const float>,
                                            const WideVector<float>&,
                                            const Shard&,
                                            Context&);
template std::vector<double> adjoint_product(MatrixView<const double>,
                                             MatrixView<const double>,
                                             const WideVector<double>&,
                                             const Shard&,
                                             Context&);
template std::vector<std::complex<float>> adjoint_product(MatrixView<const std::complex<float>>,
                                                          MatrixView<const std::complex<float>>,
                                                          const WideVector<std::complex<float>>&,
                                                          const Shard&,
                                                          Context&);
template std::vector<std::complex<double>> adjoint_product(MatrixView<const std::complex<double>>,
                                                           MatrixView<const std::complex<double>>,
                                                           const WideVector<std::complex<double>>&,
                                                           const Shard&,
                                                           Context&);

}  // namespace eckart::apps
