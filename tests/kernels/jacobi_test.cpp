#include "kernels/jacobi.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "tests/cases/random_matrices.hpp"
#include "tests/oracles/wide.hpp"

namespace eckart::kernels {
namespace {

using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
template <class T>
class Jacobi : public testing::Test {};
TYPED_TEST_SUITE(Jacobi, Scalars);

constexpr index_t ld = jacobi_columns;
std::size_t at(index_t i, index_t j) { return static_cast<std::size_t>(i + ld * j); }

template <Scalar T>
oracles::wide_t<T> entry(
    const std::array<typename JacobiProblem<T>::Square, JacobiProblem<T>::parts>& square,
    index_t i,
    index_t j) {
  if constexpr (is_complex<T>) {
    return {square[0][at(i, j)], square[1][at(i, j)]};
  } else {
    return square[0][at(i, j)];
  }
}

template <Scalar T>
oracles::wide_t<T> inner(const cases::WideMatrix<T>& B, index_t i, index_t j) {
  oracles::wide_t<T> sum = 0;
  for (index_t k = 0; k < B.rows; ++k) sum += oracles::times(oracles::conj_of(B(k, i)), B(k, j));
  return sum;
}

// Random columns b_j with the given exponents, and the problem that they pose.
template <Scalar T>
struct Posed {
  cases::WideMatrix<T> B;
  JacobiProblem<T> problem;

  Posed(index_t count, std::vector<int> exponents, std::uint64_t seed) : B(40, count) {
    cases::Random random(seed);
    for (auto& value : B.values) value = oracles::widen(random.entry<T>());
    problem.count = count;
    for (index_t j = 0; j < count; ++j) {
      problem.exponents[static_cast<std::size_t>(j)] = exponents[static_cast<std::size_t>(j)];
      problem.Z[0][at(j, j)] = 1;
      for (index_t i = 0; i < count; ++i) {
        const auto c = inner<T>(B, i, j);
        problem.C[0][at(i, j)] = static_cast<real_t<T>>(std::real(c));
        if constexpr (is_complex<T>) {
          problem.C[1][at(i, j)] = static_cast<real_t<T>>(std::imag(c));
        }
      }
    }
  }

  // Returns the largest cosine between columns of B Z.
  double cosine() const {
    cases::WideMatrix<T> BZ(B.rows, B.cols);
    for (index_t j = 0; j < B.cols; ++j) {
      for (index_t l = 0; l < B.cols; ++l) {
        for (index_t i = 0; i < B.rows; ++i) {
          BZ(i, j) += oracles::times(B(i, l), entry<T>(problem.Z, l, j));
        }
      }
    }
    double largest = 0;
    for (index_t j = 0; j < B.cols; ++j) {
      for (index_t i = 0; i < j; ++i) {
        const auto lengths =
            std::sqrt(std::real(inner<T>(BZ, i, i)) * std::real(inner<T>(BZ, j, j)));
        largest = std::max(largest, static_cast<double>(std::abs(inner<T>(BZ, i, j)) / lengths));
      }
    }
    return largest;
  }

