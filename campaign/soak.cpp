// Eight threads of a program use the library at once, on shared matrices, with changing numbers of
// threads of its own, and children are forked meanwhile: every result must have the bits that one
// thread alone had before.
//
//   soak [--seconds N] [--threads N]
//
// Ends with 1 at the first difference.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <complex>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "eckart/operators.hpp"
#include "eckart/svd.hpp"
#include "tests/cases/random_matrices.hpp"

namespace {

using namespace eckart;

// FNV-1a.
class Digest {
 public:
  template <class T>
  void add(const T* values, std::size_t count) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values);
    for (std::size_t i = 0; i < count * sizeof(T); ++i) {
      hash_ = (hash_ ^ bytes[i]) * 0x100000001b3ULL;
    }
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

// A request to a matrix that all threads share.
struct Job {
  std::function<std::uint64_t(Context&)> run;
  std::uint64_t expected = 0;
};

template <Scalar T>
Job job(std::shared_ptr<const LinearOperator<T>> A, Method method, index_t k, std::uint64_t seed) {
  SvdRequest request;
  request.method = method;
  request.rank.rank = k;
  request.seed = seed;
  return {[A = std::move(A), request](Context& context) {
    const SvdResult<T> r = svd(*A, request, context);
    Digest digest;
    digest.add(r.sigma.data(), r.sigma.size());
    for (index_t j = 0; j < r.U.cols(); ++j) {
      digest.add(r.U.view().column(j), static_cast<std::size_t>(r.U.rows()));
      digest.add(r.V.view().column(j), static_cast<std::size_t>(r.V.rows()));
    }
    const double residual = r.report.certificate.residual.value;
    digest.add(&residual, 1);
    return digest.value();
  }};
}

template <Scalar T>
void add_jobs(std::vector<Job>& jobs) {
  const auto share = [](std::unique_ptr<LinearOperator<T>> A) {
    return std::shared_ptr<const LinearOperator<T>>(std::move(A));
  };
  const auto square = share(make_operator<T>(own(cases::gaussian<T>(150, 130, 1))));
  const auto tall = share(make_operator<T>(own(cases::gaussian<T>(3000, 20, 2))));
  const auto sparse = share(make_operator<T>(cases::random_sparse<T>(2000, 900, 8, 3)));
  for (const Method method : {Method::dense, Method::jacobi, Method::lanczos, Method::randomized}) {
    jobs.push_back(job<T>(square, method, method == Method::jacobi ? 130 : 12, 5));
  }
  jobs.push_back(job<T>(tall, Method::automatic, 20, 6));
  jobs.push_back(job<T>(sparse, Method::lanczos, 10, 7));
  jobs.push_back(job<T>(sparse, Method::single_pass, 10, 8));
}

// A child that does a job, on as many threads as it is let. Returns whether it was right within a
// minute.
bool child_is_right(const std::vector<Job>& jobs, std::uint64_t number) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    Context context(1 + static_cast<int>(number % 3));
    const Job& j = jobs[number % jobs.size()];
    _exit(j.run(context) == j.expected ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 3600;
  int threads = 8;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--seconds") seconds = std::strtod(argv[i + 1], nullptr);
    if (option == "--threads") threads = std::atoi(argv[i + 1]);
  }
  std::vector<Job> jobs;
  add_jobs<double>(jobs);
  add_jobs<float>(jobs);
  add_jobs<std::complex<double>>(jobs);
  {
    Context alone(1);
    for (Job& j : jobs) j.expected = j.run(alone);
  }

  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                       std::chrono::duration<double>(seconds));
  std::atomic<std::uint64_t> runs{0};
  std::atomic<bool> right{true};
  std::vector<std::thread> hosts;
  for (int h = 0; h < threads; ++h) {
    hosts.emplace_back([&, h] {
      cases::Random random(static_cast<std::uint64_t>(h) + 11);
      while (right && std::chrono::steady_clock::now() < end) {
        const auto at = static_cast<std::size_t>(random.below(static_cast<index_t>(jobs.size())));
        Context context(1 + static_cast<int>(random.below(3)));
        if (jobs[at].run(context) != jobs[at].expected) {
          fmt::print(stderr, "job {} on {} threads has other bits\n", at, context.threads());
          right = false;
        }
        ++runs;
      }
    });
  }
  std::uint64_t children = 0;
  while (right && std::chrono::steady_clock::now() < end) {
    if (!child_is_right(jobs, children)) {
      fmt::print(stderr, "child {} was wrong, or did not end\n", children);
      right = false;
    }
    ++children;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  for (std::thread& host : hosts) host.join();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{} runs on {} threads, {} children, {} MiB at most: {}\n", runs.load(), threads,
             children, usage.ru_maxrss / 1024, right ? "the same bits" : "DIFFERENT");
  return right ? 0 : 1;
}
