// eckart/apps/recommend/fit.hpp - models learnt from ratings: one function for each kind.
//
// Every function needs at least one rating, throws InvalidArgument if an option breaks its REQUIRES
// line, and Cancelled if the context says so before the model is complete. Results are the same
// bits for any number of threads. Of a pair that was rated several times the last rating counts,
// save in fit_plain_svd, which visits each.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eckart/apps/recommend/model.hpp"
#include "eckart/context.hpp"

namespace eckart::recommend {

// What a fit tells after every epoch; returning false makes that epoch the last.
struct Epoch {
  index_t number = 0;     // from 1
  double train_rmse = 0;  // over the epoch, while the parameters moved
  const std::function<Model()>& model;
};
using Watch = std::function<bool(const Epoch&)>;

// mu + b_u + b_i, each bias a mean that is drawn towards 0 where there are few ratings.
struct BaselineOptions {
  index_t epochs = 10;              // REQUIRES: >= 1
  double item_regularization = 10;  // REQUIRES: >= 0
  double user_regularization = 15;  // REQUIRES: >= 0
};
// b_i = sum (r - mu - b_u) / (10 + n_i), then b_u = sum (r - mu - b_i) / (15 + n_u).
// Source: Koren, ACM TKDD 4(1), 2010, section 2.1.
Model fit_baseline(const Ratings& ratings,
                   const BaselineOptions& options = {},
                   Context& context = default_context());

// Matrix factorisation with biases, for the best predictions soonest.
struct SvdOptions {
  index_t rank = 64;                  // REQUIRES: 1 <= rank <= 256
  index_t epochs = 20;                // REQUIRES: >= 1
  double rate = 0.1;                  // of the factors, shortened by AdaGrad. REQUIRES: > 0
  double bias_rate = 0.01;            // REQUIRES: >= 0
  double rate_decay = 0.9;            // of both, from epoch to epoch. REQUIRES: 0 < rate_decay <= 1
  double regularization = 0.08;       // of the factors, for each rating. REQUIRES: >= 0
  double bias_regularization = 0.02;  // REQUIRES: >= 0
  double deviation = 0.02;            // of the factors at the start. REQUIRES: > 0
  index_t grid = 0;                   // parts of users and of items; 0: from the number of ratings
  std::uint64_t seed = 0;
};
// Stochastic gradient descent over a grid of blocks. In each round every part of the users meets
// one part of the items, as in a Latin square, so that the blocks of a round share no row and
// threads change nothing but the time. Cost: about 10 rank flops for each rating and epoch; float
// storage, sums of errors in double. Source: Funk 2006; Gemulla, Nijkamp, Haas, Sismanis, KDD 2011;
// kernels/sgd.hpp.
Model fit_svd(const Ratings& ratings,
              const SvdOptions& options = {},
              Context& context = default_context(),
              const Watch& watch = {});

// Matrix factorisation by plain stochastic gradient descent in double: user after user in the order
// of their first rating, a user's ratings in the order of the file, again and again. With the same
// factors at the start this is what the Python package Surprise computes, to rounding.
struct PlainSvdOptions {
  bool implicit = false;         // SVD++: y_j of every item that the user rated is part of the user
  index_t rank = 100;            // REQUIRES: >= 1
  index_t epochs = 20;           // REQUIRES: >= 1
  double rate = 0.005;           // REQUIRES: > 0
  double rate_decay = 1;         // from epoch to epoch. REQUIRES: 0 < rate_decay <= 1
  double regularization = 0.02;  // REQUIRES: >= 0
  // Where they differ from the two above. REQUIRES: >= 0
  std::optional<double> bias_rate = {}, implicit_rate = {};
  std::optional<double> bias_regularization = {}, implicit_regularization = {};
  double deviation = 0.1;  // of the factors at the start
  std::uint64_t seed = 0;

