// Thick-restart block Golub-Kahan-Lanczos. Stages: start block -> expand, solve, restart until the
// recurrence claims convergence -> lift and true residuals -> probe for missed triplets -> result.
#include "eckart/lanczos_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "blas/blas.hpp"
#include "drivers/driver.hpp"
#include "drivers/plan.hpp"
#include "drivers/rank_search.hpp"
#include "drivers/spread.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/dense_chain.hpp"
#include "factor/golub_kahan.hpp"
#include "factor/sign_rule.hpp"
#include "factor/spread_svd.hpp"
#include "factor/tall_qr.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

// Sizes of the iteration for k triplets.
struct Sizes {
  index_t k;
  index_t block;
  index_t capacity;  // basis vectors before a restart
  bool small;        // the basis would be the whole space: decompose densely instead
};

template <Scalar T>
Sizes choose_sizes(index_t min_dim, index_t k, const LanczosSvdOptions<T>& options) {
  Sizes sizes{.k = k, .block = options.block_size, .capacity = options.basis_size, .small = false};
  // A block of 8 doubles fills one cache line per gathered row; fewer triplets need fewer.
  if (sizes.block == 0) sizes.block = k >= 8 ? 8 : k >= 3 ? 4 : 2;
  sizes.block = std::min(sizes.block, min_dim);
  if (sizes.capacity == 0) sizes.capacity = std::max(4 * k, k + 20 * sizes.block);
  sizes.capacity = std::max(sizes.capacity, k + 3 * sizes.block);
  sizes.capacity = std::min(sizes.capacity, min_dim - sizes.block);
  sizes.small = sizes.capacity < k + 2 * sizes.block;
  return sizes;
}

// Bytes of a basis of vectors of length cols, and of k triplets from it.
template <Scalar T>
double bytes_of(index_t rows,
                index_t cols,
                index_t k,
                index_t capacity,
                index_t block,
                factor::Recurrence recurrence) {
  // The triplets, A V and A^H A V beside them, and a part of the latter.
  const double results = static_cast<double>(2 * rows + 3 * cols) * static_cast<double>(k);
  return factor::GolubKahanBasis<T>::bytes(rows, cols, capacity, block, recurrence) +
         sizeof(T) * (results + factor::certificate_elements(rows, cols, k));
}

template <Scalar T>
class LanczosSvd {
 public:
  LanczosSvd(const LinearOperator<T>& A,
             const RankRule& rule,
             const LanczosSvdOptions<T>& options,
             Context& context,
             SvdResult<T>& result)
      : A_(A),
        options_(options),
        context_(context),
        result_(result),
        report_(result.report),
        turned_((A.rows() < A.cols()) != options.basis_on_longer_side),
        AH_(turned_ ? make_adjoint(A) : nullptr),
        oriented_(turned_ ? *AH_ : A),
        min_dim_(std::min(A.rows(), A.cols())),
        accuracy_(options.accuracy > 0 ? options.accuracy : default_accuracy<T>()),
        frobenius_norm_(needs_norm(rule, A, options) ? factor::frobenius_norm(A, context) : -1),
        search_(rule,
                min_dim_,
                std::max(frobenius_norm_, 0.0),
                rule.noise ? noise_threshold(A.rows(), A.cols(), *rule.noise) : 0,
                std::numeric_limits<real_t<T>>::epsilon()) {}

  void run() {
    const index_t k = search_.open() ? std::min<index_t>(10, min_dim_) : search_.fixed_rank();
    if (k == 0) {
      drivers::fill_zero_result(result_, A_, 0);
      return certify({}, nullptr);
    }
    if (search_.cancels()) return finish_small();
    Sizes sizes = choose_sizes(min_dim_, k, options_);
    if (sizes.small) return finish_small();
    const index_t kept = options_.resume.B.cols, width = options_.resume.K.rows;
    resumes_ = kept > 0 && kept + 3 * width <= min_dim_;
    if (resumes_) {
      sizes.block = width;
      sizes.capacity = std::max(sizes.capacity, kept + 2 * width);
      sizes.capacity = std::min(sizes.capacity, min_dim_ - width);
    }

    Outcome outcome = iterate_with(sizes, factor::Recurrence::gram);
    if (outcome == Outcome::out_of_reach) {
      report_.fallbacks.push_back(
          "the values fall too far for a recurrence with A^H A; both bases were kept");
      outcome = iterate_with(sizes, factor::Recurrence::bidiagonal);
    }
    if (outcome == Outcome::too_many) finish_small();
  }

