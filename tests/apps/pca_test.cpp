#include "eckart/apps/pca.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <filesystem>
#include <numbers>
#include <variant>
#include <vector>

#include "eckart/apps/probabilistic_pca.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/oracles/threaded_ranks.hpp"
#include "tests/oracles/wide.hpp"

namespace eckart {
namespace {

Matrix<double> read_table(const std::string& name, index_t columns) {
  const AnyMatrix any = io::read_matrix(std::filesystem::path(EXAMPLES_DATA) / name);
  const auto& table = std::get<DenseMatrix<double>>(any);
  Matrix<double> A(table.rows(), columns);
  for (index_t j = 0; j < columns; ++j) {
    for (index_t i = 0; i < A.rows(); ++i) A(i, j) = table(i, j);
  }
  return A;
}

bool near(double x, double expected, double tolerance) {
  return std::abs(x - expected) <= tolerance;
}

TEST(Pca, IrisAndDigitsHaveTheirPublishedValues) {
  const Matrix<double> iris = read_table("iris.csv", 4);
  const Pca<double> model = fit_pca(*make_operator(iris.view()));
  const double sigma[] = {25.09996044, 6.01314738, 3.41368064, 1.88452351};
  const double ratio[] = {.92461872, .05306648, .01710261, .00521218};
  const double variance[] = {4.228241706034864, 0.24267074792863344, 0.07820950004291942,
                             0.023835092973449434};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(near(model.svd.sigma[i], sigma[i], 1e-8));
    EXPECT_TRUE(near(model.explained_variance_ratio[i], ratio[i], 1e-8));
    EXPECT_TRUE(near(model.explained_variance[i], variance[i], 1e-13));
  }
  EXPECT_TRUE(near(model.map.column_shift[0], 5.843333333333333, 1e-14));
  EXPECT_EQ(model.noise_variance, 0);

  const Matrix<double> digits = read_table("digits.csv.gz", 64);
  const Pca<double> six = fit_pca(*make_operator(digits.view()), {.rank = {.rank = 6}});
  const double share[] = {.14890594, .13618771, .11794594, .08409979, .05782415, .0491691};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(near(six.explained_variance_ratio[i], share[i], 1e-8));
  }
}

// noise_variance_, score and score_samples of scikit-learn 1.2.1's PCA(2, svd_solver='full').
TEST(Pca, LikelihoodAndNoiseAreThoseOfTheProbabilisticModel) {
  struct Reference {
    const char* name;
    index_t columns;
    double noise, mean, first, second;
  };
  for (const Reference& r : {Reference{"iris.csv", 4, 0.05102229650818443, -2.699796510675664,
                                       -1.7829611040183027, -2.1789703968762066},
                             Reference{"digits.csv.gz", 64, 13.861661857758993, -177.43997645500716,
                                       -166.25778076817915, -170.63049444966384}}) {
    const Matrix<double> A = read_table(r.name, r.columns);
    const auto op = make_operator(std::as_const(A).view());
    const Pca<double> model = fit_pca(*op, {.rank = {.rank = 2}});
    EXPECT_TRUE(near(model.noise_variance, r.noise, 1e-11 * r.noise));
    const std::vector<double> score = pca_log_likelihood(model, *op);
    double mean = 0;
    for (const double s : score) mean += s / static_cast<double>(score.size());
    EXPECT_TRUE(near(mean, r.mean, 1e-9 * std::abs(r.mean)));
    EXPECT_TRUE(near(score[0], r.first, 1e-9 * std::abs(r.first)));
    EXPECT_TRUE(near(score[1], r.second, 1e-9 * std::abs(r.second)));
  }
}

template <class T>
class PcaOfEachScalar : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(PcaOfEachScalar, Scalars);

template <Scalar T>
Matrix<T> shifted_gaussian(index_t m, index_t n, std::uint64_t seed) {
  Matrix<T> A = cases::gaussian<T>(m, n, seed);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) {
      A(i, j) = static_cast<real_t<T>>(j + 1) * A(i, j) + static_cast<real_t<T>>(10 * j - 20);
    }
  }
  return A;
}

