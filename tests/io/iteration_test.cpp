#include "eckart/io/iteration.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <complex>
#include <filesystem>
#include <fstream>

#include "eckart/error.hpp"
#include "tests/oracles/threaded_ranks.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;
using oracles::ThreadedRanks;

class Iteration : public testing::Test {
 protected:
  ~Iteration() override { fs::remove_all(folder_); }

  template <Scalar T>
  static T entry(index_t i, index_t j) {
    return static_cast<real_t<T>>(10 * i + j);
  }
  // 9 x (4 + 2), of which each rank writes its rows.
  template <Scalar T>
  void write(int size, double norm) const {
    ThreadedRanks::run(size, [&](const Communicator& ranks) {
      const Shard rows = Shard::even(ranks, 9);
      Matrix<T> basis(rows.count, 6), B(4, 4), K(2, 4);
      for (index_t j = 0; j < 6; ++j) {
        for (index_t i = 0; i < rows.count; ++i) basis(i, j) = entry<T>(rows.first + i, j);
      }
      for (index_t j = 0; j < 4; ++j) {
        for (index_t i = 0; i < 4; ++i) B(i, j) = entry<T>(100 + i, j);
        for (index_t i = 0; i < 2; ++i) K(i, j) = entry<T>(200 + i, j);
      }
      const LanczosState<T> state{basis.view(), B.view(), K.view(), norm, 1003};
      write_iteration<T>(folder_, state, rows, "a problem");
    });
  }

  std::string folder_ =
      fs::temp_directory_path() /
      (std::string("eckart_iteration_") +
       testing::UnitTest::GetInstance()->current_test_info()->name() + std::to_string(getpid()));
};

TEST_F(Iteration, IsReadByAnotherNumberOfRanksThanWroteIt) {
  using T = std::complex<double>;
  write<T>(3, 0.1);
  write<T>(3, 1.0 / 3);  // takes the place of the first
  ThreadedRanks::run(2, [&](const Communicator& ranks) {
    const Shard rows = Shard::even(ranks, 9);
    const KeptIteration<T> kept = read_iteration<T>(folder_, rows, "a problem");
    ASSERT_EQ(kept.basis.rows(), rows.count);
    ASSERT_EQ(kept.basis.cols(), 6);
    for (index_t j = 0; j < 6; ++j) {
      for (index_t i = 0; i < rows.count; ++i) {
        EXPECT_EQ(kept.basis(i, j), entry<T>(rows.first + i, j));
      }
    }
    EXPECT_EQ(kept.B(3, 2), entry<T>(103, 2));
    EXPECT_EQ(kept.K(1, 3), entry<T>(201, 3));
    EXPECT_EQ(kept.norm, 1.0 / 3);
    EXPECT_EQ(kept.stream, 1003U);
  });
  remove_iteration(folder_);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(Iteration, NoFolderIsNoneAndAnythingElseIsRefusedByEveryRank) {
  const auto read = [&](const std::string& problem) {
    ThreadedRanks::run(2, [&](const Communicator& ranks) {
      const auto kept = read_iteration<double>(folder_, Shard::even(ranks, 9), problem);
      EXPECT_EQ(kept.B.cols(), 0);
    });
  };
  read("a problem");
  write<double>(2, 1);
  EXPECT_THROW(read("another problem"), IoError);
  fs::remove_all(folder_);
  write<float>(2, 1);
  EXPECT_THROW(read("a problem"), IoError);  // of another type
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/notes.txt") << "mine";
  EXPECT_THROW(read("a problem"), IoError);
  EXPECT_THROW(write<double>(2, 1), IoError);
  EXPECT_TRUE(fs::exists(folder_ + "/notes.txt"));
}

}  // namespace
}  // namespace eckart::io
