#include "eckart/models/compression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eckart/copy.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/hermitian_svd.hpp"
#include "eckart/operators.hpp"
#include "eckart/row_triangle.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

[[noreturn]] void refuse_shape(const io::Tensor& tensor, const std::string& expected) {
  throw IoError("tensor '" + tensor.name + "'",
                fmt::format("its shape is {}; expected {}", io::format_shape(tensor), expected));
}

// Rows first..first+count of an N x n tensor, as a matrix of n columns.
Matrix<double> rows_of(const io::Tensor& tensor, index_t first, index_t count, index_t n) {
  Matrix<double> transposed = Matrix<double>::uninitialized(n, count);
  io::unpack(tensor, first * n, count * n, transposed.data());
  Matrix<double> rows = Matrix<double>::uninitialized(count, n);
  copy_adjoint<double>(transposed.view(), rows.view());
  return rows;
}

// S = R^T for the triangle of the samples, with sqrt(ridge) I below them.
Matrix<double> root_of_samples(const io::Tensor& samples,
                               index_t n,
                               double ridge,
                               Context& context) {
  if (samples.shape.size() < 2 || samples.shape.back() != n) {
    refuse_shape(samples, fmt::format("N x {}, one sample in each row", n));
  }
  const index_t count = samples.count() / n;
  RowTriangle<double> triangle(n);
  const index_t block = std::max<index_t>(256, 2 * n);
  double energy = 0;
  for (index_t first = 0; first < count; first += block) {
    const Matrix<double> rows = rows_of(samples, first, std::min(block, count - first), n);
    for (index_t i = 0; i < rows.rows() * n; ++i) energy += rows.data()[i] * rows.data()[i];
    try {
      triangle.add(rows.view(), context);
    } catch (const NonFiniteInput& error) {
      throw IoError("tensor '" + samples.name + "'",
                    NonFiniteInput(first + error.row(), error.col(), error.value()).what());
    }
  }
  if (ridge > 0) {
    Matrix<double> identity(n, n);
    for (index_t i = 0; i < n; ++i) identity(i, i) = std::sqrt(ridge * energy / double(n));
    triangle.add(identity.view(), context);
  }
  Matrix<double> S(n, n);
  copy_adjoint<double>(triangle.R().view(), S.view(), context);
  return S;
}

// S = V lambda^(1/2); negative eigenvalues are rounding.
Matrix<double> root_of_gram(const io::Tensor& gram, index_t n, double ridge, Context& context) {
  if (gram.shape != std::vector<index_t>{n, n}) refuse_shape(gram, fmt::format("{0} x {0}", n));
  Matrix<double> G = io::to_transposed<double>(gram, n, n, context);
  double trace = 0, asymmetry = 0, largest = 0;
  for (index_t j = 0; j < n; ++j) {
    trace += G(j, j);
    for (index_t i = 0; i <= j; ++i) {
      largest = std::max({largest, std::abs(G(i, j)), std::abs(G(j, i))});
      asymmetry = std::max(asymmetry, std::abs(G(i, j) - G(j, i)));
      G(i, j) = G(j, i) = (G(i, j) + G(j, i)) / 2;
    }
  }
  if (!(asymmetry <= 1e-2 * largest)) {
    throw IoError("tensor '" + gram.name + "'", "it is not symmetric, so it is no Gram matrix");
  }
  for (index_t j = 0; j < n; ++j) G(j, j) += ridge * trace / double(n);
  const SvdResult<double> decomposed =
      hermitian_svd(*make_operator<double>(std::as_const(G).view()), {.certify = false}, context);
  Matrix<double> S(n, n);
  for (index_t j = 0; j < n; ++j) {
    const double root = std::sqrt(std::max(0.0, decomposed.lambda[at(j)]));
    for (index_t i = 0; i < n; ++i) S(i, j) = decomposed.V(i, j) * root;
  }
  return S;
}

Matrix<double> diagonal_root(const std::vector<double>& sizes) {
  const auto n = static_cast<index_t>(sizes.size());
  Matrix<double> S(n, n);
  for (index_t i = 0; i < n; ++i) S(i, i) = sizes[at(i)];
  return S;
}

std::vector<double> sizes_of_samples(const io::Tensor& samples, index_t n) {
  if (samples.shape.size() < 2 || samples.shape.back() != n) {
    refuse_shape(samples, fmt::format("N x {}, one sample in each row", n));
  }
  std::vector<double> sizes(at(n)), row(at(n));
  const index_t count = samples.count() / n;
  for (index_t i = 0; i < count; ++i) {
    io::unpack(samples, i * n, n, row.data());
    for (index_t j = 0; j < n; ++j) sizes[at(j)] += std::abs(row[at(j)]) / double(count);
  }
  for (double& size : sizes) size = std::sqrt(size);
  return sizes;
}

// W S, m x p.
Matrix<double> product(const Matrix<double>& transposed, const InputRoot& root, Context& context) {
  const index_t m = transposed.cols(), n = transposed.rows();
  if (root.S.cols() == 0) {
    Matrix<double> W(m, n);
    copy_adjoint<double>(transposed.view(), W.view(), context);
    return W;
  }
  Matrix<double> WS(m, root.S.cols());
  make_operator<double>(transposed.view())->apply_adjoint(root.S.view(), WS.view(), context);
  return WS;
}

