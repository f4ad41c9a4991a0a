#include "eckart/io/result_folder.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <barrier>
#include <complex>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "io/readers.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::io_error_of;
using test::read_all;
using test::TemporaryDirectory;
using test::write_all;

template <Scalar T>
T value(index_t i, index_t j) {
  if constexpr (is_complex<T>) {
    return {static_cast<real_t<T>>(i + 1), static_cast<real_t<T>>(j) / 4};
  } else {
    return static_cast<T>(i + 1) + static_cast<T>(j) / 4;
  }
}

template <Scalar T>
Matrix<T> filled(index_t rows, index_t cols) {
  Matrix<T> A(rows, cols);
  for (index_t j = 0; j < cols; ++j) {
    for (index_t i = 0; i < rows; ++i) A(i, j) = value<T>(i, j);
  }
  return A;
}

template <Scalar T>
SvdResult<T> made_result(index_t rows, index_t cols, index_t rank) {
  SvdResult<T> result;
  result.U = filled<T>(rows, rank);
  result.V = filled<T>(cols, rank);
  for (index_t k = 0; k < rank; ++k) result.sigma.push_back(static_cast<real_t<T>>(rank - k));
  result.report.method = "made";
  return result;
}

template <class T>
class ResultFolder : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(ResultFolder, Scalars);

TYPED_TEST(ResultFolder, ReadsBackWhatItWrote) {
  using T = TypeParam;
  const TemporaryDirectory folder;
  const std::string path = folder / "svd";
  write_result(path, made_result<T>(5, 3, 2));
  EXPECT_EQ(folder.entries(), 1);
  const auto saved = std::get<SavedResult<T>>(read_result(path));
  EXPECT_TRUE(saved.has_vectors());
  ASSERT_EQ(saved.U.rows(), 5);
  ASSERT_EQ(saved.U.cols(), 2);
  ASSERT_EQ(saved.Vt.rows(), 2);
  ASSERT_EQ(saved.Vt.cols(), 3);
  EXPECT_EQ(saved.s, (std::vector<real_t<T>>{2, 1}));
  for (index_t k = 0; k < 2; ++k) {
    for (index_t i = 0; i < 5; ++i) EXPECT_EQ(saved.U(i, k), value<T>(i, k));
    for (index_t j = 0; j < 3; ++j) EXPECT_EQ(saved.Vt(k, j), conjugate(value<T>(j, k)));
  }
  EXPECT_TRUE(saved.U.row_major);
  EXPECT_TRUE(contains(read_all(path + "/report.json"), "\"method\": \"made\""));
}

TYPED_TEST(ResultFolder, StreamsMatricesLargerThanItsBuffer) {
  using T = TypeParam;
  const TemporaryDirectory folder;
  const Matrix<T> A = filled<T>(1001, 307);
  write_npy<T>(folder / "a.npy", A.view());
  const auto B = std::get<DenseMatrix<T>>(read_npy(Input::open(folder / "a.npy", 0), {}));
  ASSERT_EQ(B.rows(), 1001);
  ASSERT_EQ(B.cols(), 307);
  index_t wrong = 0;
  for (index_t j = 0; j < 307; ++j) {
    for (index_t i = 0; i < 1001; ++i) wrong += B(i, j) == A(i, j) ? 0 : 1;
  }
  EXPECT_EQ(wrong, 0);
}

TYPED_TEST(ResultFolder, SavesValuesAlone) {
  using T = TypeParam;
  const TemporaryDirectory folder;
  SvdResult<T> result;
  result.sigma = {3, 2, 1};
  write_result(folder / "svd", result);
  EXPECT_TRUE(fs::exists(folder / "svd/s.npy"));
  EXPECT_TRUE(fs::exists(folder / "svd/report.json"));
  EXPECT_FALSE(fs::exists(folder / "svd/U.npy"));
  EXPECT_FALSE(fs::exists(folder / "svd/Vt.npy"));
  const auto saved = std::get<SavedResult<real_t<T>>>(read_result(folder / "svd"));
  EXPECT_EQ(saved.s, (std::vector<real_t<T>>{3, 2, 1}));
  EXPECT_FALSE(saved.has_vectors());
}