TYPED_TEST(PcaOfEachScalar, ScoresAreUncorrelatedWithTheVariancesStatedAndGiveTheRowsBack) {
  using T = TypeParam;
  const Matrix<T> A = shifted_gaussian<T>(30, 5, 3);
  const auto op = make_operator(A.view());
  for (const bool scale : {false, true}) {
    const Pca<T> model = fit_pca(*op, {.scale = scale});
    const Matrix<T> Z = pca_scores(model, *op), white = pca_scores(model, *op, true);
    const double unit = 500 * oracles::epsilon<T>();
    for (index_t a = 0; a < 5; ++a) {
      for (index_t b = 0; b < 5; ++b) {
        oracles::wide_t<T> sum = 0, white_sum = 0;
        for (index_t i = 0; i < 30; ++i) {
          sum += oracles::times(oracles::conj_of(oracles::widen(Z(i, a))), oracles::widen(Z(i, b)));
          white_sum += oracles::times(oracles::conj_of(oracles::widen(white(i, a))),
                                      oracles::widen(white(i, b)));
        }
        const double variance = a == b ? model.explained_variance[std::size_t(a)] : 0;
        const double one = a == b ? 1 : 0;
        using W = oracles::wide_real_t<T>;
        EXPECT_TRUE(double(std::abs(sum / W(29) - W(variance))) <=
                    unit * model.explained_variance[0]);
        EXPECT_TRUE(double(std::abs(white_sum / W(29) - W(one))) <= 20 * unit);
      }
    }
    for (const bool whiten : {false, true}) {
      const Matrix<T> back = pca_rows<T>(model, (whiten ? white : Z).view(), whiten);
      for (index_t i = 0; i < 150; ++i) {
        EXPECT_TRUE(double(std::abs(back.data()[i] - A.data()[i])) <= unit * 10);
      }
    }
    double total = 0;
    for (const double v : model.explained_variance) total += v;
    EXPECT_TRUE(near(total, model.total_variance, unit * total));
    if (scale) {
      EXPECT_TRUE(near(total, 5, unit * 5)) << "a correlation matrix has trace n";
    }
  }
}

TYPED_TEST(PcaOfEachScalar, WeightsAreRepeatedRows) {
  using T = TypeParam;
  const Matrix<T> A = shifted_gaussian<T>(9, 3, 7);
  const std::vector<double> weights = {1, 3, 0, 2, 1, 4, 0, 1, 2};
  Matrix<T> many(14, 3);
  index_t row = 0;
  for (index_t i = 0; i < 9; ++i) {
    for (int k = 0; k < weights[std::size_t(i)]; ++k, ++row) {
      for (index_t j = 0; j < 3; ++j) many(row, j) = A(i, j);
    }
  }
  const auto op = make_operator(A.view());
  for (const bool scale : {false, true}) {
    const Pca<T> weighted = fit_pca(*op, {.scale = scale, .weights = weights});
    const Pca<T> repeated = fit_pca(*make_operator(std::as_const(many).view()), {.scale = scale});
    EXPECT_EQ(weighted.observations, 14);
    const Matrix<T> Z = pca_scores(weighted, *op), Y = pca_scores(repeated, *op);
    const double unit = 1000 * oracles::epsilon<T>();
    for (index_t j = 0; j < 3; ++j) {
      const auto c = std::size_t(j);
      EXPECT_TRUE(near(weighted.explained_variance[c], repeated.explained_variance[c],
                       unit * repeated.explained_variance[0]));
      EXPECT_TRUE(std::abs(weighted.map.column_shift[c] - repeated.map.column_shift[c]) <= unit);
      for (index_t i = 0; i < 9; ++i) EXPECT_TRUE(double(std::abs(Z(i, j) - Y(i, j))) <= 10 * unit);
    }
  }
}