 private:
  // How an iteration ends: with the result; because the recurrence cannot reach the accuracy and
  // another may; or because the triplets are so many that the dense method is the shorter way.
  enum class Outcome { done, out_of_reach, too_many };

  static bool needs_norm(const RankRule& rule,
                         const LinearOperator<T>& A,
                         const LanczosSvdOptions<T>& options) {
    const bool open = rule.energy || rule.tolerance;
    return open || (options.certify && A.storage() != Storage::matrix_free);
  }

  void start(factor::GolubKahanBasis<T>& basis) {
    const MatrixView<const T> given = options_.warm_start;
    if (given.cols == 0 && A_.bytes_per_read() > 0) return basis.start_from({});  // no read
    if (given.cols == 0) return basis.start();
    if (!turned_) return basis.start_warm(given, accuracy_ / 2);
    Matrix<T> left(A_.row_shard().count, given.cols);
    A_.apply(given, left.view(), context_);
    report_.products += given.cols;
    report_.passes_over_A += 1;
    basis.start_warm(std::as_const(left).view(), accuracy_ / 2);
  }

  Outcome iterate_with(const Sizes& sizes, factor::Recurrence recurrence) {
    require_room(sizes.k, sizes.capacity, sizes.block, recurrence, 0);
    factor::GolubKahanBasis<T> basis(oriented_, sizes.capacity, sizes.block, recurrence,
                                     options_.seed, context_, report_);
    if (recurrence == factor::Recurrence::gram && resumes_) {
      basis.resume(options_.resume);
    } else if (recurrence == factor::Recurrence::gram) {
      start(basis);
    } else if (A_.bytes_per_read() > 0) {
      basis.start_from({});
    } else {
      basis.start();
    }
    return iterate(basis);
  }

  // Expands and restarts until the result is found.
  Outcome iterate(factor::GolubKahanBasis<T>& basis) {
    const bool gram = basis.recurrence() == factor::Recurrence::gram;
    const index_t max_steps = options_.max_steps > 0 ? options_.max_steps : 1000;
    pace_ = {};
    index_t refuted = 0;  // claims that the true residuals contradicted
    index_t missed = 0;   // probes that found a missed triplet
    for (;;) {
      const bool left = !expand(basis);
      require(
          !(basis.adjoint_defect() > 1),
          fmt::format("apply_adjoint is not the adjoint of apply: <A x, y> and <x, A^H y> differ "
                      "by {:.1e} times what rounding explains",
                      basis.adjoint_defect()));
      if (gram && options_.keep && report_.iterations % 8 == 0) options_.keep(basis.state());
      const bool cancelled = oriented_.row_shard().any(left || context_.cancelled());
      const bool stop = cancelled || report_.iterations >= max_steps;
      if (!stop && !basis.full() && report_.iterations < pace_.next) continue;
      basis.solve();

      const std::optional<index_t> needed = search_.needed(basis.theta());
      const index_t k = std::min(needed.value_or(basis.size()), basis.size());
      const double worst = worst_residual(basis, k);
      const bool claimed =
          needed && k == *needed && worst <= accuracy_ && leaves_out_the_next(basis, k);
      if (needed) {
        pace(basis.size(), worst);
      } else {  // only a larger basis can tell
        pace_ = {.at = report_.iterations,
                 .next = report_.iterations + 1 + basis.size() / (4 * basis.block()),
                 .worst = -1};
      }
      report_progress(basis, k, worst);
      if (gram && basis.full() && needed && !within_reach(basis, k)) return Outcome::out_of_reach;

      if (claimed) {
        std::vector<double> residuals = lift(basis, k);
        const bool agreed = within_accuracy(residuals);
        if (!agreed && gram && (++refuted == 2 || !within_reach(basis, k))) {
          return Outcome::out_of_reach;
        }
        if (agreed || ++refuted >= 4) {
          const bool gave_up = !agreed;
          if (!options_.certify) return end(gave_up);
          factor::Remainder<T> remainder = probe(missed);
          const bool found_more = factor::missed_triplet<T>(remainder, result_.sigma, accuracy_,
                                                            oriented_.rounding_level()) &&
                                  ++missed <= 20;
          if (!found_more) {
            certify(std::move(residuals), &remainder);
            return end(gave_up);
          }
          // What was missed joins the next block.
          const index_t added = std::min<index_t>(2, remainder.directions.cols());
          const bool room = k + 2 * (basis.block() + added) <= basis.capacity() - added;
          if (!room && !grow(basis, k, k + 6 * basis.block())) return Outcome::too_many;
          basis.restart(std::min(basis.size(), std::max(k, kept(basis, k) - 3 * added)));
          basis.widen(std::as_const(remainder.directions).view().columns(0, added));
          continue;
        }
      }
      if (stop) {
        report_.status = cancelled ? drivers::stop_status(context_) : Status::iteration_limit;
        // Of an unknown number, those that are near singular triplets.
        certify(lift(basis, needed ? k : (k + 3) / 4), nullptr);
        return Outcome::done;
      }
      if (!basis.full()) continue;
      if (!needed) {
        if (!grow(basis, search_.least(basis.theta()), 2 * basis.capacity())) {
          return Outcome::too_many;
        }
        continue;
      }
      // A rank that was found may call for a larger basis than the first.
      const bool fits = k + 2 * basis.block() <= basis.capacity();
      const index_t suits =
          search_.open() || !fits
              ? std::min(choose_sizes(min_dim_, k, options_).capacity, min_dim_ - basis.block())
              : basis.capacity();
      if (fits && suits <= basis.capacity()) {
        basis.restart(kept(basis, k));
      } else if (!grow(basis, k, suits)) {
        return Outcome::too_many;
      }
    }
  }

