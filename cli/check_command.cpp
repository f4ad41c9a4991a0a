// eckart check: certify a factorisation, whoever made it, and compare it with another.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "certificate_text.hpp"
#include "convert.hpp"
#include "eckart/apps/compare.hpp"
#include "eckart/certify.hpp"
#include "eckart/svd.hpp"
#include "exit_code.hpp"
#include "factor_files.hpp"
#include "options.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// How the user named the factorisation that is to be certified; nothing if only --compare did.
std::optional<FactorFiles> files_of(const CheckOptions& o) {
  const bool named = !o.u.empty() || !o.s.empty() || !o.vt.empty() || !o.v.empty();
  if (!o.folder.empty() && !named) return factor_files_in(o.folder);
  const bool one_right = o.vt.empty() != o.v.empty();
  if (o.folder.empty() && !o.u.empty() && one_right) {
    return FactorFiles{o.u, o.s, o.v.empty() ? o.vt : o.v, !o.v.empty()};
  }
  if (o.folder.empty() && !named && !o.compare.empty()) return {};
  throw UsageError(
      "name the factorisation: either a folder with U.npy, s.npy and Vt.npy, "
      "or --u, --s and one of --vt and --v (without --s: a product such as W H)");
}

std::string triplets_text(const Certificate& c) {
  std::string text;
  std::size_t failing = 0;
  for (std::size_t i = 0; i < c.residuals.size(); ++i) {
    if (c.residuals[i] <= c.accuracy) continue;
    if (++failing <= 10) text += fmt::format("  {:>9}  {:>10.1e}\n", i + 1, c.residuals[i]);
  }
  if (failing == 0) return {};
  if (failing > 10) text += fmt::format("  {:>9}  ({} more)\n", "...", failing - 10);
  return fmt::format("\ntriplets that fail: {} of {}\n  {:>9}  {:>10}\n", failing,
                     c.residuals.size(), "component", "residual") +
         text;
}

ordered_json bound_json(const Bound& bound) {
  if (!bound.known()) return {{"kind", to_string(bound.kind)}, {"value", nullptr}};
  ordered_json object = {{"value", bound.value}, {"kind", to_string(bound.kind)}};
  if (bound.kind == BoundKind::probabilistic) {
    object["failure_probability"] = bound.failure_probability;
  }
  return object;
}

ordered_json certificate_json(const Certificate& c) {
  return {{"accuracy", c.accuracy},
          {"met", c.met},
          {"findings", c.findings},
          {"residual", bound_json(c.residual)},
          {"orthogonality_U", bound_json(c.orthogonality_U)},
          {"orthogonality_V", bound_json(c.orthogonality_V)},
          {"frobenius_norm", bound_json(c.frobenius_norm)},
          {"energy", bound_json(c.energy)},
          {"frobenius_error", bound_json(c.frobenius_error)},
          {"spectral_error", bound_json(c.spectral_error)},
          {"spectral_error_seen", bound_json(c.spectral_error_seen)},
          {"residuals", c.residuals}};
}

double accuracy_of(const CheckOptions& o, const LoadedFactors& factors) {
  if (o.accuracy > 0) return o.accuracy;
  return factors.single() ? default_accuracy<float>() : default_accuracy<double>();
}

// What the user should know about the precisions that met here; empty when they are equal.
std::string precision_note(bool factors_single,
                           const std::string& matrix_scalar,
                           const std::string& working_scalar) {
  std::string note;
  const bool working_single = working_scalar == "float32" || working_scalar == "complex64";
  if (factors_single && !working_single) {
    note = "single-precision factors were converted to " + working_scalar +
           "; unless --accuracy says otherwise they are judged as single precision";
  }
  if (matrix_scalar != working_scalar) {
    note += (note.empty() ? "the matrix was converted to " : "; the matrix likewise to ") +
            working_scalar;
  }
  return note;
}

// What came of certifying one factorisation.
struct Certified {
  Certificate certificate;
  std::string note;
};

template <Scalar T>
Certified certify_as(const AnyMatrix& original,
                     const MatrixFacts& facts,
                     const LoadedFactors& factors,
                     const FactorTriplets<T>& triplets,
                     const CheckOptions& o,
                     Session& session) {
  const bool same_scalar = facts.scalar == scalar_name<T>();
  const AnyMatrix converted = same_scalar ? AnyMatrix() : with_scalar<T>(original);
  Certified result;
  result.note = precision_note(factors.single(), facts.scalar, scalar_name<T>());
  const auto add = [&](const std::string& more) {
    if (!more.empty()) result.note += (result.note.empty() ? "" : "; ") + more;
  };
  add(factors.extra_note());
  if (factors.files.s.empty()) {
    add("without singular values the two are a product; it was decomposed, and its triplets are "
        "judged");
  }
  CertifyOptions options;
  options.accuracy = accuracy_of(o, factors);
  options.leading = !o.any_triplets;
  options.seed = o.seed;
  result.certificate =
      with_operator(same_scalar ? original : converted, facts.source, session, [&](const auto& A) {
        // The storage is one of two; the scalar is T by now.
        if constexpr (std::same_as<scalar_of<decltype(A)>, T>) {
          const auto run = [&](const LinearOperator<T>& B) {
            return certify<T>(B, triplets.U.view(), triplets.sigma, triplets.V.view(), options,
                              session.context);
          };
          if (!o.center && !o.scale) return run(A);
          return run(*make_affine(A, standardisation(A, o.center, o.scale, session.context)));
        } else {
          return Certificate{};
        }
      });
  return result;
}

