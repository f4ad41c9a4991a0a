// .npz archives: io/readers.hpp, read_npz.

#include <gtest/gtest.h>

#include <complex>
#include <functional>
#include <string>
#include <vector>

#include "io/readers.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::bytes_of;
using test::contains;
using test::input_of;
using test::io_error_of;
using test::Member;
using test::npy_file_of;
using test::zip_file;

AnyMatrix read(const std::string& file, std::uint64_t max_bytes = 0) {
  return read_npz(input_of(file, "made.npz"), {.max_bytes = max_bytes});
}
std::string error_of(const std::string& file) {
  return io_error_of([&] { read(file); });
}

// The arrays of the 3 x 4 matrix with 1 at (0, 1), 2 at (0, 3), 3 at (2, 0).
struct SparseArrays {
  std::string format = "csr";
  std::string shape = npy_file_of("<i8", "(2,)", bytes_of<std::int64_t>({3, 4}));
  std::string data = npy_file_of("<f8", "(3,)", bytes_of<double>({1, 2, 3}));
  std::string indices = npy_file_of("<i4", "(3,)", bytes_of<std::int32_t>({1, 3, 0}));
  std::string indptr = npy_file_of("<i4", "(4,)", bytes_of<std::int32_t>({0, 2, 2, 3}));
  std::vector<Member> more = {};
  bool deflated = false;

  std::string file() const {
    std::vector<Member> members = {
        {.name = "indices.npy", .content = indices, .deflated = deflated},
        {.name = "indptr.npy", .content = indptr, .deflated = deflated},
        {.name = "format.npy", .content = npy_file_of("|S3", "()", format), .deflated = deflated},
        {.name = "shape.npy", .content = shape, .deflated = deflated},
        {.name = "data.npy", .content = data, .deflated = deflated}};
    members.insert(members.end(), more.begin(), more.end());
    return zip_file(members);
  }
};

// Returns the entry at (i, j), 0 where none is stored.
template <Scalar T>
T entry(const SparseMatrix<T>& A, index_t i, index_t j) {
  for (index_t p = A.offsets.at(static_cast<std::size_t>(i));
       p < A.offsets.at(static_cast<std::size_t>(i) + 1); ++p) {
    if (A.columns.at(static_cast<std::size_t>(p)) == j)
      return A.values[static_cast<std::size_t>(p)];
  }
  return T(0);
}

TEST(Npz, ReadsOneArrayStoredOrDeflated) {
  const std::string array = npy_file_of("<f8", "(2, 2)", bytes_of<double>({1, 2, 3, 4}));
  for (const bool deflated : {false, true}) {
    const AnyMatrix A =
        read(zip_file({{.name = "arr_0.npy", .content = array, .deflated = deflated}}));
    EXPECT_EQ(std::get<DenseMatrix<double>>(A)(1, 0), 3);
  }
}

TEST(Npz, UsesStoredArraysInPlace) {
  // 30 bytes of local header and a name of 34 bytes put the array at a multiple of 64.
  const std::string name = std::string(30, 'x') + ".npy";
  const std::string array = npy_file_of("<f8", "(2, 2)", bytes_of<double>({1, 2, 3, 4}));
  const Input input = input_of(zip_file({{.name = name, .content = array}}));
  const auto A = std::get<DenseMatrix<double>>(read_npz(input, {.max_bytes = 1}));
  EXPECT_EQ(A.owner, input.owner);
  EXPECT_EQ(A(1, 1), 4);
}

TEST(Npz, NamesTheArraysWhenThereAreSeveral) {
  const std::string array = npy_file_of("<f8", "(1,)", bytes_of<double>({1}));
  const std::string error = error_of(zip_file(
      {{.name = "weights.npy", .content = array}, {.name = "bias.npy", .content = array}}));
  EXPECT_TRUE(contains(error, "holds 2 arrays (bias, weights)")) << error;
  EXPECT_TRUE(contains(error_of(zip_file({})), "holds no .npy array"));
  EXPECT_TRUE(contains(error_of(zip_file({{.name = "readme.txt", .content = "x"}})),
                       "holds no .npy array"));
}

