// cli/rank_iteration.hpp - an SVD over ranks that goes on where an earlier one was stopped.
#pragma once

#include <fmt/format.h>

#include <string>

#include "eckart/io/iteration.hpp"
#include "eckart/machine.hpp"
#include "eckart/svd.hpp"
#include "exit_code.hpp"
#include "session.hpp"

namespace eckart::cli {

// Returns svd() by the lanczos method, which keeps its iteration in the folder and starts from what
// is there; on how many ranks that was makes no difference.
// Throws UsageError if another method serves the request; what read_iteration throws.
template <Scalar T>
SvdResult<T> svd_that_is_kept(const LinearOperator<T>& A,
                              const SvdRequest& request,
                              const std::string& folder,
                              const MatrixFacts& facts,
                              Context& context) {
  const SvdPlan plan = plan_svd(A, request, context);
  if (plan.method != Method::lanczos) {
    throw UsageError(
        fmt::format("--checkpoint under mpirun keeps the iteration of the lanczos method, and this "
                    "is for {}; leave it out, or add --method lanczos",
                    to_string(plan.method)));
  }
  const std::string problem =
      fmt::format("{} x {} {}, {} entries, version {}", facts.rows, facts.cols, facts.scalar,
                  facts.stored_entries, version());
  const Shard rows = A.rows() < A.cols() ? A.row_shard() : A.col_shard();
  const io::KeptIteration<T> kept = io::read_iteration<T>(folder, rows, problem);
  LanczosSvdOptions<T> options;
  options.accuracy = request.accuracy;
  options.seed = request.seed;
  options.resume = kept.state();
  options.keep = [&](const LanczosState<T>& state) {
    io::write_iteration(folder, state, rows, problem);
  };
  SvdResult<T> result = lanczos_svd(A, request.rank, options, context);
  result.report.why = plan.why;
  if (kept.B.cols() > 0) {
    result.report.why += fmt::format("; it went on from {} vectors in {}", kept.B.cols(), folder);
  }
  if (request.vectors == Vectors::none) {
    result.U = {};
    result.V = {};
  }
  return result;
}

}  // namespace eckart::cli
