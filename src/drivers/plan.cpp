#include "drivers/plan.hpp"

#include <algorithm>

namespace eckart::drivers {
namespace {

// Nominal rates in flops per second: matrix products, the dense SVD, products with sparse
// rows, the small SVD of a basis; and the fixed cost of one step of an iteration.
constexpr double product_rate = 4e10;
constexpr double dense_svd_rate = 3e10;
constexpr double sparse_rate = 2e9;
constexpr double small_svd_rate = 3e9;
constexpr double step_seconds = 5e-4;

struct Shape {
  double m;  // the longer side
  double n;
};

Shape shape(const Problem& p) {
  return {static_cast<double>(std::max(p.rows, p.cols)),
          static_cast<double>(std::min(p.rows, p.cols))};
}

// Products on each side from which a certificate of many triplets is sampled.
constexpr double certificate_sample = 48;

// Products with A and A^H that the certificate makes: the triplets, and a probe of about 40.
double certificate_products(double k) { return 2 * k + 40; }

// Adds work at a rate.
void add(Cost& cost, double flops, double rate) {
  cost.flops += flops;
  cost.nominal_seconds += flops / rate;
}

// Adds products of A or A^H with that many vectors.
void add_products(Cost& cost, const Problem& p, double vectors) {
  const double rate = p.storage == Storage::sparse ? sparse_rate : product_rate;
  add(cost, 2 * p.scalar_factor * p.entries * vectors, rate);
}

}  // namespace

index_t expected_rank(const RankRule& rule, index_t min_dim) {
  if (rule.rank) return std::min(*rule.rank, min_dim);
  if (rule.all()) return min_dim;
  return std::min<index_t>(min_dim, std::max<index_t>(10, min_dim / 20));
}

Cost dense_cost(const Problem& p, Vectors vectors, index_t k) {
  const auto [m, n] = shape(p);
  const auto count = static_cast<double>(k);
  const bool tall = 2 * m >= 3 * n && vectors != Vectors::full;
  // The copy, and the certificate's two passes.
  Cost cost{.flops = 0, .passes = vectors == Vectors::none ? 1.0 : 3.0, .nominal_seconds = 0};
  double flops = tall ? 4 * m * n * n + 8.0 / 3 * n * n * n : 4 * n * n * (m - n / 3);
  if (vectors != Vectors::none) {
    const double left = vectors == Vectors::full ? 4 * m * m * n : 4 * m * n * count;
    flops += 2.0 / 3 * n * n * n + 2 * n * n * count + left + 4 * n * n * count;
  }
  add(cost, p.scalar_factor * flops, dense_svd_rate);
  if (vectors != Vectors::none) {
    add_products(cost, p, 2 * std::min(count, certificate_sample));
  }
  return cost;
}

Cost jacobi_cost(const Problem& p, Vectors vectors) {
  // Two QR factorisations, the decomposition that prepares the rotations, two sweeps of them.
  const auto [m, n] = shape(p);
  Cost cost = dense_cost(p, vectors, std::min(p.rows, p.cols));
  add(cost, p.scalar_factor * (4 * m * n * n + 32 * n * n * n), dense_svd_rate);
  return cost;
}

Cost hermitian_cost(const Problem& p) {
  const double n = shape(p).n;
  Cost cost{.flops = 0, .passes = 13, .nominal_seconds = 0};
  add(cost, p.scalar_factor * 9 * n * n * n, dense_svd_rate);
  add_products(cost, p, certificate_products(n));
  return cost;
}

Cost gram_cost(const Problem& p, index_t k) {
  const auto [m, n] = shape(p);
  const auto r = static_cast<double>(k);
  Cost cost{.flops = 0, .passes = 15, .nominal_seconds = 0};
  add(cost, p.scalar_factor * (9 * n * n * n + m * r), dense_svd_rate);
  add_products(cost, p, 2 * n + r + certificate_products(r));
  return cost;
}

Cost randomized_cost(const Problem& p, index_t k) {
  const auto [m, n] = shape(p);
  const double l = std::min(n, static_cast<double>(k) + 10);
  Cost cost{.flops = 0, .passes = 22, .nominal_seconds = 10 * step_seconds};
  add_products(cost, p, 10 * l + certificate_products(static_cast<double>(k)));
  add(cost, p.scalar_factor * 20 * (m + n) * l * l, product_rate);
  return cost;
}

Cost lanczos_cost(const Problem& p, index_t k) {
  // Blocks of 8; 80 + 6 k columns are typical for residuals of 1e-10 on slowly decaying values.
  const auto [m, n] = shape(p);
  const auto r = static_cast<double>(k);
  const double columns = 80 + 6 * r;
  const double steps = columns / 8;
  const double basis = std::min(n, std::max(3 * r, r + 96));
  Cost cost{.flops = 0, .passes = 2 * steps + 14, .nominal_seconds = steps * step_seconds};
  add_products(cost, p, 2 * columns + certificate_products(r));
  add(cost, p.scalar_factor * 8 * (m + n) * basis * columns, product_rate);
  add(cost, p.scalar_factor * 20 * basis * basis * basis * steps / (1 + basis / 128),
      small_svd_rate);
  return cost;
}

}  // namespace eckart::drivers