TYPED_TEST(PcaOfEachScalar, SparseTablesGiveWhatDenseOnesGive) {
  using T = TypeParam;
  std::vector<Triplet<T>> entries;
  Matrix<T> dense(40, 6);
  cases::Random random(5);
  for (index_t i = 0; i < 40; ++i) {
    for (index_t j = 0; j < 6; ++j) {
      if (random.uniform() > 0.3) continue;
      dense(i, j) = random.entry<T>() + T{3};
      entries.push_back({i, j, dense(i, j)});
    }
  }
  const auto sparse = make_operator(from_triplets<T>(40, 6, entries));
  const auto full = make_operator(std::as_const(dense).view());
  const Pca<T> a = fit_pca(*sparse, {.rank = {.rank = 3}, .scale = true});
  const Pca<T> b = fit_pca(*full, {.rank = {.rank = 3}, .scale = true});
  const Matrix<T> Za = pca_scores(a, *sparse), Zb = pca_scores(b, *full);
  const double unit = 1e4 * oracles::epsilon<T>();
  for (index_t j = 0; j < 3; ++j) {
    EXPECT_TRUE(
        near(a.explained_variance[std::size_t(j)], b.explained_variance[std::size_t(j)], unit));
    for (index_t i = 0; i < 40; ++i) EXPECT_TRUE(double(std::abs(Za(i, j) - Zb(i, j))) <= unit);
  }
  EXPECT_TRUE(near(a.noise_variance, b.noise_variance, unit));
}

// A sparse matrix that may be multiplied and looked at, never written out.
class NeverDense final : public LinearOperator<double> {
 public:
  explicit NeverDense(const LinearOperator<double>& A) : A_(A) {}
  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Storage storage() const override { return A_.storage(); }
  index_t entries_per_product() const override { return A_.entries_per_product(); }
  void apply(MatrixView<const double> X, MatrixView<double> Y, Context& context) const override {
    most_columns = std::max(most_columns, X.cols);
    A_.apply(X, Y, context);
  }
  void apply_adjoint(MatrixView<const double> Y,
                     MatrixView<double> X,
                     Context& context) const override {
    most_columns = std::max(most_columns, Y.cols);
    A_.apply_adjoint(Y, X, context);
  }
  EntryScan scan(Context& context) const override { return A_.scan(context); }
  std::vector<double> column_energies(const AffineMap<double>& map,
                                      Context& context) const override {
    return A_.column_energies(map, context);
  }
  std::vector<ColumnSummary<double>> column_summaries(Context& context) const override {
    return A_.column_summaries(context);
  }
  void copy_to(MatrixView<double>, Context&) const override {
    throw std::logic_error("the sparse matrix was written out");
  }
  mutable index_t most_columns = 0;

 private:
  const LinearOperator<double>& A_;
};

TEST(Pca, ASparseTableIsNeverWrittenOut) {
  const SparseMatrix<double> S = cases::random_sparse<double>(6000, 4000, 3, 3);
  const auto sparse = make_operator(S);
  const NeverDense A(*sparse);
  const std::vector<double> weights(6000, 2.0);
  for (const bool weighted : {false, true}) {
    PcaOptions options{.rank = {.rank = 3}, .scale = true, .accuracy = 1e-3};
    if (weighted) options.weights = weights;
    const Pca<double> model = fit_pca(A, options);
    EXPECT_EQ(pca_scores(model, A).cols(), 3);
    EXPECT_LE(A.most_columns, 200);
  }
}