double frobenius(const Matrix<double>& X) {
  double sum = 0;
  for (index_t i = 0; i < X.rows() * X.cols(); ++i) sum += X.data()[i] * X.data()[i];
  return std::sqrt(sum);
}

// A layer's choices: rank (-1: whole), bytes and squared relative error, on the lower convex hull.
struct Choice {
  index_t rank;
  double bytes;
  double error;
};

std::vector<Choice> hull_of(const BudgetLayer& layer, bool whole) {
  double total = 0;
  for (const double s : layer.sigma) total += s * s;
  const double unit = layer.bytes_per_number * static_cast<double>(layer.rows + layer.cols);
  const index_t most = largest_saving_rank(layer.rows, layer.cols);
  std::vector<Choice> hull;
  const auto add = [&](const Choice& c) {
    // The slopes of a hull rise.
    while (hull.size() >= 2) {
      const Choice& a = hull[hull.size() - 2];
      const Choice& b = hull.back();
      if ((b.error - a.error) * (c.bytes - b.bytes) < (c.error - b.error) * (b.bytes - a.bytes)) {
        break;
      }
      hull.pop_back();
    }
    hull.push_back(c);
  };
  double left = total;
  for (index_t k = 1; k <= std::min(most, static_cast<index_t>(layer.sigma.size())); ++k) {
    left -= layer.sigma[at(k - 1)] * layer.sigma[at(k - 1)];
    add({k, unit * static_cast<double>(k), total > 0 ? std::max(0.0, left) / total : 0});
  }
  if (!whole && !hull.empty()) return hull;
  add({-1,
       layer.bytes_per_number * static_cast<double>(layer.rows) * static_cast<double>(layer.cols),
       0});
  return hull;
}

// Where a long step did not fit, single ranks may: the one that removes most for a byte first.
void spend_rest(const std::vector<BudgetLayer>& layers, double bytes, std::vector<index_t>& ranks) {
  std::vector<double> totals;
  for (const BudgetLayer& layer : layers) {
    totals.push_back(0);
    for (const double s : layer.sigma) totals.back() += s * s;
  }
  for (;;) {
    std::size_t best = layers.size();
    double most = 0;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const BudgetLayer& layer = layers[l];
      const index_t k = ranks[l];
      const double cost = layer.bytes_per_number * static_cast<double>(layer.rows + layer.cols);
      const bool more = k >= 0 && k < largest_saving_rank(layer.rows, layer.cols) &&
                        k < static_cast<index_t>(layer.sigma.size());
      if (!more || cost > bytes || !(totals[l] > 0)) continue;
      const double gain = layer.sigma[at(k)] * layer.sigma[at(k)] / totals[l] / cost;
      if (gain > most) {
        most = gain;
        best = l;
      }
    }
    if (best == layers.size()) return;
    bytes -=
        layers[best].bytes_per_number * static_cast<double>(layers[best].rows + layers[best].cols);
    ++ranks[best];
  }
}

}  // namespace

std::optional<InputRoot> read_root(const io::Model& activations,
                                   const std::string& module,
                                   index_t n,
                                   Weighting weighting,
                                   double ridge,
                                   Context& context) {
  const io::Tensor* samples = activations.find(module + ".samples");
  if (!samples) samples = activations.find(module);
  const io::Tensor* gram = activations.find(module + ".gram");
  const io::Tensor* diagonal = activations.find(module + ".diagonal");
  const bool full = weighting == Weighting::full;
  InputRoot root;
  if (samples) {
    root.source = full ? "samples" : "diagonal of samples";
    root.S = full ? root_of_samples(*samples, n, ridge, context)
                  : diagonal_root(sizes_of_samples(*samples, n));
    io::release(*samples);
  } else if (gram) {
    root.source = full ? "gram" : "diagonal of gram";
    root.low_precision = gram->type != io::ElementType::f64;
    if (full) {
      root.S = root_of_gram(*gram, n, ridge, context);
    } else {
      if (gram->shape != std::vector<index_t>{n, n})
        refuse_shape(*gram, fmt::format("{0} x {0}", n));
      std::vector<double> sizes(at(n));
      for (index_t j = 0; j < n; ++j) {
        io::unpack(*gram, j * n + j, 1, &sizes[at(j)]);
        sizes[at(j)] = std::pow(std::max(0.0, sizes[at(j)]), 0.25);
      }
      root.S = diagonal_root(sizes);
    }
  } else if (diagonal) {
    if (diagonal->count() != n) refuse_shape(*diagonal, fmt::format("{} numbers", n));
    std::vector<double> sizes(at(n));
    io::unpack(*diagonal, 0, n, sizes.data());
    root.source = "diagonal";
    root.S = diagonal_root(sizes);
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(frobenius(root.S))) {
    throw IoError(activations.path, "the activations of '" + module + "' are not finite");
  }
  return root;
}

