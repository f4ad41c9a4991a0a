#include "eckart/io/checkpoint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "eckart/io/file_operator.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/operators.hpp"
#include "tests/io/file_testing.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::contains, test::Folder, test::gaussian, test::io_error_of, test::npy, test::write_bytes;

struct Outcome {
  SvdResult<double> result;
  index_t reads = 0;
  index_t found = 0;
  index_t added = 0;
  std::vector<std::string> warnings;
};

// Ten triplets of the file, from a checkpoint; stopped by an exception after so many passes.
Outcome run(const std::string& path, const std::string& folder, index_t stop_after = -1) {
  struct Stopping final : LinearOperator<double> {
    const LinearOperator<double>& A;
    index_t left;
    Stopping(const LinearOperator<double>& a, index_t n) : A(a), left(n) {}
    void count() const {
      if (const_cast<Stopping*>(this)->left-- == 0) throw IoError("power", "cut");
    }
    index_t rows() const override { return A.rows(); }
    index_t cols() const override { return A.cols(); }
    Storage storage() const override { return A.storage(); }
    std::uint64_t bytes_per_read() const override { return A.bytes_per_read(); }
    bool reads_once(Gram side) const override { return A.reads_once(side); }
    index_t reads() const override { return A.reads(); }
    void apply(MatrixView<const double> X, MatrixView<double> Y, Context& c) const override {
      count();
      A.apply(X, Y, c);
    }
    void apply_adjoint(MatrixView<const double> Y,
                       MatrixView<double> X,
                       Context& c) const override {
      count();
      A.apply_adjoint(Y, X, c);
    }
    int apply_gram(Gram side,
                   MatrixView<const double> X,
                   MatrixView<double> Y,
                   MatrixView<double> Z,
                   const RowsStep<double>& step,
                   Context& c) const override {
      count();
      return A.apply_gram(side, X, Y, Z, step, c);
    }
    EntryScan scan(Context& c) const override { return count(), A.scan(c); }
    std::vector<double> column_energies(const AffineMap<double>& map, Context& c) const override {
      return A.column_energies(map, c);
    }
  };
  const FileOperator file = open_file_operator(path, {.tile_bytes = 1 << 16});
  const auto& A = *std::get<std::unique_ptr<LinearOperator<double>>>(file.A);
  const Stopping stopping(A, stop_after);
  Checkpoint checkpoint(folder, file.fingerprint);
  const auto kept = make_checkpointed<double>(stopping, checkpoint);
  Context context(2);
  Outcome done;
  const auto note = [&] {
    done.reads = A.reads();
    done.found = checkpoint.found();
    done.added = checkpoint.added();
    done.warnings = checkpoint.warnings();
  };
  try {
    done.result =
        lanczos_svd<double>(*kept, {.rank = 10}, {.block_size = 16, .basis_size = 60}, context);
  } catch (const IoError&) {
    if (stop_after < 0) throw;
  }
  note();
  return done;
}

bool same_bits(const SvdResult<double>& a, const SvdResult<double>& b) {
  return a.sigma == b.sigma &&
         std::equal(a.U.data(), a.U.data() + a.U.rows() * a.U.cols(), b.U.data()) &&
         std::equal(a.V.data(), a.V.data() + a.V.rows() * a.V.cols(), b.V.data());
}

class CheckpointFolder : public testing::Test {
 protected:
  void SetUp() override {
    const Matrix<double> A = gaussian(600, 150);
    write_bytes(file, npy<double>("f8", 600, 150, [&](index_t i, index_t j) {
                  return A(i, j) / static_cast<double>(1 + j * j);
                }));
  }
  Folder folder;
  std::string file = folder / "a.npy";
  std::string kept = folder / "kept";
};

TEST_F(CheckpointFolder, GoesOnAfterAnyPassToTheSameBits) {
  const Outcome whole = run(file, folder / "whole");
  EXPECT_TRUE(whole.result.report.certificate.met);
  EXPECT_EQ(whole.found, 0);
  ASSERT_TRUE(whole.added >= 3);
  for (index_t pass = 0; pass < whole.added; ++pass) {
    std::filesystem::remove_all(kept);
    const Outcome cut = run(file, kept, pass);
    EXPECT_TRUE(cut.result.sigma.empty());
    const Outcome resumed = run(file, kept);
    EXPECT_TRUE(same_bits(resumed.result, whole.result)) << pass;
    EXPECT_EQ(resumed.found, cut.added);
    EXPECT_TRUE(resumed.reads < whole.reads || cut.added == 0);
  }
  const Outcome again = run(file, folder / "whole");
  EXPECT_TRUE(same_bits(again.result, whole.result));
  EXPECT_EQ(again.added, 0);
}

// Products of one square matrix that differ in one thing only, each by a run of its own.
TEST_F(CheckpointFolder, TellsProductsApartByAllThatTheyAreOf) {
  const Matrix<double> A = gaussian(6, 6), X = gaussian(6, 2, 1);
  const auto op = make_operator<double>(A.view());
  const std::vector<double> ones(6, 1), twos(6, 2);
  const AffineMap<double> maps[] = {{},
                                    {.column_shift = ones},
                                    {.row_shift = ones},
                                    {.row_scale = twos},
                                    {.column_scale = twos},
                                    {.column_scale = ones}};
  Context context(1);
  std::vector<std::vector<double>> wanted;
  const auto products = [&](const LinearOperator<double>& B, std::size_t which) {
    Matrix<double> Y(6, 2);
    if (which == 0) B.apply(X.view(), Y.view(), context);
    if (which == 1) B.apply_adjoint(X.view(), Y.view(), context);
    if (which >= 2) return B.column_energies(maps[which - 2], context);
    return std::vector<double>(Y.data(), Y.data() + 12);
  };
  constexpr std::size_t count = 2 + std::size(maps);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t which = 0; which < count; ++which) {
      Checkpoint checkpoint(kept, "of this test");
      const auto checkpointed = make_checkpointed<double>(*op, checkpoint);
      EXPECT_EQ(products(*checkpointed, which), products(*op, which)) << which;
      EXPECT_EQ(checkpoint.found(), round) << which;
      EXPECT_EQ(checkpoint.added(), 1 - round) << which;
    }
  }
}

