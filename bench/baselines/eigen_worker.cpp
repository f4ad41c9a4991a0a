// Contender: Eigen's BDCSVD; for many matrices a parallel loop over it, or over JacobiSVD with the
// option "jacobi".
#include <omp.h>

#include <Eigen/SVD>
#include <algorithm>

#include "worker.hpp"

namespace {

class EigenWorker : public bench::Worker {
 public:
  std::string load(bench::Problem problem) override {
    if (problem.sparse() || problem.rank) throw std::runtime_error("BDCSVD: dense and full only");
    A_ = Eigen::Map<Eigen::MatrixXd>(problem.values.data(), problem.rows,
                                     problem.cols * std::max<bench::Index>(problem.batch, 1));
    options_ = problem.vectors ? Eigen::ComputeThinU | Eigen::ComputeThinV : 0;
    batch_ = problem.batch;
    jacobi_ = problem.options.value("jacobi", false);
    threads_ = problem.threads;
    if (jacobi_ && batch_ == 0) throw std::runtime_error("JacobiSVD: for many matrices only");
    Eigen::setNbThreads(batch_ > 0 ? 1 : problem.threads);
    return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." +
           std::to_string(EIGEN_MAJOR_VERSION) + "." + std::to_string(EIGEN_MINOR_VERSION) +
           ", " + Eigen::SimdInstructionSetsInUse() + ", g++ -O3 -march=native";
  }

  double run() override {
    if (batch_ > 0) {
      return jacobi_ ? run_batch<Eigen::JacobiSVD<Eigen::MatrixXd>>()
                     : run_batch<Eigen::BDCSVD<Eigen::MatrixXd>>();
    }
    svd_ = {};
    return bench::seconds([&] { svd_ = Eigen::BDCSVD<Eigen::MatrixXd>(A_, options_); });
  }

  bench::Answer answer() override {
    if (batch_ > 0) {
      bench::Answer all{{S_.data(), S_.data() + S_.size()}, {}, {}};
      if (options_ == 0) return all;
      all.U = {U_.data(), U_.rows(), U_.cols()};
      all.V = {V_.data(), V_.rows(), V_.cols()};
      return all;
    }
    const auto& sigma = svd_.singularValues();
    bench::Answer answer{{sigma.data(), sigma.data() + sigma.size()}, {}, {}};
    if (options_ == 0) return answer;
    answer.U = {svd_.matrixU().data(), svd_.matrixU().rows(), svd_.matrixU().cols()};
    answer.V = {svd_.matrixV().data(), svd_.matrixV().rows(), svd_.matrixV().cols()};
    return answer;
  }

 private:
  // Every thread keeps one solver, so that a matrix allocates nothing.
  template <class Svd>
  double run_batch() {
    const Eigen::Index n = A_.cols() / batch_;
    const Eigen::Index k = std::min(A_.rows(), n);
    U_ = {};
    V_ = {};
    return bench::seconds([&] {
      S_.resize(k, batch_);
      if (options_ != 0) {
        U_.resize(A_.rows(), k * batch_);
        V_.resize(n, k * batch_);
      }
#pragma omp parallel num_threads(threads_)
      {
        Svd svd(A_.rows(), n, options_);
#pragma omp for schedule(static)
        for (Eigen::Index b = 0; b < batch_; ++b) {
          svd.compute(A_.middleCols(b * n, n), options_);
          S_.col(b) = svd.singularValues();
          if (options_ == 0) continue;
          U_.middleCols(b * k, k) = svd.matrixU();
          V_.middleCols(b * k, k) = svd.matrixV();
        }
      }
    });
  }

  Eigen::MatrixXd A_;
  unsigned options_ = 0;
  Eigen::Index batch_ = 0;
  bool jacobi_ = false;
  int threads_ = 1;
  Eigen::MatrixXd S_;
  Eigen::MatrixXd U_;
  Eigen::MatrixXd V_;
  Eigen::BDCSVD<Eigen::MatrixXd> svd_;
};

}  // namespace

int main() {
  EigenWorker worker;
  return bench::serve(worker);
}
