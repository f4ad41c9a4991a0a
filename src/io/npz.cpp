// .npz archives: one array, or a sparse matrix as scipy.sparse.save_npz lays it out.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "eckart/error.hpp"
#include "io/npy.hpp"
#include "io/readers.hpp"
#include "io/zip.hpp"

namespace eckart::io {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// The arrays of one archive by name, without ".npy". Opening reads the headers alone, and checks
// that each agrees with the size of its member: nothing larger is ever unpacked.
class Archive {
 public:
  Archive(const Input& input, std::uint64_t max_bytes) : input_(input), max_bytes_(max_bytes) {
    for (ZipMember& member : read_zip_directory(input)) {
      constexpr std::string_view extension = ".npy";
      if (!std::string_view(member.name).ends_with(extension)) continue;
      const std::string label = fmt::format("{}/{}", input.name, printable(member.name));
      NpyHeader header = parse_npy_header(unpack_start(input, member, npy_header_limit), label);
      if (header.total_bytes() != member.bytes) {
        throw IoError(label, fmt::format("shape {} of {} needs {} bytes; the archive declares {}",
                                         format_shape(header.shape), type_name(header),
                                         header.total_bytes(), member.bytes));
      }
      if (member.deflated) largest_ = std::max(largest_, member.bytes);
      std::string name = member.name.substr(0, member.name.size() - extension.size());
      arrays_.emplace(std::move(name), Array{std::move(member), std::move(header)});
    }
  }

  const std::string& file() const { return input_.name; }
  std::uint64_t max_bytes() const { return max_bytes_; }
  std::size_t size() const { return arrays_.size(); }
  bool has(const std::string& name) const { return arrays_.contains(name); }
  const std::string& first_name() const { return arrays_.begin()->first; }

  std::string names() const {
    std::string list;
    for (const auto& [name, array] : arrays_) list += (list.empty() ? "" : ", ") + printable(name);
    return list;
  }
  const NpyHeader& header(const std::string& name) const { return find(name).header; }
  NpyArray load(const std::string& name) const {
    const ZipMember& member = find(name).member;
    if (member.deflated) {
      require_memory(fmt::format("{} of {}", printable(name), file()), member.bytes, max_bytes_);
    }
    return parse_npy(unpack(input_, member));
  }
  // Bytes that unpacking takes, one array at a time.
  std::uint64_t largest_unpacked() const { return largest_; }

 private:
  struct Array {
    ZipMember member;
    NpyHeader header;
  };
  const Array& find(const std::string& name) const {
    const auto array = arrays_.find(name);
    if (array == arrays_.end()) {
      throw IoError(file(), fmt::format("no array '{}'; expected it beside {} in a SciPy sparse "
                                        "matrix",
                                        name, names()));
    }
    return array->second;
  }

  const Input& input_;
  std::uint64_t max_bytes_;
  std::uint64_t largest_ = 0;
  std::map<std::string, Array> arrays_;
};

struct Shape {
  index_t rows = 0;
  index_t cols = 0;
};

Shape load_shape(const Archive& archive) {
  const std::vector<index_t> shape = to_integers(archive.load("shape"));
  if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0) {
    throw IoError(archive.file(), fmt::format("the array 'shape' holds {}; expected two lengths",
                                              format_shape(shape)));
  }
  return {shape[0], shape[1]};
}

// Throws IoError unless every index lies in [0, limit).
void check_indices(const Archive& archive,
                   const char* name,
                   const std::vector<index_t>& indices,
                   index_t limit,
                   const Shape& shape) {
  for (std::size_t p = 0; p < indices.size(); ++p) {
    if (indices[p] >= 0 && indices[p] < limit) continue;
    throw IoError(archive.file(),
                  fmt::format("{}[{}] is {}; expected 0 to {} in a {} x {} matrix", name, p,
                              indices[p], limit - 1, shape.rows, shape.cols));
  }
}

// Throws IoError unless name is a vector of count elements.
void check_length(const Archive& archive,
                  const char* name,
                  std::uint64_t count,
                  const std::string& why) {
  const NpyHeader& header = archive.header(name);
  if (header.shape.size() == 1 && header.count == count) return;
  throw IoError(archive.file(), fmt::format("the array '{}' has shape {}; expected ({},), {}", name,
                                            format_shape(header.shape), count, why));
}

// Throws MemoryLimit if a matrix with that many rows and entries, held copies times, and the
// largest array on its way in do not fit.
template <Scalar T>
void require_memory_for(const Archive& archive,
                        const Shape& shape,
                        index_t rows,
                        std::uint64_t entries,
                        std::uint64_t copies,
                        std::uint64_t bytes_per_triplet = 0) {
  require_side<T>(archive.file(), shape.rows, shape.cols, archive.max_bytes());
  // Entries are backed by bytes of the file; rows perhaps by nothing, so they could overflow.
  constexpr std::uint64_t more_than_any_memory = std::uint64_t{1} << 57;
  const std::uint64_t offsets =
      std::min(static_cast<std::uint64_t>(rows) + 1, more_than_any_memory) * sizeof(index_t);
  const std::uint64_t needed =
      copies * offsets + entries * (copies * (sizeof(index_t) + sizeof(T)) + bytes_per_triplet) +
      archive.largest_unpacked();
  require_memory(archive.file() + " as a sparse matrix", needed, archive.max_bytes());
}

// Rows in order, columns in order within them, none twice.
template <Scalar T>
bool is_canonical(const SparseMatrix<T>& A) {
  for (index_t i = 0; i < A.rows; ++i) {
    const auto first = A.columns.begin() + A.offsets[at(i)];
    const auto last = A.columns.begin() + A.offsets[at(i) + 1];
    if (std::adjacent_find(first, last, std::greater_equal<>()) != last) return false;
  }
  return true;
}

