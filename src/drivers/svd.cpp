// The front door: check the request, plan, run the planned method, keep what was asked for.
#include "eckart/svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "drivers/driver.hpp"
#include "drivers/plan.hpp"
#include "drivers/spread.hpp"
#include "eckart/error.hpp"
#include "eckart/gram_svd.hpp"
#include "eckart/hermitian_svd.hpp"
#include "eckart/jacobi_svd.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/randomized_svd.hpp"
#include "eckart/single_pass_svd.hpp"
#include "eckart/smallest_svd.hpp"
#include "factor/certificate.hpp"
#include "factor/dense_chain.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

using drivers::Problem;

// One method's costs for the request.
struct Candidate {
  Method method;
  drivers::Cost cost;
  double bytes;
  std::string unsuitable;  // why it cannot serve the request; empty when it can
};

// Whether other triplets than the leading ones are wanted.
bool inner(const SvdRequest& request) { return request.smallest || request.target; }

SmallestSvdOptions smallest_options(const SvdRequest& request) {
  return {.target = request.target.value_or(0),
          .accuracy = request.accuracy,
          .seed = request.seed,
          .certify = request.certify};
}

// A tolerance so small that ||A||_F^2 - sum sigma^2 is rounding noise needs every value.
template <Scalar T>
bool below_cancellation(const RankRule& rule) {
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const double allowed = rule.energy      ? 1 - *rule.energy
                         : rule.tolerance ? *rule.tolerance * *rule.tolerance
                                          : 1;
  return allowed < 1e4 * eps;
}

RandomizedSvdOptions randomized_options(const SvdRequest& request) {
  RandomizedSvdOptions options{.oversampling = request.oversampling,
                               .seed = request.seed,
                               .accuracy = request.accuracy,
                               .certify = request.certify};
  options.power_iterations = request.power_iterations.value_or(options.power_iterations);
  return options;
}

// The sizes of lanczos are its own, unless A is not in memory: then as few steps as the cap allows.
template <Scalar T>
LanczosSvdOptions<T> lanczos_options(const LinearOperator<T>& A,
                                     const SvdRequest& request,
                                     const Context& context) {
  LanczosSvdOptions<T> options{
      .accuracy = request.accuracy, .seed = request.seed, .certify = request.certify};
  if (A.bytes_per_read() > 0) {
    const index_t min_dim = std::min(A.rows(), A.cols());
    const index_t k = drivers::expected_rank(request.rank, min_dim);
    const auto cap = static_cast<double>(context.memory_cap_bytes());
    const auto fits = [&](const drivers::ReadSizes& sizes) {
      options.block_size = sizes.block;
      options.basis_size = sizes.basis;
      return cap == 0 || lanczos_svd_bytes<T>(A.rows(), A.cols(), k, options) <= cap;
    };
    const drivers::ReadSizes sizes = drivers::sizes_for_reads(min_dim, k, fits);
    options.block_size = sizes.block;
    options.basis_size = sizes.basis;
  }
  if (request.max_passes) {
    const bool once = drivers::describe(A, request.accuracy).gram_reads_once;
    options.max_steps = std::max<index_t>(
        1, (*request.max_passes - drivers::reads_around(once)) / drivers::reads_of_step(once));
  }
  return options;
}

SinglePassSvdOptions single_pass_options(const SvdRequest& request) {
  SinglePassSvdOptions options{.seed = request.seed, .accuracy = request.accuracy};
  if (request.oversampling) options.oversampling = *request.oversampling;
  return options;
}

