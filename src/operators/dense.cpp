// A matrix in memory, column-major or row-major.
#include <algorithm>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "core/sketch.hpp"
#include "eckart/operators.hpp"
#include "kernels/kernels.hpp"
#include "kernels/narrow.hpp"
#include "kernels/sketch.hpp"
#include "kernels/skinny.hpp"
#include "kernels/spmm.hpp"
#include "operators/entries.hpp"

namespace eckart {
namespace {

using blas::Op;

constexpr index_t columns_per_chunk = 8;

template <Scalar T>
void conjugate_in_place(MatrixView<T> X) {
  if constexpr (is_complex<T>) {
    for (index_t j = 0; j < X.cols; ++j) {
      for (index_t i = 0; i < X.rows; ++i) X(i, j) = std::conj(X(i, j));
    }
  }
}

// Whether the rows of A are cut for A^T Y, because its columns are few.
template <Scalar T>
bool is_tall(MatrixView<const T> A, index_t width) {
  return !is_complex<T> && width % 16 == 0 && width <= 64 && A.rows >= 4096 && A.rows >= 4 * A.cols;
}

// turned <- S^T.
template <Scalar T>
void turn(MatrixView<const T> S, T* turned) {
  for (index_t i = 0; i < S.rows; ++i) {
    for (index_t j = 0; j < S.cols; ++j) turned[j + i * S.cols] = S(i, j);
  }
}

// X <- A^T Y, by at most 32 groups of rows whose sums are added in order.
template <class Real>
void tall_apply_adjoint(MatrixView<const Real> A,
                        MatrixView<const Real> Y,
                        MatrixView<Real> X,
                        const Context& context) {
  constexpr index_t chunk = 512;
  const index_t group = std::max<index_t>(2 * chunk, core::count_chunks(A.rows, 32));
  std::vector<Matrix<Real>> partial(static_cast<std::size_t>(core::count_chunks(A.rows, group)));
  core::for_each_chunk(A.rows, group, context, [&](index_t g, index_t first, index_t last) {
    Matrix<Real> sum(Y.cols, A.cols);
    Matrix<Real> turned(Y.cols, chunk);
    for (index_t row = first; row < last; row += chunk) {
      const index_t rows = std::min(chunk, last - row);
      turn(Y.block(row, 0, rows, Y.cols), turned.data());
      kernels::wide_product<Real>({static_cast<int>(Y.cols), rows, A.cols, 1, 1, turned.data(),
                                   turned.ld(), A.data + row, A.ld, sum.data(), sum.ld()});
    }
    partial[static_cast<std::size_t>(g)] = std::move(sum);
  });
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      Real sum = 0;
      for (const Matrix<Real>& part : partial) sum += part(j, i);
      X(i, j) = sum;
    }
  }
}

// Blocks of a few columns are multiplied by kernels that read the matrix where it stands: a general
// gemm copies it first, which takes longer than the product. Wider blocks go strip by strip.
template <Scalar T>
inline constexpr index_t widest_block = 256 / index_t{sizeof(T)};
// Products with fewer columns are left to blas::multiply, and with more a gemm is as fast.
constexpr index_t fewest_columns = 9;
constexpr index_t most_columns = 64;
constexpr index_t columns_at_once = 48;  // of A, in A^T Y
constexpr index_t fewest_chunks = 4;     // of that many columns: work for several threads
constexpr index_t fewest_entries = index_t{1} << 17;  // smaller matrices stay in the cache

// Returns the block with its rows contiguous, padded with zeros to a multiple of unit columns.
template <Scalar T>
Matrix<T> packed(MatrixView<const T> X, index_t unit, const Context& context) {
  constexpr index_t rows_per_chunk = 4096;
  Matrix<T> P = Matrix<T>::uninitialized(core::count_chunks(X.cols, unit) * unit, X.rows);
  core::for_each_chunk(X.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    kernels::pack_strip(last - first, X.cols, X.data + first, X.ld, P.rows(),
                        P.view().column(first));
  });
  return P;
}

