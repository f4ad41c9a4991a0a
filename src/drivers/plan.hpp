// The cost model behind plan_svd.
#pragma once

#include <algorithm>
#include <cmath>

#include "eckart/svd.hpp"

namespace eckart::drivers {

// What the planner knows of a problem, in O(1).
struct Problem {
  index_t rows = 0;
  index_t cols = 0;
  Storage storage = Storage::dense;
  double entries = 0;            // multiplications of one product with a vector
  double scalar_factor = 1;      // 4 for complex scalars
  double digits = 10;            // of the accuracy asked for, -log10
  double read_seconds = 0;       // nominal, of one read of a matrix that is not in memory
  bool gram_reads_once = false;  // the product on its shorter side takes one read
};

// In bytes per second, of a solid-state disk.
constexpr double nominal_read_rate = 2e9;

// What a method costs, certificate included; iteration counts are typical ones.
struct Cost {
  double flops = 0;
  double passes = 0;
  // On a nominal machine of fixed rates: it compares methods, so that the choice depends on the
  // problem alone. It predicts no time.
  double nominal_seconds = 0;
};

// The product whose vectors are on the shorter side of A.
template <Scalar T>
Gram shorter_side(const LinearOperator<T>& A) {
  return A.rows() >= A.cols() ? Gram::columns : Gram::rows;
}

// Returns what the planner knows of A; accuracy 0 means the default.
template <Scalar T>
Problem describe(const LinearOperator<T>& A, double accuracy) {
  return {.rows = A.rows(),
          .cols = A.cols(),
          .storage = A.storage(),
          .entries = static_cast<double>(A.entries_per_product()),
          .scalar_factor = is_complex<T> ? 4.0 : 1.0,
          .digits =
              -std::log10(std::clamp(accuracy > 0 ? accuracy : default_accuracy<T>(), 1e-16, 0.5)),
          .read_seconds = static_cast<double>(A.bytes_per_read()) / nominal_read_rate,
          .gram_reads_once = A.reads_once(shorter_side(A))};
}

// Reads of A that lanczos makes around its steps: a look, the triplets with their residuals, and
// the probe; and those of a step.
inline index_t reads_around(bool gram_reads_once) { return gram_reads_once ? 5 : 10; }
inline index_t reads_of_step(bool gram_reads_once) { return gram_reads_once ? 1 : 2; }

// Sizes of lanczos for a matrix that is not in memory: wide blocks, so that the steps are few.
struct ReadSizes {
  index_t block;
  index_t basis;
};
// Returns the largest sizes for k triplets that fit, and the smallest where none does.
template <class Fits>
ReadSizes sizes_for_reads(index_t min_dim, index_t k, const Fits& fits) {
  constexpr index_t widest = 64;
  index_t block = std::clamp<index_t>((k + 6 + 7) / 8 * 8, 16, widest);
  while (block > 8 && 8 * block > min_dim) block /= 2;
  for (;; block /= 2) {
    for (const index_t steps : {10, 7, 5, 4}) {
      const ReadSizes sizes{block, k + steps * block};
      if (fits(sizes) || (block <= 8 && steps == 4)) return sizes;
    }
  }
}

// Expected number of triplets when the rule leaves it open: few, as finding out that they are more
// costs little, and room for many that nobody needs costs all the memory there is.
index_t expected_rank(const RankRule& rule, index_t min_dim);

Cost dense_cost(const Problem& p, Vectors vectors, index_t k);
Cost jacobi_cost(const Problem& p, Vectors vectors);
Cost hermitian_cost(const Problem& p);
Cost gram_cost(const Problem& p, index_t k);
Cost randomized_cost(const Problem& p, index_t k);
Cost lanczos_cost(const Problem& p, index_t k);
Cost single_pass_cost(const Problem& p, index_t k);

// By an inverse of unknown fill where there are entries to factor, else by a polynomial. smallest:
// not those near a target.
Cost smallest_cost(const Problem& p, index_t k, bool smallest);

// Returns the bytes of factors from which on the dense method costs less than Lanczos on an
// inverse; below zero where it does in any case.
double inverse_worth(const Problem& p, index_t k, bool smallest);

}  // namespace eckart::drivers