template <Scalar T>
std::vector<Candidate> candidates(const LinearOperator<T>& A,
                                  const SvdRequest& request,
                                  const Context& context) {
  const Problem p = drivers::describe(A, request.accuracy);
  const index_t min_dim = std::min(p.rows, p.cols);
  const index_t k = drivers::expected_rank(request.rank, min_dim);
  const bool wants_all = request.rank.all() || k == min_dim;
  const bool open = request.rank.open();
  const Vectors vectors = request.vectors;
  // A matrix-free operator is formed before the dense method can look at it.
  const double copy = p.storage == Storage::matrix_free
                          ? sizeof(T) * static_cast<double>(p.rows) * static_cast<double>(p.cols)
                          : 0;

  // Of a matrix that is spread over ranks, what the largest share takes.
  const bool spread = !A.row_shard().alone();
  const index_t most = open ? min_dim : 2 * k + std::min<index_t>(20, min_dim);
  const index_t rows = drivers::rows_counted(A.row_shard(), most);
  const index_t cols = drivers::rows_counted(A.col_shard(), most);
  const double exchange = drivers::exchange_bytes(A);
  Candidate dense{Method::dense, drivers::dense_cost(p, vectors, k),
                  spread ? drivers::thin_dense_bytes(A)
                         : dense_svd_bytes<T>(p.rows, p.cols, vectors, open ? min_dim : k) + copy,
                  ""};
  Candidate lanczos{Method::lanczos, drivers::lanczos_cost(p, k),
                    lanczos_svd_bytes<T>(A, k, lanczos_options(A, request, context)), ""};
  Candidate gram{Method::gram, drivers::gram_cost(p, k),
                 gram_svd_bytes<T>(rows, cols, open ? min_dim : k) + exchange, ""};
  Candidate randomized{
      Method::randomized, drivers::randomized_cost(p, k),
      randomized_svd_bytes<T>(rows, cols, k, randomized_options(request)) + exchange, ""};

  const auto rule_out = [](Candidate& candidate, bool condition, const char* why) {
    if (condition && candidate.unsuitable.empty()) candidate.unsuitable = why;
  };
  for (Candidate* candidate : {&lanczos, &randomized, &gram}) {
    rule_out(*candidate, vectors == Vectors::full, "full vectors need all triplets");
    rule_out(*candidate, inner(request), "only the leading triplets");
  }
  rule_out(dense, spread && vectors == Vectors::full, "full vectors of rows spread over ranks");
  rule_out(randomized, open, "a rank to be found needs more than a fixed sketch");
  rule_out(lanczos, request.rank.needs_all_values(), "the rank rule needs every singular value");
  if (request.method == Method::automatic) {
    rule_out(lanczos, wants_all, "all triplets are wanted");
    rule_out(lanczos, below_cancellation<T>(request.rank),
             "so small a tolerance needs every singular value");
    rule_out(gram, true, "squares the condition number; only by name");
    // Its rounds grow faster with the digits than the steps of lanczos do, and on values that
    // hardly decay far beyond what is typical.
    constexpr double few_digits = 3;
    rule_out(randomized, p.digits > few_digits, "for accuracies of 1e-3 and more; else by name");
    rule_out(randomized, wants_all, "all triplets are wanted");
    constexpr double doubt = 1.3;
    randomized.cost.nominal_seconds *= doubt;
  }
  if (request.max_passes && request.method == Method::automatic) {
    const char* many = "reads A more often than max_passes allows";
    for (Candidate* candidate : {&dense, &lanczos, &randomized}) {
      rule_out(*candidate, *request.max_passes == 1, many);
    }
    rule_out(dense, *request.max_passes < 3, many);
    rule_out(randomized, randomized.cost.passes > static_cast<double>(*request.max_passes), many);
  }
  std::vector<Candidate> all = {dense, lanczos, gram, randomized};
  // One pass promises no accuracy: it is taken where no more is allowed.
  if (request.method == Method::single_pass ||
      (request.method == Method::automatic && request.max_passes == 1)) {
    all.push_back({Method::single_pass, drivers::single_pass_cost(p, k),
                   single_pass_svd_bytes<T>(A, k, single_pass_options(request)), ""});
    rule_out(all.back(), !request.rank.rank, "one pass is for a rank that is given");
    rule_out(all.back(), inner(request), "only the leading triplets");
    rule_out(all.back(), vectors == Vectors::full, "full vectors need all triplets");
  }
  // Offered where they are asked for: jacobi takes a few times as long as dense, and hermitian
  // takes a promise about the entries.
  if (request.method == Method::jacobi || request.relative_accuracy) {
    all.push_back({Method::jacobi, drivers::jacobi_cost(p, vectors),
                   jacobi_svd_bytes<T>(p.rows, p.cols, vectors) + copy, ""});
  }
  if (request.method == Method::smallest || inner(request)) {
    all.push_back({Method::smallest, drivers::smallest_cost(p, k, !request.target),
                   smallest_svd_bytes<T>(A, k, smallest_options(request), context), ""});
    const auto cap = static_cast<double>(context.memory_cap_bytes());
    rule_out(all.back(),
             request.method == Method::automatic && p.storage == Storage::dense &&
                 (cap == 0 || dense.bytes <= cap),
             "the dense method serves a dense matrix");
    rule_out(all.back(), !inner(request), "only the smallest triplets, or those near a target");
  }
  if (request.method == Method::hermitian) {
    all.push_back(
        {Method::hermitian, drivers::hermitian_cost(p), hermitian_svd_bytes<T>(p.rows), ""});
    rule_out(all.back(), p.rows != p.cols, "a Hermitian matrix is square");
  }
  for (Candidate& candidate : all) {
    const bool serves_ranks =
        candidate.method == Method::dense || candidate.method == Method::lanczos ||
        candidate.method == Method::gram || candidate.method == Method::randomized ||
        candidate.method == Method::single_pass;
    rule_out(candidate, spread && !serves_ranks, "its rows must all be on one rank");
    rule_out(candidate, request.relative_accuracy && candidate.method != Method::jacobi,
             "its accuracy is relative to the largest singular value");
  }
  return all;
}