  // Surprise's defaults for its SVD and SVDpp.
  static PlainSvdOptions surprise(bool implicit);
  // Settings of SVD++ that predict well: bench/results/recommender.md.
  static PlainSvdOptions tuned_svdpp();
};

// The parameters in double, rows side by side: user u's factors begin at p[u * rank].
struct PlainFactors {
  std::vector<double> p, q, y;  // y of SVD++ only
  std::vector<double> user_bias, item_bias;
};

// SVD++ costs O(rank) for each rating instead of O(|N(u)| rank) and is the same to rounding:
// between two ratings of one user the y_j move together, y_j <- a y_j + c_u, so that their sum has
// a recurrence of its own and all of them are brought up to date when the user is done. Source:
// Koren, KDD 2008, section 4. start: the parameters to start from, else normal numbers of the
// deviation and biases of 0. Throws InvalidArgument also if the start does not fit.
Model fit_plain_svd(const Ratings& ratings,
                    const PlainSvdOptions& options,
                    Context& context = default_context(),
                    const Watch& watch = {},
                    PlainFactors* start = nullptr);

// Matrix factorisation with biases by alternating least squares.
struct AlsOptions {
  index_t rank = 32;             // REQUIRES: >= 1
  index_t epochs = 15;           // REQUIRES: >= 1
  double regularization = 0.08;  // for each rating of a row. REQUIRES: > 0
  double deviation = 0.02;       // of the item factors at the start. REQUIRES: > 0
  std::uint64_t seed = 0;
};
// Minimises sum e^2 + lambda sum_u n_u |(b_u, p_u)|^2 + lambda sum_i n_i |(b_i, q_i)|^2.
// Source: Zhou, Wilkinson, Schreiber, Pan, AAIM 2008.
Model fit_als(const Ratings& ratings,
              const AlsOptions& options = {},
              Context& context = default_context());

// What a rating is worth where only an order is learnt.
enum class Values { ones, ratings };

struct ImplicitAlsOptions {
  index_t rank = 32;               // REQUIRES: >= 1
  index_t epochs = 12;             // REQUIRES: >= 1
  double unobserved_weight = 0.3;  // alpha_0. REQUIRES: > 0
  double regularization = 0.3;     // lambda. REQUIRES: > 0
  double exponent = 0.5;           // nu: how lambda grows with the ratings of a row. REQUIRES: >= 0
  double deviation = 0.1;          // of a factor row's length at the start. REQUIRES: > 0
  Values values = Values::ones;    // ratings: the weight w of a pair is its rating
  std::uint64_t seed = 0;
};
// Minimises sum_S w (1 - p.q)^2 + alpha_0 sum_all (p.q)^2 + lambda (sum_u (n_u + alpha_0 |I|)^nu
// |p_u|^2 + sum_i (n_i + alpha_0 |U|)^nu |q_i|^2), S the pairs that were rated.
// Source: Hu, Koren, Volinsky, ICDM 2008; Rendle, Krichene, Zhang, Koren, RecSys 2022, eq. 3 to 6.
// Throws InvalidArgument also if a weight is negative.
Model fit_implicit_als(const Ratings& ratings,
                       const ImplicitAlsOptions& options = {},
                       Context& context = default_context());

struct PureSvdOptions {
  index_t rank = 32;             // REQUIRES: 1 <= rank <= min(users, items)
  Values values = Values::ones;  // of the matrix
  // Column j is multiplied by |r_j|^(scaling - 1): below 1 popular items count for less (EigenRec).
  // REQUIRES: finite
  double scaling = 1;
  std::uint64_t seed = 0;
};
// Scores are R V V^T with the leading right singular vectors of R, what was not rated being 0.
// Source: Cremonesi, Koren, Turrin, RecSys 2010, section 3.2; Nikolakopoulos et al., Computing
// 2019.
Model fit_pure_svd(const Ratings& ratings,
                   const PureSvdOptions& options = {},
                   Context& context = default_context());

struct EaseOptions {
  double regularization = 300;   // REQUIRES: > 0
  Values values = Values::ones;  // of the matrix
};
// Scores are X B with the B of zero diagonal that minimises ||X - X B||_F^2 + lambda ||B||_F^2:
// P = (X^T X + lambda I)^-1, B_ij = -P_ij / P_jj.
// Cost: 20 bytes for each pair of items, items^3 flops.
// Source: Steck, WWW 2019.
// Throws MemoryLimit, InvalidArgument also if rounding makes the matrix indefinite.
Model fit_ease(const Ratings& ratings,
               const EaseOptions& options = {},
               Context& context = default_context());

}  // namespace eckart::recommend
