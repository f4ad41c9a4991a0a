// eckart/report.hpp - what a driver did and how right the result is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "eckart/types.hpp"

namespace eckart {

// How the driver ended. Every status comes with valid, certified output.
enum class Status {
  converged,        // the stopping test was met
  iteration_limit,  // stopped before; the certificate says how good the result is
  cancelled,        // Context::cancel(); the certificate says how good the result is
  time_limit,       // Context::set_time_limit(); likewise
};
const char* to_string(Status status);

// What kind of statement a number of a certificate is.
enum class BoundKind {
  unknown,        // not computed
  exact,          // evaluated from its definition, up to rounding
  estimated,      // an estimate without a guarantee
  probabilistic,  // holds except with the stated probability
};
const char* to_string(BoundKind kind);

struct Bound {
  double value = 0;
  BoundKind kind = BoundKind::unknown;
  double failure_probability = 0;  // for probabilistic

  bool known() const { return kind != BoundKind::unknown; }
};

// How right A ~= U diag(sigma) V^H is, from fresh products with A, never from a recurrence.
struct Certificate {
  // max(||A v_i - sigma_i u_i||, ||A^H u_i - sigma_i v_i||) / sigma_1 for each triplet;
  // empty for values only by the dense
  // method. For a unit pair some singular value of A lies within it of sigma_i.
  std::vector<double> residuals;
  Bound residual;         // their maximum
  Bound orthogonality_U;  // ||U^H U - I||_F / sqrt(k)
  Bound orthogonality_V;  // ||V^H V - I||_F / sqrt(k)
  // ||A||_F and what the k triplets hold of it.
  Bound frobenius_norm;
  Bound energy;  // sum_i sigma_i^2 / ||A||_F^2
  // ||A - A_k||_F / ||A||_F from the two lines above; where that is no more than their rounding, a
  // bound from the residuals of all min(m, n) triplets, or the probes' estimate.
  Bound frobenius_error;
  // ||A - A_k||_2 / sigma_1: an upper bound (from random probes, or ||A - A_k||_F where that is
  // sharper), and the largest value that was seen, which is a true lower bound.
  Bound spectral_error;
  Bound spectral_error_seen;

  double accuracy = 0;  // asked for: residual and orthogonality must not exceed it
  // The verdict: residuals and orthogonality within accuracy (for a centred matrix, or within the
  // rounding that centring leaves) and no triplet missed. For values only: their squares add up
  // to ||A||_F^2 within accuracy, which tells single values to sqrt(accuracy) sigma_1 alone.
  bool met = false;
  // Why not, one sentence each; empty when met.
  std::vector<std::string> findings;
};

struct Stage {
  std::string name;
  double seconds = 0;
};

struct SvdReport {
  std::string method;  // to_string(Method)
  std::string why;     // why the planner chose it; empty when called directly
  Status status = Status::converged;
  std::string scalar;  // "float64", ...
  index_t rows = 0;
  index_t cols = 0;
  index_t rank = 0;  // number of triplets returned, k

  double passes_over_A = 0;  // products with A or A^H by whole blocks, certificate included
  index_t products = 0;      // columns multiplied by A or A^H
  index_t iterations = 0;    // blocks, power iterations or sweeps, by method
  index_t restarts = 0;
  std::vector<Stage> stages;
  double seconds = 0;
  std::uint64_t peak_bytes = 0;  // predicted working memory, without the input

  int threads = 1;
  std::string isa;   // instruction-set level of our kernels: "base", "v3", "v4"
  std::string blas;  // library and the kernel it runs: "OpenBLAS 0.3.21, SkylakeX"
  std::uint64_t seed = 0;

  std::vector<std::string> fallbacks;  // which algorithm failed, why, and what was done
  std::vector<std::string> warnings;
  Certificate certificate;

  // Times the enclosing scope as a stage; equal names add up.
  class StageTimer {
   public:
    StageTimer(SvdReport& report, const char* name);
    ~StageTimer();
    StageTimer(const StageTimer&) = delete;
    StageTimer& operator=(const StageTimer&) = delete;

   private:
    SvdReport& report_;
    std::size_t stage_ = 0;
    std::chrono::steady_clock::time_point start_;
  };
  [[nodiscard]] StageTimer stage(const char* name) { return {*this, name}; }
};

}  // namespace eckart
