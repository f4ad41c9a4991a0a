#include "eckart/svd.hpp"

#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "eckart/error.hpp"
#include "eckart/gram_svd.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/randomized_svd.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

constexpr Method named_methods[] = {Method::dense, Method::gram, Method::randomized,
                                    Method::lanczos};

Matrix<double> rows(std::initializer_list<std::initializer_list<double>> values) {
  Matrix<double> A(static_cast<index_t>(values.size()),
                   static_cast<index_t>(values.begin()->size()));
  index_t i = 0;
  for (const auto& row : values) {
    index_t j = 0;
    for (const double x : row) A(i, j++) = x;
    ++i;
  }
  return A;
}

template <Scalar T>
SvdResult<T> solve(const Matrix<T>& A, const SvdRequest& request = {}) {
  return svd<T>(*make_operator<T>(view(A)), request);
}

// --- The worked examples of the field -------------------------------------------------------

TEST(SvdExamples, TwoByTwoHasValuesFiveAndOne) {
  const auto A = rows({{3, 2}, {2, 3}});
  const auto result = solve(A);
  EXPECT_TRUE(std::abs(result.sigma[0] - 5) <= 1e-14);
  EXPECT_TRUE(std::abs(result.sigma[1] - 1) <= 1e-14);
  EXPECT_TRUE(oracles::check_svd<double>(view(A), result).passes());
  EXPECT_TRUE(result.report.certificate.met);
}

TEST(SvdExamples, ThreeByTwoReconstructsWithConsistentSigns) {
  const auto A = rows({{3, 2}, {2, 3}, {1, 1}});
  const auto result = solve(A);
  EXPECT_TRUE(std::abs(result.sigma[0] - std::sqrt(27.0)) <= 1e-14);
  EXPECT_TRUE(std::abs(result.sigma[1] - 1) <= 1e-14);
  const auto check = oracles::check_svd<double>(view(A), result);
  EXPECT_TRUE(check.passes()) << check;
  for (index_t i = 0; i < 3; ++i) {
    for (index_t j = 0; j < 2; ++j) {
      const double sum = result.U(i, 0) * result.sigma[0] * result.V(j, 0) +
                         result.U(i, 1) * result.sigma[1] * result.V(j, 1);
      EXPECT_TRUE(std::abs(sum - A(i, j)) <= 1e-14);
    }
  }
}

TEST(SvdExamples, TheRankOneApproximationIsOffByTheSecondValue) {
  const auto A = rows({{2, 4}, {1, 3}, {0, 1}, {-1, 0.5}});
  const auto result = solve(A, {.rank = {.rank = 1}});
  ASSERT_EQ(result.sigma.size(), 1u);
  EXPECT_TRUE(std::abs(result.sigma[0] - 5.54) <= 0.005);
  double error = 0;
  for (index_t i = 0; i < 4; ++i) {
    for (index_t j = 0; j < 2; ++j) {
      error += std::pow(A(i, j) - result.U(i, 0) * result.sigma[0] * result.V(j, 0), 2);
    }
  }
  EXPECT_TRUE(std::abs(std::sqrt(error) - 1.24) <= 0.005);
  EXPECT_TRUE(std::abs(solve(A).sigma[1] - std::sqrt(error)) <= 1e-14);
}

TEST(SvdExamples, TwoByThreeTruncatedAtTwoIsExact) {
  const auto A = rows({{3, 2, 2}, {2, 3, -2}});
  for (const Method method : named_methods) {
    const auto result = solve(A, {.rank = {.rank = 2}, .method = method});
    ASSERT_EQ(result.sigma.size(), 2u);
    EXPECT_TRUE(std::abs(result.sigma[0] - 5) <= 1e-13 && std::abs(result.sigma[1] - 3) <= 1e-13);
    EXPECT_TRUE(result.report.certificate.frobenius_error.value <= 1e-7);
  }
}

