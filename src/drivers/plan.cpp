#include "drivers/plan.hpp"

#include <algorithm>

namespace eckart::drivers {
namespace {

struct Shape {
  double m;  // the longer side
  double n;
};

Shape shape(const Problem& p) {
  return {static_cast<double>(std::max(p.rows, p.cols)),
          static_cast<double>(std::min(p.rows, p.cols))};
}

// Products with A and A^H that the certificate makes: the triplets, and a probe of about 40.
double certificate_products(double k) { return 2 * k + 40; }

}  // namespace

index_t expected_rank(const RankRule& rule, index_t min_dim) {
  if (rule.rank) return std::min(*rule.rank, min_dim);
  if (rule.all()) return min_dim;
  return std::min<index_t>(min_dim, std::max<index_t>(10, min_dim / 20));
}

double dense_flops(const Problem& p, Vectors vectors) {
  const auto [m, n] = shape(p);
  if (vectors == Vectors::none) return p.scalar_factor * (2 * m * n * n + 2 * n * n * n);
  const double extra = vectors == Vectors::full ? 4 * m * m * n : 0;
  return p.scalar_factor * (6 * m * n * n + 16 * n * n * n + extra) +
         2 * p.scalar_factor * p.entries * certificate_products(n);
}

double gram_flops(const Problem& p, index_t k) {
  const auto [m, n] = shape(p);
  const auto r = static_cast<double>(k);
  return p.scalar_factor *
         (9 * n * n * n + m * r + 2 * p.entries * (2 * n + r + certificate_products(r)));
}

double randomized_flops(const Problem& p, index_t k) {
  const auto [m, n] = shape(p);
  const double l = std::min(n, static_cast<double>(k) + 10);
  const double products = 10 * l + certificate_products(static_cast<double>(k));
  return p.scalar_factor * (2 * p.entries * products + 10 * 4 * (m + n) * l * l / 2);
}

double lanczos_passes(index_t k) {
  // Steps of a block of 8: three to four times k columns are typical for 1e-10.
  return 2 * (8 + 3.5 * static_cast<double>(k) / 8) + 12;
}

double lanczos_flops(const Problem& p, index_t k) {
  const auto [m, n] = shape(p);
  const auto r = static_cast<double>(k);
  const double columns = 64 + 3.5 * r;
  const double basis = std::min(n, std::max(2 * r, r + 48));
  const double products = 2 * columns + certificate_products(r);
  return p.scalar_factor *
         (2 * p.entries * products + 8 * (m + n) * basis * columns + 20 * basis * basis * basis);
}

}  // namespace eckart::drivers