// Returns the SVD of the matrix that the options describe, as many triplets as asked for.
template <Scalar T>
SvdResult<T> own_svd(const AnyMatrix& original,
                     const MatrixFacts& facts,
                     index_t rank,
                     const CheckOptions& o,
                     Session& session) {
  const AnyMatrix converted =
      facts.scalar == scalar_name<T>() ? original : with_scalar<T>(original);
  return with_operator(converted, facts.source, session, [&](const auto& A) {
    if constexpr (std::same_as<scalar_of<decltype(A)>, T>) {
      SvdRequest request;
      // One more tells how far the last is from what follows.
      request.rank.rank = std::min(rank + 1, std::min(A.rows(), A.cols()));
      request.seed = o.seed;
      if (!o.center && !o.scale) return svd(A, request, session.context);
      const AffineMap<T> map = standardisation(A, o.center, o.scale, session.context);
      return svd(*make_affine(A, map), request, session.context);
    } else {
      return SvdResult<T>{};
    }
  });
}

template <Scalar T>
Triplets<T> view_of(const FactorTriplets<T>& t, const Certificate* c) {
  Triplets<T> view{t.U.view(), t.sigma, t.V.view(), {}};
  if (c && c->residuals.size() == t.sigma.size()) view.residuals = c->residuals;
  return view;
}

std::string comparison_text(const Comparison& c, const std::string& one, const std::string& other) {
  constexpr std::size_t most = 30;
  std::string text =
      fmt::format("compared {} with {}: {}\n\n", one, other, counted(c.compared, "triplet"));
  text += fmt::format("  {:>9}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}\n", "component", "Δσ/σ₁",
                      "gap", "angle U", "angle V", "allowed");
  std::size_t shown = 0;
  for (const ClusterComparison& k : c.clusters) {
    // Beyond the first, those that differ.
    if (++shown > most && k.same) continue;
    const std::string name = k.count == 1 ? std::to_string(k.first + 1)
                                          : fmt::format("{}-{}", k.first + 1, k.first + k.count);
    text += fmt::format("  {:>9}  {:>10.1e}  {:>10.1e}  {:>10.1e}  {:>10.1e}  {:>10.1e}  {}\n",
                        name, k.value_difference, k.gap, k.sine_U, k.sine_V, k.sine_bound,
                        k.same ? "same" : "DIFFERENT");
  }
  text +=
      "\n  angles as sines; \"allowed\" is what rounding does across the gap to the next value\n";
  for (const std::string& finding : c.findings) text += "  " + finding + "\n";
  text += c.same ? "the two factorisations say the same, up to signs, phases and rounding\n"
                 : "the two factorisations DIFFER\n";
  return text;
}

ordered_json comparison_json(const Comparison& c, const std::string& other) {
  ordered_json object = {{"with", other},
                         {"accuracy", c.accuracy},
                         {"compared", c.compared},
                         {"same", c.same},
                         {"value_difference", c.value_difference},
                         {"sine", c.sine},
                         {"findings", c.findings},
                         {"clusters", ordered_json::array()}};
  for (const ClusterComparison& k : c.clusters) {
    object["clusters"].push_back({{"first", k.first},
                                  {"count", k.count},
                                  {"value_difference", k.value_difference},
                                  {"value_bound", k.value_bound},
                                  {"gap", k.gap},
                                  {"sine_U", k.sine_U},
                                  {"sine_V", k.sine_V},
                                  {"sine_bound", k.sine_bound},
                                  {"turn_difference", k.turn_difference},
                                  {"same", k.same}});
  }
  return object;
}

// Says what was found; the exit code is 0 if the verdicts are good.
struct Answer {
  ordered_json object = {{"schema", 1}};
  std::string text;
  bool met = true;

  int give(const Session& session) {
    if (interrupted()) throw Cancelled();
    if (session.json) {
      write_json(object);
    } else {
      write_stdout(text);
    }
    return met ? exit_met : exit_not_met;
  }
  void add(const Certified& certified,
           const LoadedFactors& factors,
           const MatrixFacts& facts,
           const Session& session) {
    const Certificate& c = certified.certificate;
    met = met && c.met;
    object["matrix"] = to_json(facts);
    object["triplets"] = factors.triplets;
    object["note"] = certified.note;
    object["certificate"] = certificate_json(c);
    std::string head = fmt::format(
        "matrix   {}: {}\nfactors  {} from {}\n", session.terminal.bold(printable(facts.source)),
        describe(facts), counted(factors.triplets, "triplet"), printable(factors.files.names()));
    if (!certified.note.empty()) head += "note     " + certified.note + "\n";
    text += session.terminal.text(head + "\nhow right it is\n") +
            certificate_text(c, session.terminal) + triplets_text(c);
  }
  void add(const Comparison& c,
           const std::string& one,
           const CheckOptions& o,
           const Session& session) {
    met = met && c.same;
    object["comparison"] = comparison_json(c, o.compare);
    text += (text.empty() ? "" : "\n") +
            session.terminal.text(comparison_text(c, one, printable(o.compare)));
  }
};

