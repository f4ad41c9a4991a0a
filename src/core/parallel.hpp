// The one place that opens a parallel region.
#pragma once

#include <algorithm>
#include <exception>

#include "eckart/context.hpp"
#include "eckart/error.hpp"
#include "eckart/types.hpp"

namespace eckart::core {

// Returns how many chunks for_each_chunk cuts [0, n) into.
inline index_t count_chunks(index_t n, index_t chunk) { return n / chunk + (n % chunk != 0); }

// Throws what says why a run of a cancelled context has no result.
[[noreturn]] inline void throw_cancelled(const Context& context) {
  if (context.stopped_by_time()) throw TimeLimit();
  throw Cancelled();
}

// Throws Cancelled if context.must_stop(). For long loops without a parallel region inside.
inline void throw_if_stopped(const Context& context) {
  if (context.must_stop()) throw_cancelled(context);
}

// Calls body(c, first, last) for every chunk [first, last) of [0, n), in parallel.
// The cut depends on n and chunk alone, so a body that writes only to places named by c or by
// its own range gives the same bits for any thread count. If bodies throw, the exception of the
// lowest-numbered chunk is rethrown. Throws Cancelled if context.must_stop().
// REQUIRES: chunk >= 1
template <class Body>
void for_each_chunk(index_t n, index_t chunk, const Context& context, const Body& body) {
  const index_t chunks = count_chunks(n, chunk);
  const auto work = [&](index_t c) {
    throw_if_stopped(context);
    const index_t first = c * chunk;
    body(c, first, first + std::min(n - first, chunk));
  };
  // A region that is switched off would make those inside it start threads anew.
  if (chunks <= 1 || context.threads() == 1) {
    for (index_t c = 0; c < chunks; ++c) work(c);
    return;
  }
  std::exception_ptr error;
  index_t error_chunk = chunks;
#pragma omp parallel for schedule(dynamic, 1) num_threads(context.threads())
  for (index_t c = 0; c < chunks; ++c) {
    try {
      work(c);
    } catch (...) {  // an exception that left the region would end the program
#pragma omp critical(eckart_for_each_chunk)
      if (c < error_chunk) {
        error_chunk = c;
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace eckart::core
