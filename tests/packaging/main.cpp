// A program of someone else's: one decomposition, checked; and a part that needs other libraries.
#include <cmath>
#include <eckart/machine.hpp>
#include <eckart/operators.hpp>
#include <eckart/svd.hpp>
#include <eckart/text/tokenizer.hpp>
#include <iostream>
#include <utility>

int main() {
  eckart::Matrix<double> A(2, 2);
  A(0, 0) = A(1, 1) = 3;
  A(0, 1) = A(1, 0) = 2;
  const auto A_operator = eckart::make_operator(std::as_const(A).view());
  const auto result = eckart::svd(*A_operator, {.rank = {.rank = 1}});
  std::cout << "eckart " << eckart::version() << ": " << result.sigma.front() << '\n';
  if (eckart::stemmer_languages().empty()) return 1;
  return result.report.certificate.met && std::abs(result.sigma.front() - 5) < 1e-12 ? 0 : 1;
}
