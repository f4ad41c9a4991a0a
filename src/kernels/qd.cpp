#include "kernels/qd.hpp"

#include <algorithm>
#include <limits>

#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

struct DqdsKernel {
  [[gnu::always_inline]] static QdPivots run(
      index_t m, const double* q, const double* e, double shift, double* q_out, double* e_out) {
    double d = q[0] - shift;
    double least = m > 1 ? d : std::numeric_limits<double>::infinity();
    double least_e = std::numeric_limits<double>::infinity();
    const auto step = [&](index_t i) {
      least = std::min(least, d);
      const double sum = d + e[i];
      const double ratio = q[i + 1] / sum;
      q_out[i] = sum;
      e_out[i] = e[i] * ratio;
      d = d * ratio - shift;
    };
    index_t i = 0;
    for (; i + 3 < m; ++i) {
      step(i);
      least_e = std::min(least_e, e_out[i]);
    }
    for (; i + 1 < m; ++i) step(i);
    q_out[m - 1] = d;
    return {m > 1 ? least : d, d, least_e};
  }
};

}  // namespace

QdPivots dqds(
    index_t m, const double* q, const double* e, double shift, double* q_out, double* e_out) {
  return at_level<DqdsKernel>(level(), m, q, e, shift, q_out, e_out);
}

}  // namespace eckart::kernels