TEST_F(CheckpointFolder, RemovesWhatAKilledRunWasWriting) {
  { const Checkpoint checkpoint(kept, "of this test"); }
  write_bytes(kept + "/.eckart-1-0.tmp", "half a product");
  const Checkpoint checkpoint(kept, "of this test");
  EXPECT_FALSE(std::filesystem::exists(kept + "/.eckart-1-0.tmp"));
}

// What a stopped run computes for its partial result is of no use to the next one.
TEST_F(CheckpointFolder, KeepsNothingOfARunThatIsCancelled) {
  const Matrix<double> A = gaussian(6, 4), X = gaussian(4, 2, 1);
  const auto op = make_operator<double>(A.view());
  Context context(1);
  context.cancel();
  Checkpoint checkpoint(kept, "of this test");
  const auto checkpointed = make_checkpointed<double>(*op, checkpoint);
  Matrix<double> Y(6, 2), wide(9, 2);
  checkpointed->apply(X.view(), Y.view(), context);
  checkpointed->apply(X.view(), wide.view().block(1, 0, 6, 2), context);
  (void)checkpointed->column_energies({}, context);
  EXPECT_EQ(checkpoint.added(), 0);
}

// Blocks of drivers need not lie in one piece.
TEST_F(CheckpointFolder, FillsBlocksThatAreParts) {
  const Matrix<double> A = gaussian(6, 4), X = gaussian(4, 2, 1);
  const auto op = make_operator<double>(A.view());
  Context context(1);
  Matrix<double> Y(6, 2), Z(4, 2);
  op->apply_gram(Gram::columns, X.view(), Y.view(), Z.view(), {}, context);
  for (int round = 0; round < 2; ++round) {
    Checkpoint checkpoint(kept, "of this test");
    const auto checkpointed = make_checkpointed<double>(*op, checkpoint);
    Matrix<double> first(9, 2), second(7, 2);
    checkpointed->apply_gram(Gram::columns, X.view(), first.view().block(1, 0, 6, 2),
                             second.view().block(2, 0, 4, 2), {}, context);
    EXPECT_EQ(checkpoint.found(), round);
    for (index_t j = 0; j < 2; ++j) {
      for (index_t i = 0; i < 6; ++i) EXPECT_EQ(first(i + 1, j), Y(i, j));
      for (index_t i = 0; i < 4; ++i) EXPECT_EQ(second(i + 2, j), Z(i, j));
    }
  }
}

TEST_F(CheckpointFolder, MakesADamagedProductAgainAndSaysSo) {
  const Outcome whole = run(file, kept);
  const std::string second = kept + "/000001.product";
  ASSERT_TRUE(std::filesystem::exists(second));
  const auto size = std::filesystem::file_size(second);
  std::fstream bytes(second, std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(static_cast<std::streamoff>(size / 2));
  bytes.put('x');
  bytes.close();
  const Outcome flipped = run(file, kept);
  EXPECT_TRUE(same_bits(flipped.result, whole.result));
  ASSERT_EQ(flipped.warnings.size(), 1u);
  EXPECT_TRUE(contains(flipped.warnings[0], "checksum"));
  std::filesystem::resize_file(second, size - 9);
  const Outcome cut = run(file, kept);
  EXPECT_TRUE(same_bits(cut.result, whole.result));
  write_bytes(second, "");
  EXPECT_TRUE(same_bits(run(file, kept).result, whole.result));
}

TEST_F(CheckpointFolder, RefusesWhatIsNotItsOwn) {
  { const Checkpoint mine(kept, "one matrix"); }
  EXPECT_TRUE(contains(io_error_of([&] { Checkpoint(kept, "another"); }), "another matrix"));
  {
    const Checkpoint mine(kept, "one matrix");
    EXPECT_TRUE(contains(io_error_of([&] { Checkpoint(kept, "one matrix"); }), "in use"));
  }
  std::filesystem::create_directories(folder / "thesis");
  write_bytes(folder / "thesis/chapter.txt", "text");
  EXPECT_TRUE(contains(io_error_of([&] { Checkpoint(folder / "thesis", "x"); }), "chapter.txt"));
  EXPECT_TRUE(std::filesystem::exists(folder / "thesis/chapter.txt"));
  Checkpoint mine(kept, "one matrix");
  write_bytes(kept + "/.eckart-1-0.tmp", "left by a killed run");
  mine.remove();
  EXPECT_FALSE(std::filesystem::exists(kept + "/identity.txt"));
}

TEST_F(CheckpointFolder, KeepsNothingOfWhatACancelledRunComputesAtTheEnd) {
  const FileOperator opened = open_file_operator(file);
  const auto& A = *std::get<std::unique_ptr<LinearOperator<double>>>(opened.A);
  Checkpoint checkpoint(kept, "x");
  const auto op = make_checkpointed<double>(A, checkpoint);
  const Matrix<double> X = gaussian(150, 3);
  Matrix<double> Y(600, 3);
  Context context(2);
  context.cancel();
  op->apply(X.view(), Y.view(), context);
  EXPECT_EQ(checkpoint.added(), 0);
}

}  // namespace
}  // namespace eckart::io
