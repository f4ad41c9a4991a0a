#include "factor/route.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace eckart::factor {

RouteModel this_machine() {
  constexpr double usual = 3.2e7;
  const long bytes = sysconf(_SC_LEVEL3_CACHE_SIZE);
  return {.cache_bytes = (bytes > 0 ? static_cast<double>(bytes) : usual) * 0.75};
}

template <Scalar T>
bool two_stages_pay(index_t n, index_t k, const RouteModel& model) {
  constexpr index_t smallest = 192;  // below, bands are hardly narrower than the matrix
  if (n < smallest) return false;
  const double size = static_cast<double>(n);
  const double cube = size * size * size;
  const double flops = (is_complex<T> ? 4.0 : 1.0) * (sizeof(real_t<T>) == 4 ? 0.5 : 1.0);

  // One stage reads the trailing matrix once for each column: n^3 / 3 entries, those of a matrix
  // that fits the cache from there.
  const double fits = std::min(size, std::sqrt(model.cache_bytes / sizeof(T)));
  const double from_cache = fits * fits * fits * sizeof(T) / 3;
  const double from_memory = cube * sizeof(T) / 3 - from_cache;
  const double one_stage = flops * model.product_seconds * cube + from_cache / model.cached_rate +
                           from_memory / model.memory_rate + model.column_seconds * size;
  const double two_stages = flops * (model.band_seconds * cube + model.chase_seconds * size * size +
                                     model.vectors_seconds * size * size * static_cast<double>(k));
  return two_stages < one_stage;
}

template bool two_stages_pay<float>(index_t, index_t, const RouteModel&);
template bool two_stages_pay<double>(index_t, index_t, const RouteModel&);
template bool two_stages_pay<std::complex<float>>(index_t, index_t, const RouteModel&);
template bool two_stages_pay<std::complex<double>>(index_t, index_t, const RouteModel&);

}  // namespace eckart::factor