  // Returns false if the run was cancelled meanwhile: the basis is then as it was.
  bool expand(factor::GolubKahanBasis<T>& basis) {
    // The ranks stop together, between steps.
    if (basis.size() == 0 || !oriented_.row_shard().alone()) {
      basis.expand();
      return true;
    }
    const drivers::StopAtOnce stop(context_);
    try {
      basis.expand();
      return true;
    } catch (const Cancelled&) {
      return false;
    }
  }

  bool leaves_out_the_next(const factor::GolubKahanBasis<T>& basis, index_t k) const {
    if (k == basis.size()) return true;
    return search_.leaves_out(static_cast<double>(basis.theta()[static_cast<std::size_t>(k)]),
                              basis.residual(k));
  }

  // The iteration is over; it gave up if the accuracy was not reached.
  Outcome end(bool gave_up) {
    if (gave_up) report_.status = Status::iteration_limit;
    return Outcome::done;
  }

  // Plans the next solve, which costs O(c^3): when the residual should have fallen to the accuracy,
  // judged by its fall since the solve before.
  void pace(index_t basis_size, double worst) {
    const index_t now = report_.iterations;
    if (A_.bytes_per_read() > 0) {  // a read costs more than to look
      pace_ = {.at = now, .next = now + 1, .worst = worst};
      return;
    }
    const index_t every = 1 + basis_size / 128;
    index_t wait = every;
    if (worst > accuracy_ && pace_.worst > worst) {
      const double fall = std::log(pace_.worst / worst) / static_cast<double>(now - pace_.at);
      const double steps = std::log(worst / accuracy_) / fall;
      // It falls faster and faster: look again well before.
      wait = std::clamp(static_cast<index_t>(std::min(0.5 * steps, 1e6)), every, 3 * every);
    }
    pace_ = {.at = now, .next = now + wait, .worst = worst};
  }

  // Whether a recurrence with A^H A can give triplet k its accuracy.
  bool within_reach(const factor::GolubKahanBasis<T>& basis, index_t k) const {
    if (k == 0) return true;
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    const double last = static_cast<double>(basis.theta()[static_cast<std::size_t>(k - 1)]);
    return 10 * eps * static_cast<double>(basis.theta()[0]) <= accuracy_ * last;
  }

  double worst_residual(const factor::GolubKahanBasis<T>& basis, index_t k) const {
    double worst = 0;
    for (index_t i = 0; i < k; ++i) worst = std::max(worst, basis.residual(i));
    const double largest = basis.theta().empty() ? 0 : static_cast<double>(basis.theta()[0]);
    return largest > 0 ? worst / largest : 0;
  }

  // Triplets to keep at a restart: the wanted ones and half of the rest.
  index_t kept(const factor::GolubKahanBasis<T>& basis, index_t k) const {
    const index_t half = k + (basis.capacity() - k) / 2;
    return std::max(k, std::min(half, basis.capacity() - 2 * basis.block()));
  }

