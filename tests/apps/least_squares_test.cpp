#include "eckart/apps/least_squares.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "eckart/dense_svd.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/oracles/reference_svd.hpp"
#include "tests/oracles/threaded_ranks.hpp"
#include "tests/oracles/wide.hpp"

namespace eckart {
namespace {

using oracles::wide_t;

// A problem of NIST's Statistical Reference Datasets with its certified answers.
struct Certified {
  std::vector<double> coefficients, deviations;
  double residual_deviation = 0;
  std::vector<std::vector<double>> rows;  // y, then the predictors
};

Certified read_nist(const std::string& name) {
  std::ifstream file(std::filesystem::path(EXAMPLES_DATA) / "nist_strd" / (name + ".dat"));
  Certified set;
  bool data = false, certified = false;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first, second;
    words >> first >> second;
    if (line.find("Certified Regression Statistics") != std::string::npos) certified = true;
    if (first == "Data:" && certified) {
      data = true;
    } else if (data && !first.empty()) {
      std::istringstream numbers(line);
      set.rows.emplace_back();
      for (double x; numbers >> x;) set.rows.back().push_back(x);
    } else if (certified && first.size() > 1 && first[0] == 'B' && std::isdigit(first[1])) {
      double deviation = 0;
      words >> deviation;
      set.coefficients.push_back(std::stod(second));
      set.deviations.push_back(deviation);
    } else if (first == "Standard" && second == "Deviation" && set.residual_deviation == 0) {
      words >> set.residual_deviation;
    }
  }
  return set;
}

double digits(double x, double certified) {
  if (x == certified) return 15;
  const double error = std::abs(x - certified) / (certified == 0 ? 1 : std::abs(certified));
  return std::min(15.0, -std::log10(error));
}

struct NistCase {
  const char* name;
  int degree;  // of a polynomial in one predictor; -1: the predictors and an intercept; 0: without
  double least;
};

class Nist : public testing::TestWithParam<NistCase> {};

TEST_P(Nist, TheCertifiedDigitsComeOut) {
  const Certified set = read_nist(GetParam().name);
  const auto m = static_cast<index_t>(set.rows.size());
  ASSERT_GE(m, 3);
  ASSERT_GE(set.coefficients.size(), 1U);
  Matrix<double> y(m, 1);
  std::vector<double> x;
  for (index_t i = 0; i < m; ++i) {
    y(i, 0) = set.rows[static_cast<std::size_t>(i)][0];
    x.push_back(set.rows[static_cast<std::size_t>(i)][1]);
  }
  PolynomialDesign design;
  LeastSquaresOptions<double> options;
  if (GetParam().degree > 0) {
    design = polynomial_design(x, GetParam().degree);
    options.A_low = std::as_const(design.A_low).view();
  } else {
    const index_t extra = GetParam().degree < 0 ? 1 : 0;
    const auto n = static_cast<index_t>(set.coefficients.size());
    design.A = Matrix<double>(m, n);
    for (index_t i = 0; i < m; ++i) {
      if (extra == 1) design.A(i, 0) = 1;
      for (index_t j = extra; j < n; ++j) {
        design.A(i, j) =
            set.rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j + 1 - extra)];
      }
    }
  }
  const auto result = least_squares<double>(design.A.view(), y.view(), options);
  EXPECT_TRUE(result.refined);
  EXPECT_TRUE(result.scaled_columns);
  double worst = 15, worst_deviation = 15;
  for (std::size_t j = 0; j < set.coefficients.size(); ++j) {
    const auto row = static_cast<index_t>(j);
    worst = std::min(worst, digits(result.X(row, 0), set.coefficients[j]));
    if (set.residual_deviation > 0) {
      worst_deviation =
          std::min(worst_deviation, digits(result.standard_errors(row, 0), set.deviations[j]));
    }
  }
  RecordProperty("digits", std::to_string(worst));
  RecordProperty("digits_of_deviations", std::to_string(worst_deviation));
  EXPECT_TRUE(worst >= GetParam().least) << worst;
  EXPECT_TRUE(worst_deviation >= 6) << worst_deviation;
  if (set.residual_deviation > 0) {
    EXPECT_TRUE(digits(result.deviation[0], set.residual_deviation) >= 11);
  } else {
    EXPECT_TRUE(result.residual_norms[0] <= 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Sets,
                         Nist,
                         testing::Values(NistCase{"Longley", -1, 12},
                                         NistCase{"Filip", 10, 12},
                                         NistCase{"Pontius", 2, 12},
                                         NistCase{"Norris", -1, 12},
                                         NistCase{"NoInt1", 0, 13},
                                         NistCase{"NoInt2", 0, 13},
                                         NistCase{"Wampler1", 5, 13},
                                         NistCase{"Wampler2", 5, 13},
                                         NistCase{"Wampler3", 5, 13},
                                         NistCase{"Wampler4", 5, 13},
                                         NistCase{"Wampler5", 5, 13}),
                         [](const auto& test) { return std::string(test.param.name); });

template <Scalar T>
T unit_power(index_t power, double value) {
  const auto x = static_cast<real_t<T>>(value);
  if constexpr (is_complex<T>) {
    const T turned[] = {{x, 0}, {0, x}, {-x, 0}, {0, -x}};
    return turned[power % 4];
  } else {
    return x;
  }
}

// Powers of 1..12 with columns turned by the imaginary unit, whole numbers all; b = A x + 50 d
// where the binomial differences d are orthogonal to every polynomial of lower degree. So x solves.
template <Scalar T>
struct WholeNumbers {
  static constexpr index_t m = 12, n = 5;
  Matrix<T> A{m, n}, x{n, 2}, b{m, 2}, residual{m, 2};

  WholeNumbers() {
    double difference = 1;
    for (index_t i = 0; i < m; ++i) {
      for (index_t j = 0; j < n; ++j)
        A(i, j) = unit_power<T>(j, std::pow(double(i + 1), double(j)));
      for (index_t c = 0; c < 2; ++c) {
        residual(i, c) = unit_power<T>(c, (i % 2 == 0 ? 50 : -50) * difference);
        b(i, c) = residual(i, c);
      }
      difference = difference * double(m - 1 - i) / double(i + 1);
    }
    for (index_t j = 0; j < n; ++j) {
      x(j, 0) = unit_power<T>(3 * j, double(j + 1));
      x(j, 1) = unit_power<T>(j, double(7 - 2 * j));
      for (index_t c = 0; c < 2; ++c) {
        for (index_t i = 0; i < m; ++i) b(i, c) += A(i, j) * x(j, c);
      }
    }
  }
};

template <class T>
class LeastSquares : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(LeastSquares, Scalars);

TYPED_TEST(LeastSquares, RefinementGivesTheLastDigitOfEveryEntry) {
  using T = TypeParam;
  const WholeNumbers<T> problem;
  const auto plain = least_squares<T>(problem.A.view(), problem.b.view(), {.refine = false});
  const auto result = least_squares<T>(problem.A.view(), problem.b.view());
  double worst_plain = 0;
  for (index_t c = 0; c < 2; ++c) {
    for (index_t j = 0; j < 5; ++j) {
      EXPECT_TRUE(std::abs(result.X(j, c) - problem.x(j, c)) <= oracles::epsilon<T>() / 4);
      worst_plain = std::max(worst_plain, double(std::abs(plain.X(j, c) - problem.x(j, c))));
    }
    for (index_t i = 0; i < 12; ++i) {
      EXPECT_TRUE(std::abs(result.residuals(i, c) - problem.residual(i, c)) <=
                  1e3 * std::pow(oracles::epsilon<T>(), 2));
    }
  }
  EXPECT_TRUE(worst_plain >= 4 * oracles::epsilon<T>()) << "the refinement had something to do";
  EXPECT_TRUE(result.refined);
  EXPECT_GE(result.refinement_steps, 1);
  EXPECT_FALSE(plain.refined);
  EXPECT_EQ(plain.refinement_steps, 0);
}

TYPED_TEST(LeastSquares, WeightsAreRepeatedRows) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(9, 4, 1), B = cases::gaussian<T>(9, 2, 2);
  const std::vector<double> weights = {1, 3, 0, 2, 1, 4, 0, 1, 2};
  index_t total = 0;
  for (const double w : weights) total += static_cast<index_t>(w);
  Matrix<T> many(total, 4), right(total, 2);
  index_t row = 0;
  for (index_t i = 0; i < 9; ++i) {
    for (int k = 0; k < weights[static_cast<std::size_t>(i)]; ++k, ++row) {
      for (index_t j = 0; j < 4; ++j) many(row, j) = A(i, j);
      for (index_t j = 0; j < 2; ++j) right(row, j) = B(i, j);
    }
  }
  const auto weighted =
      least_squares<T>(A.view(), B.view(), {.weights = weights, .covariance = true});
  const auto repeated = least_squares<T>(many.view(), right.view(), {.covariance = true});
  const double tolerance = 100 * oracles::epsilon<T>();
  for (index_t j = 0; j < 4; ++j) {
    for (index_t c = 0; c < 2; ++c) {
      EXPECT_TRUE(std::abs(weighted.X(j, c) - repeated.X(j, c)) <= tolerance);
    }
    for (index_t c = 0; c < 4; ++c) {
      EXPECT_TRUE(std::abs(weighted.covariance(j, c) - repeated.covariance(j, c)) <= tolerance);
    }
  }
  EXPECT_TRUE(std::abs(weighted.residual_norms[0] - repeated.residual_norms[0]) <= tolerance);
  EXPECT_EQ(weighted.degrees_of_freedom, 3) << "7 rows have a say";
  // A row without a say has a residual all the same.
  wide_t<T> left = oracles::widen(B(2, 1));
  for (index_t j = 0; j < 4; ++j) {
    left -= oracles::times(oracles::widen(A(2, j)), oracles::widen(weighted.X(j, 1)));
  }
  EXPECT_TRUE(std::abs(left - oracles::widen(weighted.residuals(2, 1))) <= tolerance);
}

