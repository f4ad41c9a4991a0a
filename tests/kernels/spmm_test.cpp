#include "kernels/spmm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/philox.hpp"

namespace eckart::kernels {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

template <class T>
std::vector<T> gaussian(index_t n, std::uint64_t seed) {
  std::vector<T> x(at(n));
  core::fill_gaussian(MatrixView<T>{x.data(), n, 1, std::max<index_t>(n, 1)}, seed, 0, 0,
                      Context(1));
  return x;
}

std::vector<Level> levels() {
  std::vector<Level> all;
  for (const Level l : {Level::base, Level::v3, Level::v4}) {
    if (l <= level()) all.push_back(l);
  }
  return all;
}

template <class T_, class Index_, class Value_>
struct Kind {
  using T = T_;
  using Index = Index_;
  using Value = Value_;
};
template <class Kind>
class Spmm : public testing::Test {};
using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
using Kinds = testing::Types<Kind<float, std::int32_t, float>,
                             Kind<float, index_t, Ones>,
                             Kind<double, std::int32_t, double>,
                             Kind<double, std::int32_t, float>,
                             Kind<double, std::int32_t, Ones>,
                             Kind<double, index_t, double>,
                             Kind<double, index_t, float>,
                             Kind<cfloat, std::int32_t, cfloat>,
                             Kind<cfloat, std::int32_t, Ones>,
                             Kind<cdouble, std::int32_t, cdouble>,
                             Kind<cdouble, index_t, cfloat>,
                             Kind<cdouble, std::int32_t, Ones>>;
TYPED_TEST_SUITE(Spmm, Kinds);

// Rows of 0, 1, ... entries in columns of no order, some of them twice.
template <class K>
struct Example {
  using T = typename K::T;
  using Value = typename K::Value;
  static constexpr index_t rows = 23;
  static constexpr index_t cols = 31;

  Example() {
    for (index_t i = 0; i < rows; ++i) {
      for (index_t e = 0; e < i; ++e) {
        columns.push_back(static_cast<typename K::Index>((7 * e + 3 * i * i) % cols));
      }
      cuts.push_back(static_cast<index_t>(columns.size()));
    }
    if constexpr (!std::same_as<Value, Ones>) {
      values = gaussian<Value>(static_cast<index_t>(columns.size()), 1);
    }
  }
  SparseRows<T, typename K::Index, Value> view(bool conjugated) const {
    return {rows, cuts.data(), 1, columns.data(), values.data(), conjugated};
  }
  cdouble value(index_t p, bool conjugated) const {
    if constexpr (std::same_as<Value, Ones>) {
      return 1;
    } else {
      const cdouble v(values[at(p)]);
      return conjugated ? std::conj(v) : v;
    }
  }

