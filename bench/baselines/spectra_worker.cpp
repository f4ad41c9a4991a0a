// Contender: Spectra's SymEigsSolver on the Gram matrix of the shorter side, as its own
// PartialSVDSolver does, but with both orientations stored by rows, so that both products with a
// sparse matrix run on all threads. Real matrices only.
// Option "basis": Lanczos vectors, as a multiple of k (default 3).
#include <Spectra/SymEigsSolver.h>

#include <Eigen/Sparse>
#include <algorithm>
#include <cmath>

#include "worker.hpp"

namespace {

using bench::Index;

// y = S^T S x for S as wide as its shorter side.
template <class T>
class Gram {
 public:
  using Scalar = T;
  using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  using Sparse = Eigen::SparseMatrix<T, Eigen::RowMajor, Index>;
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

  explicit Gram(const bench::Problem<T>& problem) : sparse_(problem.sparse()) {
    if (sparse_) {
      const auto entries = static_cast<Index>(problem.values.size());
      S_ = Eigen::Map<const Sparse>(problem.rows, problem.cols, entries, problem.offsets.data(),
                                    problem.columns.data(), problem.values.data());
      St_ = S_.transpose();
    } else {
      const T* values = problem.values.data();
      if (problem.by_rows) {
        A_ = Eigen::Map<const Dense>(values, problem.cols, problem.rows).transpose();
      } else {
        A_ = Eigen::Map<const Dense>(values, problem.rows, problem.cols);
      }
    }
    turned_ = problem.rows < problem.cols;
    if (turned_) S_.swap(St_);
  }

  bool turned() const { return turned_; }
  Index rows() const { return sparse_ ? S_.cols() : std::min(A_.rows(), A_.cols()); }
  Index cols() const { return rows(); }

  void perform_op(const T* x, T* y) const {
    const Eigen::Map<const Vector> from(x, rows());
    Eigen::Map<Vector> to(y, rows());
    if (sparse_) {
      between_.noalias() = S_ * from;
      to.noalias() = St_ * between_;
    } else if (turned_) {
      between_.noalias() = A_.transpose() * from;
      to.noalias() = A_ * between_;
    } else {
      between_.noalias() = A_ * from;
      to.noalias() = A_.transpose() * between_;
    }
  }

  // Returns S X.
  Dense product(const Dense& X) const {
    if (sparse_) return S_ * X;
    return turned_ ? Dense(A_.transpose() * X) : Dense(A_ * X);
  }

 private:
  bool sparse_;
  bool turned_ = false;
  Sparse S_;
  Sparse St_;
  Dense A_;
  mutable Vector between_;
};

template <class T>
class SpectraWorker : public bench::Worker<T> {
  using Dense = typename Gram<T>::Dense;

 public:
  std::string load(bench::Problem<T> problem) override {
    if constexpr (bench::is_complex<T>) {
      throw std::runtime_error("Spectra: real matrices only");
    } else {
      if (problem.batch > 0) throw std::runtime_error("Spectra: one matrix at a time");
      Eigen::setNbThreads(problem.threads);
      gram_ = std::make_unique<Gram<T>>(problem);
      k_ = problem.count();
      basis_ = std::min(gram_->rows(), k_ * problem.options.value("basis", Index{3}));
      accuracy_ = static_cast<T>(problem.accuracy);
      return "Spectra 1.0.1 with Eigen's products and the BLAS that Eckart links, " +
             std::to_string(basis_) + " Lanczos vectors, g++ -O3 -march=native";
    }
  }

  // |A^T A v - s^2 v| <= tol s^2 bounds |A^T u - s v| by tol s.
  double run() override {
    if constexpr (bench::is_complex<T>) {
      return 0;
    } else {
      return bench::seconds([&] {
        Spectra::SymEigsSolver<Gram<T>> solver(*gram_, k_, basis_);
        solver.init();
        const Index found = solver.compute(Spectra::SortRule::LargestAlge, 1000, accuracy_);
        if (found < k_) throw std::runtime_error("only " + std::to_string(found) + " converged");
        const auto values = solver.eigenvalues();
        sigma_.resize(static_cast<std::size_t>(k_));
        for (Index i = 0; i < k_; ++i) sigma_[static_cast<std::size_t>(i)] = std::sqrt(values[i]);
        short_side_ = solver.eigenvectors();
        long_side_ = gram_->product(short_side_);
        for (Index i = 0; i < k_; ++i) long_side_.col(i) /= sigma_[static_cast<std::size_t>(i)];
      });
    }
  }

  bench::Answer<T> answer() override {
    const Dense& U = gram_->turned() ? short_side_ : long_side_;
    const Dense& V = gram_->turned() ? long_side_ : short_side_;
    return {sigma_, {U.data(), U.rows(), U.cols()}, {V.data(), V.rows(), V.cols()}};
  }

 private:
  std::unique_ptr<Gram<T>> gram_;
  Index k_ = 0;
  Index basis_ = 0;
  T accuracy_ = {};
  std::vector<bench::Real<T>> sigma_;
  Dense short_side_;
  Dense long_side_;
};

}  // namespace

int main() { return bench::serve<SpectraWorker>(); }