TYPED_TEST(LeastSquares, ARidgeIsTheSolutionOfTheLongerSystem) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{8, 5}, {5, 8}}) {
    const Matrix<T> A = cases::gaussian<T>(m, n, 4), B = cases::gaussian<T>(m, 2, 5);
    const double ridge = 0.81;
    Matrix<T> longer(m + n, n), right(m + n, 2);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) longer(i, j) = A(i, j);
      longer(m + j, j) = static_cast<real_t<T>>(0.9);
    }
    for (index_t c = 0; c < 2; ++c) {
      for (index_t i = 0; i < m; ++i) right(i, c) = B(i, c);
    }
    const auto short_way = least_squares<T>(A.view(), B.view(), {.ridge = ridge});
    const auto long_way = least_squares<T>(longer.view(), right.view());
    for (index_t c = 0; c < 2; ++c) {
      for (index_t j = 0; j < n; ++j) {
        EXPECT_TRUE(std::abs(short_way.X(j, c) - long_way.X(j, c)) <= 100 * oracles::epsilon<T>());
      }
    }
    EXPECT_EQ(short_way.ridge, ridge);
    EXPECT_TRUE(short_way.degrees_of_freedom > double(m) - double(std::min(m, n)));
  }
}

TYPED_TEST(LeastSquares, OfManySolutionsTheShortestIsReturned) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{10, 6}, {6, 10}, {7, 7}}) {
    const auto made = cases::prescribed<T>(m, n, {4, 2, 1}, 6);
    const Matrix<T> B = cases::gaussian<T>(m, 2, 7);
    const auto result = least_squares<T>(made.A.view(), B.view());
    EXPECT_EQ(result.rank.rank, 3);
    EXPECT_TRUE(result.rank.smallest_kept > 0.9 && result.rank.largest_dropped < 1e-4);
    EXPECT_FALSE(result.scaled_columns);
    EXPECT_TRUE(std::isinf(result.condition_number));
    for (index_t c = 0; c < 2; ++c) {
      // sqrt(sum of squares / (m - 3)).
      EXPECT_TRUE(std::abs(result.deviation[static_cast<std::size_t>(c)] *
                               std::sqrt(static_cast<double>(m - 3)) -
                           result.residual_norms[static_cast<std::size_t>(c)]) <=
                  100 * oracles::epsilon<T>());
      for (index_t j = 0; j < n;
           ++j) {  // x = V diag(1 / sigma) U^H b by the factors it was made of
        wide_t<T> x = 0;
        for (index_t i = 0; i < 3; ++i) {
          wide_t<T> inner = 0;
          for (index_t r = 0; r < m; ++r) {
            inner += oracles::times(oracles::conj_of(oracles::widen(made.U(r, i))),
                                    oracles::widen(B(r, c)));
          }
          x += oracles::times(oracles::widen(made.V(j, i)), inner) /
               static_cast<oracles::wide_real_t<T>>(made.sigma[static_cast<std::size_t>(i)]);
        }
        EXPECT_TRUE(std::abs(x - oracles::widen(result.X(j, c))) <= 100 * oracles::epsilon<T>());
      }
    }
  }
}

