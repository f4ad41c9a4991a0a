// Contender: gesdd of any LAPACK, opened from the path given as argument. It computes all triplets,
// of which the wanted ones are told.
// The copy of A that gesdd destroys and its workspace are made before the clock starts.
#include <dlfcn.h>

#include <algorithm>

#include "worker.hpp"

namespace {

template <class T>
constexpr const char* gesdd_name();
template <>
constexpr const char* gesdd_name<float>() {
  return "sgesdd_";
}
template <>
constexpr const char* gesdd_name<double>() {
  return "dgesdd_";
}
template <>
constexpr const char* gesdd_name<std::complex<float>>() {
  return "cgesdd_";
}
template <>
constexpr const char* gesdd_name<std::complex<double>>() {
  return "zgesdd_";
}

template <class T>
using RealGesdd = void (*)(const char* job,
                           const int* m,
                           const int* n,
                           T* a,
                           const int* lda,
                           T* s,
                           T* u,
                           const int* ldu,
                           T* vt,
                           const int* ldvt,
                           T* work,
                           const int* lwork,
                           int* iwork,
                           int* info,
                           std::size_t job_length);
template <class T>
using ComplexGesdd = void (*)(const char* job,
                              const int* m,
                              const int* n,
                              T* a,
                              const int* lda,
                              bench::Real<T>* s,
                              T* u,
                              const int* ldu,
                              T* vt,
                              const int* ldvt,
                              T* work,
                              const int* lwork,
                              bench::Real<T>* rwork,
                              int* iwork,
                              int* info,
                              std::size_t job_length);

template <class T>
class LapackWorker : public bench::Worker<T> {
  using Gesdd = std::conditional_t<bench::is_complex<T>, ComplexGesdd<T>, RealGesdd<T>>;

 public:
  explicit LapackWorker(const char* path) : library_(::dlopen(path, RTLD_NOW | RTLD_GLOBAL)) {
    if (library_ == nullptr) throw std::runtime_error(::dlerror());
    gesdd_ = find<Gesdd>(gesdd_name<T>());
    if (gesdd_ == nullptr) {
      throw std::runtime_error(std::string(path) + " has no " + gesdd_name<T>());
    }
  }

  std::string load(bench::Problem<T> problem) override {
    if (problem.sparse()) throw std::runtime_error("gesdd: dense only");
    if (problem.by_rows) throw std::runtime_error("gesdd: by columns only");
    solve_something_small();
    problem_ = std::move(problem);
    return about();
  }

  double run() override {
    const auto m = static_cast<int>(problem_.rows);
    const auto n = static_cast<int>(problem_.cols);
    const int k = std::min(m, n);
    const char job = problem_.vectors ? 'S' : 'N';
    std::vector<T> a = problem_.values;
    sigma_.assign(static_cast<std::size_t>(k), 0);
    u_.assign(problem_.vectors ? size(m, k) : 1, T{});
    vt_.assign(problem_.vectors ? size(k, n) : 1, T{});
    std::vector<int> iwork(size(8, k));
    std::vector<bench::Real<T>> rwork(rwork_size(m, n));
    int info = 0;
    const auto call = [&](T* work, int lwork) {
      if constexpr (bench::is_complex<T>) {
        gesdd_(&job, &m, &n, a.data(), &m, sigma_.data(), u_.data(), &m, vt_.data(), &k, work,
               &lwork, rwork.data(), iwork.data(), &info, 1);
      } else {
        gesdd_(&job, &m, &n, a.data(), &m, sigma_.data(), u_.data(), &m, vt_.data(), &k, work,
               &lwork, iwork.data(), &info, 1);
      }
      if (info != 0) throw std::runtime_error("gesdd: info = " + std::to_string(info));
    };
    T length{};
    call(&length, -1);
    // A float32 length is rounded, perhaps down, from 2^24 on.
    const auto entries = static_cast<std::size_t>(static_cast<double>(std::real(length)) * 1.001);
    std::vector<T> work(entries + 1);
    return bench::seconds([&] { call(work.data(), static_cast<int>(work.size())); });
  }

  bench::Answer<T> answer() override {
    const bench::Index k = problem_.count();
    bench::Answer<T> answer{{sigma_.begin(), sigma_.begin() + k}, {}, {}};
    if (!problem_.vectors) return answer;
    const auto all = static_cast<bench::Index>(sigma_.size());
    const bench::Index n = problem_.cols;
    v_.resize(size(n, k));
    for (bench::Index j = 0; j < n; ++j) {
      for (bench::Index i = 0; i < k; ++i) {
        const T entry = vt_[static_cast<std::size_t>(i + j * all)];
        if constexpr (bench::is_complex<T>) {
          v_[static_cast<std::size_t>(j + i * n)] = std::conj(entry);
        } else {
          v_[static_cast<std::size_t>(j + i * n)] = entry;
        }
      }
    }
    answer.U = {u_.data(), problem_.rows, k};
    answer.V = {v_.data(), n, k};
    return answer;
  }

 private:
  static std::size_t size(bench::Index rows, bench::Index cols) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  }

  // The largest of what the versions of LAPACK ask for.
  std::size_t rwork_size(bench::Index m, bench::Index n) const {
    if (!bench::is_complex<T>) return 1;
    const bench::Index k = std::min(m, n);
    if (!problem_.vectors) return size(7, k);
    return std::max(size(5 * k + 7, k), size(2 * (std::max(m, n) + k) + 1, k));
  }

  template <class F>
  F find(const char* name) const {
    return reinterpret_cast<F>(::dlsym(library_, name));
  }

  // MKL loads its kernels for this CPU with the first computation.
  void solve_something_small() {
    problem_.rows = problem_.cols = 40;
    problem_.values.assign(1600, T{1});
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
  bench::Problem<T> problem_;
  std::vector<bench::Real<T>> sigma_;
  std::vector<T> u_, vt_, v_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: lapack_worker LIBRARY\n";
    return 2;
  }
  return bench::serve<LapackWorker>(static_cast<const char*>(argv[1]));
}
