// What every driver does at its start and end.
#pragma once

#include <chrono>
#include <string>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart::drivers {

// Throws InvalidArgument unless accuracy >= 0 and finite.
void require_accuracy(double accuracy);

// Throws MemoryLimit if a driver's allocations would pass the context's cap.
void require_memory(const char* method, double bytes, const Context& context);

// Returns a report with the facts of the run: method, shape, scalar, threads, kernels, seed.
template <Scalar T>
SvdReport start_report(const char* method,
                       const LinearOperator<T>& A,
                       std::uint64_t seed,
                       double bytes,
                       const Context& context);

// Returns how a run of a cancelled context ended.
Status stop_status(const Context& context);

// Writes A (m x n), or A^H if m < n.
template <Scalar T>
void copy_tall(const LinearOperator<T>& A, MatrixView<T> to, Context& context);

// While it lives, a cancelled run is left at once: there is no result before the end.
class StopAtOnce {
 public:
  explicit StopAtOnce(Context& context) : context_(context), before_(context.stop_at_once()) {
    context.set_stop_at_once(true);
  }
  ~StopAtOnce() { context_.set_stop_at_once(before_); }
  StopAtOnce(const StopAtOnce&) = delete;
  StopAtOnce& operator=(const StopAtOnce&) = delete;

 private:
  Context& context_;
  bool before_;
};

// Undoes the scaling of Prepared, and notes rank and seconds.
// Throws Overflow if a singular value is not representable.
template <Scalar T>
void finish(SvdResult<T>& result, double scale, std::chrono::steady_clock::time_point start);

// Returns k triplets of a zero matrix A: sigma zero, vectors from the identity.
template <Scalar T>
void fill_zero_result(SvdResult<T>& result, const LinearOperator<T>& A, index_t k);

}  // namespace eckart::drivers
