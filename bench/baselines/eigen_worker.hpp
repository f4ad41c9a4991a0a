// Contender: Eigen's BDCSVD, all triplets, of which the wanted ones are told; for many matrices a
// parallel loop over it, or over JacobiSVD with the option "jacobi".
// Eigen takes a compiler a minute and a GiB for each element type: eigen_TYPE.cpp has one each.
#pragma once

#include <omp.h>

#include <Eigen/SVD>
#include <algorithm>

#include "worker.hpp"

namespace bench {

template <class T>
class EigenWorker : public Worker<T> {
  using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

 public:
  std::string load(Problem<T> problem) override {
    if (problem.sparse()) throw std::runtime_error("BDCSVD: dense only");
    if (problem.by_rows) throw std::runtime_error("BDCSVD: by columns only");
    A_ = Eigen::Map<Dense>(problem.values.data(), problem.rows,
                           problem.cols * std::max<Index>(problem.batch, 1));
    count_ = problem.count();
    options_ = problem.vectors ? Eigen::ComputeThinU | Eigen::ComputeThinV : 0;
    batch_ = problem.batch;
    jacobi_ = problem.options.value("jacobi", false);
    threads_ = problem.threads;
    if (jacobi_ && batch_ == 0) throw std::runtime_error("JacobiSVD: for many matrices only");
    Eigen::setNbThreads(batch_ > 0 ? 1 : problem.threads);
    return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." +
           std::to_string(EIGEN_MAJOR_VERSION) + "." + std::to_string(EIGEN_MINOR_VERSION) + ", " +
           Eigen::SimdInstructionSetsInUse() + ", g++ -O3 -march=native";
  }

  double run() override {
    if (batch_ > 0) {
      return jacobi_ ? run_batch<Eigen::JacobiSVD<Dense>>() : run_batch<Eigen::BDCSVD<Dense>>();
    }
    svd_ = {};
    return seconds([&] { svd_.compute(A_, options_); });
  }

  Answer<T> answer() override {
    if (batch_ > 0) {
      Answer<T> all{{S_.data(), S_.data() + S_.size()}, {}, {}};
      if (options_ == 0) return all;
      all.U = {U_.data(), U_.rows(), U_.cols()};
      all.V = {V_.data(), V_.rows(), V_.cols()};
      return all;
    }
    const auto& sigma = svd_.singularValues();
    Answer<T> answer{{sigma.data(), sigma.data() + count_}, {}, {}};
    if (options_ == 0) return answer;
    answer.U = {svd_.matrixU().data(), svd_.matrixU().rows(), count_};
    answer.V = {svd_.matrixV().data(), svd_.matrixV().rows(), count_};
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
    return seconds([&] {
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

  Dense A_;
  unsigned options_ = 0;
  Eigen::Index count_ = 0;
  Eigen::Index batch_ = 0;
  bool jacobi_ = false;
  int threads_ = 1;
  Eigen::Matrix<Real<T>, Eigen::Dynamic, Eigen::Dynamic> S_;
  Dense U_;
  Dense V_;
  Eigen::BDCSVD<Dense> svd_;
};

extern template class EigenWorker<float>;
extern template class EigenWorker<double>;
extern template class EigenWorker<std::complex<float>>;
extern template class EigenWorker<std::complex<double>>;

}  // namespace bench
