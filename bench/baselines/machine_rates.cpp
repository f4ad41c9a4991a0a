// What decides between the routes of a dense SVD: how fast BLAS multiplies when one size is small,
// and how fast memory is read. Usage: machine_rates THREADS LONG SECONDS MEGABYTES...
// Prints one JSON object:
//   {"gemm": {"M": {"32": GFlop/s, ...}, "N": {...}, "K": {...}}, the other two sizes being LONG,
//    "read": {"8": GB/s, ...}, "gemv": {...}, "gemv_transposed": {...}}, by megabytes.
// Every figure is the median of five samples of SECONDS / 5 each. BLAS takes its threads from the
// environment.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rates.hpp"

extern "C" {
void dgemm_(const char* transa,
            const char* transb,
            const int* m,
            const int* n,
            const int* k,
            const double* alpha,
            const double* a,
            const int* lda,
            const double* b,
            const int* ldb,
            const double* beta,
            double* c,
            const int* ldc,
            std::size_t,
            std::size_t);
void dgemv_(const char* trans,
            const int* m,
            const int* n,
            const double* alpha,
            const double* a,
            const int* lda,
            const double* x,
            const int* incx,
            const double* beta,
            double* y,
            const int* incy,
            std::size_t);
}

namespace {

using Json = nlohmann::json;
using bench::rate;
using bench::read_rate;

std::size_t area(int rows, int cols) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
}

// GFlop/s of C += A B, where C is m x n and A is m x k.
double gemm_rate(int m, int n, int k, double sample_seconds) {
  const std::vector<double> A(area(m, k), 1);
  const std::vector<double> B(area(k, n), 1);
  std::vector<double> C(area(m, n), 0);
  const double one = 1;
  return 2e-9 * rate(1.0 * m * n * k, sample_seconds, [&] {
           dgemm_("N", "N", &m, &n, &k, &one, A.data(), &m, B.data(), &k, &one, C.data(), &m, 1, 1);
         });
}

// GB/s of y = A x or y = A' x with a square A that takes so many megabytes.
double gemv_rate(const char* transposed, double megabytes, double sample_seconds) {
  const int n = static_cast<int>(std::sqrt(megabytes * 1e6 / 8));
  const std::vector<double> A(area(n, n), 1);
  const std::vector<double> x(area(n, 1), 1);
  std::vector<double> y(area(n, 1), 0);
  const double one = 1;
  const double zero = 0;
  const int step = 1;
  return 8e-9 * rate(1.0 * n * n, sample_seconds, [&] {
           dgemv_(transposed, &n, &n, &one, A.data(), &n, x.data(), &step, &zero, y.data(), &step,
                  1);
         });
}

Json measure(int threads, int full, double sample_seconds, const std::vector<std::string>& sizes) {
  Json rates;
  for (const int block : {32, 64, 128, 256}) {
    const std::string name = std::to_string(block);
    rates["gemm"]["M"][name] = gemm_rate(block, full, full, sample_seconds);
    rates["gemm"]["N"][name] = gemm_rate(full, block, full, sample_seconds);
    rates["gemm"]["K"][name] = gemm_rate(full, full, block, sample_seconds);
  }
  for (const std::string& size : sizes) {
    const double megabytes = std::stod(size);
    rates["read"][size] = read_rate(threads, megabytes, sample_seconds);
    rates["gemv"][size] = gemv_rate("N", megabytes, sample_seconds);
    rates["gemv_transposed"][size] = gemv_rate("T", megabytes, sample_seconds);
  }
  return rates;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: machine_rates THREADS LONG SECONDS MEGABYTES...\n";
    return 2;
  }
  const std::vector<std::string> sizes(argv + 4, argv + argc);
  std::cout << measure(std::stoi(argv[1]), std::stoi(argv[2]), std::stod(argv[3]) / 5, sizes)
            << '\n';
}
