#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/operators/operator_testing.hpp"

namespace eckart::operators {
namespace {

template <class T>
class Sparse : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Sparse, Scalars);

template <Scalar T>
SparseMatrix<T> compressed(const Matrix<T>& A) {
  std::vector<Triplet<T>> triplets;
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      if (A(i, j) != T{0}) triplets.push_back({i, j, A(i, j)});
    }
  }
  return from_triplets(A.rows(), A.cols(), std::move(triplets));
}

TYPED_TEST(Sparse, StandsForItsMatrix) {
  for (const auto& [m, n] : {std::pair{40, 25}, std::pair{6000, 4}, std::pair{3, 300}}) {
    const Matrix<TypeParam> A = gaussian_with_zeros<TypeParam>(m, n);
    const SparseMatrix<TypeParam> S = compressed(A);
    const auto op = make_operator(S);
    expect_behaves_as(*op, A, 20);
    EXPECT_EQ(op->entries_per_product(), S.stored_entries());
    EXPECT_EQ(op->storage(), Storage::sparse);
  }
}

TYPED_TEST(Sparse, ColumnEnergiesUnderAMapCountTheZerosToo) {
  using T = TypeParam;
  const Matrix<T> A = gaussian_with_zeros<T>(23, 11);
  const SparseMatrix<T> S = compressed(A);
  const auto sparse = make_operator(S);
  const auto dense = make_operator<T>(A.view());
  Context context(1);
  for (const bool rows_too : {false, true}) {
    AffineMap<T> map;
    for (index_t j = 0; j < 11; ++j) {
      map.column_shift.push_back(T(real_t<T>(0.1) * real_t<T>(j)));
      map.column_scale.push_back(real_t<T>(1) + real_t<T>(j));
    }
    for (index_t i = 0; i < 23; ++i) {
      map.row_scale.push_back(real_t<T>(0.5) + real_t<T>(i % 3));
      if (rows_too) map.row_shift.push_back(T(real_t<T>(0.05) * real_t<T>(i)));
    }
    const auto expected = dense->column_energies(map, context);
    const auto got = sparse->column_energies(map, context);
    for (std::size_t j = 0; j < 11; ++j) {
      EXPECT_TRUE(std::abs(got[j] - expected[j]) <= 1e-12 * std::max(1.0, expected[j]) ||
                  sizeof(real_t<T>) == 4);
      EXPECT_TRUE(std::abs(got[j] - expected[j]) <= 1e-5 * std::max(1.0, expected[j]));
    }
  }
}

TYPED_TEST(Sparse, TheScanNamesThePlaceOfANonFiniteEntry) {
  using T = TypeParam;
  SparseMatrix<T> S = from_triplets<T>(5, 6, {{0, 0, T{1}}, {3, 2, T{2}}, {3, 5, T{3}}});
  S.values[2] = std::numeric_limits<real_t<T>>::quiet_NaN();
  Context context(1);
  const EntryScan scan = make_operator(S)->scan(context);
  EXPECT_EQ(scan.nonfinite_row, 3);
  EXPECT_EQ(scan.nonfinite_col, 5);
}

TYPED_TEST(Sparse, OneOrientationStandsForTheSameMatrixInLessMemory) {
  using T = TypeParam;
  const Matrix<T> A = gaussian_with_zeros<T>(300, 200);
  const SparseMatrix<T> S = compressed(A);
  const auto one = make_operator(S, SparseStorage::one_orientation);
  expect_behaves_as(*one, A, 20);
  EXPECT_LT(one->stored_bytes(), make_operator(S)->stored_bytes() * 3 / 4);
}

// Arrays of one compressed matrix in every index type, by rows and by columns.
template <Scalar T>
struct Arrays {
  explicit Arrays(const SparseMatrix<T>& A)
      : S(A),
        offsets(A.offsets.begin(), A.offsets.end()),
        columns(A.columns.begin(), A.columns.end()) {}
  SparseView<T> narrow(index_t rows, index_t cols, bool by_columns) const {
    return {rows,
            cols,
            std::span<const std::int32_t>(offsets),
            std::span<const std::int32_t>(columns),
            S.values,
            by_columns};
  }
  SparseView<T> wide(index_t rows, index_t cols, bool by_columns) const {
    return {rows,
            cols,
            std::span<const index_t>(S.offsets),
            std::span<const index_t>(S.columns),
            S.values,
            by_columns};
  }
  SparseMatrix<T> S;
  std::vector<std::int32_t> offsets;
  std::vector<std::int32_t> columns;
};

