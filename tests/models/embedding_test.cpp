#include "eckart/models/embedding.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

namespace fs = std::filesystem;

class EmbeddingFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("eckart_embedding_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    std::mt19937_64 generator(3);
    std::normal_distribution<float> normal;
    X_ = Matrix<float>(3000, 10);
    for (index_t i = 0; i < 3000; ++i) {
      for (index_t j = 0; j < 10; ++j) {
        X_(i, j) = 3 + normal(generator) * static_cast<float>(std::pow(0.6, double(j)));
      }
    }
    io::write_npy<float>(path("x.npy"), std::as_const(X_).view());
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  Matrix<float> X_;
  fs::path folder_;
};

TEST_F(EmbeddingFile, KeepsTheEnergyOfTheLeadingDirections) {
  const EmbeddingReport report = reduce_embedding(path("x.npy"), path("y.npy"), {.rank = 4});
  const auto svd = dense_svd(*make_operator<float>(std::as_const(X_).view()), {});
  ASSERT_EQ(report.sigma.size(), 10U);
  double total = 0, held = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    const double expected = double(svd.sigma[i]);
    EXPECT_TRUE(std::abs(report.sigma[i] - expected) <= 1e-5 * double(svd.sigma[0]));
    total += expected * expected;
    if (i < 4) held += expected * expected;
  }
  EXPECT_TRUE(std::abs(report.energy - held / total) <= 1e-5);
  EXPECT_EQ(report.tokens, 3000);
  const auto Y = std::get<DenseMatrix<float>>(io::read_matrix(path("y.npy")));
  double energy = 0;
  for (index_t i = 0; i < 3000; ++i) {
    for (index_t j = 0; j < 4; ++j) energy += double(Y(i, j)) * double(Y(i, j));
  }
  EXPECT_TRUE(std::abs(energy - held) <= 1e-4 * held);
}

TEST_F(EmbeddingFile, AllDimensionsKeepAllNeighbours) {
  const EmbeddingReport all = reduce_embedding(path("x.npy"), path("y.npy"), {.rank = 10});
  EXPECT_TRUE(all.neighbours_kept >= 0.999);
  EXPECT_EQ(all.sampled, 1000);
  const EmbeddingReport one = reduce_embedding(path("x.npy"), path("z.npy"), {.rank = 1});
  EXPECT_TRUE(one.neighbours_kept < 0.5);
  const EmbeddingReport none =
      reduce_embedding(path("x.npy"), path("w.npy"), {.rank = 3, .sample = 0});
  EXPECT_EQ(none.neighbours_kept, -1);
}

TEST_F(EmbeddingFile, RemovalTakesTheMeanAndTheLeadingDirections) {
  const EmbeddingReport report =
      reduce_embedding(path("x.npy"), path("y.npy"), {.rank = 2, .remove_top = 1});
  // Of independent columns the centred spectrum is sqrt(N) times their deviations.
  EXPECT_TRUE(std::abs(report.sigma[0] / (std::sqrt(3000.0) * 0.6) - 1) <= 0.1);
  const auto Y = std::get<DenseMatrix<float>>(io::read_matrix(path("y.npy")));
  double mean = 0;
  for (index_t i = 0; i < 3000; ++i) mean += double(Y(i, 0)) / 3000;
  EXPECT_TRUE(std::abs(mean) <= 1e-5);
}

TEST_F(EmbeddingFile, RefusesMoreThanThereIs) {
  EXPECT_THROW(reduce_embedding(path("x.npy"), path("y.npy"), {.rank = 11}), InvalidArgument);
  EXPECT_THROW(reduce_embedding(path("x.npy"), path("y.npy"), {.rank = 9, .remove_top = 2}),
               InvalidArgument);
}

}  // namespace
}  // namespace eckart
