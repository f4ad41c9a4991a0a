#include "eckart/certify.hpp"

#include <cmath>
#include <string>

#include "eckart/error.hpp"
#include "eckart/svd.hpp"
#include "factor/certificate.hpp"
#include "tests/drivers/driver_testing.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <class T>
class Certify : public testing::Test {
 public:
  static constexpr index_t m = 60;
  static constexpr index_t n = 45;
  static constexpr index_t k = 6;
  std::vector<long double> spectrum = cases::geometric_spectrum(n, 0.001L);
  cases::Factored<T> made = cases::prescribed<T>(m, n, spectrum, 3);
  std::unique_ptr<LinearOperator<T>> op = make_operator<T>(view(made.A));

  Certificate judge(const SvdResult<T>& f, const CertifyOptions& options = {}) const {
    return certify<T>(*op, view(f.U), f.sigma, view(f.V), options);
  }
  SvdResult<T> right() const { return leading(made, k); }
  void expect_fails(const SvdResult<T>& f, const std::string& what) const {
    const Certificate certificate = judge(f);
    EXPECT_FALSE(certificate.met) << what;
    EXPECT_FALSE(certificate.findings.empty()) << what;
  }
};
TYPED_TEST_SUITE(Certify, Scalars);

TYPED_TEST(Certify, PassesARightFactorisationAndMeasuresIt) {
  using T = TypeParam;
  const SvdResult<T> f = this->right();
  const Certificate certificate = this->judge(f);
  EXPECT_TRUE(certificate.met) << (certificate.findings.empty() ? "" : certificate.findings[0]);
  EXPECT_TRUE(certificate.findings.empty());
  EXPECT_TRUE(certificate.accuracy == default_accuracy<T>());
  ASSERT_EQ(certificate.residuals.size(), f.sigma.size());
  EXPECT_EQ(certificate.residual.kind, BoundKind::exact);
  EXPECT_EQ(certificate.orthogonality_U.kind, BoundKind::exact);
  EXPECT_EQ(certificate.energy.kind, BoundKind::exact);
  EXPECT_TRUE(certificate.spectral_error.kind == BoundKind::probabilistic ||
              certificate.spectral_error.kind == BoundKind::exact);
  const double total = tail_norm(this->spectrum, 0);
  const double left = tail_norm(this->spectrum, this->k);
  const double eps = oracles::epsilon<T>();
  EXPECT_TRUE(std::abs(certificate.frobenius_norm.value / total - 1) <= 50 * eps);
  EXPECT_TRUE(std::abs(certificate.energy.value - (1 - left * left / total / total)) <= 50 * eps);
  EXPECT_TRUE(std::abs(certificate.frobenius_error.value - left / total) <= 1000 * eps);
}

TYPED_TEST(Certify, PassesEveryTripletOfAFullRankMatrix) {
  using T = TypeParam;
  const SvdResult<T> f = leading(this->made, this->n);
  const Certificate certificate = this->judge(f);
  EXPECT_TRUE(certificate.met) << (certificate.findings.empty() ? "" : certificate.findings[0]);
  EXPECT_TRUE(certificate.spectral_error.value <= 1e3 * oracles::epsilon<T>());
}

TYPED_TEST(Certify, AgreesWithTheOracleOnWrongTriplets) {
  using T = TypeParam;
  SvdResult<T> f = this->right();
  f.sigma[2] *= static_cast<real_t<T>>(1.05);
  f.V(4, 1) += static_cast<T>(real_t<T>(0.01));
  f.U(9, 4) += static_cast<T>(real_t<T>(0.02));
  const auto check = oracles::check_triplets<T>(view(this->made.A), f);
  const Certificate certificate = this->judge(f);
  ASSERT_EQ(certificate.residuals.size(), check.residuals.size());
  for (std::size_t i = 0; i < check.residuals.size(); ++i) {
    EXPECT_TRUE(std::abs(certificate.residuals[i] - check.residuals[i]) <=
                50 * oracles::epsilon<T>())
        << i << ": " << certificate.residuals[i] << " for " << check.residuals[i];
  }
}

