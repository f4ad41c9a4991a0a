// Factors of an order by alternating least squares over all pairs: Hu, Koren, Volinsky (2008), with
// the weights and the regularization of Rendle, Krichene, Zhang, Koren (2022).
#include <cmath>

#include "blas/blas.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

// For every row solves (alpha_0 Y^T Y + sum_S w y y^T + lambda_u I) x = sum_S w y, the rows of Y
// being those of the other side (here its columns, k x count).
void solve_side(const RatingRows& ratings,
                const ImplicitAlsOptions& o,
                const Matrix<double>& Y,
                Matrix<double>& X,
                const Context& context) {
  const index_t k = o.rank;
  Matrix<double> all(k, k);
  blas::multiply<double>(blas::Op::none, blas::Op::transpose, o.unobserved_weight, Y.view(),
                         Y.view(), 0.0, all.view(), context);
  const MatrixView<const double> base = std::as_const(all).view();
  constexpr index_t rows_per_chunk = 16;
  core::for_each_chunk(
      ratings.rows(), rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
        RidgeSolver solver(k);
        for (index_t u = first; u < last; ++u) {
          const auto items = ratings.items_of(u);
          const auto values = ratings.values_of(u);
          const auto n = static_cast<index_t>(items.size());
          const MatrixView<double> F = solver.design(n);
          for (index_t t = 0; t < n; ++t) {
            const double root =
                o.values == Values::ones ? 1 : std::sqrt(static_cast<double>(values[at(t)]));
            for (index_t j = 0; j < k; ++j) F(t, j) = root * Y(j, items[at(t)]);
            solver.target()[t] = root;
          }
          const double weight =
              static_cast<double>(n) + o.unobserved_weight * static_cast<double>(Y.cols());
          const auto x = solver.solve(o.regularization * std::pow(weight, o.exponent), &base);
          std::copy(x.begin(), x.end(), X.view().column(u));
        }
      });
}

Shared<float> rounded(const Matrix<double>& X) {
  return std::vector<float>(X.data(), X.data() + X.rows() * X.cols());
}

}  // namespace

Model fit_implicit_als(const Ratings& ratings, const ImplicitAlsOptions& o, Context& context) {
  require(o.rank >= 1 && o.rank < index_t{1} << 15,
          "rank must be >= 1, got " + std::to_string(o.rank));
  require(o.epochs >= 1, "epochs must be >= 1, got " + std::to_string(o.epochs));
  require(o.unobserved_weight > 0 && o.regularization > 0 && o.deviation > 0,
          "unobserved_weight, regularization and deviation must be > 0");
  require(o.exponent >= 0 && o.exponent <= 10, "exponent must be from 0 to 10");
  Model model = start_model(Kind::implicit_als, ratings);
  if (o.values == Values::ratings) {
    require(model.scale.low >= 0, "a rating of " + std::to_string(model.scale.low) +
                                      " cannot be a weight; weights are >= 0");
  }
  model.rank = o.rank;
  const RatingRows by_item = transpose(model.rated, model.items.size());
  Matrix<double> P(o.rank, model.users.size()), Q(o.rank, model.items.size());
  std::vector<float> start(at(o.rank * Q.cols()));
  fill_rows(Q.cols(), o.rank, o.rank, o.deviation / std::sqrt(static_cast<double>(o.rank)), o.seed,
            item_purpose, start.data(), context);
  std::copy(start.begin(), start.end(), Q.data());
  const blas::BlasThreads guard;
  for (index_t epoch = 0; epoch < o.epochs; ++epoch) {
    begin_epoch("epochs", epoch, o.epochs, context);
    solve_side(model.rated, o, Q, P, context);
    solve_side(by_item, o, P, Q, context);
  }
  model.user_factors = rounded(P);
  model.item_factors = rounded(Q);
  model.options = {{"epochs", o.epochs},
                   {"unobserved_weight", o.unobserved_weight},
                   {"regularization", o.regularization},
                   {"exponent", o.exponent},
                   {"deviation", o.deviation},
                   {"values", o.values == Values::ratings},
                   {"seed", static_cast<double>(o.seed)}};
  return model;
}

}  // namespace eckart::recommend