TYPED_TEST(Sparse, ViewsOfRowsAndColumnsWithEitherIndexStandForTheirMatrix) {
  using T = TypeParam;
  const Matrix<T> A = gaussian_with_zeros<T>(60, 41);
  const Arrays<T> by_rows(compressed(A));
  const Arrays<T> by_columns(transpose(compressed(A)));
  for (const auto storage : {SparseStorage::both_orientations, SparseStorage::one_orientation}) {
    expect_behaves_as(*make_operator(by_rows.narrow(60, 41, false), storage), A, 20);
    expect_behaves_as(*make_operator(by_rows.wide(60, 41, false), storage), A, 20);
    expect_behaves_as(*make_operator(by_columns.narrow(60, 41, true), storage), A, 20);
    expect_behaves_as(*make_operator(by_columns.wide(60, 41, true), storage), A, 20);
  }
}

TYPED_TEST(Sparse, AViewWithoutValuesIsOnes) {
  using T = TypeParam;
  const std::vector<std::int32_t> offsets = {0, 2, 2, 3};
  const std::vector<std::int32_t> columns = {0, 3, 1};
  Matrix<T> A(3, 4);
  A(0, 0) = A(0, 3) = A(2, 1) = T{1};
  const SparseView<T> view(3, 4, std::span<const std::int32_t>(offsets),
                           std::span<const std::int32_t>(columns));
  for (const auto storage : {SparseStorage::both_orientations, SparseStorage::one_orientation}) {
    const auto op = make_operator(view, storage);
    expect_behaves_as(*op, A);
    Context context(1);
    const EntryScan scan = op->scan(context);
    EXPECT_EQ(scan.max_abs, 1);
    EXPECT_EQ(scan.min_abs, 1);
    EXPECT_EQ(scan.nonzeros, 3);
  }
}

TYPED_TEST(Sparse, AViewMayBeUnsortedAndNameAPlaceTwice) {
  using T = TypeParam;
  const std::vector<std::int32_t> offsets = {0, 4, 4, 6};
  const std::vector<std::int32_t> indices = {3, 0, 3, 1, 2, 0};
  const std::vector<T> values = {T{1}, T{2}, T{4}, T{8}, T{16}, T{32}};
  Matrix<T> A(3, 4);
  A(0, 0) = T{2};
  A(0, 1) = T{8};
  A(0, 3) = T{5};
  A(2, 0) = T{32};
  A(2, 2) = T{16};
  Matrix<T> AT(4, 3);
  for (index_t i = 0; i < 3; ++i) {
    for (index_t j = 0; j < 4; ++j) AT(j, i) = A(i, j);
  }
  const std::span<const std::int32_t> lines(offsets);
  const std::span<const std::int32_t> places(indices);
  expect_behaves_as(*make_operator(SparseView<T>(3, 4, lines, places, values)), A, 40);
  expect_behaves_as(*make_operator(SparseView<T>(4, 3, lines, places, values, true)), AT, 40);
}

TYPED_TEST(Sparse, AnOperatorMayTakeItsMatrixOver) {
  using T = TypeParam;
  const Matrix<T> A = gaussian_with_zeros<T>(50, 30);
  const auto kept = compressed(A);
  expect_behaves_as(*make_operator(compressed(A)), A, 20);
  EXPECT_EQ(make_operator(compressed(A))->stored_bytes(), make_operator(kept)->stored_bytes());
}

TYPED_TEST(Sparse, EmptyShapesHaveProducts) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair{0, 7}, std::pair{7, 0}, std::pair{6, 5}}) {
    for (const auto storage : {SparseStorage::both_orientations, SparseStorage::one_orientation}) {
      expect_behaves_as(*make_operator(from_triplets<T>(m, n, {}), storage), Matrix<T>(m, n));
    }
  }
}