TEST(Npz, ReadsCompressedRows) {
  for (const bool deflated : {false, true}) {
    SparseArrays arrays;
    arrays.deflated = deflated;
    const auto A = std::get<SparseMatrix<double>>(read(arrays.file()));
    EXPECT_NO_THROW(validate(A));
    EXPECT_EQ(A.rows, 3);
    EXPECT_EQ(A.cols, 4);
    EXPECT_EQ(A.stored_entries(), 3);
    EXPECT_EQ(entry(A, 0, 1), 1);
    EXPECT_EQ(entry(A, 0, 3), 2);
    EXPECT_EQ(entry(A, 2, 0), 3);
  }
}

TEST(Npz, ReadsCompressedColumns) {
  SparseArrays arrays;
  arrays.format = "csc";
  arrays.indices = npy_file_of("<i8", "(3,)", bytes_of<std::int64_t>({2, 0, 0}));
  arrays.indptr = npy_file_of("<i8", "(5,)", bytes_of<std::int64_t>({0, 1, 2, 2, 3}));
  arrays.data = npy_file_of("<f4", "(3,)", bytes_of<float>({3, 1, 2}));
  const auto A = std::get<SparseMatrix<float>>(read(arrays.file()));
  EXPECT_NO_THROW(validate(A));
  EXPECT_EQ(A.rows, 3);
  EXPECT_EQ(A.cols, 4);
  EXPECT_EQ(entry(A, 0, 1), 1);
  EXPECT_EQ(entry(A, 0, 3), 2);
  EXPECT_EQ(entry(A, 2, 0), 3);
}

std::string coordinates(const std::string& row, const std::string& col, const std::string& data) {
  return zip_file({{.name = "row.npy", .content = row},
                   {.name = "col.npy", .content = col},
                   {.name = "format.npy",
                    .content = npy_file_of("<U3", "()", bytes_of<char32_t>({U'c', U'o', U'o'}))},
                   {.name = "shape.npy", .content = SparseArrays{}.shape},
                   {.name = "data.npy", .content = data}});
}

TEST(Npz, AddsDuplicatesOfCoordinates) {
  const auto A = std::get<SparseMatrix<std::complex<double>>>(read(coordinates(
      npy_file_of("<i4", "(3,)", bytes_of<std::int32_t>({2, 0, 2})),
      npy_file_of("<i4", "(3,)", bytes_of<std::int32_t>({3, 1, 3})),
      npy_file_of("<c16", "(3,)", bytes_of<std::complex<double>>({{1, 2}, {5, 0}, {10, -4}})))));
  EXPECT_NO_THROW(validate(A));
  EXPECT_EQ(A.stored_entries(), 2);
  EXPECT_EQ(entry(A, 2, 3), std::complex<double>(11, -2));
  EXPECT_EQ(entry(A, 0, 1), std::complex<double>(5, 0));
}

TEST(Npz, SortsRowsAndAddsDuplicatesWithinThem) {
  SparseArrays arrays;
  arrays.indices = npy_file_of("<i4", "(3,)", bytes_of<std::int32_t>({3, 1, 0}));
  const auto A = std::get<SparseMatrix<double>>(read(arrays.file()));
  EXPECT_NO_THROW(validate(A));
  EXPECT_EQ(entry(A, 0, 3), 1);
  EXPECT_EQ(entry(A, 0, 1), 2);
  arrays.indices = npy_file_of("<i4", "(3,)", bytes_of<std::int32_t>({3, 3, 0}));
  const auto B = std::get<SparseMatrix<double>>(read(arrays.file()));
  EXPECT_NO_THROW(validate(B));
  EXPECT_EQ(B.stored_entries(), 2);
  EXPECT_EQ(entry(B, 0, 3), 3);
}

TEST(Npz, IgnoresSpareRoomBehindTheLastRow) {
  SparseArrays arrays;
  arrays.indptr = npy_file_of("<i4", "(4,)", bytes_of<std::int32_t>({0, 2, 2, 2}));
  const auto A = std::get<SparseMatrix<double>>(read(arrays.file()));
  EXPECT_NO_THROW(validate(A));
  EXPECT_EQ(A.stored_entries(), 2);
}

struct HostileSparse {
  const char* what;
  std::function<void(SparseArrays&)> change;
  const char* message;
};