// Y <- S X for a block X, by rows of S.
template <Scalar T>
void multiply_block(MatrixView<const T> S,
                    MatrixView<const T> X,
                    MatrixView<T> Y,
                    const Context& context) {
  constexpr index_t rows_per_chunk = 384;
  const Matrix<T> P = packed(X, 16, context);
  const index_t width = P.rows();
  core::for_each_chunk(S.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    const index_t rows = last - first;
    const bool whole = width == Y.cols;  // no padding: the product goes where it belongs
    Matrix<T> product = Matrix<T>::uninitialized(whole ? 0 : rows, width);
    kernels::tall_product<T>({.width = static_cast<int>(width),
                              .inner = S.cols,
                              .rows = rows,
                              .alpha = 1,
                              .beta = 0,
                              .A = S.data + first,
                              .lda = S.ld,
                              .X = P.data(),
                              .ldx = width,
                              .C = whole ? Y.data + first : product.data(),
                              .ldc = whole ? Y.ld : rows});
    for (index_t j = 0; j < Y.cols && !whole; ++j) {
      std::copy_n(product.view().column(j), rows, Y.column(j) + first);
    }
  });
}

// X <- S^T Y for a block Y, by columns of S.
template <Scalar T>
void multiply_block_transposed(MatrixView<const T> S,
                               MatrixView<const T> Y,
                               MatrixView<T> X,
                               const Context& context) {
  constexpr index_t two_lines = 128 / index_t{sizeof(T)};
  const Matrix<T> P = packed(Y, two_lines, context);
  const index_t width = P.rows();
  core::for_each_chunk(S.cols, columns_at_once, context, [&](index_t, index_t first, index_t last) {
    const index_t count = last - first;
    Matrix<T> product = Matrix<T>::uninitialized(width, count);
    kernels::wide_product<T>({.width = static_cast<int>(width),
                              .inner = S.rows,
                              .cols = count,
                              .alpha = 1,
                              .beta = 0,
                              .A = P.data(),
                              .lda = width,
                              .X = S.column(first),
                              .ldx = S.ld,
                              .C = product.data(),
                              .ldc = width});
    kernels::unpack_strip(count, X.cols, product.data(), width, X.data + first, X.ld);
  });
}

// Y <- op(S) X. For real matrices transpose and adjoint are the same.
template <Scalar T>
void multiply(
    Op op, MatrixView<const T> S, MatrixView<const T> X, MatrixView<T> Y, const Context& context) {
  if constexpr (!is_complex<T>) {
    const bool splits = op == Op::none || S.cols >= fewest_chunks * columns_at_once;
    if (X.cols >= fewest_columns && X.cols <= most_columns && splits &&
        S.rows * S.cols >= fewest_entries) {
      for (index_t j = 0; j < X.cols; j += widest_block<T>) {
        const index_t count = std::min(widest_block<T>, X.cols - j);
        if (op == Op::none) {
          multiply_block(S, X.columns(j, count), Y.columns(j, count), context);
        } else {
          multiply_block_transposed(S, X.columns(j, count), Y.columns(j, count), context);
        }
      }
      return;
    }
  }
  blas::multiply<T>(op, Op::none, T{1}, S, X, T{0}, Y, context);
}

// Y <- S^T X and Z <- S Y for a block X, S being read once: a few columns of S at a time stay in
// the cache from the first product to the second. Groups of columns have sums of their own, added
// in order.
constexpr index_t widest_gram = 12;        // beyond, two products take no longer
constexpr index_t gram_entries = 150'000;  // of S, read at a time
template <class Real>
bool reads_once(MatrixView<const Real> S, index_t width) {
  return width <= widest_gram && S.cols >= 4 * S.rows && S.rows * S.cols >= fewest_entries;
}
template <class Real>
void multiply_both(MatrixView<const Real> S,
                   MatrixView<const Real> X,
                   MatrixView<Real> Y,
                   MatrixView<Real> Z,
                   const RowsStep<Real>& step,
                   const Context& context) {
  constexpr index_t unit = 12;  // columns that the kernels take at once
  const index_t piece = std::max(unit, gram_entries / std::max<index_t>(1, S.rows) / unit * unit);
  // Their sums take no more memory than Y twice.
  const index_t groups = std::clamp<index_t>(2 * S.cols / std::max<index_t>(1, S.rows), 8, 32);
  const index_t group = std::max(piece, core::count_chunks(S.cols, groups));
  std::vector<Matrix<Real>> partial(static_cast<std::size_t>(core::count_chunks(S.cols, group)));
  core::for_each_chunk(S.cols, group, context, [&](index_t g, index_t begin, index_t end) {
    Matrix<Real> sum(Z.rows, Z.cols);
    for (index_t first = begin; first < end; first += piece) {
      const MatrixView<const Real> columns = S.columns(first, std::min(piece, end - first));
      const MatrixView<Real> rows = Y.block(first, 0, columns.cols, Y.cols);
      for (index_t j = 0; j < rows.cols; ++j) std::fill_n(rows.column(j), rows.rows, Real{0});
      kernels::narrow_adjoint_product<Real>({columns.rows, columns.cols, X.cols, 1, columns.data,
                                             columns.ld, X.data, X.ld, rows.data, rows.ld});
      if (step) step(first, rows);
      kernels::narrow_product<Real>({columns.rows, columns.cols, X.cols, 1, columns.data,
                                     columns.ld, rows.data, rows.ld, sum.data(), sum.ld()});
    }
    partial[static_cast<std::size_t>(g)] = std::move(sum);
  });
  for (index_t j = 0; j < Z.cols; ++j) {
    for (index_t i = 0; i < Z.rows; ++i) {
      Real sum = 0;
      for (const Matrix<Real>& part : partial) sum += part(i, j);
      Z(i, j) = sum;
    }
  }
}