TEST(SvdExamples, AHundredNumbersOfRankTwoBecomeForty) {
  const auto B = cases::gaussian<double>(10, 2, 1);
  const auto C = cases::gaussian<double>(2, 10, 2);
  Matrix<double> A(10, 10);
  for (index_t i = 0; i < 10; ++i) {
    for (index_t j = 0; j < 10; ++j) A(i, j) = B(i, 0) * C(0, j) + B(i, 1) * C(1, j);
  }
  const auto result = solve(A, {.rank = {.tolerance = 1e-10}});
  EXPECT_EQ(result.sigma.size(), 2u);
  EXPECT_EQ(result.U.rows() * result.U.cols() + result.V.rows() * result.V.cols(), 40);
  const auto all = solve(A);
  EXPECT_TRUE(all.sigma[2] <= 1e-14 * all.sigma[0]);
}

// --- Every method through the front door ----------------------------------------------------

template <class T>
class Svd : public testing::Test {};
TYPED_TEST_SUITE(Svd, Scalars);

TYPED_TEST(Svd, EveryMethodComesCertifiedAndNamed) {
  using T = TypeParam;
  const auto sigma = cases::geometric_spectrum(30, 0.05L);
  const auto made = cases::prescribed<T>(70, 30, sigma, 4);
  for (const Method method : named_methods) {
    SCOPED_TRACE(to_string(method));
    const auto result = solve(made.A, {.rank = {.rank = 4}, .method = method});
    ASSERT_EQ(result.sigma.size(), 4u);
    EXPECT_EQ(result.report.method, to_string(method));
    EXPECT_FALSE(result.report.why.empty());
    const Certificate& certificate = result.report.certificate;
    const auto check = oracles::check_triplets<T>(view(made.A), result);
    ASSERT_EQ(certificate.residuals.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(std::abs(certificate.residuals[i] - check.residuals[i]) <=
                  50 * oracles::epsilon<T>() + 1e-3 * check.residuals[i]);
    }
    if (method != Method::randomized) {
      EXPECT_TRUE(certificate.met) << check;
      EXPECT_TRUE(check.passes(default_accuracy<T>())) << check;
    }
    EXPECT_EQ(certificate.met, check.worst_residual <= default_accuracy<T>()) << check;
  }
}

TYPED_TEST(Svd, EveryMethodHandlesTheZeroMatrix) {
  using T = TypeParam;
  const Matrix<T> zero(5, 3);
  SparseMatrix<T> sparse;
  sparse.rows = 5;
  sparse.cols = 3;
  sparse.offsets.assign(6, 0);
  for (const Method method : named_methods) {
    for (const index_t k : {1, 2, 3}) {
      for (const bool is_sparse : {false, true}) {
        const auto op = is_sparse ? make_operator<T>(sparse) : make_operator<T>(view(zero));
        const auto result = svd<T>(*op, {.rank = {.rank = k}, .method = method});
        EXPECT_EQ(result.sigma, std::vector<real_t<T>>(static_cast<std::size_t>(k), 0));
        const auto check = oracles::check_triplets<T>(view(zero), result);
        EXPECT_TRUE(check.passes(50 * oracles::epsilon<T>())) << to_string(method) << check;
        EXPECT_TRUE(result.report.certificate.met) << to_string(method);
      }
    }
  }
}

TYPED_TEST(Svd, EveryMethodDefinesEmptyAndExcessiveRanks) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(12, 7, {2, 1, 0.5L}, 1);
  for (const Method method : named_methods) {
    SCOPED_TRACE(to_string(method));
    EXPECT_TRUE(solve(made.A, {.rank = {.rank = 0}, .method = method}).sigma.empty());
    EXPECT_EQ(solve(made.A, {.rank = {.rank = 1000}, .method = method}).sigma.size(), 7u);
    EXPECT_EQ(solve(made.A, {.rank = {.rank = 5}, .method = method}).sigma.size(), 5u);
    for (const auto& [m, n] : {std::pair<index_t, index_t>{0, 0}, {0, 4}, {4, 0}}) {
      const Matrix<T> empty(m, n);
      const auto result = solve(empty, {.rank = {.rank = 2}, .method = method});
      EXPECT_TRUE(result.sigma.empty());
      EXPECT_EQ(result.U.rows(), m);
      EXPECT_EQ(result.V.rows(), n);
      EXPECT_TRUE(result.report.certificate.met);
    }
    const Matrix<T> one = cases::to_matrix<T>(cases::diagonal({-3}).A);
    const auto result = solve(one, {.rank = {.rank = 1}, .method = method});
    EXPECT_TRUE(std::abs(result.sigma.at(0) - 3) <= 10 * oracles::epsilon<T>());
  }
}

