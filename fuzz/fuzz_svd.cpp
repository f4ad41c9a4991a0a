// Any bytes as a small matrix and a request: either the error that the matrix deserves, or triplets
// that an oracle in wider arithmetic accepts, the same bits for one thread and for two.

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "eckart/svd.hpp"
#include "fuzz/bytes.hpp"
#include "tests/oracles/reference_svd.hpp"
#include "tests/oracles/svd_check.hpp"

using namespace eckart;
using fuzz::Bytes;
using fuzz::demand;

namespace {

template <Scalar T>
Matrix<T> read_matrix(Bytes& bytes) {
  const index_t m = bytes.below(25);
  const index_t n = bytes.below(25);
  const index_t repeat = 1 + bytes.below(4);  // columns that are equal
  Matrix<T> A(m, n);
  real_t<T> before = 1;
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) {
      if (j % repeat != 0) {
        A(i, j) = A(i, j - 1);
        continue;
      }
      before = bytes.real<real_t<T>>(before);
      if constexpr (is_complex<T>) {
        const real_t<T> re = before;
        before = bytes.real<real_t<T>>(before);
        A(i, j) = {re, before};
      } else {
        A(i, j) = before;
      }
    }
  }
  return A;
}

template <Scalar T>
bool same_bits(MatrixView<const T> A, MatrixView<const T> B) {
  if (A.rows != B.rows || A.cols != B.cols) return false;
  for (index_t j = 0; j < A.cols; ++j) {
    const auto bytes = static_cast<std::size_t>(A.rows) * sizeof(T);
    if (A.rows > 0 && std::memcmp(A.column(j), B.column(j), bytes) != 0) return false;
  }
  return true;
}

template <Scalar T>
void judge(const Matrix<T>& A, const SvdRequest& request, const SvdResult<T>& r) {
  const Certificate& c = r.report.certificate;
  const index_t all = std::min(A.rows(), A.cols());
  const auto k = static_cast<index_t>(r.sigma.size());
  demand(k == std::min(all, request.rank.rank.value_or(all)), "as many triplets as asked for");
  demand(oracles::ordered_and_not_negative<real_t<T>>(r.sigma), "falling values, none negative");
  const double asked = request.accuracy > 0 ? request.accuracy : default_accuracy<T>();
  // Values so small that they cannot be told to the accuracy.
  const bool tiny =
      r.sigma.empty() || !(r.sigma[0] > std::numeric_limits<real_t<T>>::min() /
                                            std::numeric_limits<real_t<T>>::epsilon());
  const bool stable = request.method == Method::automatic || request.method == Method::dense ||
                      request.method == Method::jacobi;
  demand(!stable || tiny || asked < default_accuracy<T>() || c.met,
         "a stable method meets its accuracy: " +
             (c.findings.empty() ? std::string() : c.findings[0]));
  if (request.vectors == Vectors::none) return;
  const double limit = is_complex<T> ? 10 : 5;
  if (stable && k == all) {
    const oracles::SvdCheck check = oracles::check_svd<T>(A.view(), r);
    demand(check.passes(limit), "every ratio at most 5, of complex matrices 10");
  }
  if (request.vectors == Vectors::full) return;
  const oracles::TripletCheck check = oracles::check_triplets<T>(A.view(), r);
  const double rounding = 100 * oracles::epsilon<T>();
  // The check's norm of U^H U - I is up to k times the one of the certificate.
  const bool accurate = check.finite && check.ordered && check.sign_rule &&
                        check.worst_residual <= asked + rounding &&
                        check.orthogonality <= static_cast<double>(k) * (asked + rounding);
  demand(tiny || !c.met || accurate, "\"met\" is true");
  demand(tiny || c.residual.kind != BoundKind::exact ||
             check.worst_residual <= c.residual.value * 1.01 + rounding,
         "the residual is what the certificate says");
  if (!stable || all > 12) return;
  // Values against 30 digits.
  const std::vector<long double> exact = oracles::reference_singular_values<T>(A.view());
  demand(oracles::value_error_ratio<T>(r.sigma, exact, std::max(A.rows(), A.cols())) <= limit,
         "values within 5 max(m, n) eps");
}

template <Scalar T>
void run(Bytes& bytes) {
  SvdRequest request;
  constexpr Method methods[] = {Method::automatic, Method::dense,      Method::jacobi,
                                Method::gram,      Method::randomized, Method::lanczos};
  request.method = methods[bytes.below(6)];
  const bool triplets = request.method == Method::randomized || request.method == Method::lanczos;
  const std::uint8_t choice = bytes.next();
  if (triplets || choice % 3 == 0) request.rank.rank = 1 + bytes.below(24);
  if (!request.rank.rank && request.method != Method::gram) {
    request.vectors = static_cast<Vectors>(choice / 3 % 3);
  }
  if (choice & 128) request.accuracy = std::pow(10.0, -1 - bytes.below(12));
  request.seed = choice;
  Matrix<T> A = read_matrix<T>(bytes);
  // Read as columns, or as rows of its transpose.
  const bool by_rows = choice & 64;
  Matrix<T> given(by_rows ? A.cols() : A.rows(), by_rows ? A.rows() : A.cols());
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) (by_rows ? given(j, i) : given(i, j)) = A(i, j);
  }
  const auto owner = std::make_shared<Matrix<T>>(std::move(given));
  const auto op = make_operator<T>(DenseMatrix<T>{std::as_const(*owner).view(), by_rows, owner});

  long double square = 0;
  bool finite = true;
  oracles::for_each_entry<T>(A.view(), [&](index_t, index_t, T a) {
    finite = finite && oracles::finite(a);
    const long double re = std::real(a);
    const long double im = std::imag(a);
    square += re * re + im * im;
  });
  const bool may_overflow =
      !(std::sqrt(square) < static_cast<long double>(std::numeric_limits<real_t<T>>::max()));

  try {
    Context one(1);
    const SvdResult<T> r = svd(*op, request, one);
    demand(finite, "NaN and infinity are refused");
    judge(A, request, r);
    Context two(2);
    const SvdResult<T> again = svd(*op, request, two);
    demand(r.sigma == again.sigma && same_bits<T>(r.U.view(), again.U.view()) &&
               same_bits<T>(r.V.view(), again.V.view()),
           "the same bits for two threads");
  } catch (const NonFiniteInput&) {
    demand(!finite, "finite matrices are served");
  } catch (const Overflow&) {
    demand(may_overflow, "Overflow only where sigma_1 is not representable");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  switch (bytes.below(4)) {
    case 0:
      run<double>(bytes);
      break;
    case 1:
      run<float>(bytes);
      break;
    case 2:
      run<std::complex<double>>(bytes);
      break;
    default:
      run<std::complex<float>>(bytes);
  }
  return 0;
}
