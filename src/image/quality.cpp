#include "eckart/image/quality.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "core/parallel.hpp"
#include "eckart/error.hpp"

namespace eckart::image {
namespace {

constexpr index_t window = 11;

void require_same_shape(const Image& a, const Image& b) {
  validate(a);
  validate(b);
  require(
      a.width == b.width && a.height == b.height && a.channels == b.channels && a.bits == b.bits,
      fmt::format("pictures of {} x {} pixels, {} channels, {} bits and {} x {}, {}, {} cannot "
                  "be compared",
                  a.width, a.height, a.channels, a.bits, b.width, b.height, b.channels, b.bits));
}

// Returns the sum over chunks of rows of what part(first, last) gives, in order.
template <class Part>
double sum_over_rows(index_t rows, const Context& context, const Part& part) {
  constexpr index_t chunk = 64;
  std::vector<double> partial(static_cast<std::size_t>(core::count_chunks(rows, chunk)));
  core::for_each_chunk(rows, chunk, context, [&](index_t c, index_t first, index_t last) {
    partial[static_cast<std::size_t>(c)] = part(first, last);
  });
  double sum = 0;
  for (const double p : partial) sum += p;
  return sum;
}

using Weights = std::array<double, window>;

Weights gaussian() {
  constexpr double deviation = 1.5;
  Weights weights;
  double sum = 0;
  for (index_t i = 0; i < window; ++i) {
    const double x = static_cast<double>(i - window / 2);
    sum += weights[std::size_t(i)] = std::exp(-x * x / (2 * deviation * deviation));
  }
  for (double& w : weights) w /= sum;
  return weights;
}

// Local moments: means of a, b, a^2, b^2 and a b under the window.
using Moments = std::array<double, 5>;

double similarity(const Moments& m, double c1, double c2) {
  const double variance_a = m[2] - m[0] * m[0], variance_b = m[3] - m[1] * m[1];
  const double covariance = m[4] - m[0] * m[1];
  return (2 * m[0] * m[1] + c1) * (2 * covariance + c2) /
         ((m[0] * m[0] + m[1] * m[1] + c1) * (variance_a + variance_b + c2));
}

// Returns the moments under the window across one row, for each place where it fits.
void filter_row(
    const Image& a, const Image& b, index_t row, int channel, const Weights& weights, Moments* to) {
  for (index_t j = 0; j + window <= a.width; ++j) {
    Moments m{};
    for (index_t t = 0; t < window; ++t) {
      const double w = weights[std::size_t(t)];
      const double x = a.at(row, j + t, channel), y = b.at(row, j + t, channel);
      m[0] += w * x;
      m[1] += w * y;
      m[2] += w * x * x;
      m[3] += w * y * y;
      m[4] += w * x * y;
    }
    to[j] = m;
  }
}

}  // namespace

double mean_squared_error(const Image& a, const Image& b, const Context& context) {
  require_same_shape(a, b);
  const double sum = sum_over_rows(a.height, context, [&](index_t first, index_t last) {
    double part = 0;
    for (index_t i = first; i < last; ++i) {
      for (index_t j = 0; j < a.width; ++j) {
        for (int c = 0; c < a.colors(); ++c) {
          const double difference = double(a.at(i, j, c)) - double(b.at(i, j, c));
          part += difference * difference;
        }
      }
    }
    return part;
  });
  return sum / (double(a.pixels()) * a.colors());
}

double psnr(double mse, int peak) {
  if (mse == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(double(peak) * peak / mse);
}

std::optional<double> ssim(const Image& a, const Image& b, const Context& context) {
  require_same_shape(a, b);
  const index_t rows = a.height - window + 1, cols = a.width - window + 1;
  if (rows < 1 || cols < 1) return {};
  const Weights weights = gaussian();
  const double c1 = std::pow(0.01 * a.peak(), 2), c2 = std::pow(0.03 * a.peak(), 2);
  const double sum = sum_over_rows(rows, context, [&](index_t first, index_t last) {
    double part = 0;
    const index_t count = last - first + window - 1;
    std::vector<Moments> across(static_cast<std::size_t>(count * cols));
    for (int c = 0; c < a.colors(); ++c) {
      for (index_t i = 0; i < count; ++i) {
        filter_row(a, b, first + i, c, weights, across.data() + i * cols);
      }
      for (index_t i = 0; i < last - first; ++i) {
        for (index_t j = 0; j < cols; ++j) {
          Moments m{};
          for (index_t t = 0; t < window; ++t) {
            const Moments& row = across[std::size_t((i + t) * cols + j)];
            for (std::size_t k = 0; k < m.size(); ++k) m[k] += weights[std::size_t(t)] * row[k];
          }
          part += similarity(m, c1, c2);
        }
      }
    }
    return part;
  });
  return sum / (double(rows) * double(cols) * a.colors());
}

}  // namespace eckart::image
