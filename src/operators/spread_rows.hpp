// What an operator whose rows are spread over ranks offers beside LinearOperator.
#pragma once

#include <memory>

#include "eckart/linear_operator.hpp"

namespace eckart::operators {

template <Scalar T>
class SpreadRows {
 public:
  virtual ~SpreadRows() = default;

  // Returns the operator of the mapped matrix, spread likewise. Row vectors of the map are those
  // of the rows here. This must outlive it.
  virtual std::unique_ptr<LinearOperator<T>> mapped(AffineMap<T> map) const = 0;
};

}  // namespace eckart::operators