  // Makes room for at least k triplets: for those capacity vectors are wanted, but no more than
  // twice as many as there are, for the rank may turn out to be near. Returns false where the dense
  // method is the shorter way to so many.
  bool grow(factor::GolubKahanBasis<T>& basis, index_t k, index_t capacity) {
    const index_t most = min_dim_ - basis.block();
    if (k + 3 * basis.block() > most || dense_is_cheaper(k)) return false;
    const index_t wanted = std::min(
        {std::max(capacity, basis.capacity() + 4 * basis.block()), 2 * basis.capacity(), most});
    if (wanted <= basis.capacity()) return false;
    require_room(k, wanted, basis.block(), basis.recurrence(), basis.capacity());
    basis.grow(wanted);
    return true;
  }

  bool dense_is_cheaper(index_t k) const {
    const drivers::Problem p = drivers::describe(A_, accuracy_);
    const auto cap = static_cast<double>(context_.memory_cap_bytes());
    return drivers::dense_cost(p, Vectors::thin, k).nominal_seconds <
               drivers::lanczos_cost(p, k).nominal_seconds &&
           (cap == 0 || dense_bytes() <= cap);
  }

  double dense_bytes() const { return drivers::thin_dense_bytes(A_); }

  // Throws MemoryLimit if a basis for k triplets does not fit, or one cannot be copied to it.
  void require_room(
      index_t k, index_t capacity, index_t block, factor::Recurrence recurrence, index_t copied) {
    const index_t m = oriented_.row_shard().largest;
    const index_t n = oriented_.col_shard().largest;
    const double copying =
        copied > 0 ? factor::GolubKahanBasis<T>::bytes(m, n, capacity, block, recurrence) +
                         factor::GolubKahanBasis<T>::bytes(m, n, copied, block, recurrence)
                   : 0;
    require_memory(std::max(copying, bytes_of<T>(m, n, k, capacity, block, recurrence)) +
                   drivers::exchange_bytes(A_));
  }

  // Throws MemoryLimit if that much is beyond the cap; notes it else.
  void require_memory(double bytes) {
    drivers::require_memory("lanczos", bytes, context_);
    report_.peak_bytes =
        std::max(report_.peak_bytes, static_cast<std::uint64_t>(std::min(bytes, 1.8e19)));
  }

  // result <- the k leading triplets on the right Ritz vectors: A V_k = Q R, R = X S Y^H. One more
  // product, and both sides are orthonormal whatever the recurrence did to U.
  // Returns their true residuals (absolute).
  std::vector<double> lift(const factor::GolubKahanBasis<T>& basis, index_t k) {
    auto timer = report_.stage("lift");
    result_.U = {};
    result_.V = {};
    result_.sigma.clear();
    Matrix<T> left = Matrix<T>::uninitialized(oriented_.row_shard().count, k);
    Matrix<T> right = Matrix<T>::uninitialized(oriented_.col_shard().count, k);
    Matrix<T> image;    // A V
    Matrix<T> adjoint;  // A^H U, where one read of A serves both
    if (k > 0 && oriented_.reads_once(Gram::columns)) {
      basis.lift_right(right.view());
      adjoint = Matrix<T>::uninitialized(oriented_.col_shard().count, k);
      report_.passes_over_A += oriented_.apply_gram(Gram::columns, std::as_const(right).view(),
                                                    left.view(), adjoint.view(), {}, context_);
      report_.products += 2 * k;
    } else if (k > 0) {
      basis.lift_right(right.view());
      const index_t width = factor::product_width(A_);
      for (index_t first = 0; first < k; first += width) {
        const index_t count = std::min(width, k - first);
        oriented_.apply(std::as_const(right).view().columns(first, count),
                        left.view().columns(first, count), context_);
      }
      report_.products += k;
      report_.passes_over_A += 1;
    }
    if (k > 0) {
      image = left.clone();
      Matrix<T> R(k, k);
      factor::tall_qr(left.view(), R.view(), context_, oriented_.row_shard());
      factor::DenseFactors<T> small =
          factor::factor_small<T>(std::as_const(R).view(), report_.fallbacks, context_);
      blas::multiply_in_place<T>(left.view(), std::as_const(small.U).view(), context_);
      blas::multiply_in_place<T>(right.view(), std::as_const(small.V).view(), context_);
      blas::multiply_in_place<T>(image.view(), std::as_const(small.V).view(), context_);
      if (adjoint.cols() > 0) {  // A^H U = A^H A V R^-1 X = (A^H A V) Y / sigma
        blas::multiply_in_place<T>(adjoint.view(), std::as_const(small.V).view(), context_);
      }
      result_.sigma = std::move(small.sigma);
    }
    std::vector<double> residuals;
    if (adjoint.cols() > 0) {
      residuals = residuals_of(image.view(), left.view(), adjoint.view(), right.view());
    }
    // Rounding of A^H A grows by sigma_1 / sigma: where that is too much, one more read.
    if (adjoint.cols() == 0 || !within_accuracy(residuals))
      residuals = factor::true_residuals<T>(oriented_, std::as_const(left).view(), result_.sigma,
                                            std::as_const(right).view(), context_, report_,
                                            std::as_const(image).view());
    result_.U = std::move(turned_ ? right : left);
    result_.V = std::move(turned_ ? left : right);
    factor::apply_sign_rule(result_.U.view(), result_.V.view(), k, context_, A_.col_shard());
    return residuals;
  }