// Returns the matrix of the arrays data, indices, indptr. lines are rows in csr, columns in csc;
// the result has the lines as its rows.
template <Scalar T>
SparseMatrix<T> load_lines(const Archive& archive,
                           const Shape& shape,
                           index_t lines,
                           index_t length) {
  const std::uint64_t entries = archive.header("data").count;
  const std::vector<index_t> bounds = to_integers(archive.load("indptr"));
  if (bounds.front() != 0) {
    throw IoError(archive.file(), fmt::format("indptr[0] is {}; expected 0", bounds.front()));
  }
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    if (bounds[i] < bounds[i - 1] || static_cast<std::uint64_t>(bounds[i]) > entries) {
      throw IoError(archive.file(),
                    fmt::format("indptr[{}] is {}; expected {} to {}, the number of entries", i,
                                bounds[i], bounds[i - 1], entries));
    }
  }
  SparseMatrix<T> A;
  A.rows = lines;
  A.cols = length;
  A.offsets = bounds;
  A.columns = to_integers(archive.load("indices"));
  A.values = to_values<T>(archive.load("data"));
  // What lies beyond the last line is spare room, not entries.
  A.columns.resize(at(bounds.back()));
  A.values.resize(at(bounds.back()));
  check_indices(archive, "indices", A.columns, length, shape);
  if (is_canonical(A)) return A;

  require_memory_for<T>(archive, shape, lines, entries, 2, sizeof(Triplet<T>));
  std::vector<Triplet<T>> triplets;
  triplets.reserve(A.values.size());
  for (index_t i = 0; i < lines; ++i) {
    for (index_t p = A.offsets[at(i)]; p < A.offsets[at(i) + 1]; ++p) {
      triplets.push_back({i, A.columns[at(p)], A.values[at(p)]});
    }
  }
  A = {};
  return from_triplets(lines, length, std::move(triplets));
}

template <Scalar T>
SparseMatrix<T> load_compressed(const Archive& archive, const Shape& shape, bool by_rows) {
  const index_t lines = by_rows ? shape.rows : shape.cols;
  const std::uint64_t entries = archive.header("data").count;
  check_length(archive, "indptr", static_cast<std::uint64_t>(lines) + 1,
               fmt::format("one more than the {}", by_rows ? "rows" : "columns"));
  check_length(archive, "data", entries, "a vector");
  check_length(archive, "indices", entries, "one for each entry of data");
  require_memory_for<T>(archive, shape, by_rows ? lines : std::max(shape.rows, shape.cols), entries,
                        by_rows ? 1 : 2);
  if (by_rows) return load_lines<T>(archive, shape, shape.rows, shape.cols);
  return transpose(load_lines<T>(archive, shape, shape.cols, shape.rows));
}

template <Scalar T>
SparseMatrix<T> load_coordinates(const Archive& archive, const Shape& shape) {
  const std::uint64_t entries = archive.header("data").count;
  check_length(archive, "data", entries, "a vector");
  check_length(archive, "row", entries, "one for each entry of data");
  check_length(archive, "col", entries, "one for each entry of data");
  require_memory_for<T>(archive, shape, shape.rows, entries, 2, sizeof(Triplet<T>));
  const std::vector<index_t> row = to_integers(archive.load("row"));
  const std::vector<index_t> col = to_integers(archive.load("col"));
  const std::vector<T> data = to_values<T>(archive.load("data"));
  check_indices(archive, "row", row, shape.rows, shape);
  check_indices(archive, "col", col, shape.cols, shape);
  std::vector<Triplet<T>> triplets;
  triplets.reserve(data.size());
  for (std::size_t p = 0; p < data.size(); ++p) triplets.push_back({row[p], col[p], data[p]});
  return from_triplets(shape.rows, shape.cols, std::move(triplets));
}

AnyMatrix load_sparse(const Archive& archive) {
  const std::string format = to_text(archive.load("format"));
  if (format == "bsr" || format == "dia" || format == "lil" || format == "dok") {
    throw IoError(archive.file(),
                  fmt::format("the sparse format is '{}'; expected csr, csc or coo; save it again "
                              "with scipy.sparse.save_npz(file, a.tocsr())",
                              format));
  }
  if (format != "csr" && format != "csc" && format != "coo") {
    throw IoError(archive.file(), fmt::format("the sparse format is '{}'; expected csr, csc or coo",
                                              printable(format)));
  }
  const Shape shape = load_shape(archive);
  const NpyHeader& data = archive.header("data");
  require_numbers({archive.file() + "/data.npy", data, {}, {}});
  return with_scalar(data, [&]<Scalar T>() -> AnyMatrix {
    if (format == "coo") return load_coordinates<T>(archive, shape);
    return load_compressed<T>(archive, shape, format == "csr");
  });
}

}  // namespace

AnyMatrix read_npz(const Input& input, const ReadOptions& options) {
  const Archive archive(input, options.max_bytes);
  if (archive.has("format") && archive.has("shape")) return load_sparse(archive);
  if (archive.size() == 0) {
    throw IoError(input.name, "the archive holds no .npy array; expected exactly one");
  }
  if (archive.size() > 1) {
    throw IoError(input.name,
                  fmt::format("the archive holds {} arrays ({}); expected one, or a SciPy sparse "
                              "matrix; save the one you want with numpy.save",
                              archive.size(), archive.names()));
  }
  const NpyArray array = archive.load(archive.first_name());
  return to_matrix(array, options.max_bytes, archive.largest_unpacked());
}

}  // namespace eckart::io