TYPED_TEST(LeastSquares, TruncationAndToleranceUseTheLeadingTriplets) {
  using T = TypeParam;
  const Matrix<T> A = cases::prescribed<T>(9, 5, {4, 2, 1, 0.1L, 0.01L}, 6).A;
  const Matrix<T> B = cases::gaussian<T>(9, 1, 7);
  const auto truncated = least_squares<T>(A.view(), B.view(), {.truncate = 3});
  const auto tolerant = least_squares<T>(A.view(), B.view(), {.rcond = 0.1});
  EXPECT_EQ(tolerant.rank.rank, 3);
  EXPECT_EQ(truncated.rank.rank, 3);
  EXPECT_TRUE(std::abs(truncated.rank.largest_dropped - 0.1) <= 1e-5);
  const SvdResult<T> svd = dense_svd(*make_operator(A.view()));
  const Matrix<T> X = Factors(svd).solve(B.view(), {.relative = 0.1});
  for (index_t j = 0; j < 5; ++j) {
    EXPECT_TRUE(std::abs(truncated.X(j, 0) - X(j, 0)) <= 50 * oracles::epsilon<T>());
    EXPECT_EQ(truncated.X(j, 0), tolerant.X(j, 0));
  }
  EXPECT_EQ(least_squares<T>(A.view(), B.view(), {.truncate = 0}).X(2, 0), T{0});
  EXPECT_EQ(least_squares<T>(A.view(), B.view(), {.truncate = 99}).rank.rank, 5);
}

