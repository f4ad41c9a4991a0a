// python/ext/run.hpp - one computation on behalf of Python: without the interpreter lock, stopped
// by Ctrl-C, watched by a progress callback.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>

#include "eckart/context.hpp"
#include "eckart/types.hpp"

namespace eckart::python {

namespace nb = nanobind;

struct RunOptions {
  int threads = 0;  // 0: what threads_of_caller() says
  std::uint64_t max_memory = 0;
  nb::object progress = nb::none();  // called with (stage, fraction, residual, converged)
};

// Returns the number of threads that a run takes by default: the CPUs of this process, or fewer
// where OpenMP's setting for the calling thread says so (OMP_NUM_THREADS, threadpoolctl).
int threads_of_caller();

// Calls work(context) without the interpreter lock and rethrows what it throws.
//
// A brief run stays on the calling thread and takes no other, unless threads are asked for. Any
// other runs on a thread of its own
// while this one waits: it delivers progress, and lets Python handle signals every few hundredths
// of a second. If a handler or the callback raises, the run is cancelled and the exception passed
// on. The OpenMP team belongs to that thread and ends with it, so that a forked child never
// inherits one that it cannot use.
void run(const RunOptions& options, bool brief, const std::function<void(Context&)>& work);

// The same for work that returns a value.
template <class Work>
auto run_for(const RunOptions& options, bool brief, const Work& work) {
  std::optional<std::invoke_result_t<const Work&, Context&>> result;
  run(options, brief, [&](Context& context) { result.emplace(work(context)); });
  return std::move(*result);
}

// Whether decompositions of dense matrices with so many m n min(m, n) in all take a few
// milliseconds at most: up to there a second thread saves nothing, and starting its team takes half
// of one.
inline bool brief_dense(double work) { return work <= 1e7; }
inline bool brief_dense(index_t rows, index_t cols) {
  const double m = static_cast<double>(rows), n = static_cast<double>(cols);
  return brief_dense(m * n * (m < n ? m : n));
}

}  // namespace eckart::python
