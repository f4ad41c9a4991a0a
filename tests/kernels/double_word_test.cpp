#include "kernels/double_word.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "tests/cases/random_matrices.hpp"

namespace eckart::kernels {
namespace {

using Quad = __float128;

// A matrix and a vector of two words.
struct Problem {
  Matrix<double> A, A_low;
  std::vector<double> x_hi, x_lo;
};

Problem two_words(index_t rows, index_t cols, index_t length) {
  Problem p{cases::gaussian<double>(rows, cols, 1), cases::gaussian<double>(rows, cols, 2), {}, {}};
  const Matrix<double> x = cases::gaussian<double>(length, 2, 3);
  for (index_t i = 0; i < rows * cols; ++i) {
    p.A_low.data()[i] *= 0x1p-55 * std::abs(p.A.data()[i]);
  }
  for (index_t i = 0; i < length; ++i) {
    p.x_hi.push_back(x(i, 0));
    p.x_lo.push_back(0x1p-55 * x(i, 1) * std::abs(x(i, 0)));
  }
  return p;
}

Quad entry(const Problem& p, index_t i, index_t j) { return Quad(p.A(i, j)) + Quad(p.A_low(i, j)); }
Quad factor(const Problem& p, index_t i) {
  return Quad(p.x_hi[std::size_t(i)]) + Quad(p.x_lo[std::size_t(i)]);
}

// Sums of n terms of size about one, to their last digit of double words.
double limit(index_t n) { return double(n) * double(n) * 0x1p-104; }

TEST(DoubleWord, ProductsHaveTwiceTheDigits) {
  for (const index_t rows : {1, 7, 512, 1300}) {
    const index_t cols = 9;
    const Problem p = two_words(rows, cols, cols);
    std::vector<double> hi(std::size_t(rows), 0.25), lo(std::size_t(rows), 0x1p-60);
    add_wide_product<double>({{p.A.data(), p.A_low.data(), rows, cols, 1, p.A.ld()},
                              p.x_hi.data(),
                              p.x_lo.data(),
                              hi.data(),
                              lo.data()});
    for (index_t i = 0; i < rows; ++i) {
      Quad exact = Quad(0.25) + Quad(0x1p-60);
      for (index_t j = 0; j < cols; ++j) exact += entry(p, i, j) * factor(p, j);
      const Quad error = Quad(hi[std::size_t(i)]) + Quad(lo[std::size_t(i)]) - exact;
      EXPECT_TRUE(std::abs(double(error)) <= limit(cols)) << rows << " rows, row " << i;
    }
  }
}

TEST(DoubleWord, SumsOverRowsHaveTwiceTheDigits) {
  for (const index_t rows : {1, 15, 16, 17, 4000}) {
    const index_t cols = 5;
    const Problem p = two_words(rows, cols, rows);
    std::vector<double> hi(std::size_t(cols), 0.25), lo(std::size_t(cols), 0x1p-60);
    add_wide_sums<double>({{p.A.data(), p.A_low.data(), rows, cols, 1, p.A.ld()},
                           p.x_hi.data(),
                           p.x_lo.data(),
                           hi.data(),
                           lo.data()});
    for (index_t j = 0; j < cols; ++j) {
      Quad exact = Quad(0.25) + Quad(0x1p-60);
      for (index_t i = 0; i < rows; ++i) exact += entry(p, i, j) * factor(p, i);
      const Quad error = Quad(hi[std::size_t(j)]) + Quad(lo[std::size_t(j)]) - exact;
      EXPECT_TRUE(std::abs(double(error)) <= limit(rows)) << rows << " rows, column " << j;
    }
  }
}

TEST(DoubleWord, EverySecondNumberIsAMatrixOfItsOwn) {
  const index_t rows = 37, cols = 4;
  const Matrix<std::complex<double>> A = cases::gaussian<std::complex<double>>(rows, cols, 5);
  const auto* parts = reinterpret_cast<const double*>(A.data());
  const std::vector<double> x(rows, 1.5), zero(rows, 0.0);
  for (const int part : {0, 1}) {
    const WideMatrix<double> M{parts + part, nullptr, rows, cols, 2, 2 * A.ld()};
    std::vector<double> f(rows, 0.0), f_lo = f, g(cols, 0.0), g_lo = g;
    add_wide_product<double>({M, x.data(), zero.data(), f.data(), f_lo.data()});
    add_wide_sums<double>({M, x.data(), zero.data(), g.data(), g_lo.data()});
    for (index_t i = 0; i < rows; ++i) {
      Quad sum = 0;
      for (index_t j = 0; j < cols; ++j) sum += 1.5 * Quad(part ? A(i, j).imag() : A(i, j).real());
      EXPECT_EQ(f[std::size_t(i)] + f_lo[std::size_t(i)], double(sum));
    }
    for (index_t j = 0; j < cols; ++j) {
      Quad sum = 0;
      for (index_t i = 0; i < rows; ++i) sum += 1.5 * Quad(part ? A(i, j).imag() : A(i, j).real());
      EXPECT_EQ(g[std::size_t(j)] + g_lo[std::size_t(j)], double(sum));
    }
  }
}

TEST(DoubleWord, SinglePrecisionHasTwiceTheDigitsToo) {
  const index_t rows = 200;
  const Matrix<float> A = cases::gaussian<float>(rows, 1, 6);
  const Matrix<float> w = cases::gaussian<float>(rows, 1, 7);
  const std::vector<float> zero(std::size_t(rows), 0.0F);
  float hi = 0, lo = 0;
  add_wide_sums<float>({{A.data(), nullptr, rows, 1, 1, A.ld()}, w.data(), zero.data(), &hi, &lo});
  Quad exact = 0;
  for (index_t i = 0; i < rows; ++i) exact += Quad(A(i, 0)) * Quad(w(i, 0));
  EXPECT_TRUE(std::abs(double(Quad(hi) + Quad(lo) - exact)) <= double(rows) * rows * 0x1p-46);
}

}  // namespace
}  // namespace eckart::kernels
