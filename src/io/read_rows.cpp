// Each rank's rows of a matrix: from its own files, from a mapped file, or from the first rank.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <type_traits>
#include <utility>
#include <variant>

#include "eckart/error.hpp"
#include "eckart/io/spread.hpp"
#include "io/together.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;

template <Scalar T>
DenseMatrix<T> rows_of(const DenseMatrix<T>& A, index_t first, index_t count) {
  DenseMatrix<T> part = A;
  part.values =
      A.row_major ? A.values.columns(first, count) : A.values.block(first, 0, count, A.values.cols);
  return part;
}

template <Scalar T>
SparseMatrix<T> rows_of(const SparseMatrix<T>& A, index_t first, index_t count) {
  SparseMatrix<T> part;
  part.rows = count;
  part.cols = A.cols;
  const auto offset = A.offsets.begin() + first;
  part.offsets.assign(offset, offset + count + 1);
  const index_t begin = part.offsets.front();
  const index_t end = part.offsets.back();
  for (index_t& p : part.offsets) p -= begin;
  part.columns.assign(A.columns.begin() + begin, A.columns.begin() + end);
  part.values.assign(A.values.begin() + begin, A.values.begin() + end);
  return part;
}

index_t rows_in(const AnyMatrix& A) {
  return std::visit(
      []<class M>(const M& matrix) -> index_t {
        if constexpr (requires { matrix.row_major; })
          return matrix.rows();
        else
          return matrix.rows;
      },
      A);
}

// Matrices one below the other.
template <Scalar T>
DenseMatrix<T> stack(const std::vector<DenseMatrix<T>>& blocks, index_t cols) {
  index_t rows = 0;
  for (const auto& block : blocks) rows += block.rows();
  Matrix<T> all(rows, cols);
  index_t first = 0;
  for (const auto& block : blocks) {
    for (index_t j = 0; j < cols; ++j) {
      for (index_t i = 0; i < block.rows(); ++i) all(first + i, j) = block(i, j);
    }
    first += block.rows();
  }
  return own(std::move(all));
}

template <Scalar T>
SparseMatrix<T> stack(const std::vector<SparseMatrix<T>>& blocks, index_t cols) {
  SparseMatrix<T> all;
  all.cols = cols;
  for (const auto& block : blocks) {
    const index_t before = all.offsets.back();
    for (std::size_t i = 1; i < block.offsets.size(); ++i) {
      all.offsets.push_back(before + block.offsets[i]);
    }
    all.columns.insert(all.columns.end(), block.columns.begin(), block.columns.end());
    all.values.insert(all.values.end(), block.values.begin(), block.values.end());
    all.rows += block.rows;
  }
  return all;
}

template <class M>
index_t cols_of(const M& matrix) {
  if constexpr (requires { matrix.row_major; })
    return matrix.cols();
  else
    return matrix.cols;
}

// What a rank with no rows holds: nothing of the given kind.
AnyMatrix no_rows(std::size_t kind, index_t cols) {
  const auto empty_dense = [&]<Scalar T>() -> AnyMatrix { return own(Matrix<T>(0, cols)); };
  const auto empty_sparse = [&]<Scalar T>() -> AnyMatrix {
    SparseMatrix<T> none;
    none.cols = cols;
    return none;
  };
  switch (kind) {
    case 0:
      return empty_dense.operator()<float>();
    case 1:
      return empty_dense.operator()<double>();
    case 2:
      return empty_dense.operator()<std::complex<float>>();
    case 3:
      return empty_dense.operator()<std::complex<double>>();
    case 4:
      return empty_sparse.operator()<float>();
    case 5:
      return empty_sparse.operator()<double>();
    case 6:
      return empty_sparse.operator()<std::complex<float>>();
    default:
      return empty_sparse.operator()<std::complex<double>>();
  }
}

bool is_block(const fs::path& path) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name.ends_with(".npy") || name.ends_with(".npz") || name.ends_with(".mtx") ||
         name.ends_with(".csv") || name.ends_with(".tsv");
}

std::vector<std::string> blocks_in(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_block(entry.path())) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw IoError(folder,
                  "the folder holds no blocks of rows; expected .npy, .npz, .mtx, .csv or "
                  ".tsv files, in the order of their names");
  }
  return files;
}

// Blocks of one file after another.
AnyMatrix read_blocks(const std::vector<std::string>& files, const ReadOptions& options) {
  std::vector<AnyMatrix> blocks;
  for (const std::string& file : files) {
    blocks.push_back(read_matrix(file, options));
    if (blocks.back().index() != blocks.front().index()) {
      throw IoError(file, "the block is of another type than " + files.front() +
                              "; expected all dense or all sparse, and one type of numbers");
    }
  }
  if (blocks.size() == 1) return std::move(blocks.front());
  return std::visit(
      [&]<class M>(const M& front) -> AnyMatrix {
        std::vector<M> same;
        for (std::size_t b = 0; b < blocks.size(); ++b) {
          same.push_back(std::move(std::get<M>(blocks[b])));
          if (cols_of(same.back()) == cols_of(same.front())) continue;
          throw IoError(files[b], fmt::format("the block has {} columns and {} has {}; expected "
                                              "the same",
                                              cols_of(same.back()), files.front(), cols_of(front)));
        }
        return stack(same, cols_of(same.front()));
      },
      blocks.front());
}

template <class Element>
void send(const Communicator& ranks, int to, std::span<const Element> values) {
  ranks.exchange(to, std::as_bytes(values), -1, {});
}
template <class Element>
void receive(const Communicator& ranks, std::span<Element> values) {
  ranks.exchange(-1, {}, 0, std::as_writable_bytes(values));
}