  // Returns max(||A v_i - sigma_i u_i||, ||A^H u_i - sigma_i v_i||) from A V and A^H A V, of which
  // the second is overwritten.
  std::vector<double> residuals_of(MatrixView<const T> image,
                                   MatrixView<const T> left,
                                   MatrixView<T> adjoint,
                                   MatrixView<const T> right) const {
    std::vector<double> residuals(result_.sigma.size());
    for (index_t t = 0; t < adjoint.cols; ++t) {
      const real_t<T> s = result_.sigma[static_cast<std::size_t>(t)];
      double off = 0, aside = 0;
      for (index_t i = 0; i < image.rows; ++i) {
        off += std::norm(std::complex<double>(image(i, t) - s * left(i, t)));
      }
      for (index_t i = 0; i < adjoint.rows; ++i) {
        aside += std::norm(std::complex<double>(adjoint(i, t) / s - s * right(i, t)));
      }
      const double worst = std::sqrt(std::max(off, aside));
      residuals[static_cast<std::size_t>(t)] = aside >= 0 ? worst : aside;  // NaN stays
    }
    return residuals;
  }

  bool within_accuracy(const std::vector<double>& residuals) const {
    const double largest = result_.sigma.empty() ? 0 : static_cast<double>(result_.sigma[0]);
    return std::all_of(residuals.begin(), residuals.end(),
                       [&](double r) { return r <= accuracy_ * largest + A_.rounding_level(); });
  }

  // Looks for what the result misses, in the orientation of the basis.
  // Each time with other random vectors: those that found something see no more of the same
  // eigenspace once that is in the basis.
  factor::Remainder<T> probe(index_t number) {
    auto timer = report_.stage("probe");
    const Matrix<T>& left = turned_ ? result_.V : result_.U;
    const Matrix<T>& right = turned_ ? result_.U : result_.V;
    return factor::probe_remainder<T>(
        oriented_, left.view(), result_.sigma, right.view(), CertifyOptions{}.probes,
        options_.seed + static_cast<std::uint64_t>(number), context_, report_);
  }

  void certify(std::vector<double> residuals, factor::Remainder<T>* remainder) {
    if (!options_.certify) return;
    factor::fill_certificate<T>(A_, result_.U.view(), result_.sigma, result_.V.view(),
                                {.accuracy = accuracy_, .seed = options_.seed},
                                std::move(residuals), frobenius_norm_, context_, report_,
                                remainder);
  }

  // The matrix has few rows or columns beside what is asked for: all triplets, then a choice.
  void finish_small() {
    auto timer = report_.stage("dense");
    require_memory(dense_bytes());
    const bool wide = A_.rows() < A_.cols();
    const auto AH = wide ? make_adjoint(A_) : nullptr;
    const LinearOperator<T>& tall = wide ? *AH : A_;
    factor::DenseFactors<T> factors = all_factors(tall);
    report_.products += tall.cols();
    report_.passes_over_A += 1;
    result_.sigma = std::move(factors.sigma);
    result_.U = std::move(wide ? factors.V : factors.U);
    result_.V = std::move(wide ? factors.U : factors.V);
    const index_t k = choose_rank<T>(search_.rule(), result_.sigma, A_.rows(), A_.cols());
    result_.sigma.resize(static_cast<std::size_t>(k));
    result_.U.keep_columns(k);
    result_.V.keep_columns(k);
    factor::apply_sign_rule(result_.U.view(), result_.V.view(), k, context_, A_.col_shard());
    certify({}, nullptr);
  }

