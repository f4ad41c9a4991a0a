// PureSVD (Cremonesi, Koren, Turrin 2010) and EigenRec: the scores R V V^T of our truncated SVD.
#include <cmath>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/operators.hpp"
#include "eckart/svd.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

// The factors |r_j|^(scaling - 1) of the columns; 1 for a column of zeros.
std::vector<double> column_factors(const SparseMatrix<double>& R, double scaling) {
  std::vector<double> sums(at(R.cols));
  for (std::size_t p = 0; p < R.values.size(); ++p) {
    sums[at(R.columns[p])] += R.values[p] * R.values[p];
  }
  for (double& s : sums) s = s > 0 ? std::pow(std::sqrt(s), scaling - 1) : 1;
  return sums;
}

}  // namespace

Model fit_pure_svd(const Ratings& ratings, const PureSvdOptions& o, Context& context) {
  Model model = start_model(Kind::pure_svd, ratings);
  const index_t most = std::min(model.users.size(), model.items.size());
  require(o.rank >= 1 && o.rank <= most, "rank must be from 1 to " + std::to_string(most) +
                                             ", the lesser of users and items, got " +
                                             std::to_string(o.rank));
  require(std::isfinite(o.scaling), "scaling must be finite");
  model.rank = o.rank;
  const RatingRows& rated = model.rated;
  SparseMatrix<double> R{model.users.size(),
                         model.items.size(),
                         {rated.offsets.values.begin(), rated.offsets.values.end()},
                         {rated.items.values.begin(), rated.items.values.end()},
                         {rated.values.values.begin(), rated.values.values.end()}};
  if (o.values == Values::ones) std::fill(R.values.begin(), R.values.end(), 1.0);
  const std::vector<double> factor = column_factors(R, o.scaling);
  for (std::size_t p = 0; p < R.values.size(); ++p) R.values[p] *= factor[at(R.columns[p])];

  const auto A = make_operator(R, SparseStorage::both_orientations, context);
  const SvdResult<double> result =
      svd(*A, {.rank = {.rank = o.rank}, .seed = o.seed, .certify = false}, context);
  if (context.cancelled()) core::throw_cancelled(context);

  // U Sigma = R V: what R has of each user, in the directions of V.
  const index_t k = o.rank;
  std::vector<float> P(at(R.rows * k)), Q(at(R.cols * k)), input(at(R.cols * k)), sigma(at(k));
  for (index_t c = 0; c < k; ++c) {
    sigma[at(c)] = static_cast<float>(result.sigma[at(c)]);
    for (index_t u = 0; u < R.rows; ++u) {
      P[at(u * k + c)] = static_cast<float>(result.U(u, c) * result.sigma[at(c)]);
    }
    for (index_t i = 0; i < R.cols; ++i) {
      Q[at(i * k + c)] = static_cast<float>(result.V(i, c));
      input[at(i * k + c)] = static_cast<float>(result.V(i, c) * factor[at(i)]);
    }
  }
  model.user_factors = std::move(P);
  model.item_factors = std::move(Q);
  model.input_factors = std::move(input);
  model.singular_values = std::move(sigma);
  model.options = {{"values", o.values == Values::ratings},
                   {"scaling", o.scaling},
                   {"seed", static_cast<double>(o.seed)}};
  return model;
}

}  // namespace eckart::recommend