std::string reason(const Candidate& chosen,
                   const std::vector<Candidate>& all,
                   const SvdRequest& request) {
  if (request.method == Method::hermitian) return "the matrix is said to be Hermitian";
  if (request.method != Method::automatic) return "asked for by name";
  if (request.relative_accuracy) return "high relative accuracy was asked for";
  for (const Candidate& other : all) {
    if (other.method == chosen.method || !other.unsuitable.empty()) continue;
    const double ratio = other.cost.nominal_seconds / chosen.cost.nominal_seconds;
    if (ratio >= 1) {
      return fmt::format("{} times less work than {}",
                         ratio < 100 ? fmt::format("about {:.2g}", ratio) : "over 100",
                         to_string(other.method));
    }
    return fmt::format("{} would need more memory than the cap", to_string(other.method));
  }
  for (const Candidate& other : all) {
    if (other.method == Method::lanczos && !other.unsuitable.empty()) return other.unsuitable;
  }
  return "the only method that fits";
}

void validate_request(const SvdRequest& request) {
  validate(request.rank);
  drivers::require_accuracy(request.accuracy);
  require(request.vectors != Vectors::full || request.rank.all(),
          "full vectors come with all triplets: leave rank, energy and tolerance unset");
  require(!request.max_passes || *request.max_passes >= 1, "max_passes must be >= 1");
  require(!request.smallest || request.rank.rank.has_value(),
          "smallest needs a rank: how many of the smallest triplets");
  require(request.method == Method::randomized ||
              (!request.oversampling && !request.power_iterations) ||
              (request.method == Method::single_pass && !request.power_iterations),
          "oversampling and power_iterations are of the randomized method: name it");
  if (!request.target) return;
  require(*request.target >= 0 && std::isfinite(*request.target),
          fmt::format("target must be >= 0 and finite, got {}", *request.target));
  require(!request.smallest, "smallest and target each say which triplets; set one");
  require(request.rank.rank.has_value(), "target needs a rank: how many triplets near it");
}

// Which of all triplets, in falling order, are wanted.
template <Scalar T>
TripletRange wanted_range(const SvdRequest& request,
                          std::span<const double> sigma,
                          index_t rows,
                          index_t cols) {
  const std::vector<real_t<T>> values(sigma.begin(), sigma.end());
  const index_t k = choose_rank<T>(request.rank, values, rows, cols);
  if (request.target) return nearest_triplets(k, *request.target)(sigma);
  return request.smallest ? trailing_triplets(k)(sigma) : leading_triplets(k)(sigma);
}

// Keeps of all triplets those that are wanted.
template <Scalar T>
void keep_wanted(SvdResult<T>& result, const SvdRequest& request) {
  const TripletRange range =
      wanted_range<T>(request, std::vector<double>(result.sigma.begin(), result.sigma.end()),
                      result.report.rows, result.report.cols);
  for (std::vector<real_t<T>>* values : {&result.sigma, &result.lambda}) {
    if (values->empty()) continue;
    values->erase(values->begin() + range.first + range.count, values->end());
    values->erase(values->begin(), values->begin() + range.first);
  }
  if (result.V.cols() > 0) {
    factor::keep_columns(result.U, range);
    factor::keep_columns(result.V, range);
  }
  result.report.rank = range.count;
}

// Fills the certificate of what was kept.
template <Scalar T>
void certify_part(const LinearOperator<T>& A,
                  const SvdRequest& request,
                  Context& context,
                  SvdResult<T>& result) {
  const operators::Prepared<T> prepared(A, context);
  const std::vector<real_t<T>> sigma = prepared.to_scale(result.sigma);
  factor::fill_certificate<T>(prepared.matrix(), result.U.view(), sigma, result.V.view(),
                              {.accuracy = request.accuracy,
                               .leading = !inner(request),
                               .sampled = true,
                               .seed = request.seed},
                              {}, -1, context, result.report);
  result.report.certificate.frobenius_norm.value *= prepared.scale();
}

