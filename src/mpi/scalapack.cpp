// Rows of ranks to blocks over a grid of them, pdgesvd, and back.
#include "eckart/mpi/scalapack.hpp"

#include <mpi.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "eckart/error.hpp"

// ScaLAPACK and BLACS come without headers.
extern "C" {
void Cblacs_get(int context, int what, int* value);
void Cblacs_set(int context, int what, const int* value);
void Cblacs_gridinit(int* context, const char* order, int rows, int cols);
void Cblacs_gridexit(int context);
void psgesvd_(const char*,
              const char*,
              const int*,
              const int*,
              float*,
              const int*,
              const int*,
              const int*,
              float*,
              float*,
              const int*,
              const int*,
              const int*,
              float*,
              const int*,
              const int*,
              const int*,
              float*,
              const int*,
              int*);
void pdgesvd_(const char*,
              const char*,
              const int*,
              const int*,
              double*,
              const int*,
              const int*,
              const int*,
              double*,
              double*,
              const int*,
              const int*,
              const int*,
              double*,
              const int*,
              const int*,
              const int*,
              double*,
              const int*,
              int*);
void pcgesvd_(const char*,
              const char*,
              const int*,
              const int*,
              void*,
              const int*,
              const int*,
              const int*,
              float*,
              void*,
              const int*,
              const int*,
              const int*,
              void*,
              const int*,
              const int*,
              const int*,
              void*,
              const int*,
              float*,
              int*);
void pzgesvd_(const char*,
              const char*,
              const int*,
              const int*,
              void*,
              const int*,
              const int*,
              const int*,
              double*,
              void*,
              const int*,
              const int*,
              const int*,
              void*,
              const int*,
              const int*,
              const int*,
              void*,
              const int*,
              double*,
              int*);
}

namespace eckart::mpi {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

struct Range {
  index_t first = 0;
  index_t last = 0;
};

// One dimension of a matrix in blocks, dealt out to parts in turn.
struct Dealt {
  index_t block;
  index_t parts;

  index_t owner(index_t i) const { return i / block % parts; }
  index_t local(index_t i) const { return i / (block * parts) * block + i % block; }
  index_t count(index_t size, index_t part) const {  // numroc
    const index_t round = block * parts;
    return size / round * block + std::clamp<index_t>(size % round - part * block, 0, block);
  }
};

// As square a grid as the number of ranks allows, by rows.
struct Grid {
  Grid(int ranks, index_t smaller_side) {
    index_t high = 1;
    for (index_t p = 1; p * p <= ranks; ++p) {
      if (ranks % p == 0) high = p;
    }
    const index_t wide = ranks / high;
    constexpr index_t usual = 64;
    const index_t block = std::clamp<index_t>(smaller_side / (2 * wide), 1, usual);
    rows = {block, high};
    cols = {block, wide};
  }
  index_t row_of(int rank) const { return rank / cols.parts; }
  index_t col_of(int rank) const { return rank % cols.parts; }

  // Calls step(i, j) for the entries in these rows and columns that a rank has, by columns.
  template <class Step>
  void each(int rank, Range i_range, Range j_range, const Step& step) const {
    for (index_t j = j_range.first; j < j_range.last; ++j) {
      if (cols.owner(j) != col_of(rank)) continue;
      for (index_t i = i_range.first; i < i_range.last; ++i) {
        if (rows.owner(i) == row_of(rank)) step(i, j);
      }
    }
  }

  Dealt rows{1, 1};
  Dealt cols{1, 1};
};

// This rank's blocks of a matrix over the grid.
template <Scalar T>
struct Blocks {
  Blocks(const Grid& grid, int rank, index_t rows, index_t cols, int context)
      : grid_(grid),
        values(grid.rows.count(rows, grid.row_of(rank)), grid.cols.count(cols, grid.col_of(rank))) {
    const auto narrow = [](index_t i) { return static_cast<int>(i); };
    description = {1,
                   context,
                   narrow(rows),
                   narrow(cols),
                   narrow(grid.rows.block),
                   narrow(grid.cols.block),
                   0,
                   0,
                   narrow(std::max<index_t>(1, values.rows()))};
    constexpr index_t most = std::numeric_limits<int>::max();
    if (rows > most || cols > most || values.rows() * std::max<index_t>(1, values.cols()) > most) {
      throw Error(
          "a rank's part of the matrix has more than 2^31 entries, which ScaLAPACK cannot "
          "count; take more ranks");
    }
  }
  T& operator()(index_t i, index_t j) { return values(grid_.rows.local(i), grid_.cols.local(j)); }

