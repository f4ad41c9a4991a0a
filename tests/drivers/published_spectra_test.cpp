// Real matrices against published and independently computed singular values. The files are
// not part of the project: ECKART_DATA names the folder that holds them.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <variant>

#include "eckart/io/matrix_file.hpp"
#include "eckart/smallest_svd.hpp"
#include "eckart/svd.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;
using nlohmann::json;

std::string read_whole(const std::string& path) {  // plain or gzip
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw std::runtime_error("cannot open " + path);
  std::string text;
  char buffer[65536];
  for (int got = gzread(file, buffer, sizeof buffer); got > 0;
       got = gzread(file, buffer, sizeof buffer)) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  gzclose(file);
  return text;
}

// An array of bytes in the IDX layout: a header of 4 + 4 * dimensions bytes, big-endian sizes.
Matrix<double> read_idx_images(const std::string& path) {
  const std::string bytes = read_whole(path);
  const auto number = [&](std::size_t at) {
    index_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value * 256 + static_cast<unsigned char>(bytes.at(at + i));
    return value;
  };
  const index_t images = number(4);
  const index_t pixels = number(8) * number(12);
  Matrix<double> A(images, pixels);
  for (index_t i = 0; i < images; ++i) {
    for (index_t j = 0; j < pixels; ++j) {
      A(i, j) = static_cast<unsigned char>(bytes.at(static_cast<std::size_t>(16 + i * pixels + j)));
    }
  }
  return A;
}

// The first columns of a table of numbers, after skip lines.
Matrix<double> read_table(const std::string& path, int skip, index_t columns) {
  std::istringstream text(read_whole(path));
  std::string line;
  for (int i = 0; i < skip; ++i) std::getline(text, line);
  std::vector<double> values;
  while (std::getline(text, line)) {
    std::istringstream fields(line);
    std::string field;
    for (index_t j = 0; j < columns && std::getline(fields, field, ','); ++j) {
      values.push_back(std::stod(field));
    }
  }
  const index_t rows = static_cast<index_t>(values.size()) / columns;
  Matrix<double> A(rows, columns);
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < columns; ++j) {
      A(i, j) = values[static_cast<std::size_t>(i * columns + j)];
    }
  }
  return A;
}