// C <- C + S test, or conj(S) test: the columns of S, lines of storage, are combined. Sums of some
// thousand lines are made by themselves: they stay in the cache, and lose fewer digits.
template <Scalar T>
void combine_lines(MatrixView<const T> S,
                   bool conjugated,
                   const core::TestMatrix<T>& test,
                   MatrixView<T> C,
                   const Context& context) {
  using Real = real_t<T>;
  constexpr index_t reals = is_complex<T> ? 2 : 1;
  constexpr index_t piece = kernels::line_piece<Real> / reals;
  constexpr index_t lines_at_once = 2048;
  core::for_each_chunk(S.rows, piece, context, [&](index_t, index_t first, index_t last) {
    for (index_t line = 0; line < S.cols; line += lines_at_once) {
      const index_t lines = std::min(lines_at_once, S.cols - line);
      const core::TestMatrix<T> part = test.block(line, lines);
      Matrix<T> sums(last - first, test.cols);
      kernels::combine_lines<Real>({.length = reals * (last - first),
                                    .lines = lines,
                                    .conjugated = conjugated && is_complex<T>,
                                    .A = reinterpret_cast<const Real*>(S.column(line) + first),
                                    .lda = reals * S.ld,
                                    .per_row = part.per_row,
                                    .columns = part.columns,
                                    .values = part.values,
                                    .C = reinterpret_cast<Real*>(sums.data()),
                                    .ldc = reals * sums.ld()});
      for (index_t c = 0; c < test.cols; ++c) {
        for (index_t i = first; i < last; ++i) C(i, c) += sums(i - first, c);
      }
    }
  });
}

// C <- C + S^T test, or S^H test: the entries of every line are combined.
template <Scalar T>
void combine_within_lines(MatrixView<const T> S,
                          bool conjugated,
                          const core::TestMatrix<T>& test,
                          MatrixView<T> C,
                          const Context& context) {
  using Real = real_t<T>;
  constexpr index_t reals = is_complex<T> ? 2 : 1;
  constexpr index_t lanes = kernels::line_lanes<Real>;
  core::for_each_chunk(S.cols, lanes / reals, context, [&](index_t, index_t first, index_t last) {
    std::vector<Real> sums(static_cast<std::size_t>(lanes * test.cols));
    kernels::combine_within_lines<Real>({.length = S.rows,
                                         .lines = last - first,
                                         .reals = reals,
                                         .conjugated = conjugated && is_complex<T>,
                                         .A = reinterpret_cast<const Real*>(S.column(first)),
                                         .lda = reals * S.ld,
                                         .per_row = test.per_row,
                                         .columns = test.columns,
                                         .values = test.values,
                                         .sums = sums.data()});
    for (index_t c = 0; c < test.cols; ++c) {
      const Real* sum = sums.data() + c * lanes;
      for (index_t l = 0; l < last - first; ++l) {
        if constexpr (is_complex<T>) {
          C(first + l, c) += T{sum[l], sum[lanes / 2 + l]};
        } else {
          C(first + l, c) += sum[l];
        }
      }
    }
  });
}