TEST(Npz, RefusesSparseMatricesThatLie) {
  const auto integers = [](std::initializer_list<std::int64_t> values) {
    return npy_file_of("<i8", "(" + std::to_string(values.size()) + ",)", bytes_of(values));
  };
  const std::vector<HostileSparse> cases = {
      {"bsr", [](auto& a) { a.format = "bsr"; }, "a.tocsr()"},
      {"dia", [](auto& a) { a.format = "dia"; }, "a.tocsr()"},
      {"unknown", [](auto& a) { a.format = "\x1b[m"; }, "the sparse format is '?[m'"},
      {"coo without rows", [](auto& a) { a.format = "coo"; }, "no array 'row'"},
      {"column too large",
       [&](auto& a) {
         a.indices = integers({1, 4, 0});
       },
       "indices[1] is 4; expected 0 to 3 in a 3 x 4 matrix"},
      {"column negative",
       [&](auto& a) {
         a.indices = integers({-1, 3, 0});
       },
       "indices[0] is -1"},
      {"column not an integer", [](auto& a) { a.indices = a.data; }, "expected integers"},
      {"too few columns",
       [&](auto& a) {
         a.indices = integers({1, 3});
       },
       "'indices' has shape (2,); expected (3,)"},
      {"rows fall",
       [&](auto& a) {
         a.indptr = integers({0, 2, 1, 3});
       },
       "indptr[2] is 1; expected 2 to 3"},
      {"rows run over",
       [&](auto& a) {
         a.indptr = integers({0, 2, 4, 4});
       },
       "indptr[2] is 4"},
      {"rows start late",
       [&](auto& a) {
         a.indptr = integers({1, 2, 2, 3});
       },
       "indptr[0] is 1"},
      {"a row too few",
       [&](auto& a) {
         a.indptr = integers({0, 2, 3});
       },
       "'indptr' has shape (3,); expected (4,), one more than the rows"},
      {"three lengths",
       [&](auto& a) {
         a.shape = integers({3, 4, 5});
       },
       "expected two lengths"},
      {"negative rows",
       [&](auto& a) {
         a.shape = integers({-1, 4});
       },
       "expected two lengths"},
      {"most rows",
       [&](auto& a) {
         a.shape = integers({INT64_MAX, 4});
       },
       "'indptr' has shape"},
      {"text", [](auto& a) { a.data = npy_file_of("|S1", "(3,)", "abc"); }, "byte string"},
      {"matrix of data", [](auto& a) { a.data = npy_file_of("|i1", "(3, 1)", "abc"); },
       "'data' has shape (3, 1)"},
      {"member larger than its array", [](auto& a) { a.data += "x"; }, "the archive declares"},
      {"member smaller than its array", [](auto& a) { a.data.pop_back(); }, "the archive declares"},
  };
  for (const HostileSparse& hostile : cases) {
    SparseArrays arrays;
    hostile.change(arrays);
    const std::string error = error_of(arrays.file());
    EXPECT_TRUE(contains(error, hostile.message)) << hostile.what << " said: " << error;
  }
}

TEST(Npz, RefusesRowsByTheMillionsOfMillions) {
  // A few bytes ask for 8 * 2^62 bytes of row offsets.
  const std::string shape =
      npy_file_of("<i8", "(2,)", bytes_of<std::int64_t>({std::int64_t{1} << 62, 4}));
  const std::string none = npy_file_of("<i4", "(0,)", "");
  EXPECT_THROW(read(zip_file({{.name = "row.npy", .content = none},
                              {.name = "col.npy", .content = none},
                              {.name = "format.npy", .content = npy_file_of("|S3", "()", "coo")},
                              {.name = "shape.npy", .content = shape},
                              {.name = "data.npy", .content = npy_file_of("<f8", "(0,)", "")}})),
               MemoryLimit);
  SparseArrays columns;
  columns.format = "csc";
  columns.shape = shape;
  columns.indptr = npy_file_of("<i8", "(5,)", bytes_of<std::int64_t>({0, 1, 2, 2, 3}));
  EXPECT_THROW(read(columns.file()), MemoryLimit);
}

// Columns take nothing while reading, but everybody who works with the matrix needs such a vector.
TEST(Npz, RefusesColumnsThatNoVectorCouldFit) {
  SparseArrays A;
  A.shape = npy_file_of("<i8", "(2,)", bytes_of<std::int64_t>({3, std::int64_t{1} << 62}));
  SparseArrays coo = A;
  coo.format = "coo";
  coo.more = {{.name = "row.npy", .content = A.indices}, {.name = "col.npy", .content = A.indices}};
  for (const std::string& file : {A.file(), coo.file()}) {
    try {
      read(file);
      ADD_FAILURE() << "accepted";
    } catch (const MemoryLimit& error) {
      EXPECT_TRUE(contains(error.what(), "made.npz: a vector for the longer side of 3 x 4611"))
          << error.what();
    }
  }
}