TYPED_TEST(Certify, FailsOnEveryMutation) {
  using T = TypeParam;
  using R = real_t<T>;
  const bool is_double = sizeof(R) == 8;
  const R nan = std::numeric_limits<R>::quiet_NaN();
  const auto spoil = [&](const std::string& what, auto mutate) {
    SvdResult<T> f = this->right();
    mutate(f);
    this->expect_fails(f, what);
  };
  spoil("NaN in sigma", [&](SvdResult<T>& f) { f.sigma[3] = nan; });
  spoil("NaN in U", [&](SvdResult<T>& f) { f.U(5, 2) = nan; });
  spoil("NaN in V", [&](SvdResult<T>& f) { f.V(44, 5) = nan; });
  spoil("infinity", [&](SvdResult<T>& f) { f.sigma[0] = std::numeric_limits<R>::infinity(); });
  spoil("all NaN", [&](SvdResult<T>& f) {
    for (R& s : f.sigma) s = nan;
    for (index_t i = 0; i < 45; ++i) f.U(i, 1) = f.V(i, 1) = nan;
  });
  spoil("values swapped", [&](SvdResult<T>& f) { std::swap(f.sigma[0], f.sigma[1]); });
  spoil("triplets out of order", [&](SvdResult<T>& f) {
    std::swap(f.sigma[0], f.sigma[1]);
    for (index_t i = 0; i < f.U.rows(); ++i) std::swap(f.U(i, 0), f.U(i, 1));
    for (index_t i = 0; i < f.V.rows(); ++i) std::swap(f.V(i, 0), f.V(i, 1));
  });
  spoil("sigma scaled", [&](SvdResult<T>& f) {
    for (R& s : f.sigma) s *= static_cast<R>(is_double ? 1 + 1e-8 : 1 + 1e-3);
  });
  spoil("negative value", [&](SvdResult<T>& f) { f.sigma.back() = -f.sigma.back(); });
  const auto nudge = static_cast<R>(is_double ? 1e-6 : 1e-3);
  spoil("one entry of U", [&](SvdResult<T>& f) { f.U(1, 0) += nudge; });
  spoil("one entry of V", [&](SvdResult<T>& f) { f.V(1, 5) += nudge; });
  spoil("V of another matrix", [&](SvdResult<T>& f) {
    f.V = cases::random_orthonormal<T>(this->n, this->k, 99).rounded();
  });
  spoil("one vector negated", [&](SvdResult<T>& f) {
    for (index_t i = 0; i < f.V.rows(); ++i) f.V(i, 2) = -f.V(i, 2);
  });
  spoil("zero vectors", [&](SvdResult<T>& f) {
    for (index_t i = 0; i < f.V.rows(); ++i) f.V(i, 5) = 0;
    for (index_t i = 0; i < f.U.rows(); ++i) f.U(i, 5) = 0;
    f.sigma[5] = 0;
  });
  spoil("a vector given twice", [&](SvdResult<T>& f) {
    for (index_t i = 0; i < f.V.rows(); ++i) f.V(i, 1) = f.V(i, 0);
    for (index_t i = 0; i < f.U.rows(); ++i) f.U(i, 1) = f.U(i, 0);
    f.sigma[1] = f.sigma[0];
  });
}

TYPED_TEST(Certify, FailsOnMissedTriplets) {
  using T = TypeParam;
  for (const index_t missed : {0, 2, 4}) {
    SvdResult<T> f;
    f.U = Matrix<T>(this->m, 5);
    f.V = Matrix<T>(this->n, 5);
    for (index_t c = 0; c < 5; ++c) {  // exact triplets, one left out
      const index_t from = c < missed ? c : c + 1;
      for (index_t i = 0; i < this->m; ++i) f.U(i, c) = this->made.U(i, from);
      for (index_t i = 0; i < this->n; ++i) f.V(i, c) = this->made.V(i, from);
      f.sigma.push_back(this->made.sigma[static_cast<std::size_t>(from)]);
    }
    this->expect_fails(f, "missed triplet " + std::to_string(missed));
    const Certificate certificate = this->judge(f, {.leading = false});
    EXPECT_TRUE(certificate.met) << "exact triplets that claim nothing more";
  }
}