TYPED_TEST(ResultFolder, SavesAResultOfRankZero) {
  using T = TypeParam;
  const TemporaryDirectory folder;
  write_result(folder / "svd", made_result<T>(4, 0, 0));
  const auto saved = std::get<SavedResult<T>>(read_result(folder / "svd"));
  EXPECT_EQ(saved.U.rows(), 4);
  EXPECT_EQ(saved.U.cols(), 0);
  EXPECT_EQ(saved.Vt.rows(), 0);
  EXPECT_TRUE(saved.s.empty());
}

TEST(WriteNpy, WritesAVectorOrAColumn) {
  const TemporaryDirectory folder;
  const Matrix<double> A = filled<double>(3, 1);
  write_npy<double>(folder / "vector.npy", A.view(), true);
  write_npy<double>(folder / "column.npy", A.view());
  EXPECT_TRUE(contains(read_all(folder / "vector.npy"), "'shape': (3,)"));
  EXPECT_TRUE(contains(read_all(folder / "column.npy"), "'shape': (3, 1)"));
  EXPECT_THROW(write_npy<double>(folder / "no.npy", filled<double>(2, 2).view(), true),
               InvalidArgument);
}

TEST(WriteNpy, WritesABlockOfALargerMatrix) {
  const TemporaryDirectory folder;
  const Matrix<float> A = filled<float>(6, 5);
  write_npy<float>(folder / "a.npy", A.view().block(1, 2, 3, 2));
  const auto B = std::get<DenseMatrix<float>>(read_npy(Input::open(folder / "a.npy", 0), {}));
  ASSERT_EQ(B.rows(), 3);
  ASSERT_EQ(B.cols(), 2);
  EXPECT_EQ(B(2, 1), A(3, 3));
}