TYPED_TEST(LeastSquares, ExtremeScalesAndUnitsChangeNothing) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(8, 3, 1), B = cases::gaussian<T>(8, 1, 2);
  const auto usual = least_squares<T>(A.view(), B.view());
  const int top = std::numeric_limits<real_t<T>>::max_exponent - 4;
  for (const auto& [a, b] : {std::pair<int, int>{top, top}, {-top, -top}, {top, -20}, {0, 20}}) {
    Matrix<T> A2 = A.clone(), B2 = B.clone();
    const auto scale = [](Matrix<T>& M, index_t j, int power) {
      for (index_t i = 0; i < M.rows(); ++i) {
        if constexpr (is_complex<T>) {
          M(i, j) = {std::ldexp(M(i, j).real(), power), std::ldexp(M(i, j).imag(), power)};
        } else {
          M(i, j) = std::ldexp(M(i, j), power);
        }
      }
    };
    scale(A2, 0, a);  // one column in other units
    scale(B2, 0, b);
    const auto result = least_squares<T>(A2.view(), B2.view());
    EXPECT_TRUE(result.scaled_columns);
    for (index_t j = 0; j < 3; ++j) {
      const int power = b - (j == 0 ? a : 0);
      const auto expected = std::ldexp(double(std::abs(usual.X(j, 0))), power);
      EXPECT_TRUE(std::abs(double(std::abs(result.X(j, 0))) - expected) <=
                  8 * oracles::epsilon<T>() * expected +
                      double(std::numeric_limits<real_t<T>>::denorm_min()))
          << a << " " << b << " " << j;
    }
  }
}