TEST(Pca, ConstantColumnsStayZeroAndNothingIsDividedByZero) {
  Matrix<double> A = shifted_gaussian<double>(12, 4, 2);
  for (index_t i = 0; i < 12; ++i) A(i, 2) = 0.1;
  const std::vector<double> weights(12, 1.0);
  for (const bool weighted : {false, true}) {
    PcaOptions options{.scale = true};
    if (weighted) options.weights = weights;
    const Pca<double> model = fit_pca(*make_operator(std::as_const(A).view()), options);
    EXPECT_EQ(model.map.column_scale[2], 1);
    EXPECT_TRUE(near(model.total_variance, 3, 1e-12)) << weighted;
    EXPECT_TRUE(std::abs(model.svd.V(2, 0)) <= 1e-12);
  }
}

TEST(Pca, MoreColumnsThanRowsHaveRowsMinusOneDirections) {
  const Matrix<double> A = shifted_gaussian<double>(5, 12, 2);
  const Pca<double> model = fit_pca(*make_operator(A.view()));
  ASSERT_EQ(model.explained_variance.size(), 5U);
  EXPECT_TRUE(model.explained_variance[3] > 1 && model.explained_variance[4] <= 1e-20);
  const Matrix<double> white = pca_scores(model, *make_operator(A.view()), true);
  for (index_t i = 0; i < 5; ++i) EXPECT_TRUE(std::isfinite(white(i, 4)));
}

TEST(Pca, WeightsOfColumnsAreFactors) {
  const Matrix<double> A = shifted_gaussian<double>(20, 4, 2);
  Matrix<double> B(20, 4);
  const std::vector<double> factors = {1, 0.5, 3, 2};
  for (index_t j = 0; j < 4; ++j) {
    for (index_t i = 0; i < 20; ++i) B(i, j) = factors[std::size_t(j)] * A(i, j);
  }
  const auto op = make_operator(A.view());
  const Pca<double> a = fit_pca(*op, {.column_weights = factors});
  const Pca<double> b = fit_pca(*make_operator(std::as_const(B).view()));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(near(a.svd.sigma[i], b.svd.sigma[i], 1e-13 * b.svd.sigma[0]));
  }
  const Matrix<double> back = pca_rows<double>(a, pca_scores(a, *op).view());
  for (index_t i = 0; i < 80; ++i) EXPECT_TRUE(near(back.data()[i], A.data()[i], 1e-12));
  const Pca<double> scaled = fit_pca(*op, {.scale = true, .column_weights = factors});
  EXPECT_TRUE(near(scaled.total_variance, 1 + 0.25 + 9 + 4, 1e-12));
}

TEST(Pca, WithoutCentringItIsTheSvd) {
  const Matrix<double> A = shifted_gaussian<double>(9, 4, 2);
  const Pca<double> model = fit_pca(*make_operator(A.view()), {.center = false});
  const SvdResult<double> plain = svd(*make_operator(A.view()));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(model.svd.sigma[i], plain.sigma[i]);
  EXPECT_TRUE(model.map.identity());
}

TEST(Pca, MistakesAreNamed) {
  const Matrix<double> one(1, 3), A = cases::gaussian<double>(6, 3, 1), other(2, 4);
  EXPECT_THROW((void)fit_pca(*make_operator(one.view())), InvalidArgument);
  const std::vector<double> few = {1, 1}, zeros(6, 0.0), negative = {1, 1, 1, 1, 1, -1},
                            single = {1, 0, 0, 0, 0, 0};
  for (const auto& weights : {few, zeros, negative, single}) {
    EXPECT_THROW((void)fit_pca(*make_operator(A.view()), {.weights = weights}), InvalidArgument);
  }
  const std::vector<double> two = {1, 1}, zero = {1, 0, 1};
  for (const auto& factors : {two, zero}) {
    EXPECT_THROW((void)fit_pca(*make_operator(A.view()), {.column_weights = factors}),
                 InvalidArgument);
  }
  const Pca<double> model = fit_pca(*make_operator(A.view()));
  EXPECT_THROW((void)pca_scores(model, *make_operator(other.view())), InvalidArgument);
  EXPECT_THROW((void)pca_rows<double>(model, other.view()), InvalidArgument);
  Matrix<double> flat = A.clone();
  for (index_t i = 0; i < 6; ++i) flat(i, 1) = 2;
  const auto op = make_operator(std::as_const(flat).view());
  EXPECT_THROW((void)pca_log_likelihood(fit_pca(*op), *op), InvalidArgument);
  Matrix<double> odd = A.clone();
  odd(2, 1) = NAN;
  EXPECT_THROW((void)fit_pca(*make_operator(std::as_const(odd).view())), NonFiniteInput);
  const std::vector<double> ones(6, 1.0);
  EXPECT_THROW((void)fit_pca(*make_operator(std::as_const(odd).view()), {.weights = ones}),
               NonFiniteInput);
}