  const Grid& grid_;
  Matrix<T> values;
  std::vector<int> description;  // of the whole: DLEN_ = 9
};

// Each rank sends every other what pack(rank, put) puts, and hands to take(rank, next) what came.
template <Scalar T, class Pack, class Take>
void trade(const Communicator& ranks, const Pack& pack, const Take& take) {
  for (int step = 0; step < ranks.size(); ++step) {
    const int to = (ranks.rank() + step) % ranks.size();
    const int from = (ranks.rank() - step + ranks.size()) % ranks.size();
    std::vector<T> sent;
    pack(to, [&](T value) { sent.push_back(value); });
    std::size_t count = 0;
    static T nothing;
    take(
        from, [&]() -> T& { return ++count, nothing; }, false);
    std::vector<T> received(count);
    if (to == ranks.rank()) {
      received = sent;
    } else {
      ranks.exchange(to, std::as_bytes(std::span(sent)), from,
                     std::as_writable_bytes(std::span(received)));
    }
    std::size_t next = 0;
    take(
        from, [&]() -> T& { return received[next++]; }, true);
  }
}

void call(const char* jobs,
          const int* m,
          const int* n,
          float* a,
          const int* da,
          float* s,
          float* u,
          const int* du,
          float* v,
          const int* dv,
          float* work,
          const int* lwork,
          float*,
          int* info) {
  const int one = 1;
  psgesvd_(jobs, jobs, m, n, a, &one, &one, da, s, u, &one, &one, du, v, &one, &one, dv, work,
           lwork, info);
}
void call(const char* jobs,
          const int* m,
          const int* n,
          double* a,
          const int* da,
          double* s,
          double* u,
          const int* du,
          double* v,
          const int* dv,
          double* work,
          const int* lwork,
          double*,
          int* info) {
  const int one = 1;
  pdgesvd_(jobs, jobs, m, n, a, &one, &one, da, s, u, &one, &one, du, v, &one, &one, dv, work,
           lwork, info);
}
void call(const char* jobs,
          const int* m,
          const int* n,
          std::complex<float>* a,
          const int* da,
          float* s,
          std::complex<float>* u,
          const int* du,
          std::complex<float>* v,
          const int* dv,
          std::complex<float>* work,
          const int* lwork,
          float* rwork,
          int* info) {
  const int one = 1;
  pcgesvd_(jobs, jobs, m, n, a, &one, &one, da, s, u, &one, &one, du, v, &one, &one, dv, work,
           lwork, rwork, info);
}
void call(const char* jobs,
          const int* m,
          const int* n,
          std::complex<double>* a,
          const int* da,
          double* s,
          std::complex<double>* u,
          const int* du,
          std::complex<double>* v,
          const int* dv,
          std::complex<double>* work,
          const int* lwork,
          double* rwork,
          int* info) {
  const int one = 1;
  pzgesvd_(jobs, jobs, m, n, a, &one, &one, da, s, u, &one, &one, du, v, &one, &one, dv, work,
           lwork, rwork, info);
}

// Where the rows of each rank begin, and the last end.
std::vector<index_t> bounds_of(const Shard& shard) {
  std::vector<double> firsts(at(shard.ranks->size()));
  firsts[at(shard.ranks->rank())] = static_cast<double>(shard.first);
  shard.ranks->sum(firsts);
  std::vector<index_t> bounds(firsts.begin(), firsts.end());
  bounds.push_back(shard.total);
  return bounds;
}

// A grid of BLACS while it lives.
class Context {
 public:
  explicit Context(const Grid& grid) {
    Cblacs_get(-1, 0, &number_);
    Cblacs_gridinit(&number_, "R", static_cast<int>(grid.rows.parts),
                    static_cast<int>(grid.cols.parts));
    const int yes = 1;
    constexpr int repeatable = 15;  // sums in the same order every time
    Cblacs_set(number_, repeatable, &yes);
  }
  ~Context() { Cblacs_gridexit(number_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  int number() const { return number_; }

 private:
  int number_ = 0;
};

}  // namespace

bool has_scalapack() { return true; }

template <Scalar T>
RankFactors<T> scalapack_svd(MatrixView<const T> A, const Shard& rows, const Shard& cols) {
  const Communicator& ranks = *rows.ranks;
  const int me = ranks.rank();
  const index_t m = rows.total, n = cols.total, k = std::min(m, n);
  RankFactors<T> factors{Matrix<T>(rows.count, k), std::vector<real_t<T>>(at(k)),
                         Matrix<T>(cols.count, k)};
  if (k == 0) return factors;
  const Grid grid(ranks.size(), k);
  const Context context(grid);
  Blocks<T> a(grid, me, m, n, context.number());
  Blocks<T> u(grid, me, m, k, context.number());
  Blocks<T> vt(grid, me, k, n, context.number());
  const std::vector<index_t> row_bounds = bounds_of(rows), col_bounds = bounds_of(cols);
  const auto rows_of = [&](int rank) {
    return Range{row_bounds[at(rank)], row_bounds[at(rank) + 1]};
  };
  const auto cols_of = [&](int rank) {
    return Range{col_bounds[at(rank)], col_bounds[at(rank) + 1]};
  };

  trade<T>(
      ranks,
      [&](int to, const auto& put) {
        grid.each(to, rows_of(me), {0, n},
                  [&](index_t i, index_t j) { put(A(i - rows.first, j)); });
      },
      [&](int from, const auto& next, bool write) {
        grid.each(me, rows_of(from), {0, n}, [&](index_t i, index_t j) {
          const T value = next();
          if (write) a(i, j) = value;
        });
      });

  const int wide = static_cast<int>(n), high = static_cast<int>(m), ask = -1;
  int info = 0;
  std::vector<real_t<T>> real_work(is_complex<T> ? at(4 * std::max(m, n) + 1) : 1);
  std::vector<T> work(1);
  const auto decompose = [&](const int* size) {
    call("V", &high, &wide, a.values.data(), a.description.data(), factors.sigma.data(),
         u.values.data(), u.description.data(), vt.values.data(), vt.description.data(),
         work.data(), size, real_work.data(), &info);
  };
  decompose(&ask);
  const double wanted = std::real(work[0]);
  if (info != 0 || !(wanted < std::numeric_limits<int>::max())) {
    throw Error("ScaLAPACK cannot plan this decomposition (info " + std::to_string(info) + ")");
  }
  const int size = std::max(1, static_cast<int>(wanted));
  work.resize(static_cast<std::size_t>(size));
  decompose(&size);
  if (info != 0) {
    throw Error("ScaLAPACK's gesvd did not succeed (info " + std::to_string(info) +
                "); the dense method of one process always does");
  }

  trade<T>(
      ranks,
      [&](int to, const auto& put) {
        grid.each(me, rows_of(to), {0, k}, [&](index_t i, index_t j) { put(u(i, j)); });
      },
      [&](int from, const auto& next, bool write) {
        grid.each(from, rows_of(me), {0, k}, [&](index_t i, index_t j) {
          const T value = next();
          if (write) factors.U(i - rows.first, j) = value;
        });
      });
  trade<T>(
      ranks,
      [&](int to, const auto& put) {
        grid.each(me, {0, k}, cols_of(to), [&](index_t i, index_t j) { put(vt(i, j)); });
      },
      [&](int from, const auto& next, bool write) {
        grid.each(from, {0, k}, cols_of(me), [&](index_t i, index_t j) {
          const T value = next();
          if (write) factors.V(j - cols.first, i) = conjugate(value);
        });
      });
  return factors;
}

template RankFactors<float> scalapack_svd(MatrixView<const float>, const Shard&, const Shard&);
template RankFactors<double> scalapack_svd(MatrixView<const double>, const Shard&, const Shard&);
template RankFactors<std::complex<float>> scalapack_svd(MatrixView<const std::complex<float>>,
                                                        const Shard&,
                                                        const Shard&);
template RankFactors<std::complex<double>> scalapack_svd(MatrixView<const std::complex<double>>,
                                                         const Shard&,
                                                         const Shard&);

}  // namespace eckart::mpi
