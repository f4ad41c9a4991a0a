#include "factor/spread_svd.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/philox.hpp"
#include "tests/oracles/svd_check.hpp"
#include "tests/oracles/threaded_ranks.hpp"

namespace eckart::factor {
namespace {

// All triplets of 40 x 7 over three ranks, the last with fewer rows than there are columns; the
// signs are not its business.
template <Scalar T>
class SpreadSvd : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(SpreadSvd, Scalars);

TYPED_TEST(SpreadSvd, PassesTheFourNumberCheck) {
  using T = TypeParam;
  Matrix<T> A(40, 7);
  Context serial(1);
  core::fill_gaussian(A.view(), 5, 0, 0, serial);
  for (index_t i = 0; i < 40; ++i) A(i, 6) = A(i, 0);  // a singular value of zero
  Matrix<T> U(40, 7), V(7, 7);
  std::vector<real_t<T>> sigma;
  oracles::ThreadedRanks::run(3, [&](const Communicator& ranks) {
    Context context(1);
    const index_t counts[] = {20, 17, 3};
    const Shard rows = Shard::counted(ranks, counts[ranks.rank()]);
    const Shard cols = Shard::even(ranks, 7);
    Matrix<T> own(rows.count, 7);
    for (index_t j = 0; j < 7; ++j) {
      std::copy_n(A.view().column(j) + rows.first, rows.count, own.view().column(j));
    }
    std::vector<std::string> fallbacks;
    const DenseFactors<T> found = spread_svd<T>(std::move(own), rows, cols, fallbacks, context);
    for (index_t j = 0; j < 7; ++j) {
      std::copy_n(found.U.view().column(j), rows.count, U.view().column(j) + rows.first);
      std::copy_n(found.V.view().column(j), cols.count, V.view().column(j) + cols.first);
    }
    if (ranks.rank() == 2) sigma = found.sigma;
  });
  const auto check = oracles::check_svd<T>(std::as_const(A).view(), std::as_const(U).view(), sigma,
                                           std::as_const(V).view());
  EXPECT_TRUE(check.shapes && check.finite && check.ordered) << check;
  EXPECT_TRUE(check.residual <= 5 && check.orthogonality_U <= 5 && check.orthogonality_V <= 8)
      << check;
}

}  // namespace
}  // namespace eckart::factor
