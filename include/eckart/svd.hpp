// eckart/svd.hpp - the front door: say what is wanted, the planner chooses the method.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eckart/certify.hpp"
#include "eckart/context.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/rank_rule.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

enum class Method {
  automatic,
  dense,
  gram,
  randomized,
  lanczos,
  jacobi,
  single_pass,  // A is read once, and the result is as good as one look allows: single_pass_svd
  smallest,     // of the smallest triplets, or those nearest to a target: see smallest_svd
  hermitian,    // the matrix is Hermitian; never chosen automatically
};
const char* to_string(Method method);
// Throws InvalidArgument naming the known methods.
Method method_from_string(const std::string& name);

// What is wanted of a matrix.
struct SvdRequest {
  RankRule rank = {};               // how many triplets; none set: all
  Vectors vectors = Vectors::thin;  // full only with all triplets
  bool smallest = false;            // the k smallest triplets instead; needs rank.rank
  // The k triplets whose singular values are nearest to it instead; needs rank.rank.
  // REQUIRES: target >= 0, finite, smallest not set
  std::optional<double> target = {};
  Method method = Method::automatic;

  // Residuals and orthogonality must not exceed it, relative to sigma_1, for the verdict "met";
  // iterative methods iterate to it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Every singular value to high accuracy relative to itself, where the matrix allows it.
  bool relative_accuracy = false;

  // Of the randomized method, which must then be named: see RandomizedSvdOptions.
  std::optional<index_t> oversampling = {};
  std::optional<index_t> power_iterations = {};

  // Passes over A at most, certificate included. 1: the single-pass method, which needs rank.rank;
  // less than 8: as many steps of lanczos as are left, and at least one.
  // REQUIRES: max_passes >= 1
  std::optional<index_t> max_passes = {};

  std::uint64_t seed = 0;  // same seed, same bits, for any number of threads

  // Fill report.certificate. Costs one more pass over A with the k vectors, and a probe.
  bool certify = true;
};

// What svd() would do.
struct SvdPlan {
  Method method = Method::dense;
  std::string why;
  double passes = 0;       // over A, certificate included; an estimate for iterative methods
  double flops = 0;        // likewise
  double peak_bytes = 0;   // allocated beyond the input; an upper estimate
  double input_bytes = 0;  // what A itself keeps
  double read_bytes = 0;   // from outside of the memory: passes times the size of A there
  std::vector<std::string> rejected;  // other methods and why not
};

// Returns what svd() would do, in O(1): no entry of A is read.
// Throws MemoryLimit if no method fits the context's cap, InvalidArgument if the request
// contradicts itself.
template <Scalar T>
[[nodiscard]] SvdPlan plan_svd(const LinearOperator<T>& A,
                               const SvdRequest& request,
                               const Context& context = default_context());

// Returns the triplets asked for, by the planned method, certified.
//
// Accuracy: report.certificate; certificate.met says whether the accuracy asked for was reached.
// Cost: see plan_svd.
// report.status is time_limit or cancelled when an iterative method was stopped: the result is then
// valid, certified, and the best so far. A method that has nothing before its end throws.
// Throws NonFiniteInput, Overflow, InvalidArgument, MemoryLimit, TimeLimit, Cancelled.
template <Scalar T>
[[nodiscard]] SvdResult<T> svd(const LinearOperator<T>& A,
                               const SvdRequest& request = {},
                               Context& context = default_context());

}  // namespace eckart