template <Scalar T>
void send_rows(const Communicator& ranks, int to, const DenseMatrix<T>& A) {
  std::vector<T> row(static_cast<std::size_t>(A.cols()));
  for (index_t i = 0; i < A.rows(); ++i) {
    for (index_t j = 0; j < A.cols(); ++j) row[static_cast<std::size_t>(j)] = A(i, j);
    send<T>(ranks, to, row);
  }
}
template <Scalar T>
DenseMatrix<T> receive_rows(const Communicator& ranks,
                            std::type_identity<DenseMatrix<T>>,
                            index_t rows,
                            index_t cols) {
  Matrix<T> turned(cols, rows);
  for (index_t i = 0; i < rows; ++i) {
    receive<T>(ranks, {turned.view().column(i), static_cast<std::size_t>(cols)});
  }
  return own(std::move(turned), true);
}

template <Scalar T>
void send_rows(const Communicator& ranks, int to, const SparseMatrix<T>& A) {
  send<index_t>(ranks, to, A.offsets);
  send<index_t>(ranks, to, A.columns);
  send<T>(ranks, to, A.values);
}
template <Scalar T>
SparseMatrix<T> receive_rows(const Communicator& ranks,
                             std::type_identity<SparseMatrix<T>>,
                             index_t rows,
                             index_t cols) {
  SparseMatrix<T> A;
  A.rows = rows;
  A.cols = cols;
  A.offsets.resize(static_cast<std::size_t>(rows) + 1);
  receive<index_t>(ranks, A.offsets);
  A.columns.resize(static_cast<std::size_t>(A.offsets.back()));
  A.values.resize(A.columns.size());
  receive<index_t>(ranks, A.columns);
  receive<T>(ranks, A.values);
  return A;
}

// Returns type and number of columns of what the ranks have read, those without a file left out.
// Throws IoError, on every rank, where the types differ.
std::vector<double> require_one_kind(const AnyMatrix& rows,
                                     bool none,
                                     const std::string& source,
                                     const Communicator& ranks) {
  const auto kind = static_cast<double>(rows.index());
  const auto cols =
      static_cast<double>(std::visit([](const auto& matrix) { return cols_of(matrix); }, rows));
  std::vector<double> most = {none ? -1 : kind, none ? -1 : cols, none ? -8 : -kind};
  ranks.max(most);
  together(ranks, [&] {
    if (most[0] != -most[2]) {
      throw IoError(source,
                    "the ranks have read rows of different types; expected all dense or all "
                    "sparse, and one type of numbers");
    }
  });
  return most;
}

}  // namespace

AnyMatrix scatter_rows(AnyMatrix whole, const Communicator& ranks) {
  std::vector<double> facts(3);
  if (ranks.rank() == 0) {
    const auto cols = std::visit([](const auto& matrix) { return cols_of(matrix); }, whole);
    facts = {static_cast<double>(whole.index()), static_cast<double>(rows_in(whole)),
             static_cast<double>(cols)};
  }
  ranks.sum(facts);
  const auto rows = static_cast<index_t>(facts[1]);
  const auto cols = static_cast<index_t>(facts[2]);
  if (ranks.rank() != 0) whole = no_rows(static_cast<std::size_t>(facts[0]), cols);
  const std::vector<index_t> bounds = even_bounds(rows, ranks.size());
  const auto count = [&](int rank) {
    const auto r = static_cast<std::size_t>(rank);
    return bounds[r + 1] - bounds[r];
  };
  return std::visit(
      [&]<class M>(M& matrix) -> AnyMatrix {
        if (ranks.rank() != 0) {
          return receive_rows(ranks, std::type_identity<M>(), count(ranks.rank()), cols);
        }
        for (int r = 1; r < ranks.size(); ++r) {
          send_rows(ranks, r, rows_of(matrix, bounds[static_cast<std::size_t>(r)], count(r)));
        }
        return rows_of(matrix, 0, count(0));
      },
      whole);
}

AnyMatrix read_rows(const std::string& source,
                    const ReadOptions& options,
                    const Communicator& ranks) {
  AnyMatrix rows;
  const auto r = static_cast<std::size_t>(ranks.rank());
  std::error_code error;
  const bool folder = fs::is_directory(source, error);
  if (Shard{.ranks = &ranks}.any(folder)) {
    bool none = false;
    together(ranks, [&] {
      if (!folder) {
        throw IoError(source,
                      "is a folder on other ranks and none here; every rank must see the files "
                      "under the same name");
      }
      const std::vector<std::string> files = blocks_in(source);
      const std::vector<index_t> bounds =
          even_bounds(static_cast<index_t>(files.size()), ranks.size());
      none = bounds[r] == bounds[r + 1];
      if (!none)
        rows = read_blocks({files.begin() + bounds[r], files.begin() + bounds[r + 1]}, options);
    });
    const std::vector<double> most = require_one_kind(rows, none, source, ranks);
    if (none) rows = no_rows(static_cast<std::size_t>(most[0]), static_cast<index_t>(most[1]));
    return rows;
  }
  if (source.ends_with(".npy")) {
    together(ranks, [&] {
      const AnyMatrix whole = read_matrix(source, options);
      const std::vector<index_t> bounds = even_bounds(rows_in(whole), ranks.size());
      rows = std::visit(
          [&](const auto& matrix) -> AnyMatrix {
            return rows_of(matrix, bounds[r], bounds[r + 1] - bounds[r]);
          },
          whole);
    });
    require_one_kind(rows, false, source, ranks);
    return rows;
  }
  together(ranks, [&] {
    if (ranks.rank() == 0) rows = read_matrix(source, options);
  });
  return scatter_rows(std::move(rows), ranks);
}

}  // namespace eckart::io