  std::vector<index_t> cuts = {0};
  std::vector<typename K::Index> columns;
  std::vector<Value> values;
};

template <class T>
std::vector<index_t> widths() {
  std::vector<index_t> all = {1};
  for (index_t w = 16 / index_t{sizeof(T)}; w <= widest_strip<T>; w *= 2) {
    if (w > 1) all.push_back(w);
  }
  return all;
}

TYPED_TEST(Spmm, GatherEqualsTheSumsFromTheirDefinitionAtEveryWidthAndLevel) {
  using T = typename TypeParam::T;
  const Example<TypeParam> A;
  for (const Level l : levels()) {
    for (const bool conjugated : {false, true}) {
      for (const index_t width : widths<T>()) {
        const std::vector<T> X = gaussian<T>(A.cols * width, 2);
        std::vector<T> Y(at(A.rows * width + 1), T{99});
        gather(A.view(conjugated), width, X.data(), Y.data(), l);
        ASSERT_EQ(Y.back(), T{99}) << "wrote past the end";
        for (index_t i = 0; i < A.rows; ++i) {
          for (index_t j = 0; j < width; ++j) {
            cdouble sum = 0;
            for (index_t p = A.cuts[at(i)]; p < A.cuts[at(i) + 1]; ++p) {
              sum += A.value(p, conjugated) * cdouble(X[at(index_t{A.columns[at(p)]} * width + j)]);
            }
            const double eps = std::numeric_limits<real_t<T>>::epsilon();
            ASSERT_TRUE(std::abs(cdouble(Y[at(i * width + j)]) - sum) <= 60 * eps)
                << "row " << i << " width " << width << " level " << static_cast<int>(l);
          }
        }
      }
    }
  }
}

TYPED_TEST(Spmm, ScatterAddsTheTransposedProductAtEveryWidthAndLevel) {
  using T = typename TypeParam::T;
  const Example<TypeParam> A;
  for (const Level l : levels()) {
    for (const bool conjugated : {false, true}) {
      for (const index_t width : widths<T>()) {
        const std::vector<T> Y = gaussian<T>(A.rows * width, 2);
        const std::vector<T> before = gaussian<T>(A.cols * width, 3);
        std::vector<T> X = before;
        scatter(A.view(conjugated), width, Y.data(), X.data(), l);
        std::vector<cdouble> sums(before.begin(), before.end());
        for (index_t i = 0; i < A.rows; ++i) {
          for (index_t p = A.cuts[at(i)]; p < A.cuts[at(i) + 1]; ++p) {
            for (index_t j = 0; j < width; ++j) {
              sums[at(index_t{A.columns[at(p)]} * width + j)] +=
                  A.value(p, conjugated) * cdouble(Y[at(i * width + j)]);
            }
          }
        }
        const double eps = std::numeric_limits<real_t<T>>::epsilon();
        for (std::size_t e = 0; e < X.size(); ++e) {
          ASSERT_TRUE(std::abs(cdouble(X[e]) - sums[e]) <= 60 * eps)
              << "element " << e << " width " << width << " level " << static_cast<int>(l);
        }
      }
    }
  }
}

TYPED_TEST(Spmm, AStrideSelectsThePanelOfEachRow) {
  using T = typename TypeParam::T;
  const Example<TypeParam> A;
  // Two panels: the first half of the entries of a row, and the rest.
  std::vector<index_t> halves;
  for (index_t i = 0; i < A.rows; ++i) {
    halves.push_back(A.cuts[at(i)]);
    halves.push_back((A.cuts[at(i)] + A.cuts[at(i) + 1]) / 2);
  }
  halves.push_back(A.cuts.back());
  const index_t width = 16 / index_t{sizeof(T)};
  const std::vector<T> X = gaussian<T>(A.cols * width, 2);
  std::vector<T> whole(at(A.rows * width));
  std::vector<T> first = whole;
  std::vector<T> second = whole;
  auto rows = A.view(false);
  gather(rows, width, X.data(), whole.data());
  rows.stride = 2;
  rows.cuts = halves.data();
  gather(rows, width, X.data(), first.data());
  rows.cuts = halves.data() + 1;
  gather(rows, width, X.data(), second.data());
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  for (std::size_t e = 0; e < whole.size(); ++e) {
    ASSERT_TRUE(std::abs(cdouble(whole[e]) - cdouble(first[e]) - cdouble(second[e])) <= 60 * eps);
  }
}

template <class T>
class PackedStrip : public testing::Test {};
using Scalars = testing::Types<float, double, cfloat, cdouble>;
TYPED_TEST_SUITE(PackedStrip, Scalars);

TYPED_TEST(PackedStrip, WidthIsOneOrAPowerOfTwoOfBytesThatHoldsTheColumns) {
  using T = TypeParam;
  EXPECT_EQ(strip_width<T>(1), 1);
  for (index_t columns = 2; columns <= widest_strip<T>; ++columns) {
    const index_t bytes = strip_width<T>(columns) * index_t{sizeof(T)};
    EXPECT_TRUE(bytes == 16 || bytes == 32 || bytes == 64 || bytes == 128);
    EXPECT_GE(strip_width<T>(columns), columns);
    EXPECT_TRUE(bytes == 16 || bytes < 2 * columns * index_t{sizeof(T)});
  }
}

TYPED_TEST(PackedStrip, UnpackedIsTheBlockThatWasPacked) {
  using T = TypeParam;
  constexpr index_t rows = 130;
  constexpr index_t ld = 133;
  for (index_t columns = 2; columns <= widest_strip<T>; ++columns) {
    const index_t width = strip_width<T>(columns);
    const std::vector<T> X = gaussian<T>(ld * columns, 4);
    std::vector<T> strip(at(rows * width), T{99});
    pack_strip(rows, columns, X.data(), ld, width, strip.data());
    for (index_t i = 0; i < rows; ++i) {
      for (index_t j = 0; j < width; ++j) {
        ASSERT_EQ(strip[at(i * width + j)], j < columns ? X[at(i + j * ld)] : T{});
      }
    }
    std::vector<T> back(X.size(), T{99});
    unpack_strip(rows, columns, strip.data(), width, back.data(), ld);
    for (index_t j = 0; j < columns; ++j) {
      for (index_t i = 0; i < ld; ++i) {
        ASSERT_EQ(back[at(i + j * ld)], i < rows ? X[at(i + j * ld)] : T{99});
      }
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
