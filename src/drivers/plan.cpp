#include "drivers/plan.hpp"

#include <algorithm>

namespace eckart::drivers {
namespace {

// Nominal rates in flops per second, measured with two threads (docs/decisions/0008): the dense
// SVD; products with a dense matrix, by narrow blocks that wait for the memory and by wide ones;
// with sparse rows, by blocks as wide as a cache line and by wide ones; work on a basis a few
// vectors at a time, and on a whole block; and the fixed cost of one step of an iteration.
constexpr double dense_svd_rate = 3e10;
constexpr double narrow_product_rate = 4e10;
constexpr double wide_product_rate = 1e11;
constexpr double narrow_sparse_rate = 1e10;
constexpr double wide_sparse_rate = 5e9;
constexpr double narrow_basis_rate = 4e10;
constexpr double wide_basis_rate = 1.2e11;
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

// Lanczos on the inverse that a sparse QR factorization gives: solutions, as typical; the seconds
// of one that do not depend on the factors, by row; and those for each byte of the factors, which
// are made once and read for every solution.
double inverse_passes(index_t k, bool smallest) {
  const auto r = static_cast<double>(k);
  return smallest ? 30 + 3 * r : 250 + 10 * r;
}
constexpr double inverse_seconds_per_row = 2e-7;
double inverse_seconds_per_byte(double passes) { return 4e-9 + passes / 1.5e10; }

enum class Block { narrow, wide };

// Adds products of A or A^H with that many vectors, by blocks.
void add_products(Cost& cost, const Problem& p, double vectors, Block block = Block::wide) {
  const bool narrow = block == Block::narrow;
  const double rate = p.storage == Storage::sparse
                          ? (narrow ? narrow_sparse_rate : wide_sparse_rate)
                          : (narrow ? narrow_product_rate : wide_product_rate);
  add(cost, 2 * p.scalar_factor * p.entries * vectors, rate);
}

}  // namespace

index_t expected_rank(const RankRule& rule, index_t min_dim) {
  if (rule.rank) return std::min(*rule.rank, min_dim);
  if (rule.all()) return min_dim;
  return std::min(min_dim, std::clamp<index_t>(min_dim / 20, 10, 50));
}

Cost dense_cost(const Problem& p, Vectors vectors, index_t k) {
  const auto [m, n] = shape(p);
  const auto count = static_cast<double>(k);
  const bool tall = 2 * m >= 3 * n && vectors != Vectors::full;
  // The copy, and the certificate's two passes.
  Cost cost{.flops = 0, .passes = vectors == Vectors::none ? 1.0 : 3.0, .nominal_seconds = 0};
  cost.nominal_seconds = cost.passes * p.read_seconds;
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
  Cost cost{.flops = 0, .passes = 15, .nominal_seconds = 15 * p.read_seconds};
  add(cost, p.scalar_factor * (9 * n * n * n + m * r), dense_svd_rate);
  add_products(cost, p, 2 * n + r + certificate_products(r));
  return cost;
}

Cost randomized_cost(const Problem& p, index_t k) {
  // Four power iterations per digit, by filters of about three of them, are typical.
  const auto [m, n] = shape(p);
  const auto r = static_cast<double>(k);
  const double l = std::min(n, r + std::max(10.0, r / 10));
  const double iterations = 4 * p.digits;
  const double rounds = 1 + 1.3 * p.digits;
  Cost cost{
      .flops = 0, .passes = 2 * iterations + 14, .nominal_seconds = 2 * iterations * step_seconds};
  cost.nominal_seconds += cost.passes * p.read_seconds;
  add_products(cost, p, (2 * iterations + 3) * l + certificate_products(r));
  add(cost, p.scalar_factor * rounds * (6 * m + 6 * n) * l * l, wide_basis_rate);
  add(cost, p.scalar_factor * rounds * 20 * l * l * l, dense_svd_rate);
  return cost;
}

Cost lanczos_cost(const Problem& p, index_t k) {
  const auto [m, n] = shape(p);
  const auto r = static_cast<double>(k);
  if (p.read_seconds > 0) {  // by wide blocks, of which so many are typical
    const double steps = 2 + 0.75 * p.digits;
    const double passes = static_cast<double>(reads_around(p.gram_reads_once)) +
                          steps * static_cast<double>(reads_of_step(p.gram_reads_once));
    Cost cost{.flops = 0, .passes = passes, .nominal_seconds = passes * p.read_seconds};
    add_products(cost, p, 2 * steps * (r + 10) + certificate_products(r));
    add(cost, p.scalar_factor * (4 * n * steps * steps * r * r + 8 * m * r * r), narrow_basis_rate);
    return cost;
  }
  // Blocks of 8; so many columns are typical.
  const double columns = 40 + r * (1.5 + 0.4 * p.digits);
  const double steps = columns / 8;
  const double basis = std::min({n, columns, std::max(3 * r, r + 96)});
  Cost cost{.flops = 0, .passes = 2 * steps + 14, .nominal_seconds = steps * step_seconds};
  add_products(cost, p, 2 * columns, Block::narrow);
  add_products(cost, p, certificate_products(r));
  // The shorter side against the basis; the triplets from it; and the small SVDs while it grows.
  add(cost, p.scalar_factor * 4 * n * basis * columns, narrow_basis_rate);
  add(cost, p.scalar_factor * (2 * n * basis * r + (8 * m + 4 * n) * r * r), narrow_basis_rate);
  add(cost, p.scalar_factor * 5 * basis * basis * basis * steps / (1 + basis / 128),
      dense_svd_rate);
  return cost;
}

Cost single_pass_cost(const Problem& p, index_t k) {
  const auto [m, n] = shape(p);
  const double l = 2.5 * static_cast<double>(k) + 30;
  Cost cost{.flops = 0, .passes = 1, .nominal_seconds = p.read_seconds};
  if (p.storage == Storage::dense) {
    constexpr double entries_per_row = 24;  // of the test matrices
    add_products(cost, p, entries_per_row, Block::narrow);
  } else {
    add_products(cost, p, 2 * l);
  }
  add(cost, p.scalar_factor * 4 * (m + n) * l * l, wide_basis_rate);
  return cost;
}

Cost smallest_cost(const Problem& p, index_t k, bool smallest) {
  const auto [m, n] = shape(p);
  const auto r = static_cast<double>(k);
  if (p.storage == Storage::sparse) {
    // So much is typical. The doubled matrix of a target fills more.
    const double bytes_per_entry = smallest ? 300 : 1200;
    const double bytes = p.scalar_factor * bytes_per_entry * p.entries;
    const double passes = inverse_passes(k, smallest);
    return {.flops = p.scalar_factor * passes * bytes / 4,
            .passes = 2 * r + 14,
            .nominal_seconds = passes * (m + n) * inverse_seconds_per_row +
                               bytes * inverse_seconds_per_byte(passes)};
  }
  // A polynomial of degree 64 stands for each solution.
  const double columns = 40 + 6 * r;
  Cost cost{.flops = 0, .passes = 2 * r + 14, .nominal_seconds = columns / 4 * step_seconds};
  add_products(cost, p, 256 * columns + certificate_products(r));
  add(cost, p.scalar_factor * 8 * n * std::min(n, 3 * r + 48) * columns, narrow_basis_rate);
  add(cost, p.scalar_factor * 4 * m * r * r, narrow_basis_rate);
  return cost;
}

double inverse_worth(const Problem& p, index_t k, bool smallest) {
  const auto [m, n] = shape(p);
  const double passes = inverse_passes(k, smallest);
  const double rest =
      dense_cost(p, Vectors::thin, k).nominal_seconds - passes * (m + n) * inverse_seconds_per_row;
  return rest / inverse_seconds_per_byte(passes);
}

}  // namespace eckart::drivers
