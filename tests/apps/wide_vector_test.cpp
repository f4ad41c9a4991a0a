#include "apps/wide_vector.hpp"

#include <gtest/gtest.h>

#include <complex>

#include "eckart/context.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart::apps {
namespace {

using Complex = std::complex<double>;
using Quad = __float128;

struct QuadComplex {
  Quad re = 0, im = 0;
  void subtract(Complex a, Complex b) {
    re -= Quad(a.real()) * b.real() - Quad(a.imag()) * b.imag();
    im -= Quad(a.real()) * b.imag() + Quad(a.imag()) * b.real();
  }
};

template <Scalar T>
WideVector<T> wide(const Matrix<T>& x) {
  WideVector<T> w(x.rows());
  for (index_t i = 0; i < x.rows(); ++i) w.set(i, x(i, 0));
  return w;
}

TEST(WideVector, ComplexProductsAndSumsArePlainOnesInHigherPrecision) {
  const index_t m = 5000, n = 3;
  const Matrix<Complex> A = cases::gaussian<Complex>(m, n, 1),
                        z = cases::gaussian<Complex>(n, 1, 2),
                        b = cases::gaussian<Complex>(m, 1, 3);
  WideVector<Complex> f = wide(b);
  f.subtract_product(A.view(), {}, wide(z), default_context());
  for (index_t i = 0; i < m; ++i) {
    QuadComplex exact{b(i, 0).real(), b(i, 0).imag()};
    for (index_t j = 0; j < n; ++j) exact.subtract(A(i, j), z(j, 0));
    EXPECT_EQ(f.rounded(i), Complex(double(exact.re), double(exact.im)));
  }
  const std::vector<Complex> g =
      adjoint_product<Complex>(A.view(), {}, wide(b), Shard::whole(A.rows()), default_context());
  for (index_t j = 0; j < n; ++j) {
    QuadComplex exact;
    for (index_t i = 0; i < m; ++i) exact.subtract(-std::conj(A(i, j)), b(i, 0));
    EXPECT_EQ(g[std::size_t(j)], Complex(double(exact.re), double(exact.im)));
  }
}

TEST(WideVector, SmallChangesAreKeptBelowTheLastDigit) {
  WideVector<double> x(1);
  x.set(0, 1.0);
  for (int k = 0; k < 1024; ++k) x.add(0, 0x1p-70);
  WideVector<double> one(1);
  one.set(0, 1.0);
  x.subtract(one);
  EXPECT_EQ(x.rounded(0), 0x1p-60);
  x.scale(0, 3.0);
  EXPECT_EQ(x.rounded(0), 3 * 0x1p-60);
}

TEST(WideVector, ProductsHaveTheSameBitsForAnyNumberOfThreads) {
  const Matrix<double> A = cases::gaussian<double>(20000, 4, 1),
                       z = cases::gaussian<double>(4, 1, 2),
                       b = cases::gaussian<double>(20000, 1, 3);
  std::vector<double> first, sums;
  for (const int threads : {1, 2, 3}) {
    Context context;
    context.set_threads(threads);
    WideVector<double> f = wide(b);
    f.subtract_product(A.view(), {}, wide(z), context);
    std::vector<double> all;
    for (index_t i = 0; i < f.size(); ++i) all.push_back(f.rounded(i));
    const std::vector<double> g =
        adjoint_product<double>(A.view(), {}, f, Shard::whole(A.rows()), context);
    if (threads == 1) {
      first = all;
      sums = g;
    }
    EXPECT_EQ(all, first);
    EXPECT_EQ(g, sums);
  }
}

}  // namespace
}  // namespace eckart::apps
