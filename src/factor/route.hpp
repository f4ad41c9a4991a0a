// Which way a square matrix is bidiagonalised.
#pragma once

#include "eckart/types.hpp"

namespace eckart::factor {

// What the two routes cost on a machine. Rates are those of two threads of the machine that the
// model was fitted on; only their ratios matter. They do not depend on the number of threads of a
// run, because the route decides the bits of the result.
struct RouteModel {
  double cache_bytes;                // the part of the last-level cache that A can count on
  double product_seconds = 9e-12;    // one-stage: per n^3, its half in products of matrices
  double cached_rate = 1.1e11;       // bytes per second, two looks at each, from the cache
  double memory_rate = 4.8e10;       // and from memory
  double column_seconds = 2e-6;      // one-stage: per column, beyond those of the other
  double band_seconds = 2.0e-11;     // two-stage: per n^3
  double chase_seconds = 9.0e-9;     // two-stage: per n^2
  double vectors_seconds = 3.0e-11;  // two-stage: per n^2 k, the price of its second back-transform
};

// Returns the model of this machine: the fitted rates, and three quarters of the last-level cache.
RouteModel this_machine();

// Returns whether the route through a band is the faster one for an n x n matrix and k triplets
// with vectors, 0 for values only. Source: docs/decisions/0005.
template <Scalar T>
bool two_stages_pay(index_t n, index_t k, const RouteModel& model = this_machine());

}  // namespace eckart::factor