// Of two saved factorisations, without the matrix.
int compare_folders(const CheckOptions& o) {
  if (o.compare.empty() || !o.folder.empty() || !o.u.empty() || o.center || o.scale) {
    throw UsageError(
        o.run.input +
        " is a folder; expected a matrix, or --compare with another folder and nothing "
        "else");
  }
  Session session(o.run);
  const LoadedFactors one = load_factors(o.run, factor_files_in(o.run.input)),
                      other = load_factors(o.run, factor_files_in(o.compare));
  return with_widest_scalar(
      {&one.U, &one.s, &one.right, &other.U, &other.s, &other.right}, [&]<Scalar T>() {
        const auto mine = triplets_of<T>(one, session.context),
                   its = triplets_of<T>(other, session.context);
        const double accuracy =
            o.accuracy > 0 ? o.accuracy : accuracy_of(o, one.single() ? one : other);
        Answer answer;
        answer.add(compare(view_of<T>(mine, nullptr), view_of<T>(its, nullptr),
                           {.accuracy = accuracy}, session.context),
                   printable(o.run.input), o, session);
        return answer.give(session);
      });
}

template <Scalar T>
int check_as(const AnyMatrix& matrix,
             const MatrixFacts& facts,
             const std::optional<LoadedFactors>& factors,
             const std::optional<LoadedFactors>& other,
             const CheckOptions& o,
             Session& session) {
  Answer answer;
  FactorTriplets<T> mine;
  std::optional<Certified> certified;
  if (factors) {
    mine = triplets_of<T>(*factors, session.context);
    certified = certify_as<T>(matrix, facts, *factors, mine, o, session);
    session.progress.clear();
    answer.add(*certified, *factors, facts, session);
  }
  if (!other) return answer.give(session);

  const auto its = triplets_of<T>(*other, session.context);
  const Certified theirs = certify_as<T>(matrix, facts, *other, its, o, session);
  CompareOptions options;
  options.accuracy = accuracy_of(o, *other);
  if (factors) options.accuracy = std::max(options.accuracy, accuracy_of(o, *factors));
  const Certificate& c = theirs.certificate;
  std::string name = "eckart svd";
  Certificate own;
  if (factors) {
    name = printable(factors->files.names());
  } else {
    SvdResult<T> result = own_svd<T>(matrix, facts, other->triplets, o, session);
    mine = {std::move(result.U), std::move(result.sigma), std::move(result.V)};
    own = std::move(result.report.certificate);
    if (!own.met)
      warn("eckart's own decomposition missed its accuracy: what differs may be its fault");
    answer.object["matrix"] = to_json(facts);
  }
  const Certificate& first = certified ? certified->certificate : own;
  // The smaller one: what is wrong in a factorisation is left out by it, and looks like a value.
  for (const Certificate* known : {&first, &c}) {
    if (!factors || !known->spectral_error_seen.known() || its.sigma.empty()) continue;
    const double seen =
        known->spectral_error_seen.value *
        static_cast<double>(known == &first ? mine.sigma.front() : its.sigma.front());
    options.next = std::min(options.next.value_or(seen), seen);
  }
  const Comparison comparison =
      compare(view_of<T>(mine, &first), view_of<T>(its, &c), options, session.context);
  session.progress.clear();
  answer.add(comparison, name, o, session);
  return answer.give(session);
}

}  // namespace

int run_check(const CheckOptions& options) {
  std::error_code ignored;
  if (std::filesystem::is_directory(options.run.input, ignored)) return compare_folders(options);
  const std::optional<FactorFiles> files = files_of(options);
  std::optional<FactorFiles> others;
  if (!options.compare.empty()) others = factor_files_in(options.compare);
  Session session(options.run);
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, options.run.input);
  std::optional<LoadedFactors> factors, other;
  if (files) factors = load_factors(options.run, *files, &facts);
  if (others) other = load_factors(options.run, *others, &facts);
  const LoadedFactors &a = factors ? *factors : *other, &b = other ? *other : *factors;

  return with_widest_scalar(
      {&matrix, &a.U, a.files.s.empty() ? &a.U : &a.s, &a.right, &b.U,
       b.files.s.empty() ? &b.U : &b.s, &b.right},
      [&]<Scalar T>() { return check_as<T>(matrix, facts, factors, other, options, session); });
}

}  // namespace eckart::cli
