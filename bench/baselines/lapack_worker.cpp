// Contender: dgesdd of any LAPACK, opened from the path given as argument.
// The copy of A that dgesdd destroys and its workspace are made before the clock starts.
#include <dlfcn.h>

#include <algorithm>

#include "worker.hpp"

namespace {

using Gesdd = void (*)(const char* job, const int* m, const int* n, double* a, const int* lda,
                       double* s, double* u, const int* ldu, double* vt, const int* ldvt,
                       double* work, const int* lwork, int* iwork, int* info, std::size_t job_length);

class LapackWorker : public bench::Worker {
 public:
  explicit LapackWorker(const char* path) : library_(::dlopen(path, RTLD_NOW | RTLD_GLOBAL)) {
    if (library_ == nullptr) throw std::runtime_error(::dlerror());
    gesdd_ = find<Gesdd>("dgesdd_");
    if (gesdd_ == nullptr) throw std::runtime_error(std::string(path) + " has no dgesdd_");
  }

  std::string load(bench::Problem problem) override {
    if (problem.sparse() || problem.rank) throw std::runtime_error("dgesdd: dense and full only");
    solve_something_small();
    problem_ = std::move(problem);
    return about();
  }

  double run() override {
    const auto m = static_cast<int>(problem_.rows);
    const auto n = static_cast<int>(problem_.cols);
    const int k = std::min(m, n);
    const char job = problem_.vectors ? 'S' : 'N';
    const auto size = [](int rows, int cols) {
      return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
    };
    std::vector<double> a = problem_.values;
    sigma_.assign(static_cast<std::size_t>(k), 0);
    u_.assign(problem_.vectors ? size(m, k) : 1, 0);
    vt_.assign(problem_.vectors ? size(k, n) : 1, 0);
    std::vector<int> iwork(size(8, k));
    int info = 0;
    const auto call = [&](double* work, int lwork) {
      gesdd_(&job, &m, &n, a.data(), &m, sigma_.data(), u_.data(), &m, vt_.data(), &k, work, &lwork,
             iwork.data(), &info, 1);
      if (info != 0) throw std::runtime_error("dgesdd: info = " + std::to_string(info));
    };
    double length = 0;
    call(&length, -1);
    std::vector<double> work(static_cast<std::size_t>(length));
    return bench::seconds([&] { call(work.data(), static_cast<int>(work.size())); });
  }

  bench::Answer answer() override {
    if (!problem_.vectors) return {sigma_, {}, {}};
    const auto k = static_cast<bench::Index>(sigma_.size());
    const bench::Index n = problem_.cols;
    v_.resize(vt_.size());
    for (bench::Index j = 0; j < n; ++j) {
      for (bench::Index i = 0; i < k; ++i) {
        v_[static_cast<std::size_t>(j + i * n)] = vt_[static_cast<std::size_t>(i + j * k)];
      }
    }
    return {sigma_, {u_.data(), problem_.rows, k}, {v_.data(), n, k}};
  }

 private:
  template <class F>
  F find(const char* name) const {
    return reinterpret_cast<F>(::dlsym(library_, name));
  }

  // MKL loads its kernels for this CPU with the first computation.
  void solve_something_small() {
    problem_.rows = problem_.cols = 40;
    problem_.values.assign(1600, 1.0);
    run();
  }

  // MKL's kernels for a CPU are a library of their own: libmkl_avx512.so.3 and the like.
  static std::string mkl_kernel() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      for (const std::string kernel : {"avx10", "avx512", "avx2", "mc3", "def"}) {
        if (line.find("/libmkl_" + kernel + ".so") != std::string::npos) return kernel;
      }
    }
    return "unknown";
  }

  // What OpenBLAS or MKL says of itself.
  std::string about() const {
    if (const auto core = find<char* (*)()>("openblas_get_corename")) {
      const std::string config = find<char* (*)()>("openblas_get_config")();
      return config.substr(0, config.find(' ', config.find(' ') + 1)) + ", kernel " + core();
    }
    if (const auto version = find<void (*)(char*, int)>("mkl_get_version_string")) {
      char text[200] = {};
      version(text, sizeof text - 1);
      const std::string whole = text;
      return whole.substr(0, whole.find_last_not_of(' ') + 1) + ", kernel " + mkl_kernel();
    }
    return "a LAPACK that does not tell";
  }

  void* library_;
  Gesdd gesdd_;
  bench::Problem problem_;
  std::vector<double> sigma_, u_, vt_, v_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: lapack_worker LIBRARY\n";
    return 2;
  }
  try {
    LapackWorker worker(argv[1]);
    return bench::serve(worker);
  } catch (const std::exception& error) {
    std::cerr << "lapack_worker: " << error.what() << '\n';
    return 1;
  }
}