TEST(SparseDouble, StoredBytesAreThoseOfItsArrays) {
  // 1000 rows of 50 entries in 400 columns; each orientation has its offsets.
  std::vector<Triplet<double>> triplets;
  for (index_t i = 0; i < 1000; ++i) {
    for (index_t e = 0; e < 50; ++e) triplets.push_back({i, (i + 8 * e) % 400, 0.1});
  }
  const auto bytes = [&](double value, SparseStorage storage) {
    for (auto& triplet : triplets) triplet.value = value;
    const auto A = from_triplets<double>(1000, 400, triplets);
    return static_cast<double>(make_operator(A, storage)->stored_bytes());
  };
  const double entries = 50000;
  const double offsets = 8 * (1001 + 401);
  const double parts = 2 * 128 * 48;  // how the rows are cut, at most
  for (const auto& [value, per_entry] : {std::pair{0.1, 12}, {0.5, 8}, {1.0, 4}}) {
    const double both = bytes(value, SparseStorage::both_orientations);
    EXPECT_TRUE(both >= 2 * entries * per_entry + offsets);
    EXPECT_TRUE(both <= 2 * entries * per_entry + offsets + parts);
    const double one = bytes(value, SparseStorage::one_orientation);
    EXPECT_TRUE(one <= entries * (per_entry + 2) + 8 * 1001 + 40 * 1001 + parts);
  }
}

TEST(SparseDouble, EnergiesUnderHugeRowShiftsDoNotOverflowBeforeTheirScale) {
  const SparseMatrix<double> S = from_triplets<double>(3, 2, {{0, 0, 1e200}, {2, 1, -3e200}});
  AffineMap<double> map;
  map.row_shift = {1e200, 2e200, -1e200};
  map.column_shift = {1e199, 0};
  map.column_scale = {1e-200, 1e-200};
  Context context(1);
  const auto energies = make_operator(S)->column_energies(map, context);
  EXPECT_TRUE(std::abs(energies[0] - (0.1 * 0.1 + 2.1 * 2.1 + 0.9 * 0.9)) <= 1e-13);
  EXPECT_TRUE(std::abs(energies[1] - (1 + 4 + 4)) <= 1e-13);
}

TEST(SparseDouble, RefusesAViewThatNamesNoPlaceAndSaysWhich) {
  const auto message_of = [](std::vector<std::int32_t> offsets, std::vector<std::int32_t> indices,
                             std::size_t values, bool by_columns) -> std::string {
    const std::vector<double> numbers(values, 2.0);
    try {
      (void)make_operator(SparseView<double>(2, 3, std::span<const std::int32_t>(offsets),
                                             std::span<const std::int32_t>(indices), numbers,
                                             by_columns));
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message_of({0, 1, 3}, {2, 0, 1}, 3, false), "");
  EXPECT_EQ(message_of({0, 1, 3}, {2, 0, 1}, 2, false), "there are 3 column indices and 2 values");
  EXPECT_EQ(message_of({0, 1, 3}, {2, 0, 3}, 3, false),
            "entry 1 of row 1 has column 3, outside 0..2");
  EXPECT_EQ(message_of({0, 1, 3}, {2, -1, 1}, 3, false),
            "entry 0 of row 1 has column -1, outside 0..2");
  EXPECT_EQ(message_of({0, 4, 3}, {2, 0, 1}, 3, false), "offsets falls from 0 to 4 at row 0");
  EXPECT_EQ(message_of({0, 3}, {2, 0, 1}, 3, false),
            "offsets has 2 entries; a matrix of 2 rows needs 3");
  EXPECT_EQ(message_of({0, 1, 1, 3}, {1, 0, 2}, 3, true),
            "entry 1 of column 2 has row 2, outside 0..1");
}

TEST(SparseDouble, RefusesABrokenMatrix) {
  SparseMatrix<double> S = from_triplets<double>(2, 2, {{0, 0, 1.0}});
  S.columns[0] = 7;
  EXPECT_THROW((void)make_operator(S), InvalidArgument);
}

}  // namespace
}  // namespace eckart::operators