// Returns the message with which a place is refused that must not be overwritten.
std::string refusal(const std::string& path) {
  try {
    write_result(path, made_result<double>(2, 2, 1));
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  ADD_FAILURE() << path << " was replaced";
  return "";
}

TEST(WriteResult, ReplacesAnEarlierResultOnlyWhenAsked) {
  const TemporaryDirectory folder;
  const std::string path = folder / "svd";
  write_result(path, made_result<double>(4, 3, 2));
  EXPECT_EQ(refusal(path), path + " exists already; choose another name, or ask to replace it");
  EXPECT_EQ(std::get<SavedResult<double>>(read_result(path)).s.size(), 2U);

  SvdResult<double> values_only;
  values_only.sigma = {7};
  write_result(path, values_only, true);
  EXPECT_EQ(std::get<SavedResult<double>>(read_result(path)).s, std::vector<double>{7});
  EXPECT_FALSE(fs::exists(path + "/U.npy"));  // nothing of the earlier result stays
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteResult, KeepsWhatBelongsToAResultBesideIt) {
  const TemporaryDirectory folder;
  const std::string path = folder / "svd";
  const Matrix<float> scores = filled<float>(4, 2);
  const std::vector<double> mean = {1, 2, 3};
  const std::vector<Companion> companions = {
      {"mean", MatrixView<const double>{mean.data(), 3, 1, 3}, true}, {"scores", scores.view()}};
  write_result(path, made_result<double>(4, 3, 2), false, "", companions);
  const auto read = [&](const char* name) { return read_npy(Input::open(path + name, 0), {}); };
  EXPECT_EQ(std::get<DenseMatrix<double>>(read("/mean.npy"))(2, 0), 3);
  EXPECT_EQ(std::get<DenseMatrix<float>>(read("/scores.npy"))(3, 1), scores(3, 1));
  EXPECT_EQ(std::get<SavedResult<double>>(read_result(path)).s.size(), 2U);

  write_result(path, made_result<double>(4, 3, 1), true);
  EXPECT_FALSE(fs::exists(path + "/mean.npy"));  // it belonged to the earlier result
  EXPECT_EQ(folder.entries(), 1);
  EXPECT_THROW(write_result(folder / "odd", made_result<double>(4, 3, 1), false, "",
                            {{"thesis", scores.view()}}),
               InvalidArgument);
  EXPECT_EQ(folder.entries(), 1);
}

// Whoever comes too late is told the same, however late that is.
TEST(WriteResult, LetsOneOfManyWritersWin) {
  const TemporaryDirectory folder;
  const std::string path = folder / "svd";
  const std::string expected = path + " exists already; choose another name, or ask to replace it";
  constexpr int writers = 8;
  for (int round = 0; round < 5; ++round) {
    std::barrier start(writers);
    std::atomic<int> written = 0;
    std::vector<std::string> messages(writers);
    std::vector<std::thread> threads;
    for (std::string& message : messages) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        try {
          write_result(path, made_result<double>(2, 2, 1));
          ++written;
          message = expected;
        } catch (const InvalidArgument& error) {
          message = error.what();
        } catch (const IoError& error) {
          message = std::string("IoError: ") + error.what();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(written, 1);
    EXPECT_EQ(messages, std::vector<std::string>(writers, expected));
    EXPECT_EQ(folder.entries(), 1);
    fs::remove_all(path);
  }
}

TEST(WriteResult, TakesAnEmptyFolderALinkAndATrailingSlash) {
  const TemporaryDirectory folder;
  fs::create_directory(folder / "empty");
  write_result(folder / "empty/", made_result<double>(4, 3, 2));
  EXPECT_NO_THROW(read_result(folder / "empty"));
  fs::create_directory_symlink("empty", folder / "link");
  write_result(folder / "link", made_result<double>(4, 3, 1), true);
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(std::get<SavedResult<double>>(read_result(folder / "empty/")).s.size(), 1U);
  EXPECT_EQ(folder.entries(), 2);
}

TEST(WriteResult, NeverTouchesAFolderWithForeignFiles) {
  const TemporaryDirectory folder;
  const std::string path = folder / "svd";
  write_result(path, made_result<double>(4, 3, 2));
  write_all(path + "/thesis.tex", "years of work");
  const std::string error =
      io_error_of([&] { write_result(path, made_result<double>(2, 2, 1), true); });
  EXPECT_TRUE(contains(error, "also holds 'thesis.tex'")) << error;
  EXPECT_EQ(read_all(path + "/thesis.tex"), "years of work");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteResult, ReplacesNothingButFilesOfAResult) {
  const TemporaryDirectory folder;
  const auto error_at = [&](const std::string& name) {
    return io_error_of([&] { write_result(folder / name, made_result<double>(2, 2, 1), true); });
  };
  fs::create_directories(folder / "folders/U.npy");
  write_all(folder / "folders/U.npy/thesis.tex", "years of work");
  EXPECT_TRUE(contains(error_at("folders"), "'U.npy' is not an ordinary file"));
  EXPECT_EQ(read_all(folder / "folders/U.npy/thesis.tex"), "years of work");

  fs::create_directory(folder / "foreign");
  write_all(folder / "foreign/U.npy", "years of work");
  EXPECT_TRUE(contains(error_at("foreign"), "holds no report.json of an earlier result"));
  for (const char* report : {"", "text", "[1]", "{}", "{\"schema\": \"mine\"}"}) {
    write_all(folder / "foreign/report.json", report);
    EXPECT_TRUE(contains(error_at("foreign"), "holds no report.json of an earlier")) << report;
  }
  EXPECT_EQ(read_all(folder / "foreign/U.npy"), "years of work");

  write_result(folder / "linked", made_result<double>(2, 2, 1));
  fs::rename(folder / "linked/s.npy", folder / "kept.npy");
  fs::create_symlink("../kept.npy", folder / "linked/s.npy");
  EXPECT_TRUE(contains(error_at("linked"), "'s.npy' is not an ordinary file"));
  EXPECT_EQ(folder.entries(), 4);
}

TEST(WriteResult, NamesWhatIsWrongWithThePlace) {
  const TemporaryDirectory folder;
  const auto error_at = [&](const std::string& path) {
    return io_error_of([&] { write_result(path, made_result<double>(2, 2, 1), true); });
  };
  EXPECT_TRUE(contains(error_at(folder / "missing/svd"), "missing does not exist; create it"));
  EXPECT_TRUE(contains(error_at("/dev/full"), "is not a folder"));
  EXPECT_TRUE(contains(error_at(""), "the output path is empty"));
  write_all(folder / "file", "x");
  EXPECT_TRUE(contains(error_at(folder / "file"), "it exists and is not a folder"));
  EXPECT_EQ(read_all(folder / "file"), "x");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteResult, IsAllOrNothingWhereverWritingFails) {
  const TemporaryDirectory folder;
  const std::string path = folder / "svd";
  write_result(path, made_result<double>(4, 3, 2));
  const std::string before = read_all(path + "/U.npy");
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);  // then writing fails with EFBIG
  bool written = false;
  int failures = 0;
  // The files have 128 to some 2000 bytes: the limit lets ever more of them pass.
  for (rlim_t limit = 0; limit < 8192 && !written; limit += 64) {
    const rlimit now{limit, old_limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
    const std::string error =
        io_error_of([&] { write_result(path, made_result<double>(20, 3, 2), true); });
    setrlimit(RLIMIT_FSIZE, &old_limit);
    written = error.empty();
    if (written) break;
    ++failures;
    EXPECT_TRUE(contains(error, path + "/")) << error;
    EXPECT_TRUE(contains(error, "File too large")) << error;
    EXPECT_EQ(read_all(path + "/U.npy"), before) << limit;
    EXPECT_EQ(folder.entries(), 1) << limit;
  }
  std::signal(SIGXFSZ, old_action);
  EXPECT_TRUE(written);
  EXPECT_TRUE(failures > 3);
  EXPECT_EQ(std::get<SavedResult<double>>(read_result(path)).U.rows(), 20);
}

TEST(ReadResult, RefusesFoldersThatAreNoResult) {
  const TemporaryDirectory folder;
  const std::string path = folder / "svd";
  const auto error = [&] { return io_error_of([&] { read_result(path); }); };
  EXPECT_TRUE(contains(error(), "not a folder; expected a saved result"));
  write_result(path, made_result<double>(4, 3, 2));
  write_npy<double>(path + "/U.npy", filled<double>(4, 3).view());
  EXPECT_TRUE(contains(error(), "U is 4 x 3, s has 2 values, Vt is 2 x 3")) << error();
  write_npy<float>(path + "/U.npy", filled<float>(4, 2).view());
  EXPECT_TRUE(contains(error(), "different types")) << error();
  write_npy<double>(path + "/U.npy", filled<double>(4, 2).view());
  EXPECT_EQ(error(), "");
  write_npy<double>(path + "/s.npy", filled<double>(2, 2).view());
  EXPECT_TRUE(contains(error(), "one vector of real singular values")) << error();
  fs::remove(path + "/Vt.npy");
  EXPECT_TRUE(contains(error(), "holds U.npy but no Vt.npy")) << error();
  fs::remove(path + "/s.npy");
  fs::remove(path + "/U.npy");
  EXPECT_TRUE(contains(error(), "s.npy")) << error();
}

TEST(WriteResult, IsReadByNumpy) {
  if (!test::has_numpy()) GTEST_SKIP() << "needs /usr/bin/python3 with numpy and scipy";
  const TemporaryDirectory folder;
  write_result(folder / "real", made_result<float>(5, 3, 2));
  write_result(folder / "complex", made_result<std::complex<double>>(5, 3, 2));
  EXPECT_TRUE(test::run_python(R"(
import json, sys
import numpy as np
i, k = np.mgrid[0:5, 0:2]
j, l = np.mgrid[0:3, 0:2]
for name, U, V, types in [
        ('real', i + 1 + k / 4, j + 1 + l / 4, ['f4', 'f4', 'f4']),
        ('complex', i + 1 + 1j * k / 4, j + 1 + 1j * l / 4, ['c16', 'f8', 'c16'])]:
    folder = f'{sys.argv[1]}/{name}'
    saved = [np.load(f'{folder}/{file}.npy') for file in ('U', 's', 'Vt')]
    assert [a.dtype for a in saved] == [np.dtype(t) for t in types], saved
    assert all(a.flags.c_contiguous for a in saved)
    assert (saved[0] == U).all() and (saved[1] == [2, 1]).all()
    assert (saved[2] == V.conj().T).all()
    assert json.load(open(f'{folder}/report.json'))['schema'] == 1
)",
                               folder));
}

TEST(WriteText, WritesTheTextAndKeepsTheOldOneOnFailure) {
  const TemporaryDirectory folder;
  write_text(folder / "a.txt", "first");
  write_text(folder / "a.txt", "second");
  EXPECT_EQ(read_all(folder / "a.txt"), "second");
  EXPECT_THROW(write_text("/dev/full", "x"), IoError);
}

}  // namespace
}  // namespace eckart::io
