// Contender: Eckart, through the front door.
// Options: "method" (default: the planner chooses), "certify" (default true), "energy" (the share
// of
// ||A||_F^2 to hold, instead of a rank).
#include <memory>

#include "eckart/batch_svd.hpp"
#include "eckart/machine.hpp"
#include "eckart/operators.hpp"
#include "eckart/svd.hpp"
#include "worker.hpp"

namespace {

template <class T>
class EckartWorker : public bench::Worker<T> {
 public:
  std::string load(bench::Problem<T> problem) override {
    if (problem.options.contains("energy")) {
      request_.rank.energy = static_cast<double>(problem.options["energy"]);
    } else {
      request_.rank.rank = problem.rank;
    }
    request_.vectors = problem.vectors ? eckart::Vectors::thin : eckart::Vectors::none;
    request_.accuracy = problem.accuracy;
    if (problem.options.contains("method")) {
      request_.method = eckart::method_from_string(problem.options["method"]);
    }
    request_.certify = problem.options.value("certify", true);
    context_.set_threads(problem.threads);
    is_sparse_ = problem.sparse();
    batch_ = problem.batch;
    rows_ = problem.rows;
    cols_ = problem.cols;
    if (batch_ > 0) {
      stack_ = std::move(problem.values);
    } else if (is_sparse_) {
      sparse_ = {.rows = problem.rows,
                 .cols = problem.cols,
                 .offsets = std::move(problem.offsets),
                 .columns = std::move(problem.columns),
                 .values = std::move(problem.values)};
    } else {
      by_rows_ = problem.by_rows;
      dense_ = by_rows_ ? eckart::Matrix<T>(problem.cols, problem.rows)
                        : eckart::Matrix<T>(problem.rows, problem.cols);
      std::copy(problem.values.begin(), problem.values.end(), dense_.data());
    }
    return std::string("Eckart ") + eckart::version() + ", kernels " + eckart::isa_name() + ", " +
           eckart::blas_name();
  }

  // The operator is part of the work: a user holds a matrix, not an operator.
  double run() override {
    if (batch_ > 0) return run_batch();
    result_ = {};
    std::unique_ptr<eckart::LinearOperator<T>> A;
    const double taken = bench::seconds([&] {
      A = is_sparse_ ? eckart::make_operator(sparse_)
                     : eckart::make_operator(
                           eckart::DenseMatrix<T>{std::as_const(dense_).view(), by_rows_, nullptr});
      result_ = eckart::svd(*A, request_, context_);
    });
    const eckart::SvdPlan plan = eckart::plan_svd(*A, request_, context_);
    announced_bytes_ = plan.peak_bytes + plan.input_bytes - held_bytes();
    const eckart::SvdReport& report = result_.report;
    std::cerr << report.method << ": " << report.products << " products, " << report.iterations
              << " iterations, " << report.seconds << " s\n";
    for (const auto& stage : report.stages) {
      std::cerr << "  " << stage.name << ": " << stage.seconds << " s\n";
    }
    return taken;
  }

  double announced_bytes() const override { return announced_bytes_; }

  bench::Answer<T> answer() override {
    if (batch_ > 0) return {batch_result_.sigma, block(batch_result_.U), block(batch_result_.V)};
    return {result_.sigma, block(result_.U), block(result_.V)};
  }

 private:
  double run_batch() {
    batch_result_ = {};
    const double taken = bench::seconds([&] {
      batch_result_ = eckart::batch_svd<T>(
          eckart::column_major_batch<const T>(stack_.data(), batch_, rows_, cols_),
          {.vectors = request_.vectors, .accuracy = request_.accuracy, .certify = request_.certify},
          context_);
    });
    if (request_.certify && !batch_result_.report.met) throw std::runtime_error("not certified");
    return taken;
  }

  // What the matrix takes without an operator.
  double held_bytes() const {
    const auto bytes = [](const auto& entries) { return entries.size() * sizeof(entries[0]); };
    if (!is_sparse_) return static_cast<double>(rows_ * cols_) * sizeof(T);
    return static_cast<double>(bytes(sparse_.offsets) + bytes(sparse_.columns) +
                               bytes(sparse_.values));
  }

  static bench::Block<T> block(const eckart::Matrix<T>& matrix) {
    return {matrix.data(), matrix.rows(), matrix.cols()};
  }

  eckart::Context context_;
  eckart::SvdRequest request_;
  bool is_sparse_ = false;
  eckart::SparseMatrix<T> sparse_;
  eckart::Matrix<T> dense_;  // A, or A^T where it is kept by rows
  bool by_rows_ = false;
  eckart::SvdResult<T> result_;
  double announced_bytes_ = 0;
  bench::Index batch_ = 0;
  bench::Index rows_ = 0;
  bench::Index cols_ = 0;
  std::vector<T> stack_;
  eckart::BatchSvdResult<T> batch_result_;
};

}  // namespace

int main() { return bench::serve<EckartWorker>(); }