// The energies of the rows of S under a map of columns of S^T, whose rows are the columns of S: by
// fixed groups of them, then the groups in order.
template <Scalar T>
std::vector<double> energies_by_rows(MatrixView<const T> S,
                                     const AffineMap<T>& map,
                                     const Context& context) {
  using Real = real_t<T>;
  constexpr index_t reals = is_complex<T> ? 2 : 1;  // of an entry, side by side
  const index_t length = reals * S.rows;
  std::vector<double> shift(static_cast<std::size_t>(length));
  std::vector<double> scale(static_cast<std::size_t>(length), 1.0);
  for (index_t j = 0; j < S.rows; ++j) {
    for (index_t part = 0; part < reals; ++part) {
      const auto at = static_cast<std::size_t>(reals * j + part);
      const T center =
          map.column_shift.empty() ? T{} : map.column_shift[static_cast<std::size_t>(j)];
      shift[at] = static_cast<double>(part == 0 ? std::real(center) : std::imag(center));
      scale[at] = operators::column_scale_at(map, j);
    }
  }
  const index_t group = std::max<index_t>(64, core::count_chunks(S.cols, 32));
  std::vector<std::vector<double>> partial(
      static_cast<std::size_t>(core::count_chunks(S.cols, group)));
  core::for_each_chunk(S.cols, group, context, [&](index_t c, index_t first, index_t last) {
    std::vector<double> sums(static_cast<std::size_t>(length));
    for (index_t i = first; i < last; ++i) {
      kernels::kernels<T>().add_energies(length, reinterpret_cast<const Real*>(S.column(i)),
                                         shift.data(), scale.data(), sums.data());
    }
    partial[static_cast<std::size_t>(c)] = std::move(sums);
  });
  std::vector<double> energies(static_cast<std::size_t>(S.rows));
  for (const std::vector<double>& sums : partial) {
    for (std::size_t at = 0; at < sums.size(); ++at) energies[at / reals] += sums[at];
  }
  return energies;
}