class PublishedSpectra : public testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("ECKART_DATA");
    if (!data) GTEST_SKIP() << "set ECKART_DATA to the folder of the test data";
    folder_ = data;
    folder_ += "/";
    values_ = json::parse(read_whole(folder_ + "reference_values.json"));
    spectra_ = json::parse(read_whole(folder_ + "reference_spectra.json.gz"));
  }

  // What the references themselves are good to.
  static double slack(index_t m, index_t n) {
    return std::max(50.0, std::sqrt(static_cast<double>(std::max(m, n)))) *
           std::numeric_limits<double>::epsilon();
  }

  // Compares the leading values: |s_i - r_i| <= slack s_1.
  static void expect_close(const std::vector<double>& sigma,
                           const std::vector<double>& reference,
                           double relative,
                           const std::string& name) {
    ASSERT_FALSE(reference.empty()) << name;
    const std::size_t count = std::min(sigma.size(), reference.size());
    ASSERT_GT(count, 0u) << name;
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(std::abs(sigma[i] - reference[i]) <= relative * reference[0])
          << name << " value " << i + 1 << ": " << sigma[i] << " for " << reference[i];
    }
  }

  std::vector<double> spectrum(const std::string& key) const {
    if (spectra_.contains(key)) return spectra_.at(key).get<std::vector<double>>();
    return values_.at(key).at("sv_top10").get<std::vector<double>>();
  }

  // Calls use(operator) for the matrix of the file, with whatever scalar it has.
  template <class Use>
  void with_matrix(const std::string& file, const Use& use) const {
    const AnyMatrix any = io::read_matrix(folder_ + file);
    std::visit(
        [&](const auto& A) {
          const auto op = make_operator(A);
          use(*op);
        },
        any);
  }

  // Whether more values than are told apart lie between zero and the k-th nearest to the target,
  // and that one is nearly as far as zero: then the report may say that some were missed.
  static bool crowded(const std::vector<double>& all, index_t k, double target) {
    const TripletRange range = nearest_triplets(k, target)(all);
    const double distance = target - all[static_cast<std::size_t>(range.first + range.count - 1)];
    const auto below = std::count_if(all.begin(), all.end(),
                                     [&](double s) { return s <= target + std::abs(distance); });
    return distance >= (1 - 2e-4) * target && below > 4 * k + 64;
  }

  // The file that holds the sparse matrix of that key.
  std::string sparse_file(const std::string& key) const {
    const std::pair<const char*, const char*> folders[] = {{"leastsq/", "leastsq/"},
                                                           {"netlib/", "netlib_lp/"},
                                                           {"scipy_bench/", "scipy_bench/"},
                                                           {"sjsu/", "sjsu_singular/mtx/"},
                                                           {"suitesparse/", "suitesparse_small/"}};
    for (const auto& [prefix, folder] : folders) {
      if (!key.starts_with(prefix)) continue;
      const std::string stem = std::string("sparse/") + folder + key.substr(std::strlen(prefix));
      for (const char* end : {".mtx", ".mtx.gz", ".gz"}) {
        if (std::ifstream(folder_ + stem + end).good()) return stem + end;
      }
    }
    throw std::runtime_error("no file for " + key);
  }

  // All values of the matrix in the file, against the stored spectrum and the published table.
  void check_full(const std::string& key, const std::string& file) const {
    SCOPED_TRACE(key);
    with_matrix(file, [&]<Scalar T>(const LinearOperator<T>& A) {
      const auto result = svd<T>(A, {.vectors = Vectors::none, .certify = false});
      const std::vector<double> sigma(result.sigma.begin(), result.sigma.end());
      const json& entry = values_.at(key);
      EXPECT_EQ(A.rows(), entry.at("shape")[0].get<index_t>());
      EXPECT_EQ(A.cols(), entry.at("shape")[1].get<index_t>());
      const std::vector<double> reference = spectrum(key);
      EXPECT_GE(sigma.size(), reference.size());
      expect_close(sigma, reference, slack(A.rows(), A.cols()), key);
      if (!entry.contains("suitesparse_table")) return;
      const json& table = entry.at("suitesparse_table");
      if (table.contains("norm")) {
        const double norm = table.at("norm").get<double>();
        EXPECT_TRUE(std::abs(sigma[0] - norm) <= 1e-6 * norm);
      }
      if (table.contains("sv_min") && table.at("sv_min").get<double>() > 1e-9 * sigma[0]) {
        const double smallest = table.at("sv_min").get<double>();
        EXPECT_TRUE(std::abs(sigma.back() - smallest) <= 1e-6 * smallest);
      }
    });
  }

  // The numerical rank by the rule of the table, where the gap makes it clear.
  void check_rank(const std::string& key, const std::string& file) const {
    SCOPED_TRACE(key);
    with_matrix(file, [&]<Scalar T>(const LinearOperator<T>& A) {
      const auto result = svd<T>(A, {.vectors = Vectors::none, .certify = false});
      const double cut = static_cast<double>(std::max(A.rows(), A.cols())) *
                         (std::nextafter(static_cast<double>(result.sigma[0]), 1e300) -
                          static_cast<double>(result.sigma[0]));
      index_t rank = 0;
      for (const auto s : result.sigma) rank += s > cut;
      EXPECT_EQ(rank, values_.at(key).at("numerical_rank_default_tol").get<index_t>());
    });
  }

  std::string folder_;
  json values_;
  json spectra_;
};

Matrix<double> centred(Matrix<double> A) {
  for (index_t j = 0; j < A.cols(); ++j) {
    double sum = 0;
    for (index_t i = 0; i < A.rows(); ++i) sum += A(i, j);
    const double mean = sum / static_cast<double>(A.rows());
    for (index_t i = 0; i < A.rows(); ++i) A(i, j) -= mean;
  }
  return A;
}