TEST(Npz, UnpacksNoMoreThanItMay) {
  // 8 MB of zeros in 8 kB, honestly declared.
  const std::string zeros = npy_file_of("<f8", "(1000, 1000)", std::string(8000000, '\0'));
  const std::string file = zip_file({{.name = "a.npy", .content = zeros, .deflated = true}});
  EXPECT_TRUE(file.size() < 10000);
  EXPECT_EQ(std::get<DenseMatrix<double>>(read(file)).rows(), 1000);
  EXPECT_THROW(read(file, 1 << 20), MemoryLimit);
}

TEST(Npz, RefusesABombBeforeItGoesOff) {
  // The directory and the array's header disagree: nothing is unpacked.
  const std::string zeros = npy_file_of("<f8", "(10,)", std::string(1000000, '\0'));
  EXPECT_TRUE(contains(error_of(zip_file({{.name = "a.npy", .content = zeros, .deflated = true}})),
                       "needs 208 bytes; the archive declares 1000128"));
  // They agree on a size that the deflate data exceeds.
  EXPECT_TRUE(contains(
      error_of(
          zip_file({{.name = "a.npy", .content = zeros, .deflated = true, .claimed_bytes = 208}})),
      "inflates to more than the 208 bytes"));
}

TEST(Npz, ReadsWhatNumpyAndScipyWrite) {
  if (!test::has_numpy()) GTEST_SKIP() << "needs /usr/bin/python3 with numpy and scipy";
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(test::run_python(R"(
import sys
import numpy as np
import scipy.sparse as sp
i, j = np.mgrid[0:5, 0:7]
dense = np.where((i * 7 + j) % 3 == 0, i * 7 + j + 1, 0)
np.savez(f'{sys.argv[1]}/dense_stored.npz', dense.astype('float64'))
np.savez_compressed(f'{sys.argv[1]}/dense_packed.npz', named=dense.astype('>f4', order='F'))
with open(f'{sys.argv[1]}/dense_stream.npz', 'wb') as file:
    class Pipe:  # not seekable: sizes follow the data
        def read(self, size): raise OSError
        def write(self, data): return file.write(data)
        def flush(self): file.flush()
    np.savez_compressed(Pipe(), dense.astype('int16'))
for make in (sp.csr_matrix, sp.csc_matrix, sp.coo_matrix):
    for name in ('bool', 'int8', 'int64', 'uint16', 'float32', 'float64', 'complex64',
                 'complex128'):
        for packed in (False, True):
            a = make(dense.astype(name))
            sp.save_npz(f'{sys.argv[1]}/{a.format}_{name}_{packed}.npz', a, compressed=packed)
)",
                               folder));
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    const std::string name = file.path().stem().string();
    ++files;
    std::visit(
        [&]<class M>(const M& A) {
          constexpr bool is_dense = requires { A.row_major; };
          EXPECT_EQ(is_dense, name.starts_with("dense")) << name;
          const auto check = [&](index_t rows, index_t cols, const auto& element) {
            ASSERT_EQ(rows, 5) << name;
            ASSERT_EQ(cols, 7) << name;
            for (index_t i = 0; i < 5; ++i) {
              for (index_t j = 0; j < 7; ++j) {
                const index_t p = i * 7 + j;
                double expected = p % 3 == 0 ? static_cast<double>(p + 1) : 0;
                if (contains(name, "bool") && expected > 0) expected = 1;
                EXPECT_EQ(element(i, j), expected) << name << ' ' << i << ' ' << j;
              }
            }
          };
          if constexpr (is_dense) {
            check(A.rows(), A.cols(), [&](index_t i, index_t j) { return std::real(A(i, j)); });
          } else {
            EXPECT_NO_THROW(validate(A)) << name;
            check(A.rows, A.cols, [&](index_t i, index_t j) { return std::real(entry(A, i, j)); });
          }
        },
        read_npz(input_of(test::read_all(file.path().string()), name), {}));
  }
  EXPECT_EQ(files, 3 + 3 * 8 * 2);
}

}  // namespace
}  // namespace eckart::io