  factor::DenseFactors<T> all_factors(const LinearOperator<T>& tall) {
    const Shard rows = tall.row_shard();
    if (rows.alone()) {
      return factor::factor_dense<T>(
          tall.rows(), tall.cols(), [&](MatrixView<T> to) { tall.copy_to(to, context_); },
          Vectors::thin, {}, factor::dense_chain<T>(DenseAlgorithm::divide_and_conquer),
          report_.fallbacks, context_);
    }
    Matrix<T> copy(rows.count, tall.cols());
    tall.copy_to(copy.view(), context_);
    return factor::spread_svd<T>(std::move(copy), rows, tall.col_shard(), report_.fallbacks,
                                 context_);
  }

  void report_progress(const factor::GolubKahanBasis<T>& basis, index_t k, double worst) {
    if (first_residual_ < 0 && worst > 0) first_residual_ = worst;
    double fraction = -1;
    if (first_residual_ > accuracy_ && worst > 0) {
      fraction = std::log(first_residual_ / worst) / std::log(first_residual_ / accuracy_);
    }
    const double enough =
        basis.theta().empty() ? 0 : accuracy_ * static_cast<double>(basis.theta()[0]);
    index_t converged = 0;
    while (converged < k && basis.residual(converged) <= enough) ++converged;
    context_.report_progress({"expand basis", std::clamp(fraction, -1.0, 1.0), worst, converged});
  }

  const LinearOperator<T>& A_;
  const LanczosSvdOptions<T>& options_;
  Context& context_;
  SvdResult<T>& result_;
  SvdReport& report_;
  bool turned_;
  std::unique_ptr<LinearOperator<T>> AH_;  // when turned
  const LinearOperator<T>& oriented_;      // the basis is of vectors as long as its rows
  index_t min_dim_;
  double accuracy_;
  double frobenius_norm_;  // -1: unknown
  drivers::RankSearch search_;
  double first_residual_ = -1;
  bool resumes_ = false;
  struct {
    index_t at = 0;    // the step of the last solve
    index_t next = 0;  // the step of the next one, unless the basis is full before
    double worst = -1;
  } pace_;
};

}  // namespace

template <Scalar T>
double lanczos_svd_bytes(index_t rows,
                         index_t cols,
                         index_t rank,
                         const LanczosSvdOptions<T>& options) {
  const index_t min_dim = std::min(rows, cols);
  const index_t k = std::min(rank, min_dim);
  if (k == 0) return 0;
  const Sizes sizes = choose_sizes(min_dim, k, options);
  if (sizes.small) return dense_svd_bytes<T>(rows, cols, Vectors::thin, std::min(rows, cols));
  const index_t max_dim = std::max(rows, cols);
  return options.basis_on_longer_side ? bytes_of<T>(min_dim, max_dim, k, sizes.capacity,
                                                    sizes.block, factor::Recurrence::gram)
                                      : bytes_of<T>(max_dim, min_dim, k, sizes.capacity,
                                                    sizes.block, factor::Recurrence::gram);
}

template <Scalar T>
double lanczos_svd_bytes(const LinearOperator<T>& A,
                         index_t rank,
                         const LanczosSvdOptions<T>& options) {
  const Shard left = A.row_shard();
  const Shard right = A.col_shard();
  if (left.alone()) return lanczos_svd_bytes(A.rows(), A.cols(), rank, options);
  const bool turned = (A.rows() < A.cols()) != options.basis_on_longer_side;
  const index_t min_dim = std::min(A.rows(), A.cols());
  const index_t k = std::min(rank, min_dim);
  if (k == 0) return 0;
  const Sizes sizes = choose_sizes(min_dim, k, options);
  if (sizes.small) return drivers::thin_dense_bytes(A);
  return bytes_of<T>(turned ? right.largest : left.largest, turned ? left.largest : right.largest,
                     k, sizes.capacity, sizes.block, factor::Recurrence::gram) +
         drivers::exchange_bytes(A);
}