SparseMatrix<double> read_arcs(const std::string& path) {
  std::istringstream text(read_whole(path));
  std::string line;
  std::vector<Triplet<double>> arcs;
  index_t size = 0;
  while (std::getline(text, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    index_t from = 0;
    index_t to = 0;
    fields >> from >> to;
    arcs.push_back({from, to, 1.0});
    size = std::max({size, from + 1, to + 1});
  }
  return from_triplets<double>(size, size, std::move(arcs));
}

TEST_F(PublishedSpectra, OfSmallSingularMatrices) {
  for (const char* name :
       {"HB/jgl009", "HB/rgg010", "HB/bcsstm01", "HB/curtis54", "HB/lap_25", "JGD_Relat/rel4",
        "JGD_Relat/relat4", "Pajek/Tina_AskCal", "Pajek/Tina_DisCog", "Pajek/GD95_a",
        "JGD_Homology/n3c4-b4", "JGD_Margulies/wheel_3_1", "Pothen/sphere2",
        "Regtools/parallax_200", "Regtools/wing_100", "HB/bcsstm04", "HB/lnsp_131"}) {
    check_full(std::string("sjsu/") + name,
               std::string("sparse/sjsu_singular/mtx/") + name + ".mtx.gz");
  }
}

TEST_F(PublishedSpectra, RanksOfMatricesWithAClearGap) {
  for (const char* name : {"HB/jgl009", "HB/rgg010", "JGD_Relat/rel4", "Pajek/GD95_a",
                           "JGD_Homology/n3c4-b4", "HB/bcsstm04", "Pothen/sphere2"}) {
    check_rank(std::string("sjsu/") + name,
               std::string("sparse/sjsu_singular/mtx/") + name + ".mtx.gz");
  }
}

TEST_F(PublishedSpectra, OfSuiteSparseSamplesOfSeveralShapesAndHeaders) {
  const std::pair<const char*, const char*> samples[] = {
      {"netlib/lp_afiro", "netlib_lp/lp_afiro.mtx.gz"},
      {"netlib/lp_sc50a", "netlib_lp/lp_sc50a.mtx.gz"},
      {"netlib/lp_adlittle", "netlib_lp/lp_adlittle.mtx.gz"},
      {"netlib/lp_kb2", "netlib_lp/lp_kb2.mtx.gz"},
      {"suitesparse/west0067", "suitesparse_small/west0067.mtx"},
      {"suitesparse/ash219", "suitesparse_small/ash219.mtx"},
      {"suitesparse/bfwa62", "suitesparse_small/bfwa62.mtx"},
      {"suitesparse/cage5", "suitesparse_small/cage5.mtx"},
      {"suitesparse/lpi_itest6", "suitesparse_small/lpi_itest6.mtx"},
      {"suitesparse/494_bus", "suitesparse_small/494_bus.mtx"},
      {"suitesparse/west0479", "suitesparse_small/west0479.mtx"},
      {"scipy_bench/abb313", "scipy_bench/abb313.mtx"},
      {"leastsq/illc1033", "leastsq/illc1033.mtx.gz"},
      {"leastsq/well1033", "leastsq/well1033.mtx.gz"}};
  for (const auto& [key, file] : samples) check_full(key, std::string("sparse/") + file);
}

TEST_F(PublishedSpectra, OfLargerSamples) {
  if (!long_tests()) GTEST_SKIP() << "set ECKART_LONG_TESTS to run these";
  const std::pair<const char*, const char*> samples[] = {
      {"leastsq/illc1850", "leastsq/illc1850.mtx.gz"},
      {"leastsq/well1850", "leastsq/well1850.mtx.gz"},
      {"suitesparse/young1c", "suitesparse_small/young1c.mtx"},
      {"suitesparse/rajat19", "suitesparse_small/rajat19.mtx.gz"},
      {"suitesparse/zenios", "suitesparse_small/zenios.mtx.gz"},
      {"suitesparse/nnc1374", "suitesparse_small/nnc1374.mtx.gz"},
      {"suitesparse/watt_2", "suitesparse_small/watt_2.mtx.gz"},
      {"scipy_bench/mhd1280b_complex", "scipy_bench/mhd1280b_complex.mtx.gz"},
      {"scipy_bench/qh1484", "scipy_bench/qh1484.mtx.gz"},
      {"sjsu/GHS_indef/laser", "sjsu_singular/mtx/GHS_indef/laser.mtx.gz"}};
  for (const auto& [key, file] : samples) check_full(key, std::string("sparse/") + file);
}

// All 8081 values of it take minutes.
TEST_F(PublishedSpectra, OfTheLargestSample) {
  if (!long_tests()) GTEST_SKIP() << "set ECKART_LONG_TESTS to run this";
  check_full("suitesparse/Pd", "sparse/suitesparse_small/Pd.mtx.gz");
}

// 15 of its leading 200 values come in pairs.
TEST_F(PublishedSpectra, LeadingValuesOfAComplexHermitianMatrix) {
  const index_t k = long_tests() ? 200 : 20;
  with_matrix("sparse/scipy_bench/mhd1280b_complex.mtx.gz",
              [&]<Scalar T>(const LinearOperator<T>& A) {
                EXPECT_TRUE(is_complex<T>);
                const auto result = svd<T>(A, {.rank = {.rank = k}, .method = Method::lanczos});
                EXPECT_TRUE(result.report.certificate.met);
                const std::vector<double> sigma(result.sigma.begin(), result.sigma.end());
                expect_close(sigma, spectrum("scipy_bench/mhd1280b_complex"), 1e-12, "mhd1280b");
              });
}

// By factorization: the five smallest and the five nearest to a value inside the spectrum, of every
// sparse matrix whose values are all known.
TEST_F(PublishedSpectra, SmallestAndNearestValuesOfSparseSamples) {
  const index_t largest = long_tests() ? 10000 : 250;
  int checked = 0;
  for (const auto& [key, entry] : values_.items()) {
    if (!entry.contains("suitesparse_table") || !spectra_.contains(key)) continue;
    const json& table = entry.at("suitesparse_table");
    const std::vector<double> all = spectrum(key);
    const index_t m = entry.at("shape")[0].get<index_t>();
    const index_t n = entry.at("shape")[1].get<index_t>();
    const bool least_squares = key.starts_with("leastsq/");
    if (!table.contains("sv_min") || static_cast<index_t>(all.size()) != std::min(m, n)) continue;
    if (std::min(m, n) > largest && !least_squares) continue;
    SCOPED_TRACE(key);
    ++checked;
    with_matrix(sparse_file(key), [&]<Scalar T>(const LinearOperator<T>& A) {
      for (const double target : {0.0, 0.3 * all[0]}) {
        SCOPED_TRACE(target);
        if (target > 0 && m + n > (long_tests() ? 3000 : 700)) continue;  // much fill
        const index_t k = std::min<index_t>(5, std::min(m, n));
        const auto result =
            smallest_svd<T>(A, k, {.target = target, .method = SmallestMethod::factor});
        EXPECT_TRUE(result.report.certificate.met || (target > 0 && crowded(all, k, target)));
        if (!result.report.certificate.met) continue;
        const TripletRange range = nearest_triplets(k, target)(all);
        ASSERT_EQ(static_cast<index_t>(result.sigma.size()), k);
        for (index_t i = 0; i < k; ++i) {
          const double exact = all[static_cast<std::size_t>(range.first + i)];
          const auto found = static_cast<double>(result.sigma[static_cast<std::size_t>(i)]);
          EXPECT_TRUE(std::abs(found - exact) <= slack(m, n) * all[0])
              << i << ": " << found << " for " << exact;
        }
        const double published = table.at("sv_min").get<double>();
        if (target == 0 && published > 1e-9 * all[0]) {
          EXPECT_TRUE(std::abs(static_cast<double>(result.sigma.back()) / published - 1) <= 1e-6);
        }
      }
    });
  }
  EXPECT_GE(checked, long_tests() ? 100 : 60);
}

// The collection's table prints 14118.92; one row alone has the norm 14142.1356.
TEST_F(PublishedSpectra, Bayer10HasTheNormThatThePublishedTableMisses) {
  with_matrix("sparse/suitesparse_small/bayer10.mtx.gz", [&]<Scalar T>(const LinearOperator<T>& A) {
    const auto result = svd<T>(A, {.rank = {.rank = 1}});
    EXPECT_TRUE(result.report.certificate.met);
    EXPECT_TRUE(std::abs(static_cast<double>(result.sigma[0]) / 14142.798963809713 - 1) <= 1e-12);
  });
}

TEST_F(PublishedSpectra, LeadingValuesOfTheSlashdotGraph) {
  const SparseMatrix<double> A = read_arcs(folder_ + "sparse/snap/soc-Slashdot0902.txt.gz");
  ASSERT_EQ(A.rows, 82168);
  ASSERT_EQ(A.stored_entries(), 948464);
  const index_t k = long_tests() ? 100 : 10;
  const auto result = svd<double>(*make_operator<double>(A), {.rank = {.rank = k}});
  EXPECT_TRUE(result.report.certificate.met);
  EXPECT_TRUE(oracles::check_triplets<double>(A, result).passes(1e-10));
  expect_close(result.sigma, spectrum("snap/soc-Slashdot0902"), 1e-12, "Slashdot");
}

TEST_F(PublishedSpectra, LeadingValuesOfTheDebianDescriptions) {
  if (!long_tests()) GTEST_SKIP() << "set ECKART_LONG_TESTS to run this";
  const AnyMatrix any =
      io::read_matrix(folder_ + "sparse/debian_bookworm/desc_term_document_counts.mtx.gz");
  SparseMatrix<double> A = std::get<SparseMatrix<double>>(any);
  ASSERT_EQ(A.stored_entries(), 2674194);
  for (index_t i = 0; i < A.rows; ++i) {  // log-entropy weights
    const auto first = static_cast<std::size_t>(A.offsets[static_cast<std::size_t>(i)]);
    const auto last = static_cast<std::size_t>(A.offsets[static_cast<std::size_t>(i) + 1]);
    double total = 0;
    for (std::size_t p = first; p < last; ++p) total += A.values[p];
    double entropy = 0;
    for (std::size_t p = first; p < last; ++p) {
      entropy += A.values[p] / total * std::log(A.values[p] / total);
    }
    const double weight = 1 + entropy / std::log(static_cast<double>(A.cols));
    for (std::size_t p = first; p < last; ++p) A.values[p] = std::log2(1 + A.values[p]) * weight;
  }
  const auto result = svd<double>(*make_operator<double>(A), {.rank = {.rank = 200}});
  EXPECT_TRUE(result.report.certificate.met);
  expect_close(result.sigma, spectrum("debian/descriptions_logentropy"), 1e-11, "Debian");
}

// Every pair of points against every block of a design: three values, in closed form.
TEST_F(PublishedSpectra, OfALargeBlockDesignWithEachCopyOfItsSecondValue) {
  if (!long_tests()) GTEST_SKIP() << "set ECKART_LONG_TESTS to run this";
  const SparseMatrix<double> A = cases::bibd<double>(19, 9);
  ASSERT_EQ(A.cols, 92378);
  const auto result = svd<double>(*make_operator<double>(A), {.rank = {.rank = 25}});
  EXPECT_TRUE(result.report.certificate.met);
  EXPECT_TRUE(oracles::check_triplets<double>(A, result).passes(1e-10));
  const double published[] = {836.7365177, 302.5227264, 80.21845174};
  for (std::size_t i = 0; i < 25; ++i) {  // multiplicities 1, 18, 152
    const double value = published[i == 0 ? 0 : i < 19 ? 1 : 2];
    EXPECT_TRUE(std::abs(result.sigma[i] / value - 1) <= 1e-9) << i;
  }
}

TEST_F(PublishedSpectra, OfTheBookExampleOfLatentSemanticIndexing) {
  Matrix<double> A(12, 9);
  std::istringstream text(read_whole(folder_ + "text/deerwester/deerwester_12x9.csv"));
  std::string field;
  std::getline(text, field);  // column names
  for (index_t i = 0; i < 12; ++i) {
    std::getline(text, field, ',');  // term
    for (index_t j = 0; j < 9; ++j) {
      std::getline(text, field, j == 8 ? '\n' : ',');
      A(i, j) = std::stod(field);
    }
  }
  const auto result = dense_svd<double>(*make_operator<double>(view(A)));
  expect_close(result.sigma, spectrum("text/deerwester_12x9"), slack(12, 9), "deerwester");
  const double printed_1990[] = {3.34, 2.54, 2.35, 1.64, 1.50, 1.31, .85, .56, .36};
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_TRUE(std::abs(result.sigma[i] - printed_1990[i]) <= 0.006) << i;
  }
}

