#include "eckart/models/embedding.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/io/word_vectors.hpp"
#include "eckart/operators.hpp"
#include "eckart/row_triangle.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Every step-th token, so that the sample covers frequent words and rare ones.
class Sample {
 public:
  Sample(index_t tokens, index_t wanted)
      : step_(wanted > 0 ? std::max<index_t>(1, tokens / wanted) : 0) {}
  bool takes(index_t row) const { return step_ > 0 && row % step_ == 0; }
  void add(std::span<const float> before, std::span<const float> after) {
    before_.emplace_back(before.begin(), before.end());
    after_.emplace_back(after.begin(), after.end());
  }
  index_t size() const { return static_cast<index_t>(before_.size()); }

  // The share of each one's nearest by cosine that stay among the nearest.
  double kept(index_t neighbours) const {
    const index_t count = std::min(neighbours, size() - 1);
    if (count < 1) return -1;
    index_t common = 0;
    for (index_t i = 0; i < size(); ++i) {
      const auto old_ones = nearest(before_, i, count);
      const auto new_ones = nearest(after_, i, count);
      for (const index_t j : new_ones) {
        common += std::find(old_ones.begin(), old_ones.end(), j) != old_ones.end();
      }
    }
    return static_cast<double>(common) / static_cast<double>(size() * count);
  }

 private:
  using Vectors = std::vector<std::vector<float>>;

  static std::vector<index_t> nearest(const Vectors& X, index_t i, index_t count) {
    std::vector<std::pair<double, index_t>> cosines;
    for (index_t j = 0; j < static_cast<index_t>(X.size()); ++j) {
      if (j == i) continue;
      const auto& a = X[at(i)];
      const auto& b = X[at(j)];
      double product = 0, length = 0;
      for (std::size_t p = 0; p < a.size(); ++p) {
        product += double(a[p]) * double(b[p]);
        length += double(b[p]) * double(b[p]);
      }
      cosines.emplace_back(length > 0 ? -product / std::sqrt(length) : 0, j);
    }
    std::nth_element(cosines.begin(), cosines.begin() + count - 1, cosines.end());
    std::vector<index_t> best;
    for (index_t j = 0; j < count; ++j) best.push_back(cosines[at(j)].second);
    return best;
  }

  index_t step_;
  Vectors before_, after_;
};

std::vector<double> mean_of(const io::WordVectors& words) {
  std::vector<double> mean(at(words.dimensions()));
  index_t count = 0;
  words.for_each([&](index_t, std::string_view, std::span<const float> x) {
    ++count;
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += static_cast<double>(x[j]);
  });
  for (double& m : mean) m /= static_cast<double>(std::max<index_t>(1, count));
  return mean;
}

// The triangle of the vectors less their mean.
Matrix<double> triangle_of(const io::WordVectors& words,
                           const std::vector<double>& mean,
                           Context& context) {
  const index_t D = words.dimensions();
  const index_t block = std::max<index_t>(1024, 4 * D);
  RowTriangle<double> triangle(D);
  Matrix<double> rows(block, D);
  index_t filled = 0;
  const auto flush = [&] {
    if (filled == 0) return;
    triangle.add(std::as_const(rows).view().block(0, 0, filled, D), context);
    filled = 0;
  };
  words.for_each([&](index_t row, std::string_view, std::span<const float> x) {
    for (index_t j = 0; j < D; ++j) {
      const double value = static_cast<double>(x[at(j)]);
      if (!std::isfinite(value)) throw NonFiniteInput(row, j, value);
      rows(filled, j) = value - mean[at(j)];
    }
    if (++filled == block) flush();
  });
  flush();
  return triangle.R().clone();
}

}  // namespace

EmbeddingReport reduce_embedding(const std::string& input,
                                 const std::string& output,
                                 const EmbeddingOptions& o,
                                 Context& context) {
  const io::WordVectors words(input);
  const index_t D = words.dimensions();
  require(o.rank >= 1 && o.remove_top >= 0 && o.rank + o.remove_top <= D,
          "rank " + std::to_string(o.rank) + " and " + std::to_string(o.remove_top) +
              " removed components are more than the " + std::to_string(D) + " dimensions of " +
              input);
  std::vector<double> mean(at(D));
  if (o.remove_top > 0) mean = mean_of(words);
  const Matrix<double> R = [&] {
    try {
      return triangle_of(words, mean, context);
    } catch (const NonFiniteInput& error) {
      throw IoError(input, error.what());
    }
  }();
  const SvdResult<double> svd =
      dense_svd(*make_operator<double>(R.view()), {.certify = false}, context);
  const MatrixView<const double> V = svd.V.view().columns(o.remove_top, o.rank);

  EmbeddingReport report;
  report.tokens = words.tokens();
  report.dimensions = D;
  report.rank = o.rank;
  report.sigma.assign(svd.sigma.begin() + o.remove_top, svd.sigma.end());
  double total = 0, held = 0;
  for (std::size_t i = 0; i < report.sigma.size(); ++i) {
    const double square = report.sigma[i] * report.sigma[i];
    total += square;
    if (i < at(o.rank)) held += square;
  }
  report.energy = total > 0 ? held / total : 1;

  io::WordVectorWriter writer(output, words.format(), words.has_header(), report.tokens, o.rank);
  Sample sample(report.tokens, o.sample);
  std::vector<float> reduced(at(o.rank));
  words.for_each([&](index_t row, std::string_view token, std::span<const float> x) {
    for (index_t k = 0; k < o.rank; ++k) {
      double sum = 0;
      for (index_t j = 0; j < D; ++j) {
        sum += (static_cast<double>(x[at(j)]) - mean[at(j)]) * V(j, k);
      }
      reduced[at(k)] = static_cast<float>(sum);
    }
    writer.write(token, reduced);
    if (sample.takes(row)) sample.add(x, reduced);
  });
  report.sampled = sample.size();
  report.neighbours_kept = sample.kept(o.neighbours);
  writer.commit();
  return report;
}

}  // namespace eckart
