#include "eckart/io/spread.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <mutex>

#include "eckart/error.hpp"
#include "tests/oracles/threaded_ranks.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;
using oracles::ThreadedRanks;

class Spread : public testing::Test {
 protected:
  Spread() { fs::create_directories(folder_); }
  ~Spread() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_ =
      fs::temp_directory_path() /
      (std::string("eckart_spread_") +
       testing::UnitTest::GetInstance()->current_test_info()->name() + std::to_string(getpid()));
};

Matrix<double> counting(index_t rows, index_t cols, double first = 0) {
  Matrix<double> A(rows, cols);
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < cols; ++j) A(i, j) = first + static_cast<double>(10 * i + j);
  }
  return A;
}

// The matrix that the ranks read together, as dense.
Matrix<double> gathered(int size, const std::string& source, index_t rows, index_t cols) {
  Matrix<double> all(rows, cols);
  std::mutex mutex;
  ThreadedRanks::run(size, [&](const Communicator& ranks) {
    const AnyMatrix part = read_rows(source, {}, ranks);
    std::visit(
        [&]<class M>(const M& A) {
          index_t count = 0;
          if constexpr (requires { A.row_major; }) {
            count = A.rows();
            EXPECT_EQ(A.cols(), cols);
          } else {
            count = A.rows;
            EXPECT_EQ(A.cols, cols);
          }
          const Shard shard = Shard::counted(ranks, count);
          EXPECT_EQ(shard.total, rows);
          const std::lock_guard lock(mutex);
          if constexpr (std::is_same_v<M, DenseMatrix<double>>) {
            for (index_t i = 0; i < count; ++i) {
              for (index_t j = 0; j < cols; ++j) all(shard.first + i, j) = A(i, j);
            }
          } else if constexpr (std::is_same_v<M, SparseMatrix<double>>) {
            for (index_t i = 0; i < count; ++i) {
              for (index_t p = A.offsets[static_cast<std::size_t>(i)];
                   p < A.offsets[static_cast<std::size_t>(i) + 1]; ++p) {
                all(shard.first + i, A.columns[static_cast<std::size_t>(p)]) =
                    A.values[static_cast<std::size_t>(p)];
              }
            }
          } else {
            ADD_FAILURE() << "another type";
          }
        },
        part);
  });
  return all;
}

void expect_equal(const Matrix<double>& A, const Matrix<double>& B) {
  ASSERT_EQ(A.rows(), B.rows());
  for (index_t i = 0; i < A.rows(); ++i) {
    for (index_t j = 0; j < A.cols(); ++j) EXPECT_EQ(A(i, j), B(i, j)) << i << " " << j;
  }
}

TEST_F(Spread, ReadsOneFileByRowsMoreRanksThanRowsToo) {
  const Matrix<double> A = counting(7, 3);
  write_npy<double>(path("a.npy"), A.view());
  {
    std::ofstream table(path("a.csv"));
    for (index_t i = 0; i < 7; ++i) table << A(i, 0) << "," << A(i, 1) << "," << A(i, 2) << "\n";
    std::ofstream sparse(path("a.mtx"));
    sparse << "%%MatrixMarket matrix coordinate real general\n7 3 20\n";
    for (index_t i = 0; i < 7; ++i) {
      for (index_t j = 0; j < 3; ++j) {
        if (i + j > 0) sparse << i + 1 << " " << j + 1 << " " << A(i, j) << "\n";
      }
    }
  }
  for (const int size : {1, 2, 4, 9}) {
    for (const char* name : {"a.npy", "a.csv", "a.mtx"}) {
      SCOPED_TRACE(testing::Message() << name << " over " << size);
      expect_equal(gathered(size, path(name), 7, 3), A);
    }
  }
}

TEST_F(Spread, ReadsAFolderOfBlocksInTheOrderOfTheirNames) {
  fs::create_directories(folder_ / "blocks");
  const Matrix<double> first = counting(4, 3);
  const Matrix<double> second = counting(2, 3, 40);
  const Matrix<double> third = counting(5, 3, 60);
  write_npy<double>(path("blocks/part-10.npy"), second.view());
  write_npy<double>(path("blocks/part-00.npy"), first.view());
  write_npy<double>(path("blocks/part-20.npy"), third.view());
  for (const int size : {1, 2, 3, 5}) {
    SCOPED_TRACE(size);
    expect_equal(gathered(size, path("blocks"), 11, 3), counting(11, 3));
  }
}

TEST_F(Spread, EveryRankSaysWhatIsWrongOnOne) {
  fs::create_directories(folder_ / "blocks");
  write_npy<double>(path("blocks/a.npy"), counting(2, 3).view());
  std::ofstream(path("blocks/b.npy")) << "nonsense";
  int told = 0;
  std::mutex mutex;
  ThreadedRanks::run(3, [&](const Communicator& ranks) {
    for (const std::string& source : {path("blocks"), path("missing.npy"), path("missing.mtx")}) {
      try {
        read_rows(source, {}, ranks);
        ADD_FAILURE() << source;
      } catch (const IoError& error) {
        const bool named = std::string(error.what()).find("rank ") != std::string::npos &&
                           std::string(error.what()).find(folder_) != std::string::npos;
        const std::lock_guard lock(mutex);
        told += named;
      }
    }
  });
  EXPECT_EQ(told, 9);
  fs::remove(path("blocks/b.npy"));
  write_npy<float>(path("blocks/b.npy"), Matrix<float>(2, 3).view());
  EXPECT_THROW(gathered(2, path("blocks"), 4, 3), IoError);
  fs::create_directories(folder_ / "empty");
  EXPECT_THROW(gathered(2, path("empty"), 4, 3), IoError);
}

TEST_F(Spread, WritesTheResultThatOneProcessWrites) {
  SvdResult<double> whole;
  whole.U = counting(6, 2);
  whole.V = counting(5, 2, 100);
  whole.sigma = {3, 1};
  write_result(path("serial"), whole);
  for (const int size : {1, 3, 8}) {
    const std::string folder = path("over" + std::to_string(size));
    ThreadedRanks::run(size, [&](const Communicator& ranks) {
      const Shard left = Shard::even(ranks, 6);
      const Shard right = Shard::even(ranks, 5);
      SvdResult<double> part;
      part.sigma = whole.sigma;
      part.U = Matrix<double>(left.count, 2);
      part.V = Matrix<double>(right.count, 2);
      for (index_t j = 0; j < 2; ++j) {
        for (index_t i = 0; i < left.count; ++i) part.U(i, j) = whole.U(left.first + i, j);
        for (index_t i = 0; i < right.count; ++i) part.V(i, j) = whole.V(right.first + i, j);
      }
      write_spread_result(folder, part, left, right, false, "");
      // Not twice without leave, and with leave in its place.
      EXPECT_THROW(write_spread_result(folder, part, left, right, false, ""), Error);
      write_spread_result(folder, part, left, right, true, "");
    });
    for (const char* name : {"U.npy", "Vt.npy", "s.npy"}) {
      const auto bytes = [&](const std::string& where) {
        std::ifstream file(where + "/" + name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
      };
      EXPECT_EQ(bytes(folder), bytes(path("serial"))) << name << " over " << size;
    }
  }
  // Nothing is left behind.
  index_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder_)) ++entries;
  EXPECT_EQ(entries, 4);
}

}  // namespace
}  // namespace eckart::io
