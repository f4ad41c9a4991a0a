// From a request that passed the gate to its answer.
#pragma once

#include <functional>
#include <string>

#include "eckart/context.hpp"
#include "eckart/explore/explorer.hpp"
#include "explore/gate.hpp"
#include "explore/http.hpp"
#include "explore/pictures.hpp"
#include "explore/shelf.hpp"

namespace eckart::explore {

class Api {
 public:
  Api(Shelf& shelf, const ExplorerOptions& options) : shelf_(shelf), options_(options) {}

  // Whether the request asks for work that one thread does, one at a time, a new one stopping the
  // last. The list of data sets and names in a model are looked up at once.
  static bool is_computation(const Request& request);

  // Returns the answer: a file of the page, the list of data sets, or what a computation finds.
  // Errors become answers of status 4xx and 5xx; nothing is thrown. Computations are for one
  // thread.
  Response answer(const Request& request, Context& context);

 private:
  Response compute(const Request& request, Context& context);

  Shelf& shelf_;
  const ExplorerOptions& options_;
  Pictures pictures_;
};

// The whole way of a request without a network: the gate, the answer, the headers.
Response respond(const Request& request, Gate& gate, Api& api, Context& context);

}  // namespace eckart::explore