TEST(Pca, AnyNumberOfThreadsGivesTheSameBits) {
  const Matrix<double> A = shifted_gaussian<double>(500, 40, 2);
  const std::vector<double> weights(500, 1.5);
  const auto op = make_operator(A.view());
  Context one(1);
  const Pca<double> first =
      fit_pca(*op, {.rank = {.rank = 5}, .scale = true, .weights = weights}, one);
  for (const int threads : {2, 3}) {
    Context context(threads);
    const Pca<double> other =
        fit_pca(*op, {.rank = {.rank = 5}, .scale = true, .weights = weights}, context);
    EXPECT_EQ(first.svd.sigma, other.svd.sigma);
    EXPECT_EQ(first.map.column_scale, other.map.column_scale);
    EXPECT_TRUE(std::equal(first.svd.V.data(), first.svd.V.data() + 200, other.svd.V.data()));
  }
}

TEST(PcaOverRanks, IsTheModelOfAllRows) {
  const Matrix<double> A = cases::gaussian<double>(30, 6, 1);
  std::vector<double> weights;
  for (index_t i = 0; i < 30; ++i) weights.push_back(i % 5 == 0 ? 0 : 0.5 + 0.1 * double(i));
  for (const bool weighted : {false, true}) {
    PcaOptions options{.rank = {.rank = 3}, .scale = true};
    if (weighted) options.weights = weights;
    const auto all = make_operator(A.view());
    const Pca<double> whole = fit_pca(*all, options);
    const Matrix<double> scores = pca_scores(whole, *all);
    const ProbabilisticPca<double> probable = probabilistic_pca(whole);
    oracles::ThreadedRanks::run(3, [&](const Communicator& ranks) {
      const index_t counts[] = {17, 0, 13};
      const Shard rows = Shard::counted(ranks, counts[ranks.rank()]);
      const auto here = make_operator(A.view().block(rows.first, 0, rows.count, 6));
      const auto spread = make_sharded(*here, ranks);
      PcaOptions mine = options;
      if (weighted) {
        mine.weights = options.weights.subspan(static_cast<std::size_t>(rows.first),
                                               static_cast<std::size_t>(rows.count));
      }
      Context context(1);
      const Pca<double> model = fit_pca(*spread, mine, context);
      EXPECT_TRUE(near(model.observations, whole.observations, 1e-12));
      EXPECT_TRUE(near(model.total_variance, whole.total_variance, 1e-12));
      EXPECT_TRUE(near(model.noise_variance, whole.noise_variance, 1e-12));
      EXPECT_TRUE(near(probabilistic_pca(model).log_likelihood, probable.log_likelihood, 1e-9));
      const Matrix<double> mine_scores = pca_scores(model, *spread, false, context);
      ASSERT_EQ(mine_scores.rows(), rows.count);
      for (index_t c = 0; c < 3; ++c) {
        EXPECT_TRUE(near(model.explained_variance[static_cast<std::size_t>(c)],
                         whole.explained_variance[static_cast<std::size_t>(c)], 1e-12));
        for (index_t i = 0; i < rows.count; ++i) {
          EXPECT_TRUE(near(mine_scores(i, c), scores(rows.first + i, c), 1e-10));
        }
      }
    });
  }
}

}  // namespace
}  // namespace eckart