TYPED_TEST(Svd, EnergyAndToleranceAgreeOnDenseAndSparse) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(60, 1);
  const SparseMatrix<T> sparse = sparse_diagonal<T>(sigma);
  const Matrix<T> dense = densify(sparse);
  const double total = tail_norm(sigma, 0);
  for (const index_t k : {1, 3, 11}) {
    const double tolerance = std::sqrt(tail_norm(sigma, k) * tail_norm(sigma, k - 1)) / total;
    for (const RankRule& rule :
         {RankRule{.tolerance = tolerance}, RankRule{.energy = 1 - tolerance * tolerance}}) {
      for (const Method method : {Method::automatic, Method::dense, Method::lanczos}) {
        const auto from_dense = solve(dense, {.rank = rule, .method = method});
        const auto from_sparse =
            svd<T>(*make_operator<T>(sparse), {.rank = rule, .method = method});
        EXPECT_EQ(static_cast<index_t>(from_dense.sigma.size()), k) << to_string(method);
        EXPECT_EQ(static_cast<index_t>(from_sparse.sigma.size()), k) << to_string(method);
        EXPECT_TRUE(from_sparse.report.certificate.met) << to_string(method);
      }
    }
  }
}

TYPED_TEST(Svd, FindsTheSmallestTriplets) {
  using T = TypeParam;
  const auto sigma = cases::even_spectrum(20, 0.1L);
  const auto made = cases::prescribed<T>(35, 20, sigma, 2);
  const auto result = solve(made.A, {.rank = {.rank = 3}, .smallest = true});
  ASSERT_EQ(result.sigma.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::abs(result.sigma[i] - made.sigma[17 + i]) <= 50 * oracles::epsilon<T>());
  }
  const auto check = oracles::check_triplets<T>(view(made.A), result);
  EXPECT_TRUE(check.passes(default_accuracy<T>())) << check;
  EXPECT_TRUE(result.report.certificate.met);
  const SparseMatrix<T> sparse = sparse_diagonal<T>(sigma);
  const auto from_sparse =
      svd<T>(*make_operator<T>(sparse), {.rank = {.rank = 2}, .smallest = true});
  ASSERT_EQ(from_sparse.sigma.size(), 2u);
  EXPECT_TRUE(std::abs(from_sparse.sigma[1] - static_cast<real_t<T>>(0.1)) <=
              50 * oracles::epsilon<T>());
}

TYPED_TEST(Svd, ReturnsValuesOnlyAndFullVectorsWhenAsked) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(20, 9, cases::even_spectrum(9, 0.2L), 2);
  const auto none = solve(made.A, {.vectors = Vectors::none});
  EXPECT_EQ(none.U.cols() + none.V.cols(), 0);
  EXPECT_EQ(none.sigma.size(), 9u);
  const auto few = solve(made.A, {.rank = {.rank = 2}, .vectors = Vectors::none});
  EXPECT_EQ(few.U.cols() + few.V.cols(), 0);
  EXPECT_EQ(few.sigma.size(), 2u);
  const auto full = solve(made.A, {.vectors = Vectors::full});
  EXPECT_EQ(full.U.cols(), 20);
  EXPECT_EQ(full.V.cols(), 9);
  EXPECT_TRUE(oracles::check_svd<T>(view(made.A), full).passes());
}

TYPED_TEST(Svd, TheAccuracyAskedForIsReachedOrDenied) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(200, 150, cases::power_spectrum(150, 0.5L), 2);
  for (const double accuracy : {1e-1, 1e-2, default_accuracy<T>()}) {
    const auto result =
        solve(made.A, {.rank = {.rank = 5}, .method = Method::lanczos, .accuracy = accuracy});
    EXPECT_TRUE(result.report.certificate.met);
    EXPECT_TRUE(oracles::check_triplets<T>(view(made.A), result).worst_residual <= accuracy);
  }
  const auto denied = solve(
      made.A,
      {.rank = {.rank = 5}, .method = Method::dense, .accuracy = 1e-3 * oracles::epsilon<T>()});
  EXPECT_FALSE(denied.report.certificate.met) << "no method can reach a thousandth of rounding";
}