  // Returns the largest entry of W^H W - I, with W the rotations of the unscaled columns.
  double orthonormality_defect() const {
    cases::WideMatrix<T> W(B.cols, B.cols);
    for (index_t j = 0; j < B.cols; ++j) {
      for (index_t i = 0; i < B.cols; ++i) {
        const int ratio = problem.exponents[static_cast<std::size_t>(j)] -
                          problem.exponents[static_cast<std::size_t>(i)];
        W(i, j) = entry<T>(problem.Z, i, j) * std::ldexp(oracles::wide_real_t<T>{1}, ratio);
      }
    }
    double largest = 0;
    for (index_t j = 0; j < B.cols; ++j) {
      for (index_t i = 0; i < B.cols; ++i) {
        const auto defect = inner<T>(W, i, j) - oracles::wide_real_t<T>(i == j ? 1 : 0);
        largest = std::max(largest, static_cast<double>(std::abs(defect)));
      }
    }
    return largest;
  }
};

TYPED_TEST(Jacobi, SweepsMakeColumnsOfEqualScaleOrthogonal) {
  using T = TypeParam;
  const double eps = oracles::epsilon<T>();
  for (const index_t count : {1, 2, 5, 31, 32}) {
    Posed<T> posed(count, std::vector<int>(32, 0), static_cast<std::uint64_t>(count));
    index_t rotations = 1;
    int sweeps = 0;
    for (; rotations > 0 && sweeps < 12; ++sweeps) {
      rotations = jacobi_sweep(posed.problem, static_cast<real_t<T>>(4 * eps)).rotations;
    }
    EXPECT_TRUE(sweeps < 12) << count;
    EXPECT_TRUE(posed.cosine() <= 100 * eps) << count << ": " << posed.cosine();
    EXPECT_TRUE(posed.orthonormality_defect() <= 100 * eps) << count;
  }
}

TYPED_TEST(Jacobi, ColumnsOfVeryDifferentLengthsLoseNothing) {
  using T = TypeParam;
  const double eps = oracles::epsilon<T>();
  // Lengths over the whole range of T, the longest neither first nor last.
  const int reach = std::numeric_limits<real_t<T>>::max_exponent - 10;
  std::vector<int> exponents;
  for (int j = 0; j < 20; ++j) exponents.push_back(reach - 2 * reach * ((7 * j + 3) % 20) / 19);
  Posed<T> posed(20, exponents, 3);
  for (int sweep = 0; sweep < 8; ++sweep) {
    (void)jacobi_sweep(posed.problem, static_cast<real_t<T>>(4 * eps));
  }
  EXPECT_TRUE(posed.cosine() <= 100 * eps) << posed.cosine();
  EXPECT_TRUE(posed.orthonormality_defect() <= 100 * eps) << posed.orthonormality_defect();
}

TYPED_TEST(Jacobi, RotatesColumnsWhoseProductsHaveSquaresThatVanish) {
  using T = TypeParam;
  Posed<T> posed(2, {0, 0}, 5);
  const int tiny = std::numeric_limits<real_t<T>>::min_exponent / 2 - 14;
  for (auto& part : posed.problem.C) {
    for (auto& c : part) c = std::ldexp(c, tiny);
  }
  EXPECT_EQ(jacobi_sweep(posed.problem, real_t<T>(0.001)).rotations, 1);
  EXPECT_TRUE(posed.orthonormality_defect() <= 10 * oracles::epsilon<T>());
  EXPECT_TRUE(posed.cosine() <= 10 * oracles::epsilon<T>());
}

TYPED_TEST(Jacobi, ASweepReportsTheLargestCosineThatItMet) {
  using T = TypeParam;
  JacobiProblem<T> problem;
  problem.count = 2;
  problem.C[0][at(0, 0)] = 4;
  problem.C[0][at(1, 1)] = 1;
  problem.C[0][at(0, 1)] = problem.C[0][at(1, 0)] = 1;  // cosine 1 / (2 * 1)
  problem.Z[0][at(0, 0)] = problem.Z[0][at(1, 1)] = 1;
  EXPECT_EQ(jacobi_sweep<T>(problem, real_t<T>(0.6)).rotations, 0);
  const auto seen = jacobi_sweep<T>(problem, real_t<T>(0.4));
  EXPECT_EQ(seen.rotations, 1);
  EXPECT_TRUE(std::abs(seen.largest_cosine - 0.5) <= 4 * oracles::epsilon<T>());
  EXPECT_TRUE(seen.largest_sine > 0.2 && seen.largest_sine < 0.7072);
}

TYPED_TEST(Jacobi, NotANumberEndsASweep) {
  using T = TypeParam;
  Posed<T> posed(6, std::vector<int>(32, 0), 1);
  posed.problem.C[0][at(2, 3)] = posed.problem.C[0][at(3, 2)] =
      std::numeric_limits<real_t<T>>::quiet_NaN();
  EXPECT_TRUE(jacobi_sweep(posed.problem, real_t<T>(0.001)).rotations <= 15);
}

TEST(ScaleByPower, IsExactWhereThePowerItselfIsNoNumber) {
  const double x[3] = {std::numeric_limits<double>::denorm_min(), 1.5, -0.0};
  double y[3];
  scale_by_power(1, x, 2000, y);
  EXPECT_EQ(y[0], std::ldexp(x[0], 2000));
  scale_by_power(3, x, -999, y);
  EXPECT_EQ(y[1], std::ldexp(1.5, -999));
  scale_by_power(3, x, -1000, y);
  EXPECT_EQ(y[1], std::ldexp(1.5, -1000));
  EXPECT_TRUE(std::signbit(y[2]));
}

}  // namespace
}  // namespace eckart::kernels