// Makes the certificate speak of the kept singular values alone.
template <class Real>
void update_energy(const std::vector<Real>& sigma, Certificate& certificate) {
  double held = 0;
  for (const Real s : sigma) {
    const double share = static_cast<double>(s) / certificate.frobenius_norm.value;
    held += share * share;
  }
  certificate.energy.value = held;
  certificate.frobenius_error.value = std::sqrt(std::max(0.0, 1 - held));
}

// The wanted values. Values alone are certified by their sum of squares: all of them, before the
// cut.
template <class Solve>
auto values_part(const SvdRequest& request, const Solve& solve) {
  auto result = solve();
  keep_wanted(result, request);
  if (request.certify && result.report.certificate.frobenius_norm.value > 0) {
    update_energy(result.sigma, result.report.certificate);
  }
  return result;
}

// The wanted triplets by the dense method.
template <Scalar T>
SvdResult<T> dense_part(const LinearOperator<T>& A, const SvdRequest& request, Context& context) {
  DenseSvdOptions options{
      .vectors = request.vectors, .accuracy = request.accuracy, .certify = request.certify};
  if (request.rank.all()) return dense_svd<T>(A, options, context);
  if (request.vectors == Vectors::none) {
    return values_part(request, [&] { return dense_svd<T>(A, options, context); });
  }
  options.at_most = request.rank.rank.value_or(-1);
  options.select = [&](std::span<const double> sigma) {
    return wanted_range<T>(request, sigma, A.rows(), A.cols());
  };
  return dense_svd<T>(A, options, context);
}

// All triplets of the Gram matrix, then those that the rule asks for.
template <Scalar T>
SvdResult<T> gram_part(const LinearOperator<T>& A, const SvdRequest& request, Context& context) {
  const bool open = request.rank.open();
  const index_t min_dim = std::min(A.rows(), A.cols());
  SvdResult<T> result =
      gram_svd<T>(A, request.rank.rank.value_or(min_dim),
                  {.accuracy = request.accuracy, .certify = request.certify && !open}, context);
  if (!open) return result;
  keep_wanted(result, request);
  if (request.certify) certify_part(A, request, context, result);
  return result;
}

// All triplets by a method that knows no fewer, then those that are wanted.
template <Scalar T, class Solve>
SvdResult<T> part_of_all(const LinearOperator<T>& A,
                         const SvdRequest& request,
                         Context& context,
                         const Solve& solve) {
  const bool part = !request.rank.all();
  SvdResult<T> result = solve(request.certify && !part);
  if (!part) return result;
  keep_wanted(result, request);
  if (request.certify) certify_part(A, request, context, result);
  return result;
}

template <Scalar T>
SvdResult<T> jacobi_part(const LinearOperator<T>& A, const SvdRequest& request, Context& context) {
  if (request.vectors != Vectors::none || request.rank.all()) {
    return part_of_all(A, request, context, [&](bool certify) {
      return jacobi_svd<T>(
          A, {.vectors = request.vectors, .accuracy = request.accuracy, .certify = certify},
          context);
    });
  }
  return values_part(request, [&] {
    return jacobi_svd<T>(
        A, {.vectors = Vectors::none, .accuracy = request.accuracy, .certify = request.certify},
        context);
  });
}

template <Scalar T>
SvdResult<T> run(Method method,
                 const LinearOperator<T>& A,
                 const SvdRequest& request,
                 Context& context) {
  switch (method) {
    case Method::gram:
      return gram_part(A, request, context);
    case Method::randomized:
      return randomized_svd<T>(A, request.rank.rank.value_or(std::min(A.rows(), A.cols())),
                               randomized_options(request), context);
    case Method::lanczos:
      return lanczos_svd<T>(A, request.rank, lanczos_options(A, request, context), context);
    case Method::single_pass:
      return single_pass_svd<T>(A, *request.rank.rank, single_pass_options(request), context);
    case Method::jacobi:
      return jacobi_part(A, request, context);
    case Method::smallest:
      return smallest_svd<T>(A, *request.rank.rank, smallest_options(request), context);
    case Method::hermitian:
      return part_of_all(A, request, context, [&](bool certify) {
        return hermitian_svd<T>(A, {.accuracy = request.accuracy, .certify = certify}, context);
      });
    case Method::automatic:
    case Method::dense:
      break;
  }
  return dense_part(A, request, context);
}

}  // namespace

const char* to_string(Method method) {
  switch (method) {
    case Method::automatic:
      return "auto";
    case Method::dense:
      return "dense";
    case Method::gram:
      return "gram";
    case Method::randomized:
      return "randomized";
    case Method::lanczos:
      return "lanczos";
    case Method::single_pass:
      return "single-pass";
    case Method::jacobi:
      return "jacobi";
    case Method::smallest:
      return "smallest";
    case Method::hermitian:
      return "hermitian";
  }
  return "unknown";
}