// Standard errors and covariance against their definition, in 113 bits.
TEST(LeastSquaresErrors, AreThoseOfTheNormalEquations) {
  const Matrix<double> A = cases::gaussian<double>(12, 3, 9), B = cases::gaussian<double>(12, 1, 3);
  const auto result = least_squares<double>(A.view(), B.view(), {.covariance = true});
  using oracles::Quad;
  Quad G[3][6] = {};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (index_t r = 0; r < 12; ++r) G[i][j] += Quad(A(r, i)) * Quad(A(r, j));
    }
    G[i][3 + i] = 1;
  }
  for (int i = 0; i < 3; ++i) {  // Gauss and Jordan: positive definite, no pivots
    const Quad pivot = G[i][i];
    for (int j = 0; j < 6; ++j) G[i][j] /= pivot;
    for (int k = 0; k < 3; ++k) {
      if (k == i) continue;
      const Quad factor = G[k][i];
      for (int j = 0; j < 6; ++j) G[k][j] -= factor * G[i][j];
    }
  }
  double squares = 0;
  for (index_t r = 0; r < 12; ++r) squares += std::pow(result.residuals(r, 0), 2);
  EXPECT_TRUE(std::abs(result.deviation[0] - std::sqrt(squares / 9)) <= 1e-14);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      EXPECT_TRUE(std::abs(result.covariance(i, j) - double(G[i][3 + j])) <= 1e-14);
    }
    EXPECT_TRUE(std::abs(result.standard_errors(i, 0) -
                         std::sqrt(double(G[i][3 + i]) * squares / 9)) <= 1e-14);
  }
}

TEST(LeastSquaresErrors, AmplificationBoundsWhatASmallChangeDoes) {
  const Matrix<double> A = cases::prescribed<double>(20, 4, {1, 0.1L, 1e-3L, 1e-5L}, 4).A;
  const Matrix<double> B = cases::gaussian<double>(20, 1, 8);
  const auto result = least_squares<double>(A.view(), B.view());
  cases::Random random(5);
  const double change = 1e-12;
  double worst = 0, size = 0;
  for (index_t j = 0; j < 4; ++j) size = std::hypot(size, result.X(j, 0));
  for (int trial = 0; trial < 20; ++trial) {
    Matrix<double> A2 = A.clone(), B2 = B.clone();
    for (index_t i = 0; i < 80; ++i) A2.data()[i] *= 1 + change * (2 * random.uniform() - 1);
    for (index_t i = 0; i < 20; ++i) B2.data()[i] *= 1 + change * (2 * random.uniform() - 1);
    const auto other = least_squares<double>(A2.view(), B2.view());
    double difference = 0;
    for (index_t j = 0; j < 4; ++j) {
      difference = std::hypot(difference, other.X(j, 0) - result.X(j, 0));
    }
    worst = std::max(worst, difference / size / change);
  }
  EXPECT_TRUE(worst <= 4 * result.amplification) << worst;
  EXPECT_TRUE(worst >= result.amplification / 1000) << worst;
}