template <Scalar T>
class DenseOperator final : public LinearOperator<T>, public core::SketchSource<T> {
 public:
  explicit DenseOperator(DenseMatrix<T> A) : A_(std::move(A)) {}

  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Storage storage() const override { return Storage::dense; }
  std::uint64_t stored_bytes() const override {
    return static_cast<std::uint64_t>(rows()) * static_cast<std::uint64_t>(cols()) * sizeof(T);
  }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    const Op op = A_.row_major ? Op::transpose : Op::none;
    multiply(op, A_.values, X, Y, context);
  }

  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    if constexpr (!is_complex<T>) {
      if (!A_.row_major && is_tall(A_.values, Y.cols)) {
        return tall_apply_adjoint<T>(A_.values, Y, X, context);
      }
    }
    if (!A_.row_major) {
      return multiply(Op::adjoint, A_.values, Y, X, context);
    }
    if constexpr (!is_complex<T>) {
      multiply(Op::none, A_.values, Y, X, context);
    } else {
      // A^H Y = conj(values conj(Y)): BLAS has no product with a conjugated, untransposed matrix.
      Matrix<T> Y_conj(Y.rows, Y.cols);
      for (index_t j = 0; j < Y.cols; ++j) {
        std::copy_n(Y.column(j), Y.rows, Y_conj.view().column(j));
      }
      conjugate_in_place(Y_conj.view());
      blas::multiply<T>(Op::none, Op::none, T{1}, A_.values, std::as_const(Y_conj).view(), T{0}, X,
                        context);
      conjugate_in_place(X);
    }
  }

  int apply_gram(Gram side,
                 MatrixView<const T> X,
                 MatrixView<T> Y,
                 MatrixView<T> Z,
                 const RowsStep<T>& step,
                 Context& context) const override {
    if constexpr (!is_complex<T>) {
      const bool along_storage = A_.row_major == (side == Gram::columns);
      if (along_storage && reads_once(A_.values, X.cols)) {
        multiply_both<T>(A_.values, X, Y, Z, step, context);
        return 1;
      }
    }
    return LinearOperator<T>::apply_gram(side, X, Y, Z, step, context);
  }

  int add_sketches(const core::TestMatrix<T>& Omega,
                   MatrixView<T> Y,
                   const core::TestMatrix<T>& Psi,
                   MatrixView<T> Z,
                   Context& context) const override {
    const MatrixView<const T> S = A_.values;
    if (A_.row_major) {
      combine_within_lines(S, false, Omega, Y, context);
      combine_lines(S, true, Psi, Z, context);
    } else {
      combine_lines(S, false, Omega, Y, context);
      combine_within_lines(S, true, Psi, Z, context);
    }
    return 1;
  }

  EntryScan scan(Context& context) const override {
    const MatrixView<const T> S = A_.values;
    std::vector<EntryScan> scans(
        static_cast<std::size_t>(core::count_chunks(S.cols, columns_per_chunk)));
    core::for_each_chunk(
        S.cols, columns_per_chunk, context, [&](index_t c, index_t first, index_t last) {
          EntryScan seen;
          for (index_t j = first; j < last; ++j) {
            operators::merge_scan(seen, operators::scan_column(S.columns(j, 1), j, A_.row_major));
          }
          scans[static_cast<std::size_t>(c)] = seen;
        });
    EntryScan total;
    for (const EntryScan& seen : scans) operators::merge_scan(total, seen);
    return total;
  }

  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    const MatrixView<const T> S = A_.values;
    std::vector<double> energies(static_cast<std::size_t>(cols()));
    if (!A_.row_major) {
      core::for_each_chunk(cols(), columns_per_chunk, context,
                           [&](index_t, index_t first, index_t last) {
                             for (index_t j = first; j < last; ++j) {
                               energies[static_cast<std::size_t>(j)] =
                                   operators::mapped_energy(map, j, S.rows, S.column(j), 1);
                             }
                           });
      return energies;
    }
    if (map.row_shift.empty() && map.row_scale.empty()) return energies_by_rows(S, map, context);
    // Rows are contiguous: add them up by fixed chunks of rows, then the chunks in order.
    constexpr index_t rows_per_chunk = 1024;
    std::vector<std::vector<double>> partial(
        static_cast<std::size_t>(core::count_chunks(rows(), rows_per_chunk)));
    core::for_each_chunk(rows(), rows_per_chunk, context,
                         [&](index_t c, index_t first, index_t last) {
                           std::vector<double> sums(energies.size(), 0.0);
                           for (index_t i = first; i < last; ++i) {
                             for (index_t j = 0; j < cols(); ++j) {
                               sums[static_cast<std::size_t>(j)] +=
                                   operators::mapped_energy_of_entry(map, i, j, S(j, i));
                             }
                           }
                           partial[static_cast<std::size_t>(c)] = std::move(sums);
                         });
    for (index_t j = 0; j < cols(); ++j) {
      double sum = 0;
      for (const auto& sums : partial) sum += sums[static_cast<std::size_t>(j)];
      energies[static_cast<std::size_t>(j)] = sum;
    }
    return energies;
  }

  std::vector<ColumnSummary<T>> column_summaries(Context& context) const override {
    std::vector<ColumnSummary<T>> summaries(static_cast<std::size_t>(cols()));
    core::for_each_chunk(
        cols(), columns_per_chunk, context, [&](index_t, index_t first, index_t last) {
          std::vector<operators::ColumnSummer<T>> summers(static_cast<std::size_t>(last - first));
          const auto add = [&](index_t i, index_t j) {
            summers[static_cast<std::size_t>(j - first)].add(A_(i, j));
          };
          if (A_.row_major) {
            for (index_t i = 0; i < rows(); ++i) {
              for (index_t j = first; j < last; ++j) add(i, j);
            }
          } else {
            for (index_t j = first; j < last; ++j) {
              for (index_t i = 0; i < rows(); ++i) add(i, j);
            }
          }
          for (index_t j = first; j < last; ++j) {
            summaries[static_cast<std::size_t>(j)] =
                summers[static_cast<std::size_t>(j - first)].summary(rows());
          }
        });
    return summaries;
  }

  void copy_to(MatrixView<T> A, Context& context) const override {
    const MatrixView<const T> S = A_.values;
    core::for_each_chunk(cols(), columns_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           if (!A_.row_major) {
                             for (index_t j = first; j < last; ++j) {
                               std::copy_n(S.column(j), S.rows, A.column(j));
                             }
                             return;
                           }
                           for (index_t i = 0; i < rows(); ++i) {
                             for (index_t j = first; j < last; ++j) A(i, j) = S(j, i);
                           }
                         });
  }

 private:
  DenseMatrix<T> A_;
};

}  // namespace

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(DenseMatrix<T> A) {
  return std::make_unique<DenseOperator<T>>(std::move(A));
}

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(MatrixView<const T> A) {
  return std::make_unique<DenseOperator<T>>(DenseMatrix<T>{A, false, nullptr});
}

template std::unique_ptr<LinearOperator<float>> make_operator(DenseMatrix<float>);
template std::unique_ptr<LinearOperator<double>> make_operator(DenseMatrix<double>);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_operator(
    DenseMatrix<std::complex<float>>);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_operator(
    DenseMatrix<std::complex<double>>);
template std::unique_ptr<LinearOperator<float>> make_operator(MatrixView<const float>);
template std::unique_ptr<LinearOperator<double>> make_operator(MatrixView<const double>);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_operator(
    MatrixView<const std::complex<float>>);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_operator(
    MatrixView<const std::complex<double>>);

}  // namespace eckart