TYPED_TEST(Svd, LeavesTheCertificateOutWhenAsked) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(10, 6, 1);
  EXPECT_TRUE(solve(A).report.certificate.residual.known());
  EXPECT_FALSE(solve(A, {.certify = false}).report.certificate.residual.known());
}

TYPED_TEST(Svd, CentringScalingAndWeightsEqualTheDensifiedProblemForEveryMethod) {
  using T = TypeParam;
  using R = real_t<T>;
  const SparseMatrix<T> sparse = cases::random_sparse<T>(90, 30, 6, 8);
  const Matrix<T> dense = densify(sparse);
  const auto sparse_op = make_operator<T>(sparse);
  const auto dense_op = make_operator<T>(view(dense));
  Context context;
  cases::Random random(3);
  AffineMap<T> everything;
  for (index_t j = 0; j < 30; ++j) {
    everything.column_shift.push_back(random.entry<T>());
    everything.column_scale.push_back(static_cast<R>(0.5 + random.uniform()));
  }
  for (index_t i = 0; i < 90; ++i) {
    everything.row_shift.push_back(random.entry<T>());
    everything.row_scale.push_back(static_cast<R>(0.5 + random.uniform()));
  }
  AffineMap<T> weights;
  weights.row_scale = everything.row_scale;
  const AffineMap<T> maps[] = {standardisation<T>(*sparse_op, true, false, context),
                               standardisation<T>(*dense_op, true, true, context), weights,
                               everything};
  for (const AffineMap<T>& map : maps) {
    const Matrix<T> explicitly = densify(dense, map);
    const auto exact = dense_svd<T>(*make_operator<T>(view(explicitly))).sigma;
    for (const LinearOperator<T>* inner : {sparse_op.get(), dense_op.get()}) {
      const auto op = make_affine<T>(*inner, map);
      for (const Method method : named_methods) {
        // All triplets: then even one sketch holds the whole range.
        const auto result = svd<T>(*op, {.rank = {.rank = 30}, .method = method});
        ASSERT_EQ(result.sigma.size(), 30u);
        const auto check = oracles::check_triplets<T>(view(explicitly), result);
        EXPECT_TRUE(check.worst_residual <= 500 * oracles::epsilon<T>())
            << to_string(method) << ": " << check;
        for (std::size_t i = 0; i < 30; ++i) {
          EXPECT_TRUE(std::abs(result.sigma[i] - exact[i]) <=
                      500 * static_cast<R>(oracles::epsilon<T>()) * exact[0]);
        }
        EXPECT_TRUE(result.report.certificate.met) << to_string(method);
      }
      const auto few = svd<T>(*op, {.rank = {.rank = 4}, .method = Method::lanczos});
      EXPECT_TRUE(oracles::check_triplets<T>(view(explicitly), few).passes(default_accuracy<T>()));
    }
  }
}

TYPED_TEST(Svd, StandardisationCentresAndScalesAsDocumented) {
  using T = TypeParam;
  Matrix<T> A = cases::gaussian<T>(25, 4, 1);
  for (index_t i = 0; i < 25; ++i) A(i, 2) = 7;  // constant: divided by 1
  Context context;
  const auto op = make_operator<T>(view(A));
  const Matrix<T> B = densify(A, standardisation<T>(*op, true, true, context));
  for (index_t j = 0; j < 4; ++j) {
    oracles::wide_t<T> sum = 0;
    oracles::wide_real_t<T> square = 0;
    for (index_t i = 0; i < 25; ++i) {
      sum += oracles::widen(B(i, j));
      square += oracles::squared_modulus(oracles::widen(B(i, j)));
    }
    const double eps = oracles::epsilon<T>();
    EXPECT_TRUE(std::abs(sum) <= 200 * eps) << j;
    const double variance = static_cast<double>(square / 24);
    EXPECT_TRUE(std::abs(variance - (j == 2 ? 0 : 1)) <= 200 * eps) << j << ": " << variance;
  }
}