TEST(ChooseRidge, CrossValidationFindsTheMinimumOfItsScore) {
  const Matrix<double> A =
      cases::prescribed<double>(
          40, 12, {1, 0.5L, 0.2L, 0.1L, 0.03L, 0.01L, 3e-3L, 1e-3L, 3e-4L, 1e-4L, 1e-5L, 1e-6L}, 3)
          .A;
  const Matrix<double> truth = cases::gaussian<double>(12, 1, 3),
                       noise = cases::gaussian<double>(40, 1, 9);
  Matrix<double> b(40, 1);
  for (index_t i = 0; i < 40; ++i) {
    for (index_t j = 0; j < 12; ++j) b(i, 0) += A(i, j) * truth(j, 0);
    b(i, 0) += 1e-3 * noise(i, 0);
  }
  // The score by its definition: refit and leave nothing to formulas of the code.
  const auto score = [&](double ridge) {
    const auto fit = least_squares<double>(A.view(), b.view(), {.ridge = ridge});
    return std::pow(fit.residual_norms[0] / fit.degrees_of_freedom, 2);
  };
  const auto chosen = least_squares<double>(A.view(), b.view(), {.choose_ridge = RidgeChoice::gcv});
  EXPECT_TRUE(chosen.ridge > 0);
  for (double factor = 1e-6; factor < 1e6; factor *= 1.3) {
    EXPECT_TRUE(score(chosen.ridge) <= score(chosen.ridge * factor) * (1 + 1e-9)) << factor;
  }
  // Either choice is better than none, by far.
  const auto error = [&](const LeastSquaresResult<double>& fit) {
    double sum = 0;
    for (index_t j = 0; j < 12; ++j) sum = std::hypot(sum, fit.X(j, 0) - truth(j, 0));
    return sum;
  };
  const double none = error(least_squares<double>(A.view(), b.view()));
  EXPECT_TRUE(error(chosen) <= none / 50);
  const auto corner =
      least_squares<double>(A.view(), b.view(), {.choose_ridge = RidgeChoice::l_curve});
  EXPECT_TRUE(error(corner) <= none / 50) << corner.ridge;
  // The corner by its definition: of all points the farthest below the chord of the curve's ends.
  const auto bend = [&](double t) {
    const auto point = [&](double at) {
      const auto fit = least_squares<double>(A.view(), b.view(), {.ridge = std::exp(at)});
      double norm = 0;
      for (index_t j = 0; j < 12; ++j) norm = std::hypot(norm, fit.X(j, 0));
      return std::pair(std::log(fit.residual_norms[0]), std::log(norm));
    };
    const auto [x0, y0] = point(t - 0.05);
    const auto [x1, y1] = point(t);
    const auto [x2, y2] = point(t + 0.05);
    const double turn = (x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1);
    return turn / std::pow(std::hypot(x2 - x0, y2 - y0), 3);
  };
  const double at_corner = bend(std::log(corner.ridge));
  for (double shift = -8; shift <= 6; shift += 0.5) {
    EXPECT_TRUE(bend(std::log(corner.ridge) + shift) <= at_corner * 1.05) << shift;
  }
}

TEST(LeastSquaresEdges, AsManyEquationsAsUnknownsLeaveNoDeviation) {
  const Matrix<double> A = cases::gaussian<double>(4, 4, 1), B = cases::gaussian<double>(4, 1, 2);
  const auto result = least_squares<double>(A.view(), B.view());
  EXPECT_EQ(result.degrees_of_freedom, 0);
  EXPECT_EQ(result.deviation[0], 0);
}

TEST(LeastSquaresEdges, EmptyAndZeroProblemsHaveAnswers) {
  const Matrix<double> none(0, 3), tall(4, 0), zero(4, 3), b(4, 1), b0(0, 1);
  EXPECT_EQ(least_squares<double>(none.view(), b0.view()).X.rows(), 3);
  EXPECT_EQ(least_squares<double>(tall.view(), b.view()).X.rows(), 0);
  const auto result = least_squares<double>(zero.view(), b.view());
  EXPECT_EQ(result.rank.rank, 0);
  EXPECT_EQ(result.X(1, 0), 0);
  Matrix<double> ones(4, 1);
  for (index_t i = 0; i < 4; ++i) ones(i, 0) = 1;
  const auto outside = least_squares<double>(zero.view(), ones.view());
  EXPECT_EQ(outside.residual_norms[0], 2) << "b outside the range is all residual";
  EXPECT_EQ(outside.X(0, 0), 0);
  EXPECT_EQ(least_squares<double>(zero.view(), ones.view(), {.ridge = 0}).X(0, 0), 0);
  EXPECT_EQ(least_squares<double>(ones.view(), b.view()).X(0, 0), 0) << "b is zero";
  EXPECT_EQ(least_squares<double>(ones.view(), Matrix<double>(4, 0).view()).X.cols(), 0);
}

