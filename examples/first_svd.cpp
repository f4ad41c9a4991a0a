// The two leading directions of a small matrix, and how right they are.
#include <eckart/operators.hpp>
#include <eckart/svd.hpp>
#include <iostream>
#include <utility>

int main() {
  const double rows[4][2] = {{2, 4}, {1, 3}, {0, 1}, {-1, 0.5}};
  eckart::Matrix<double> A(4, 2);
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 2; ++j) A(i, j) = rows[i][j];
  }
  const auto A_operator = eckart::make_operator(std::as_const(A).view());
  const auto result = eckart::svd(*A_operator, {.rank = {.rank = 2}});
  for (const double sigma : result.sigma) std::cout << "singular value " << sigma << '\n';

  const eckart::Certificate& certificate = result.report.certificate;
  std::cout << "residual at most " << certificate.residual.value << ": "
            << (certificate.met ? "as accurate as asked" : "NOT as accurate as asked") << '\n';
  return certificate.met ? 0 : 1;
}
