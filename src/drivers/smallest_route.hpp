// How the smallest triplets are to be found, before anything is computed.
#pragma once

#include <algorithm>

#include "drivers/plan.hpp"
#include "drivers/transform_triplets.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/smallest_svd.hpp"
#include "factor/certificate.hpp"

namespace eckart::drivers {

struct SmallestRoute {
  SmallestMethod method;    // to begin with
  bool dense_fits = false;  // all values may be computed instead
  double factor_bytes = 0;  // the most that factors may take, or are worth
  double bytes = 0;         // of everything at once, at most
};

// Triplets of a transform that are looked for at most, for k that are wanted: others may have to
// be told from them.
inline index_t most_triplets(index_t k, index_t n) { return k + std::min(3 * k + 64, n - k); }

// Returns the route for k <= min(m, n) triplets.
template <Scalar T>
SmallestRoute plan_smallest(const LinearOperator<T>& A,
                            index_t k,
                            const SmallestSvdOptions& options,
                            const Context& context) {
  constexpr double usual_bytes = 4.0 * (1 << 30);
  const auto cap = static_cast<double>(context.memory_cap_bytes());
  const index_t n = std::min(A.rows(), A.cols());
  const auto order = static_cast<double>(A.rows() + A.cols());
  const auto entries = static_cast<double>(A.entries_per_product());
  const Problem problem = describe(A, options.accuracy);
  const bool smallest = options.target == 0;

  const double copy =
      A.storage() == Storage::matrix_free
          ? sizeof(T) * static_cast<double>(A.rows()) * static_cast<double>(A.cols())
          : 0;
  const double dense = dense_svd_bytes<T>(A.rows(), A.cols(), Vectors::thin, k) + copy;

  const index_t most = most_triplets(k, n);
  const double iteration =
      lanczos_svd_bytes<T>(smallest ? n : std::max(A.rows(), A.cols()), n, most) +
      sizeof(T) * (3 * order * static_cast<double>(most) +
                   factor::certificate_elements(A.rows(), A.cols(), k));
  // A factorization starts from copies of the entries; one that fills more than a dense matrix is
  // not worth it.
  const double others = iteration + 5.0 * (sizeof(T) + sizeof(index_t)) * (entries + order);
  const double full = sizeof(T) * 12 * order * order + 1024 * (order + 1);

  SmallestRoute route{.method = options.method};
  route.factor_bytes =
      std::min(full, options.factor_bytes > 0 ? options.factor_bytes : usual_bytes);
  if (cap > 0) route.factor_bytes = std::min(route.factor_bytes, std::max(0.0, cap - others));
  if (options.method == SmallestMethod::automatic) {
    route.dense_fits = A.storage() == Storage::dense ? cap == 0 || dense <= cap
                                                     : dense <= (cap > 0 ? cap : usual_bytes);
    const bool sparse = A.storage() == Storage::sparse;
    const double worth = inverse_worth(problem, k, smallest);
    if (route.dense_fits && (!sparse || worth < 2 * sizeof(T) * entries)) {
      route.method = SmallestMethod::dense;
    } else {
      route.method = sparse ? SmallestMethod::factor : SmallestMethod::filter;
    }
    if (route.dense_fits) route.factor_bytes = std::min(route.factor_bytes, worth);
  }
  const bool factors = route.method == SmallestMethod::factor;
  if (route.method != SmallestMethod::dense) {
    route.bytes = factors ? others + route.factor_bytes : iteration;
  }
  if (route.method == SmallestMethod::dense || (factors && route.dense_fits)) {
    route.bytes = std::max(route.bytes, dense);
  }
  return route;
}

}  // namespace eckart::drivers