TEST(LeastSquaresEdges, MistakesAreNamed) {
  const Matrix<double> A = cases::gaussian<double>(5, 2, 1), B = cases::gaussian<double>(5, 1, 2);
  const auto refused = [&](const LeastSquaresOptions<double>& o) {
    EXPECT_THROW((void)least_squares<double>(A.view(), B.view(), o), InvalidArgument);
  };
  refused({.ridge = -1});
  refused({.ridge = NAN});
  refused({.rcond = 1});
  refused({.truncate = -1});
  refused({.ridge = 1, .rcond = 0.1});
  const std::vector<double> few = {1, 1}, zero(5, 0.0), negative = {1, 1, 1, 1, -1};
  refused({.weights = few});
  refused({.weights = zero});
  refused({.weights = negative});
  refused({.A_low = B.view()});
  EXPECT_THROW((void)least_squares<double>(A.view(), A.view().block(0, 0, 4, 1)), InvalidArgument);
  EXPECT_THROW((void)polynomial_design(few, -1), InvalidArgument);
  for (const double odd : {NAN, INFINITY}) {
    Matrix<double> A2 = A.clone(), B2 = B.clone();
    A2(3, 1) = odd;
    EXPECT_THROW((void)least_squares<double>(A2.view(), B.view()), NonFiniteInput);
    B2(2, 0) = odd;
    EXPECT_THROW((void)least_squares<double>(A.view(), B2.view()), NonFiniteInput);
  }
  Matrix<double> tiny(1, 1), huge(1, 1);
  tiny(0, 0) = 1e-300;
  huge(0, 0) = 1e300;
  EXPECT_THROW((void)least_squares<double>(tiny.view(), huge.view()), Overflow);
}

TEST(LeastSquaresEdges, AnyNumberOfThreadsGivesTheSameBits) {
  const Matrix<double> A = cases::gaussian<double>(400, 60, 1),
                       B = cases::gaussian<double>(400, 2, 2);
  Context one(1);
  const auto first = least_squares<double>(A.view(), B.view(), {}, one);
  for (const int threads : {2, 3}) {
    Context context(threads);
    const auto other = least_squares<double>(A.view(), B.view(), {}, context);
    EXPECT_TRUE(std::equal(first.X.data(), first.X.data() + 120, other.X.data()));
    EXPECT_TRUE(std::equal(first.standard_errors.data(), first.standard_errors.data() + 120,
                           other.standard_errors.data()));
  }
}

// Rows of rank r: an uneven cut in which the second of several ranks has none.
Shard uneven_cut(index_t rows, const Communicator& ranks) {
  const index_t parts = std::max(ranks.size() - 1, 1);
  const index_t part = std::max(ranks.rank() - 1, 0);
  if (ranks.rank() == 1) return Shard::counted(ranks, 0);
  return Shard::counted(ranks, rows * (part + 1) / parts - rows * part / parts);
}

