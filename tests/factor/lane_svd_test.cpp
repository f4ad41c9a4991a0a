#include "factor/lane_svd.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <vector>

#include "tests/cases/random_matrices.hpp"
#include "tests/oracles/svd_check.hpp"

namespace eckart::factor {
namespace {

template <class T>
class LaneSvdOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(LaneSvdOf, Scalars);

// A pack of matrices in memory with room for their factors.
template <Scalar T>
struct Lanes {
  index_t count;
  index_t m;
  index_t n;
  index_t u_cols;
  index_t v_cols;
  std::vector<T> A, U, V;
  std::vector<real_t<T>> sigma;
  LaneStatus status[kernels::lanes<T>];

  Lanes(index_t c, index_t rows, index_t cols, Vectors vectors)
      : count(c),
        m(rows),
        n(cols),
        u_cols(vectors == Vectors::full ? m : std::min(m, n)),
        v_cols(vectors == Vectors::full ? n : std::min(m, n)),
        A(static_cast<std::size_t>(c * m * n)),
        U(static_cast<std::size_t>(c * m * u_cols)),
        V(static_cast<std::size_t>(c * n * v_cols)),
        sigma(static_cast<std::size_t>(c * std::min(m, n))) {
    cases::Random random(17);
    for (T& x : A) x = random.entry<T>();
  }
  void run(LaneSvd<T>& svd) {
    svd.run({A.data(), count, 1, m, m * n}, {U.data(), count, 1, m, m * u_cols}, sigma.data(),
            {V.data(), count, 1, n, n * v_cols}, status);
  }
  oracles::SvdCheck check(index_t b) const {
    const index_t k = std::min(m, n);
    return oracles::check_svd<T>(
        {A.data() + b * m * n, m, n, m}, {U.data() + b * m * u_cols, m, u_cols, m},
        std::span(sigma).subspan(static_cast<std::size_t>(b * k), static_cast<std::size_t>(k)),
        {V.data() + b * n * v_cols, n, v_cols, n});
  }
};

TYPED_TEST(LaneSvdOf, DecomposesFullAndPartialPacksOfEveryOrientation) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{1, 1}, {4, 4}, {12, 5}, {5, 12}, {1, 6}}) {
    for (const Vectors vectors : {Vectors::thin, Vectors::full}) {
      LaneSvd<T> svd(m, n, vectors);
      for (const index_t count : {kernels::lanes<T>, index_t{1}, index_t{3}}) {  // used again
        Lanes<T> lanes(count, m, n, vectors);
        lanes.run(svd);
        for (index_t b = 0; b < count; ++b) {
          EXPECT_EQ(lanes.status[b], LaneStatus::done);
          EXPECT_TRUE(lanes.check(b).passes(10)) << m << " x " << n << ": " << lanes.check(b);
        }
      }
    }
  }
}

TYPED_TEST(LaneSvdOf, ValuesAloneAreTheSameBitsAndTouchNoVectors) {
  using T = TypeParam;
  Lanes<T> with(3, 9, 7, Vectors::thin);
  Lanes<T> without(3, 9, 7, Vectors::thin);
  LaneSvd<T> vectors(9, 7, Vectors::thin);
  LaneSvd<T> values(9, 7, Vectors::none);
  with.run(vectors);
  without.run(values);
  EXPECT_EQ(
      std::memcmp(with.sigma.data(), without.sigma.data(), with.sigma.size() * sizeof(real_t<T>)),
      0);
  for (const T& u : without.U) EXPECT_EQ(u, T{0});
}

TYPED_TEST(LaneSvdOf, TellsWhichMatrixIsNotFinite) {
  using T = TypeParam;
  Lanes<T> lanes(4, 6, 6, Vectors::thin);
  lanes.A[2 * 36 + 11] = std::numeric_limits<real_t<T>>::infinity();
  LaneSvd<T> svd(6, 6, Vectors::thin);
  lanes.run(svd);
  EXPECT_EQ(lanes.status[2], LaneStatus::not_finite);
  EXPECT_EQ(lanes.status[3], LaneStatus::done);
  EXPECT_TRUE(lanes.check(3).passes(10));
}

}  // namespace
}  // namespace eckart::factor
