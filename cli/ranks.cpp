#include "ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "eckart/error.hpp"
#include "eckart/given_svd.hpp"
#include "eckart/mpi/scalapack.hpp"
#include "eckart/mpi/world.hpp"

namespace eckart::cli {

namespace {
std::unique_ptr<mpi::World> world;
}

void join_ranks() {
  if (!mpi::launched()) return;
  world = std::make_unique<mpi::World>();
}

void leave_ranks() { world.reset(); }

const Communicator* ranks() {
  return world && world->ranks().size() > 1 ? &world->ranks() : nullptr;
}

void end_ranks(int code, const std::string& message) {
  if (!ranks()) return;
  using std::chrono::milliseconds;
  std::this_thread::sleep_for(milliseconds(ranks()->rank() == 0 ? 0 : 2000 + ranks()->rank()));
  std::fprintf(stderr, "%s\n", message.c_str());
  std::fflush(stderr);
  std::this_thread::sleep_for(milliseconds(100));  // until mpirun has passed it on
  world->abort(code);
}

nlohmann::ordered_json traffic_json() {
  const mpi::Traffic sent = world->traffic();
  return {{"size", world->ranks().size()},
          {"messages", sent.messages},
          {"bytes", sent.bytes},
          {"seconds", sent.seconds}};
}

bool knows_scalapack() { return mpi::has_scalapack(); }

SvdPlan plan_scalapack(index_t rows, index_t cols, index_t rows_here, std::size_t scalar_bytes) {
  const auto m = static_cast<double>(std::max(rows, cols));
  const auto n = static_cast<double>(std::min(rows, cols));
  const double size = ranks()->size();
  SvdPlan plan;
  plan.method = Method::dense;
  // The bidiagonal form, its QR iteration on both sides, and the way back.
  plan.flops = 4 * m * n * n - 4 * n * n * n / 3 + 6 * n * n * (m + n) + 4 * n * n * (m + n);
  plan.passes = 1;
  // Rows of A, and A, U and V over the grid, then by rows again.
  const double blocks = (m * n + 2 * (m + n) * n) / size;
  plan.peak_bytes = static_cast<double>(scalar_bytes) *
                    (static_cast<double>(rows_here) * static_cast<double>(cols) + 1.1 * blocks +
                     400 * (m + n) / size + 64 * 64);
  const double apart = 4 * m * n * n / size + 22 * n * n * n;
  plan.why = fmt::format(
      "all triplets over a grid of {} ranks, nothing of {:.0f} x {:.0f} on one; a reduction of one "
      "stage and QR iteration: {:.2g} flops for a rank, where the dense method takes {:.2g}",
      ranks()->size(), n, n, plan.flops / size, apart);
  return plan;
}

template <Scalar T>
SvdResult<T> svd_by_scalapack(const LinearOperator<T>& A, double accuracy, Context& context) {
  const auto start = std::chrono::steady_clock::now();
  const SvdPlan plan = plan_scalapack(A.rows(), A.cols(), A.row_shard().largest, sizeof(T));
  const std::uint64_t cap = context.memory_cap_bytes();
  if (cap > 0 && plan.peak_bytes > static_cast<double>(cap)) {
    throw MemoryLimit("ScaLAPACK", static_cast<std::uint64_t>(plan.peak_bytes), cap);
  }
  const EntryScan scan = A.scan(context);
  if (!scan.finite()) {
    throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
  }
  mpi::RankFactors<T> found;
  {
    Matrix<T> here(A.row_shard().count, A.cols());
    A.copy_to(here.view(), context);
    found = mpi::scalapack_svd<T>(here.view(), A.row_shard(), A.col_shard());
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  SvdResult<T> result =
      given_svd<T>(A, std::move(found.U), std::move(found.sigma), std::move(found.V), "scalapack",
                   {.accuracy = accuracy, .sampled = true}, context);
  result.report.why = plan.why;
  result.report.stages.insert(result.report.stages.begin(), {"scalapack", seconds});
  result.report.seconds += seconds;
  result.report.passes_over_A += 1;
  result.report.peak_bytes = static_cast<std::uint64_t>(plan.peak_bytes);
  return result;
}

template SvdResult<float> svd_by_scalapack(const LinearOperator<float>&, double, Context&);
template SvdResult<double> svd_by_scalapack(const LinearOperator<double>&, double, Context&);
template SvdResult<std::complex<float>> svd_by_scalapack(const LinearOperator<std::complex<float>>&,
                                                         double,
                                                         Context&);
template SvdResult<std::complex<double>> svd_by_scalapack(
    const LinearOperator<std::complex<double>>&, double, Context&);

bool speaks() { return ranks() == nullptr || ranks()->rank() == 0; }

}  // namespace eckart::cli