TEST(LeastSquaresOverRanks, FindsWhatOneProcessFindsHoweverTheRowsAreCut) {
  const Matrix<double> A = cases::gaussian<double>(41, 5, 1), B = cases::gaussian<double>(41, 2, 2);
  std::vector<double> weights;
  for (index_t i = 0; i < 41; ++i) weights.push_back(i % 7 == 0 ? 0 : 1 + 0.1 * double(i));
  const std::vector<LeastSquaresOptions<double>> requests = {
      {},
      {.weights = weights, .coefficients = true, .covariance = true},
      {.ridge = 2.0},
      {.truncate = 3, .weights = weights}};
  for (const LeastSquaresOptions<double>& request : requests) {
    const auto whole = least_squares<double>(A.view(), B.view(), request);
    for (int size = 1; size <= 4; ++size) {
      oracles::ThreadedRanks::run(size, [&](const Communicator& ranks) {
        const Shard rows = uneven_cut(41, ranks);
        LeastSquaresOptions<double> options = request;
        options.ranks = &ranks;
        options.weights = request.weights.empty()
                              ? request.weights
                              : request.weights.subspan(static_cast<std::size_t>(rows.first),
                                                        static_cast<std::size_t>(rows.count));
        Context context(1);
        const auto found =
            least_squares<double>(A.view().block(rows.first, 0, rows.count, 5),
                                  B.view().block(rows.first, 0, rows.count, 2), options, context);
        EXPECT_EQ(found.refined, whole.refined);
        EXPECT_EQ(found.rank.rank, whole.rank.rank);
        EXPECT_TRUE(std::abs(found.degrees_of_freedom - whole.degrees_of_freedom) <= 1e-12);
        EXPECT_TRUE(std::abs(found.ridge - whole.ridge) <= 1e-12 * whole.ridge);
        EXPECT_TRUE(std::abs(found.amplification - whole.amplification) <=
                    1e-10 * whole.amplification);
        EXPECT_TRUE(std::abs(found.condition_number / whole.condition_number - 1) <= 1e-12);
        for (index_t c = 0; c < 2; ++c) {
          const auto at = static_cast<std::size_t>(c);
          EXPECT_TRUE(std::abs(found.residual_norms[at] / whole.residual_norms[at] - 1) <= 1e-13);
          EXPECT_TRUE(std::abs(found.deviation[at] / whole.deviation[at] - 1) <= 1e-13);
          for (index_t j = 0; j < 5; ++j) {
            EXPECT_TRUE(std::abs(found.X(j, c) - whole.X(j, c)) <= 1e-14);
          }
          for (index_t i = 0; i < rows.count; ++i) {
            EXPECT_TRUE(std::abs(found.residuals(i, c) - whole.residuals(rows.first + i, c)) <=
                        1e-14);
          }
        }
        ASSERT_EQ(found.covariance.rows(), whole.covariance.rows());
        for (index_t j = 0; j < found.covariance.rows(); ++j) {
          EXPECT_TRUE(std::abs(found.covariance(j, j) / whole.covariance(j, j) - 1) <= 1e-12);
        }
      });
    }
  }
}

// What refinement is for: x is right to the last digits though the columns are nearly dependent.
TEST(LeastSquaresOverRanks, RefinesAnIllConditionedFitToTheLastDigits) {
  Matrix<double> A(60, 8), B(60, 1);
  for (index_t i = 0; i < 60; ++i) {
    for (index_t j = 0; j < 8; ++j) {
      A(i, j) = std::pow(static_cast<double>(i), static_cast<double>(j));  // exact
      B(i, 0) += A(i, j);                                                  // likewise
    }
  }
  oracles::ThreadedRanks::run(3, [&](const Communicator& ranks) {
    const Shard rows = Shard::even(ranks, 60);
    Context context(1);
    const auto found = least_squares<double>(A.view().block(rows.first, 0, rows.count, 8),
                                             B.view().block(rows.first, 0, rows.count, 1),
                                             {.ranks = &ranks}, context);
    EXPECT_TRUE(found.refined);
    for (index_t j = 0; j < 8; ++j) EXPECT_TRUE(std::abs(found.X(j, 0) - 1) <= 1e-15) << j;
  });
}

TEST(LeastSquaresOverRanks, NamesABadEntryByItsPlaceInTheWhole) {
  Matrix<double> A = cases::gaussian<double>(20, 3, 1);
  const Matrix<double> B = cases::gaussian<double>(20, 1, 2);
  A(17, 2) = std::numeric_limits<double>::quiet_NaN();
  try {
    oracles::ThreadedRanks::run(2, [&](const Communicator& ranks) {
      const Shard rows = Shard::even(ranks, 20);
      Context context(1);
      (void)least_squares<double>(A.view().block(rows.first, 0, rows.count, 3),
                                  B.view().block(rows.first, 0, rows.count, 1), {.ranks = &ranks},
                                  context);
    });
    FAIL();
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 17);
    EXPECT_EQ(error.col(), 2);
  }
}

}  // namespace
}  // namespace eckart
