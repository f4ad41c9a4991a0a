// The best approximations of a picture: its planes as matrices, each decomposed once. Rank k of all
// planes, energy and error follow from the singular values (Eckart and Young 1936).

#include "eckart/image/low_rank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "eckart/randomized_svd.hpp"
#include "eckart/svd.hpp"
#include "planes.hpp"

namespace eckart::image {
namespace {

void validate(const LowRankOptions& o) {
  require(o.block >= 0 && o.block <= 64,
          fmt::format("block must be 0 to 64 samples, got {}", o.block));
  require(!o.rank || *o.rank >= 0,
          fmt::format("rank must be at least 0, got {}", o.rank.value_or(0)));
  require(!o.approximate || o.rank, "an approximate decomposition needs a rank");
}

double square_of(const Matrix<double>& A) {
  double sum = 0;
  for (index_t j = 0; j < A.cols(); ++j) {
    double column = 0;
    for (index_t i = 0; i < A.rows(); ++i) column += A(i, j) * A(i, j);
    sum += column;
  }
  return sum;
}

SvdResult<double> triplets_of(const LinearOperator<double>& A,
                              const LowRankOptions& options,
                              Context& context) {
  if (options.approximate) {
    return randomized_svd(A, *options.rank,
                          {.power_iterations = 1, .seed = options.seed, .certify = false}, context);
  }
  SvdRequest request;
  request.rank.rank = options.rank;
  return svd(A, request, context);
}

void validate(const LowRankImage& image, const Ranks& ranks) {
  require(ranks.size() == image.planes.size(),
          fmt::format("{} ranks were given for {} planes", ranks.size(), image.planes.size()));
  for (std::size_t p = 0; p < ranks.size(); ++p) {
    require(ranks[p] >= 0 && ranks[p] <= image.planes[p].rank(),
            fmt::format("the rank of plane {} must be at least 0 and at most {}, got {}",
                        image.planes[p].name, image.planes[p].rank(), ranks[p]));
  }
}

// Returns A_k^T, cols x rows.
Matrix<double> transposed_low_rank(const SvdResult<double>& svd, index_t k, Context& context) {
  const index_t rows = svd.U.rows(), cols = svd.V.rows();
  Matrix<double> result(cols, rows);
  if (k == 0) return result;
  Matrix<double> left = Matrix<double>::uninitialized(k, rows);  // diag(sigma) U^T
  for (index_t i = 0; i < rows; ++i) {
    for (index_t t = 0; t < k; ++t) left(t, i) = svd.sigma[std::size_t(t)] * svd.U(i, t);
  }
  make_operator(svd.V.view().columns(0, k))->apply(left.view(), result.view(), context);
  return result;
}

double sum_of_squares(const Plane& plane, index_t rank) {
  double sum = 0;
  for (index_t i = rank; i-- > 0;) {
    sum += plane.svd.sigma[std::size_t(i)] * plane.svd.sigma[std::size_t(i)];
  }
  return sum;
}

double total_square(const LowRankImage& image) {
  double total = 0;
  for (const Plane& plane : image.planes) total += plane.square;
  return total;
}

// Goes down the singular values of all planes, largest first, while more(plane, sigma) says so.
template <class More>
Ranks take_while(const LowRankImage& image, const More& more) {
  Ranks ranks(image.planes.size(), 0);
  for (;;) {
    std::size_t best = image.planes.size();
    double largest = -1;
    for (std::size_t p = 0; p < image.planes.size(); ++p) {
      const Plane& plane = image.planes[p];
      if (ranks[p] == plane.rank()) continue;
      const double sigma = plane.svd.sigma[std::size_t(ranks[p])];
      if (sigma > largest) {
        largest = sigma;
        best = p;
      }
    }
    if (best == image.planes.size() || !more(best, largest)) return ranks;
    ++ranks[best];
  }
}

}  // namespace

LowRankImage decompose(const Image& image, const LowRankOptions& options, Context& context) {
  validate(image);
  validate(options);
  LowRankImage result{{}, image.width, image.height, image.bits, options.colors, options.block, {}};
  if (image.has_alpha()) {
    result.alpha = {image.width, image.height, 1, image.bits, {}};
    for (std::size_t i = std::size_t(image.colors()); i < image.samples.size();
         i += std::size_t(image.channels)) {
      result.alpha.samples.push_back(image.samples[i]);
    }
  }
  const std::vector<std::string> names = plane_names(image.colors(), options.colors);
  std::vector<Matrix<double>> planes = to_planes(image, options.colors, options.block, context);
  for (std::size_t p = 0; p < planes.size(); ++p) {
    const double square = square_of(planes[p]);
    const auto A = make_operator(own(std::move(planes[p]), true));
    result.planes.push_back({names[p], triplets_of(*A, options, context), square});
  }
  return result;
}

Image reconstruct(const LowRankImage& image, const Ranks& ranks, Context& context) {
  validate(image, ranks);
  const bool alpha = !image.alpha.samples.empty();
  const auto colors = static_cast<int>(image.planes.size());
  Image result = make_image(image.width, image.height, colors + (alpha ? 1 : 0), image.bits,
                            {.max_pixels = image.width * image.height});
  std::vector<Matrix<double>> planes;
  for (std::size_t p = 0; p < ranks.size(); ++p) {
    planes.push_back(transposed_low_rank(image.planes[p].svd, ranks[p], context));
  }
  from_planes(planes, image.colors, image.block, result, context);
  if (alpha) {
    std::size_t to = std::size_t(colors);
    for (const std::uint16_t sample : image.alpha.samples) {
      result.samples[to] = sample;
      to += std::size_t(colors) + 1;
    }
  }
  return result;
}

Ranks ranks_of(const LowRankImage& image, index_t k) {
  require(k >= 0, fmt::format("the rank must be at least 0, got {}", k));
  Ranks ranks;
  const Plane& first = image.planes.front();
  const index_t most = std::min(k, first.rank());
  const double threshold = most > 0 ? first.svd.sigma[std::size_t(most - 1)] : 0;
  for (const Plane& plane : image.planes) {
    index_t rank = std::min(k, plane.rank());
    if (image.colors == Colors::ycbcr && &plane != &first) {
      while (rank > 0 && plane.svd.sigma[std::size_t(rank - 1)] < threshold) --rank;
    }
    ranks.push_back(rank);
  }
  return ranks;
}

Ranks leading_ranks(const LowRankImage& image, index_t count) {
  require(count >= 0, fmt::format("the number of triplets must be at least 0, got {}", count));
  return take_while(image, [&](std::size_t, double) { return count-- > 0; });
}

Ranks ranks_for_energy(const LowRankImage& image, double share) {
  require(share > 0 && share <= 1,
          fmt::format("energy must be above 0 and at most 1, got {}", share));
  // What rounding leaves of a sum that is complete counts for nothing.
  const double slack = 1e-14 * total_square(image);
  double missing = share * total_square(image) - slack;
  return take_while(image, [&](std::size_t, double sigma) {
    const bool more = missing > 0;
    missing -= sigma * sigma;
    return more;
  });
}

double energy(const LowRankImage& image, const Ranks& ranks) {
  validate(image, ranks);
  const double total = total_square(image);
  return total > 0 ? 1 - squared_error(image, ranks) / total : 1;
}

double squared_error(const LowRankImage& image, const Ranks& ranks) {
  validate(image, ranks);
  double sum = 0;
  for (std::size_t p = 0; p < ranks.size(); ++p) {
    const Plane& plane = image.planes[p];
    // Of all triplets those left out, not what is left of a difference.
    const index_t least = std::min(plane.svd.U.rows(), plane.svd.V.rows());
    if (plane.rank() == least) {
      for (index_t i = plane.rank(); i-- > ranks[p];) {
        sum += plane.svd.sigma[std::size_t(i)] * plane.svd.sigma[std::size_t(i)];
      }
    } else {
      sum += std::max(0.0, plane.square - sum_of_squares(plane, ranks[p]));
    }
  }
  return sum;
}

}  // namespace eckart::image