template <Scalar T>
SvdResult<T> lanczos_svd(const LinearOperator<T>& A,
                         const RankRule& rule,
                         const LanczosSvdOptions<T>& options,
                         Context& context) {
  const auto start = std::chrono::steady_clock::now();
  validate(rule);
  require(!rule.needs_all_values(),
          "lanczos finds a rank by energy, tolerance or known noise; another choice needs svd()");
  drivers::require_accuracy(options.accuracy);
  const auto require_size = [](index_t value, const char* name) {
    require(value >= 0, fmt::format("{} must be >= 0, got {}", name, value));
  };
  require_size(options.block_size, "block_size");
  require_size(options.basis_size, "basis_size");
  require_size(options.max_steps, "max_steps");
  const index_t cols_here = A.col_shard().count;
  const LanczosState<T>& state = options.resume;
  const bool turned = (A.rows() < A.cols()) != options.basis_on_longer_side;
  require(state.B.cols == 0 ||
              (state.basis.rows == (turned ? A.row_shard() : A.col_shard()).count &&
               state.basis.cols == state.B.cols + state.K.rows && state.B.rows == state.B.cols &&
               state.K.cols == state.B.cols && state.K.rows > 0),
          "the state to resume is not one of this matrix: its shape is another");
  require(options.warm_start.cols == 0 || options.warm_start.rows == cols_here,
          fmt::format("warm_start has {} rows; the matrix has {} columns", options.warm_start.rows,
                      cols_here));

  SvdResult<T> result;
  const index_t expected = drivers::expected_rank(rule, std::min(A.rows(), A.cols()));
  result.report = drivers::start_report("lanczos", A, options.seed,
                                        lanczos_svd_bytes<T>(A, expected, options), context);
  const operators::Prepared<T> prepared(A, context);
  result.report.products += prepared.products();
  result.report.passes_over_A += static_cast<double>(prepared.products());
  try {
    RankRule scaled = rule;
    if (scaled.noise) *scaled.noise /= prepared.scale();
    LanczosSvd<T>(prepared.matrix(), scaled, options, context, result).run();
  } catch (const NonFiniteInput& found) {  // named as an entry of the orientation of the basis
    if ((A.rows() < A.cols()) == options.basis_on_longer_side) throw;
    throw NonFiniteInput(found.col(), found.row(), found.value());
  } catch (const std::bad_alloc&) {  // refused by the system where the cap was not
    throw MemoryLimit("the lanczos method", result.report.peak_bytes, 0);
  }
  drivers::finish(result, prepared.scale(), start);
  return result;
}

template SvdResult<float> lanczos_svd(const LinearOperator<float>&,
                                      const RankRule&,
                                      const LanczosSvdOptions<float>&,
                                      Context&);
template SvdResult<double> lanczos_svd(const LinearOperator<double>&,
                                       const RankRule&,
                                       const LanczosSvdOptions<double>&,
                                       Context&);
template SvdResult<std::complex<float>> lanczos_svd(const LinearOperator<std::complex<float>>&,
                                                    const RankRule&,
                                                    const LanczosSvdOptions<std::complex<float>>&,
                                                    Context&);
template SvdResult<std::complex<double>> lanczos_svd(const LinearOperator<std::complex<double>>&,
                                                     const RankRule&,
                                                     const LanczosSvdOptions<std::complex<double>>&,
                                                     Context&);
template double lanczos_svd_bytes<float>(index_t,
                                         index_t,
                                         index_t,
                                         const LanczosSvdOptions<float>&);
template double lanczos_svd_bytes<double>(index_t,
                                          index_t,
                                          index_t,
                                          const LanczosSvdOptions<double>&);
template double lanczos_svd_bytes<std::complex<float>>(
    index_t, index_t, index_t, const LanczosSvdOptions<std::complex<float>>&);
template double lanczos_svd_bytes<std::complex<double>>(
    index_t, index_t, index_t, const LanczosSvdOptions<std::complex<double>>&);
template double lanczos_svd_bytes(const LinearOperator<float>&,
                                  index_t,
                                  const LanczosSvdOptions<float>&);
template double lanczos_svd_bytes(const LinearOperator<double>&,
                                  index_t,
                                  const LanczosSvdOptions<double>&);
template double lanczos_svd_bytes(const LinearOperator<std::complex<float>>&,
                                  index_t,
                                  const LanczosSvdOptions<std::complex<float>>&);
template double lanczos_svd_bytes(const LinearOperator<std::complex<double>>&,
                                  index_t,
                                  const LanczosSvdOptions<std::complex<double>>&);

}  // namespace eckart