TYPED_TEST(Svd, GivesTheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  const SparseMatrix<T> sparse = cases::random_sparse<T>(3000, 80, 5, 8);
  const auto op = make_operator<T>(sparse);
  for (const Method method : named_methods) {
    expect_same_bits_for_any_thread_count([&](Context& context) {
      return svd<T>(*op, {.rank = {.rank = 5}, .method = method}, context);
    });
  }
}

TYPED_TEST(Svd, EveryMethodNamesThePositionOfNan) {
  using T = TypeParam;
  SparseMatrix<T> sparse = cases::random_sparse<T>(30, 12, 3, 8);
  const index_t at = sparse.offsets[9];
  sparse.values[static_cast<std::size_t>(at)] = std::numeric_limits<real_t<T>>::quiet_NaN();
  const auto op = make_operator<T>(sparse);
  for (const Method method : named_methods) {
    try {
      static_cast<void>(svd<T>(*op, {.rank = {.rank = 2}, .method = method}));
      ADD_FAILURE() << to_string(method) << ": no error";
    } catch (const NonFiniteInput& error) {
      EXPECT_EQ(error.row(), 9);
      EXPECT_EQ(error.col(), sparse.columns[static_cast<std::size_t>(at)]);
    }
  }
}

// --- The planner ----------------------------------------------------------------------------

// A matrix of any size that is never there: a plan reads no entry.
class Phantom final : public LinearOperator<double> {
 public:
  Phantom(index_t m, index_t n, Storage storage, index_t entries)
      : m_(m), n_(n), storage_(storage), entries_(entries) {}
  index_t rows() const override { return m_; }
  index_t cols() const override { return n_; }
  Storage storage() const override { return storage_; }
  index_t entries_per_product() const override { return entries_; }
  std::uint64_t stored_bytes() const override { return static_cast<std::uint64_t>(entries_) * 8; }
  void apply(MatrixView<const double>, MatrixView<double>, Context&) const override { touched(); }
  void apply_adjoint(MatrixView<const double>, MatrixView<double>, Context&) const override {
    touched();
  }
  EntryScan scan(Context&) const override {
    touched();
    return {};
  }

 private:
  static void touched() { ADD_FAILURE() << "the planner looked at the matrix"; }
  index_t m_;
  index_t n_;
  Storage storage_;
  index_t entries_;
};

Phantom dense_phantom(index_t m, index_t n) { return {m, n, Storage::dense, m * n}; }

TEST(SvdPlan, ChoosesByShapeStorageAndRank) {
  const auto method = [](const Phantom& A, const SvdRequest& request) {
    return plan_svd<double>(A, request).method;
  };
  const Phantom sparse(100000, 20000, Storage::sparse, 7700000);
  const Phantom hidden(100000, 20000, Storage::matrix_free, 2000000000);
  const SvdRequest fifty{.rank = {.rank = 50}};
  EXPECT_EQ(method(dense_phantom(300, 200), {}), Method::dense);
  EXPECT_EQ(method(dense_phantom(2000, 2000), {}), Method::dense);
  EXPECT_EQ(method(dense_phantom(2000, 2000), {.rank = {.rank = 1900}}), Method::dense);
  EXPECT_EQ(method(dense_phantom(20000, 4000), fifty), Method::lanczos);
  EXPECT_EQ(method(sparse, fifty), Method::lanczos);
  EXPECT_EQ(method(sparse, {.rank = {.energy = 0.5}}), Method::lanczos);
  EXPECT_EQ(method(hidden, fifty), Method::lanczos);
  EXPECT_EQ(method(Phantom(60, 40, Storage::sparse, 300), {}), Method::dense);
  // Many triplets to few digits: wide blocks and few orthogonalisations win.
  const Phantom graph(82000, 82000, Storage::sparse, 950000);
  EXPECT_EQ(method(graph, {.rank = {.rank = 500}, .accuracy = 1e-2}), Method::randomized);
  EXPECT_EQ(method(graph, {.rank = {.rank = 500}, .accuracy = 1e-6}), Method::lanczos);
  EXPECT_EQ(method(graph, {.rank = {.rank = 10}, .accuracy = 1e-2}), Method::lanczos);
  // A choice that looks at all values, and one that does not.
  EXPECT_EQ(method(sparse, {.rank = {.choice = RankChoice::elbow}}), Method::dense);
  EXPECT_EQ(method(sparse, {.rank = {.choice = RankChoice::gavish_donoho, .noise = 1.0}}),
            Method::lanczos);
}