TYPED_TEST(Certify, JudgesASparseMatrixAgainstItsDominantTripletMissing) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(2000, 0.5L));
  SvdResult<T> f;
  f.U = Matrix<T>(2000, 4);
  f.V = Matrix<T>(2000, 4);
  for (index_t c = 0; c < 4; ++c) {
    f.U(c + 1, c) = f.V(c + 1, c) = 1;
    f.sigma.push_back(1 / std::sqrt(static_cast<real_t<T>>(c + 2)));
  }
  const auto sparse = make_operator<T>(A);
  EXPECT_FALSE(certify<T>(*sparse, view(f.U), f.sigma, view(f.V)).met);
}

TYPED_TEST(Certify, TheAccuracyAskedForDecides) {
  using T = TypeParam;
  SvdResult<T> f = this->right();
  f.sigma[1] *= static_cast<real_t<T>>(1.01);
  EXPECT_FALSE(this->judge(f, {.accuracy = 1e-3}).met);
  EXPECT_TRUE(this->judge(f, {.accuracy = 0.05}).met);
}

TYPED_TEST(Certify, RefusesWrongShapesAndBrokenOptions) {
  using T = TypeParam;
  const SvdResult<T> f = this->right();
  const auto shapes = [&](index_t u_rows, index_t u_cols, index_t v_rows, index_t v_cols) {
    const Matrix<T> U(u_rows, u_cols);
    const Matrix<T> V(v_rows, v_cols);
    EXPECT_THROW(static_cast<void>(certify<T>(*this->op, view(U), f.sigma, view(V))),
                 InvalidArgument);
  };
  shapes(59, 6, 45, 6);
  shapes(60, 5, 45, 6);
  shapes(60, 6, 60, 6);  // V transposed or of the other side
  shapes(60, 6, 45, 7);
  shapes(45, 6, 60, 6);
  EXPECT_THROW(static_cast<void>(this->judge(f, {.accuracy = -1})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(this->judge(f, {.probes = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(this->judge(f, {.probes = 17})), InvalidArgument);
}

TYPED_TEST(Certify, TheBoundOnWhatIsMissingHoldsForEverySeed) {
  using T = TypeParam;
  const SvdResult<T> f = this->right();
  const double truth = static_cast<double>(this->spectrum[6]);
  const double loosest = 8 * (tail_norm(this->spectrum, 6) * 2 + 6 * truth);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Certificate c = this->judge(f, {.seed = seed});
    const double slack = 50 * oracles::epsilon<T>();
    EXPECT_TRUE(c.spectral_error.value >= truth - slack) << "seed " << seed;
    EXPECT_TRUE(c.spectral_error_seen.value <= truth + slack) << "seed " << seed;
    EXPECT_TRUE(c.spectral_error_seen.value >= truth / 2) << "seed " << seed;
    EXPECT_TRUE(c.spectral_error.value <= loosest) << "seed " << seed;
    EXPECT_TRUE(c.spectral_error.kind == BoundKind::exact ||
                c.spectral_error.failure_probability <= 1e-6 * (1 + 1e-12));
    EXPECT_TRUE(c.met) << "seed " << seed;
  }
}

// With all triplets but the last, what is left is a difference of energies, which rounds.
TYPED_TEST(Certify, TheBoundHoldsWhereEnergiesCancel) {
  using T = TypeParam;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto left = std::pow(
        10.0L, -(sizeof(real_t<T>) == 8 ? 5 : 2) * static_cast<long double>(seed % 100) / 100);
    const auto rank_two = cases::prescribed<T>(5, 2, {1, left}, seed);
    const auto truth = oracles::reference_singular_values<T>(rank_two.A.view());
    const auto A = make_operator<T>(rank_two.A.view());
    const SvdResult<T> f = svd(*A, {.rank = {.rank = 1}});
    const Bound bound = f.report.certificate.spectral_error;
    EXPECT_TRUE(static_cast<long double>(bound.value) * f.sigma[0] >= truth[1])
        << "seed " << seed << ": " << bound.value << " below " << truth[1];
  }
}

TEST(CertifyDouble, OneProbeFailsNoMoreOftenThanItSays) {
  // A remainder of rank one is the worst case of the bound.
  const auto made = cases::prescribed<double>(30, 20, {1, 0.5L, 0.25L}, 3);
  const auto op = make_operator<double>(view(made.A));
  const SvdResult<double> f = leading(made, 2);
  int failures = 0;
  constexpr int seeds = 500;
  for (int seed = 0; seed < seeds; ++seed) {
    // The certificate takes ||A - A_k||_F where it is sharper: look at the probe itself.
    SvdReport report;
    const auto remainder = factor::probe_remainder<double>(*op, view(f.U), f.sigma, view(f.V), 1,
                                                           static_cast<std::uint64_t>(seed),
                                                           default_context(), report);
    if (!(remainder.upper >= 0.25 * (1 - 1e-12))) ++failures;
  }
  EXPECT_LE(failures, seeds * 14 / 100);  // three standard deviations above one in ten
}

TYPED_TEST(Certify, DefinesTheDegenerateCases) {
  using T = TypeParam;
  const Certificate nothing = this->judge(leading(this->made, 0));
  EXPECT_TRUE(nothing.residuals.empty());
  EXPECT_TRUE(nothing.energy.value == 0);
  const Matrix<T> zero(7, 4);
  const auto other_op = make_operator<T>(view(zero));
  SvdResult<T> f;
  f.U = Matrix<T>(7, 2);
  f.V = Matrix<T>(4, 2);
  f.U(0, 0) = f.U(1, 1) = f.V(0, 0) = f.V(1, 1) = 1;
  f.sigma = {0, 0};
  const Certificate c = certify<T>(*other_op, view(f.U), f.sigma, view(f.V));
  EXPECT_TRUE(c.met) << (c.findings.empty() ? "" : c.findings[0]);
  EXPECT_TRUE(std::isfinite(c.residual.value) && std::isfinite(c.spectral_error.value));
  const Matrix<T> empty(0, 4);
  const Matrix<T> none(0, 0);
  const Matrix<T> right_none(4, 0);
  EXPECT_TRUE(certify<T>(*make_operator<T>(view(empty)), view(none), {}, view(right_none)).met);
}

TYPED_TEST(Certify, SurvivesExtremesOfScale) {
  using T = TypeParam;
  using Limits = std::numeric_limits<real_t<T>>;
  for (const int exponent :
       {Limits::max_exponent - 2, Limits::min_exponent + Limits::digits + 10}) {
    const Matrix<T> A = cases::scaled(this->made.A, exponent);
    SvdResult<T> f = this->right();
    for (real_t<T>& s : f.sigma) s = std::ldexp(s, exponent);
    const auto scaled_op = make_operator<T>(view(A));
    const Certificate c = certify<T>(*scaled_op, view(f.U), f.sigma, view(f.V));
    EXPECT_TRUE(c.met) << "2^" << exponent << (c.findings.empty() ? "" : ": " + c.findings[0]);
    f.sigma[0] *= static_cast<real_t<T>>(0.99);
    EXPECT_FALSE(certify<T>(*scaled_op, view(f.U), f.sigma, view(f.V)).met) << "2^" << exponent;
  }
}

TYPED_TEST(Certify, GivesTheSameNumbersForAnyThreadCount) {
  using T = TypeParam;
  const SparseMatrix<T> A = cases::random_sparse<T>(20000, 500, 5, 1);
  const auto other_op = make_operator<T>(A);
  const auto Q = cases::random_orthonormal<T>(20000, 3, 1).rounded();
  const auto P = cases::random_orthonormal<T>(500, 3, 2).rounded();
  const std::vector<real_t<T>> sigma{3, 2, 1};
  Context one(1);
  const Certificate first = certify<T>(*other_op, view(Q), sigma, view(P), {}, one);
  for (const int threads : thread_counts) {
    Context context(threads);
    const Certificate other = certify<T>(*other_op, view(Q), sigma, view(P), {}, context);
    EXPECT_EQ(first.residuals, other.residuals) << threads;
    EXPECT_EQ(first.orthogonality_U.value, other.orthogonality_U.value) << threads;
    EXPECT_EQ(first.frobenius_norm.value, other.frobenius_norm.value) << threads;
    EXPECT_EQ(first.spectral_error.value, other.spectral_error.value) << threads;
    EXPECT_EQ(first.spectral_error_seen.value, other.spectral_error_seen.value) << threads;
  }
}

}  // namespace
}  // namespace eckart