std::vector<double> weighted_spectrum(const Matrix<double>& transposed,
                                      const InputRoot& root,
                                      Context& context) {
  Matrix<double> WS = product(transposed, root, context);
  if (WS.rows() < WS.cols()) {
    Matrix<double> tall(WS.cols(), WS.rows());
    copy_adjoint<double>(WS.view(), tall.view(), context);
    WS = std::move(tall);
  }
  return singular_values_in_place<double>(WS.view(), context);
}

WeightFactors weighted_factors(const Matrix<double>& transposed,
                               const InputRoot& root,
                               index_t rank,
                               Context& context) {
  const Matrix<double> WS = product(transposed, root, context);
  DenseSvdOptions options;
  options.certify = false;
  options.select = leading_triplets(rank);
  options.at_most = rank;
  const SvdResult<double> svd = dense_svd(*make_operator<double>(WS.view()), options, context);
  const index_t m = transposed.cols(), n = transposed.rows(), k = svd.U.cols();
  WeightFactors factors{Matrix<double>(k, m), Matrix<double>(n, k)};
  make_operator<double>(transposed.view())
      ->apply(svd.U.view(), factors.A_transposed.view(), context);
  for (index_t i = 0; i < k; ++i) {
    double square = 0;
    for (index_t j = 0; j < n; ++j) square += std::pow(factors.A_transposed(j, i), 2);
    const double root_length = square > 0 ? std::pow(square, 0.25) : 1;
    for (index_t j = 0; j < n; ++j) factors.A_transposed(j, i) /= root_length;
    for (index_t j = 0; j < m; ++j) factors.B_transposed(i, j) = svd.U(j, i) * root_length;
  }
  return factors;
}

double weighted_error(const Matrix<double>& transposed,
                      const WeightFactors& factors,
                      const InputRoot& root,
                      Context& context) {
  const index_t m = transposed.cols(), n = transposed.rows();
  Matrix<double> left(n, m);
  make_operator<double>(factors.A_transposed.view())
      ->apply(factors.B_transposed.view(), left.view(), context);
  for (index_t i = 0; i < n * m; ++i) left.data()[i] = transposed.data()[i] - left.data()[i];
  const double whole = frobenius(product(transposed, root, context));
  return whole > 0 ? frobenius(product(left, root, context)) / whole : 0;
}

index_t largest_saving_rank(index_t rows, index_t cols) {
  const index_t product = rows * cols;
  return rows + cols > 0 ? std::max<index_t>(0, (product - 1) / (rows + cols)) : 0;
}

namespace {

// The ranks, with or without the choice to leave a layer whole.
std::vector<index_t> allocate(const std::vector<BudgetLayer>& layers,
                              double budget_bytes,
                              bool whole) {
  // One step of one layer along its hull.
  struct Step {
    double gain;  // of squared error for a byte
    std::size_t layer;
    std::size_t to;
  };
  std::vector<std::vector<Choice>> hulls;
  std::vector<Step> steps;
  double bytes = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    hulls.push_back(hull_of(layers[l], whole));
    const auto& hull = hulls.back();
    bytes += hull[0].bytes;
    for (std::size_t i = 1; i < hull.size(); ++i) {
      steps.push_back(
          {(hull[i - 1].error - hull[i].error) / (hull[i].bytes - hull[i - 1].bytes), l, i});
    }
  }
  require(bytes <= budget_bytes,
          fmt::format("rank 1 in every layer needs {:.0f} bytes; the budget leaves {:.0f}", bytes,
                      budget_bytes));
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.gain > b.gain; });
  std::vector<std::size_t> place(layers.size());
  for (const Step& step : steps) {
    const auto& hull = hulls[step.layer];
    // A step that was left out leaves out those behind it.
    if (place[step.layer] + 1 != step.to) continue;
    const double cost = hull[step.to].bytes - hull[step.to - 1].bytes;
    if (bytes + cost > budget_bytes) continue;
    bytes += cost;
    place[step.layer] = step.to;
  }
  std::vector<index_t> ranks;
  for (std::size_t l = 0; l < layers.size(); ++l) ranks.push_back(hulls[l][place[l]].rank);
  spend_rest(layers, budget_bytes - bytes, ranks);
  return ranks;
}

double loss(const std::vector<BudgetLayer>& layers, const std::vector<index_t>& ranks) {
  double sum = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (ranks[l] < 0) continue;
    double total = 0, left = 0;
    for (std::size_t i = layers[l].sigma.size(); i-- > 0;) {
      total += layers[l].sigma[i] * layers[l].sigma[i];
      if (static_cast<index_t>(i) == ranks[l]) left = total;
    }
    sum += total > 0 ? left / total : 0;
  }
  return sum;
}

}  // namespace

std::vector<index_t> allocate_ranks(const std::vector<BudgetLayer>& layers, double budget_bytes) {
  // A whole layer is a long step that may leave much of the budget unspent.
  std::vector<index_t> with = allocate(layers, budget_bytes, true);
  std::vector<index_t> without = allocate(layers, budget_bytes, false);
  return loss(layers, with) <= loss(layers, without) ? with : without;
}

}  // namespace eckart