TEST_F(PublishedSpectra, OfCentredIrisAndDigits) {
  const Matrix<double> iris = read_table(folder_ + "tabular/sklearn/iris.csv", 1, 4);
  const Matrix<double> digits = read_table(folder_ + "tabular/sklearn/digits.csv.gz", 0, 64);
  ASSERT_EQ(iris.rows(), 150);
  ASSERT_EQ(digits.rows(), 1797);
  Context context;
  for (const auto& [key, A, ratios] :
       {std::tuple<const char*, const Matrix<double>*, std::vector<double>>{
            "tabular/iris", &iris, {.92461872, .05306648, .01710261, .00521218}},
        {"tabular/digits", &digits, {.14890594, .13618771, .11794594, .08409979, .05782415}}}) {
    const auto op = make_operator<double>(view(*A));
    const auto centre =
        make_affine<double>(*op, standardisation<double>(*op, true, false, context));
    for (const Method method : {Method::dense, Method::lanczos}) {
      const auto result = svd<double>(
          *centre, {.rank = {.rank = std::min<index_t>(10, A->cols())}, .method = method});
      expect_close(result.sigma, spectrum(key), 1e-12, key);
      EXPECT_TRUE(result.report.certificate.met);
      const double total = result.report.certificate.frobenius_norm.value;
      for (std::size_t i = 0; i < ratios.size(); ++i) {
        EXPECT_TRUE(std::abs(std::pow(result.sigma[i] / total, 2) - ratios[i]) <= 1.1e-8);
      }
    }
  }
  // Three constant columns: rank 61 of 64.
  const auto all = dense_svd<double>(*make_operator<double>(view(centred(digits.clone()))));
  EXPECT_TRUE(all.sigma[60] > 1e-3 * all.sigma[0]);
  EXPECT_TRUE(all.sigma[61] <= 1e-14 * all.sigma[0]);
}

