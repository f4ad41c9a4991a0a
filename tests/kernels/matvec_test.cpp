#include "kernels/matvec.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <limits>
#include <vector>

#include "core/philox.hpp"

namespace eckart::kernels {
namespace {

template <class T>
class Matvec : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Matvec, Scalars);

template <Scalar T>
std::vector<T> gaussian(index_t n, std::uint32_t stream) {
  std::vector<T> x(static_cast<std::size_t>(n));
  core::fill_gaussian(MatrixView<T>{x.data(), n, 1, n}, 5, stream, 0, Context(1));
  return x;
}

TYPED_TEST(Matvec, ProductsEqualTheirDefinitionForEveryShape) {
  using T = TypeParam;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  for (const index_t m : {0, 1, 3, 8, 17, 100}) {
    for (index_t n = 0; n <= 9; ++n) {
      const index_t ld = m + 3;
      const std::vector<T> A = gaussian<T>(ld * (n + 1), 1);
      const std::vector<T> x = gaussian<T>(m, 2);
      const std::vector<T> z = gaussian<T>(n, 3);
      std::vector<T> y(static_cast<std::size_t>(n) + 1, T{77});  // one more, to see overruns
      std::vector<T> w(static_cast<std::size_t>(m) + 1, T{2});
      adjoint_times<T>(m, n, A.data(), ld, x.data(), y.data());
      add_times<T>(m, n, A.data(), ld, z.data(), w.data());
      for (index_t j = 0; j < n; ++j) {
        std::complex<double> sum = 0;
        for (index_t i = 0; i < m; ++i) {
          sum += std::conj(std::complex<double>(A[static_cast<std::size_t>(i + j * ld)])) *
                 std::complex<double>(x[static_cast<std::size_t>(i)]);
        }
        EXPECT_TRUE(std::abs(std::complex<double>(y[static_cast<std::size_t>(j)]) - sum) <=
                    100 * eps);
      }
      for (index_t i = 0; i < m; ++i) {
        std::complex<double> sum = 2;
        for (index_t j = 0; j < n; ++j) {
          sum += std::complex<double>(A[static_cast<std::size_t>(i + j * ld)]) *
                 std::complex<double>(z[static_cast<std::size_t>(j)]);
        }
        EXPECT_TRUE(std::abs(std::complex<double>(w[static_cast<std::size_t>(i)]) - sum) <=
                    100 * eps);
      }
      EXPECT_EQ(y.back(), T{77});
      EXPECT_EQ(w.back(), T{2});
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
