// The other place that opens a parallel region: rounds over the same rows.
#pragma once

#include <exception>

#include "core/parallel.hpp"

namespace eckart::core {

// Calls body(c) for c in [0, n), in parallel; call after call with as many threads the same thread
// takes the same neighbouring c, so that what it works on stays in its caches. Otherwise as
// for_each_chunk: a body that writes only to places named by c gives the same bits for any thread
// count, and the exception of the lowest c is rethrown. Throws Cancelled if context.must_stop().
template <class Body>
void for_each_in_place(index_t n, const Context& context, const Body& body) {
  if (n <= 1 || context.threads() == 1) {
    for_each_chunk(n, 1, context, [&](index_t c, index_t, index_t) { body(c); });
    return;
  }
  std::exception_ptr error;
  index_t error_place = n;
#pragma omp parallel for schedule(static) num_threads(context.threads())
  for (index_t c = 0; c < n; ++c) {
    try {
      throw_if_stopped(context);
      body(c);
    } catch (...) {  // an exception that left the region would end the program
#pragma omp critical(eckart_for_each_in_place)
      if (c < error_place) {
        error_place = c;
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace eckart::core
