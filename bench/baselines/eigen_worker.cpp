// Contender: Eigen's BDCSVD.
#include <omp.h>

#include <Eigen/SVD>

#include "worker.hpp"

namespace {

class EigenWorker : public bench::Worker {
 public:
  std::string load(bench::Problem problem) override {
    if (problem.sparse() || problem.rank) throw std::runtime_error("BDCSVD: dense and full only");
    A_ = Eigen::Map<Eigen::MatrixXd>(problem.values.data(), problem.rows, problem.cols);
    options_ = problem.vectors ? Eigen::ComputeThinU | Eigen::ComputeThinV : 0;
    Eigen::setNbThreads(problem.threads);
    return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." +
           std::to_string(EIGEN_MAJOR_VERSION) + "." + std::to_string(EIGEN_MINOR_VERSION) +
           ", " + Eigen::SimdInstructionSetsInUse() + ", g++ -O3 -march=native";
  }

  double run() override {
    svd_ = {};
    return bench::seconds([&] { svd_ = Eigen::BDCSVD<Eigen::MatrixXd>(A_, options_); });
  }

  bench::Answer answer() override {
    const auto& sigma = svd_.singularValues();
    bench::Answer answer{{sigma.data(), sigma.data() + sigma.size()}, {}, {}};
    if (options_ == 0) return answer;
    answer.U = {svd_.matrixU().data(), svd_.matrixU().rows(), svd_.matrixU().cols()};
    answer.V = {svd_.matrixV().data(), svd_.matrixV().rows(), svd_.matrixV().cols()};
    return answer;
  }

 private:
  Eigen::MatrixXd A_;
  unsigned options_ = 0;
  Eigen::BDCSVD<Eigen::MatrixXd> svd_;
};

}  // namespace

int main() {
  EigenWorker worker;
  return bench::serve(worker);
}