TEST_F(PublishedSpectra, OfCentredFashionMnist) {
  const Matrix<double> A =
      read_idx_images(folder_ + "tabular/fashion-mnist/t10k-images-idx3-ubyte.gz");
  ASSERT_EQ(A.rows(), 10000);
  ASSERT_EQ(A.cols(), 784);
  Context context;
  const auto op = make_operator<double>(view(A));
  const auto centre = make_affine<double>(*op, standardisation<double>(*op, true, false, context));
  const auto result = svd<double>(*centre, {.rank = {.rank = 10}});
  EXPECT_TRUE(result.report.certificate.met);
  expect_close(result.sigma, spectrum("tabular/fashion_mnist_t10k_centred"), 1e-12, "test part");
  if (!long_tests()) return;
  EXPECT_EQ(svd<double>(*centre, {.rank = {.energy = 0.95}}).sigma.size(), 183u);
}

TEST_F(PublishedSpectra, OfTheLargePartOfFashionMnist) {
  if (!long_tests()) GTEST_SKIP() << "set ECKART_LONG_TESTS to run this";
  const Matrix<double> A =
      read_idx_images(folder_ + "tabular/fashion-mnist/train-images-idx3-ubyte.gz");
  ASSERT_EQ(A.rows(), 60000);
  Context context;
  const auto op = make_operator<double>(view(A));
  const auto centre = make_affine<double>(*op, standardisation<double>(*op, true, false, context));
  const auto result = svd<double>(*centre, {.rank = {.rank = 10}});
  expect_close(result.sigma, spectrum("tabular/fashion_mnist_train_centred"), 1e-12, "train part");
  EXPECT_EQ(svd<double>(*centre, {.rank = {.energy = 0.95}}).sigma.size(), 187u);
}

}  // namespace
}  // namespace eckart