TEST(SvdPlan, SaysWhyAndWhatItCosts) {
  for (const SvdRequest& request : {SvdRequest{}, SvdRequest{.rank = {.rank = 50}}}) {
    const SvdPlan plan = plan_svd<double>(dense_phantom(20000, 4000), request);
    EXPECT_NE(plan.method, Method::automatic);
    EXPECT_FALSE(plan.why.empty());
    EXPECT_FALSE(plan.rejected.empty());
    EXPECT_TRUE(plan.passes >= 1);
    EXPECT_TRUE(plan.flops > 1e9);
    EXPECT_TRUE(plan.peak_bytes > 1e6);
    EXPECT_TRUE(plan.input_bytes == 20000.0 * 4000 * 8);
  }
}

TEST(SvdPlan, NeverChoosesTheMethodThatLosesAccuracyByItself) {
  for (const index_t n : {1, 10, 100, 1000}) {
    for (const index_t m : {n, 100 * n, index_t{10000000}}) {
      for (const SvdRequest& request : {SvdRequest{}, SvdRequest{.rank = {.rank = 3}}}) {
        EXPECT_NE(plan_svd<double>(dense_phantom(m, n), request).method, Method::gram);
      }
    }
  }
}

TEST(SvdPlan, AMethodNamedIsTaken) {
  for (const Method method : named_methods) {
    const SvdRequest request{.rank = {.rank = 5}, .method = method};
    EXPECT_EQ(plan_svd<double>(dense_phantom(500, 400), request).method, method);
    EXPECT_EQ(method_from_string(to_string(method)), method);
  }
  try {
    static_cast<void>(method_from_string("magic"));
    ADD_FAILURE() << "no error";
  } catch (const InvalidArgument& error) {
    const std::string message = error.what();
    for (const char* part : {"magic", "dense", "gram", "randomized", "lanczos"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
}

TEST(SvdPlan, AMemoryCapMakesItPlanAgainOrRefuse) {
  const Phantom A = dense_phantom(3000, 3000);
  const SvdRequest most{.rank = {.rank = 2000}};
  Context context;
  const SvdPlan free_plan = plan_svd<double>(A, most, context);
  EXPECT_EQ(free_plan.method, Method::dense);
  const SvdRequest few{.rank = {.rank = 5}};
  context.set_memory_cap_bytes(16000000);  // less than a copy of A
  const SvdPlan capped = plan_svd<double>(A, few, context);
  EXPECT_NE(capped.method, Method::dense);
  EXPECT_TRUE(capped.peak_bytes <= 16000000);
  const auto refuses = [&](const SvdRequest& request) {
    try {
      static_cast<void>(plan_svd<double>(A, request, context));
      ADD_FAILURE() << "no error";
    } catch (const MemoryLimit& error) {
      EXPECT_EQ(error.cap_bytes(), context.memory_cap_bytes());
      EXPECT_GT(error.needed_bytes(), error.cap_bytes());
    }
  };
  refuses({});                                              // all triplets
  refuses({.rank = {.rank = 5}, .method = Method::dense});  // a method named
  context.set_memory_cap_bytes(1000);
  refuses(few);
}

TEST(SvdPlan, RefusesARequestThatContradictsItself) {
  const Phantom A = dense_phantom(50, 40);
  const auto refuses = [&](const SvdRequest& request) {
    EXPECT_THROW(static_cast<void>(plan_svd<double>(A, request)), InvalidArgument);
  };
  refuses({.smallest = true});
  refuses({.rank = {.energy = 0.5}, .smallest = true});
  refuses({.rank = {.rank = 3}, .vectors = Vectors::full});
  refuses({.rank = {.rank = -3}});
  refuses({.rank = {.rank = 3, .tolerance = 0.1}});
  refuses({.accuracy = -1});
  refuses({.rank = {.rank = 3}, .oversampling = 5});
  refuses({.rank = {.rank = 3}, .method = Method::lanczos, .power_iterations = 5});
  refuses({.rank = {.choice = RankChoice::elbow}, .method = Method::lanczos});
  refuses({.rank = {.choice = RankChoice::elbow}, .method = Method::randomized});
  refuses({.rank = {.noise = 1.0}});
}

TEST(SvdPlan, ThePredictedMemoryIsThatOfTheReport) {
  const Matrix<double> A = cases::gaussian<double>(400, 300, 1);
  for (const Method method : named_methods) {
    const SvdRequest request{.rank = {.rank = 5}, .method = method};
    const SvdPlan plan = plan_svd<double>(*make_operator<double>(view(A)), request);
    const auto result = solve(A, request);
    EXPECT_TRUE(plan.peak_bytes >= static_cast<double>(result.report.peak_bytes));
    EXPECT_GT(result.report.peak_bytes, 0u);
  }
}

TEST(SvdPlan, ForeseesHowTheCostGrowsWithTheRequest) {
  const Phantom A(100000, 20000, Storage::sparse, 7700000);
  for (const Method method : {Method::lanczos, Method::randomized}) {
    const auto plan = [&](index_t k, double accuracy) {
      return plan_svd<double>(A, {.rank = {.rank = k}, .method = method, .accuracy = accuracy});
    };
    EXPECT_TRUE(plan(200, 1e-6).flops > 1.5 * plan(100, 1e-6).flops);
    EXPECT_TRUE(plan(200, 1e-6).peak_bytes > 1.5 * plan(100, 1e-6).peak_bytes);
    EXPECT_TRUE(plan(100, 1e-8).flops > 1.2 * plan(100, 1e-2).flops);
    EXPECT_TRUE(plan(100, 1e-8).passes > plan(100, 1e-2).passes);
  }
}

// --- Ranks that the noise decides ----------------------------------------------------------------

TYPED_TEST(Svd, KeepsWhatStandsAboveTheNoiseByEveryMethodThatCan) {
  using T = TypeParam;
  // 23 values above the threshold, which lies at 1.
  std::vector<long double> sigma(120, 0.1L);
  for (std::size_t i = 0; i < 23; ++i) sigma[i] = 3 - 0.05L * static_cast<long double>(i);
  const auto made = cases::prescribed<T>(200, 120, sigma, 3);
  const double noise = 1 / noise_threshold(200, 120, 1);
  const RankRule rule{.choice = RankChoice::gavish_donoho, .noise = noise};
  for (const Method method : {Method::automatic, Method::dense, Method::gram, Method::lanczos}) {
    const auto result = solve(made.A, {.rank = rule, .method = method});
    EXPECT_EQ(result.sigma.size(), 23u) << to_string(method);
    EXPECT_TRUE(result.report.certificate.met) << to_string(method);
    EXPECT_EQ(result.report.certificate.residuals.size(), 23u);
  }
  const auto loud = solve(made.A, {.rank = {.choice = RankChoice::gavish_donoho, .noise = 100.0},
                                   .method = Method::lanczos});
  EXPECT_TRUE(loud.sigma.empty());
  for (const RankChoice choice : {RankChoice::gavish_donoho, RankChoice::elbow}) {
    EXPECT_EQ(solve(made.A, {.rank = {.choice = choice}}).sigma.size(), 23u);
  }
}

// --- Limits of time ------------------------------------------------------------------------------

TYPED_TEST(Svd, ATimeLimitLeavesTheBestSoFarOrSaysThatThereIsNothing) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(700, 0.1L));
  const auto inner = make_operator<T>(A);
  for (const Method method : {Method::lanczos, Method::randomized, Method::dense, Method::gram}) {
    WatchedOperator<T> op(*inner);
    Context context(2);
    double now = 0;
    context.set_time_limit(60, [&] { return now; });
    op.after_apply = op.after_adjoint = [&](MatrixView<T>) { now += 10; };
    const bool iterates = method == Method::lanczos || method == Method::randomized;
    if (!iterates) now = 60;
    try {
      const auto result = svd<T>(op, {.rank = {.rank = 8}, .method = method}, context);
      EXPECT_TRUE(iterates) << to_string(method);
      EXPECT_EQ(result.report.status, Status::time_limit) << to_string(method);
      EXPECT_FALSE(result.sigma.empty());
      const auto check = oracles::check_triplets<T>(A, result);
      EXPECT_TRUE(check.finite && check.ordered && check.sign_rule) << check;
      EXPECT_TRUE(check.orthogonality <= default_accuracy<T>()) << check;
      EXPECT_TRUE(result.report.certificate.residual.known());
      EXPECT_FALSE(result.report.certificate.met);
    } catch (const TimeLimit&) {
      EXPECT_FALSE(iterates) << to_string(method);
    }
  }
}

TEST(SvdDouble, ATimeLimitStopsADenseRunInTheMiddle) {
  const Matrix<double> A = cases::gaussian<double>(300, 250, 1);
  Context context(2);
  std::atomic<int> looks = 0;
  context.set_time_limit(40, [&] { return static_cast<double>(looks++); });
  EXPECT_THROW(static_cast<void>(svd<double>(*make_operator<double>(view(A)),
                                             {.method = Method::dense}, context)),
               TimeLimit);
  EXPECT_GT(looks, 40);
}

// --- Verdicts at the edges -----------------------------------------------------------------------

TEST(SvdVerdict, TheSmallestTripletsOfASingularMatrixAreMet) {
  const auto made =
      cases::prescribed<double>(15, 10, {1, 0.5L, 0.1L, 1e-3L, 1e-6L, 1e-9L, 0, 0, 0, 0}, 3);
  const auto result =
      svd<double>(*make_operator<double>(view(made.A)), {.rank = {.rank = 2}, .smallest = true});
  EXPECT_TRUE(result.report.certificate.met) << result.report.certificate.findings[0];
  EXPECT_TRUE(result.report.certificate.residual.value <= 1e-14);
}

TEST(SvdVerdict, AMatrixThatCentringTurnsToZeroIsMet) {
  Matrix<double> A(1000, 3);
  for (index_t i = 0; i < 3000; ++i) A.data()[i] = 0.1;
  const auto op = make_operator<double>(view(A));
  Context context(1);
  const auto centred = make_affine(*op, standardisation(*op, true, false, context));
  for (const Method method : {Method::dense, Method::lanczos}) {
    const auto result = svd<double>(*centred, {.rank = {.rank = 2}, .method = method}, context);
    EXPECT_TRUE(result.report.certificate.met) << result.report.certificate.findings[0];
    EXPECT_TRUE(result.sigma[0] <= 1e-13);
  }
}

TEST(SvdVerdict, WhatIsLeftOutIsNotClaimedExactWhereItCancels) {
  // ||A - A_8||_F = 1e-10 ||A||_F: the difference of the energies is rounding.
  std::vector<long double> sigma = {1, 0.9L, 0.8L, 0.7L, 0.6L, 0.5L, 0.4L, 0.3L};
  for (int i = 0; i < 8; ++i) sigma.push_back(5e-11L);
  const auto made = cases::prescribed<double>(40, 16, sigma, 3);
  const auto op = make_operator<double>(view(made.A));
  const Bound cut = svd<double>(*op, {.rank = {.rank = 8}}).report.certificate.frobenius_error;
  const double truth = std::sqrt(8.0) * 5e-11 / std::sqrt(3.8);
  EXPECT_EQ(cut.kind, BoundKind::estimated);
  EXPECT_TRUE(cut.value >= truth / 3 && cut.value <= 3 * truth) << cut.value << " for " << truth;
  const Bound all = svd<double>(*op).report.certificate.frobenius_error;
  EXPECT_EQ(all.kind, BoundKind::exact);
  EXPECT_TRUE(all.value <= 1e-14);
}

TEST(SvdVerdict, ANanNeverHidesBehindALaterNumber) {
  const auto made = cases::prescribed<double>(12, 8, {4, 3, 2, 1, 0.5L, 0.4L, 0.3L, 0.2L}, 3);
  const auto op = make_operator<double>(view(made.A));
  auto result = svd<double>(*op, {.rank = {.rank = 4}});
  result.U(3, 1) = std::numeric_limits<double>::quiet_NaN();
  const Certificate certificate =
      certify<double>(*op, view(result.U), result.sigma, view(result.V));
  EXPECT_FALSE(certificate.met);
  EXPECT_TRUE(std::isnan(certificate.residual.value));
}

}  // namespace
}  // namespace eckart