Method method_from_string(const std::string& name) {
  for (const Method method :
       {Method::automatic, Method::dense, Method::gram, Method::randomized, Method::lanczos,
        Method::single_pass, Method::jacobi, Method::smallest, Method::hermitian}) {
    if (name == to_string(method)) return method;
  }
  throw InvalidArgument(fmt::format(
      "there is no method '{}'; known: auto, dense, gram, randomized, lanczos, single-pass, "
      "jacobi, smallest, hermitian",
      name));
}

template <Scalar T>
SvdPlan plan_svd(const LinearOperator<T>& A, const SvdRequest& request, const Context& context) {
  validate_request(request);
  const std::vector<Candidate> all = candidates(A, request, context);
  const auto cap = static_cast<double>(context.memory_cap_bytes());
  const Candidate* chosen = nullptr;
  double least_bytes = std::numeric_limits<double>::infinity();
  SvdPlan plan;
  for (const Candidate& candidate : all) {
    const bool wanted = request.method == Method::automatic || candidate.method == request.method;
    if (!wanted) continue;
    if (!candidate.unsuitable.empty()) {
      require(request.method == Method::automatic,
              fmt::format("the {} method cannot serve this request: {}",
                          to_string(candidate.method), candidate.unsuitable));
      plan.rejected.push_back(
          fmt::format("{}: {}", to_string(candidate.method), candidate.unsuitable));
      continue;
    }
    least_bytes = std::min(least_bytes, candidate.bytes);
    if (cap > 0 && candidate.bytes > cap) {
      plan.rejected.push_back(fmt::format("{}: needs {}, the cap is {}",
                                          to_string(candidate.method),
                                          format_bytes(static_cast<std::uint64_t>(candidate.bytes)),
                                          format_bytes(context.memory_cap_bytes())));
      continue;
    }
    if (chosen == nullptr || candidate.cost.nominal_seconds < chosen->cost.nominal_seconds) {
      if (chosen != nullptr)
        plan.rejected.push_back(fmt::format("{}: about {:.2g} GFlop", to_string(chosen->method),
                                            chosen->cost.flops / 1e9));
      chosen = &candidate;
    } else {
      plan.rejected.push_back(fmt::format("{}: about {:.2g} GFlop", to_string(candidate.method),
                                          candidate.cost.flops / 1e9));
    }
  }
  if (chosen == nullptr) {
    throw MemoryLimit("the method that needs least",
                      static_cast<std::uint64_t>(std::min(least_bytes, 1.8e19)),
                      context.memory_cap_bytes());
  }
  plan.method = chosen->method;
  plan.why = reason(*chosen, all, request);
  plan.flops = chosen->cost.flops;
  plan.passes = chosen->cost.passes;
  plan.peak_bytes = chosen->bytes;
  plan.input_bytes = static_cast<double>(A.stored_bytes());
  plan.read_bytes = plan.passes * static_cast<double>(A.bytes_per_read());
  return plan;
}

template <Scalar T>
SvdResult<T> svd(const LinearOperator<T>& A, const SvdRequest& request, Context& context) {
  const SvdPlan plan = plan_svd(A, request, context);
  SvdResult<T> result = run(plan.method, A, request, context);
  // The smallest triplets are found by more than one method.
  const std::string& how = result.report.why;
  result.report.why = how.empty() ? plan.why : plan.why + "; " + how;
  result.report.seed = request.seed;
  if (request.vectors == Vectors::none) {
    result.U = {};
    result.V = {};
  }
  return result;
}

template SvdPlan plan_svd(const LinearOperator<float>&, const SvdRequest&, const Context&);
template SvdPlan plan_svd(const LinearOperator<double>&, const SvdRequest&, const Context&);
template SvdPlan plan_svd(const LinearOperator<std::complex<float>>&,
                          const SvdRequest&,
                          const Context&);
template SvdPlan plan_svd(const LinearOperator<std::complex<double>>&,
                          const SvdRequest&,
                          const Context&);
template SvdResult<float> svd(const LinearOperator<float>&, const SvdRequest&, Context&);
template SvdResult<double> svd(const LinearOperator<double>&, const SvdRequest&, Context&);
template SvdResult<std::complex<float>> svd(const LinearOperator<std::complex<float>>&,
                                            const SvdRequest&,
                                            Context&);
template SvdResult<std::complex<double>> svd(const LinearOperator<std::complex<double>>&,
                                             const SvdRequest&,
                                             Context&);

}  // namespace eckart
