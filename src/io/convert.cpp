// Any matrix into a binary file: sources hand on entries, or rows, in their own order; the target
// gets them in its own.
#include "eckart/io/convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "eckart/error.hpp"
#include "eckart/io/result_folder.hpp"
#include "io/array_stream.hpp"
#include "io/atomic_file.hpp"
#include "io/csr_file.hpp"
#include "io/entry_sorter.hpp"
#include "io/entry_stream.hpp"
#include "io/npy_header.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

constexpr std::uint64_t longest_line = std::uint64_t{1} << 20;
constexpr std::uint64_t buffer_bytes = std::uint64_t{1} << 20;
constexpr double exact_integers = 9007199254740992.0;  // 2^53

const char* npy_type(Element element) { return element == Element::float32 ? "f4" : "f8"; }

// Numbers of a C-order .npy file, row by row. The header is as long for any shape.
class NpyWriter {
 public:
  // rows, cols: negative where they are not known yet.
  NpyWriter(const std::string& path, index_t rows, index_t cols, Element element)
      : path_(path), element_(element), file_(path, bytes_of(rows, cols)) {
    file_.write_at(0, format_npy_header(npy_type(element), {0, 0}));
  }

  void add(double value) {
    if (element_ == Element::float64) {
      buffer_.append(reinterpret_cast<const char*>(&value), sizeof value);
    } else {
      const auto narrow = static_cast<float>(value);
      if (std::isinf(narrow) && !std::isinf(value)) {
        throw IoError(path_, fmt::format("the value {} is beyond float32; write float64", value));
      }
      buffer_.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
    }
    if (buffer_.size() >= buffer_bytes) flush();
  }
  void add_zeros(index_t count) {
    for (; count > 0; --count) add(0);
  }
  void commit(index_t rows, index_t cols) {
    flush();
    file_.write_at(0, format_npy_header(npy_type(element_), {rows, cols}));
    file_.commit();
  }

  static constexpr std::uint64_t header_bytes = 128;

 private:
  std::uint64_t bytes_of(index_t rows, index_t cols) const {
    if (rows < 0) return 0;
    const auto size = static_cast<index_t>(element_bytes(element_));
    return header_bytes + static_cast<std::uint64_t>(checked_bytes(rows, cols, size));
  }
  void flush() {
    file_.write_at(at_, buffer_);
    at_ += buffer_.size();
    buffer_.clear();
  }

  std::string path_;
  Element element_;
  AtomicFile file_;
  std::uint64_t at_ = header_bytes;
  std::string buffer_;
};

// What all ways have in common.
struct Job {
  const std::string& source;
  const std::string& target;
  const ConvertOptions& options;
  Context& context;
  bool to_csr;

  Element element(Element of_source = Element::float64) const {
    const bool single = becomes<float>(of_source);
    return options.element.value_or(single ? Element::float32 : Element::float64);
  }

  // Of a loop over entries: progress, and whether to go on.
  void look(const char* stage, double done) const {
    if (context.cancelled()) core::throw_cancelled(context);
    context.report_progress({.stage = stage, .fraction = done});
  }
};

constexpr index_t entries_per_look = 1 << 16;

// Entries of the source in any order, and the target that is made of them.
class Collector final : public EntryStream {
 public:
  // done: the share of the source that was read; empty: told by the number of entries.
  Collector(const Job& job,
            Element element,
            std::uint64_t memory_bytes,
            std::function<double()> done = {})
      : job_(job),
        element_(element),
        memory_bytes_(memory_bytes),
        sorter_(job.target, memory_bytes),
        done_(std::move(done)) {}

  // Without this, entries tell the size.
  void begin(index_t rows, index_t cols, double most_entries) override {
    set_size(rows, cols);
    most_entries_ = most_entries;
    const std::uint64_t scratch = EntrySorter::scratch_bytes(most_entries, memory_bytes_);
    const std::uint64_t target = target_bytes(most_entries);
    require_room(job_.target, scratch + std::min(target, UINT64_MAX - scratch));
    if (job_.options.announce) job_.options.announce(scratch, target);
  }
  void set_size(index_t rows, index_t cols) {
    rows_ = rows;
    cols_ = cols;
  }

  void entry(index_t row, index_t col, double value) override {
    sorter_.add({row, col, value});
    last_row_ = std::max(last_row_, row);
    last_col_ = std::max(last_col_, col);
    if (sorter_.added() % entries_per_look != 0) return;
    job_.look("reading", done_ ? done_() : static_cast<double>(sorter_.added()) / most_entries_);
  }

  Conversion finish() {
    if (rows_ < 0) {
      rows_ = last_row_ + 1;
      cols_ = last_col_ + 1;
    }
    const index_t added = sorter_.added();
    const index_t entries = job_.to_csr ? write_csr() : write_npy();
    return {.rows = rows_,
            .cols = cols_,
            .entries = job_.to_csr ? entries : rows_ * cols_,
            .added = added - entries,
            .sparse = job_.to_csr,
            .element = element_};
  }

 private:
  CsrHeader header(index_t entries) const {
    constexpr index_t narrow = std::numeric_limits<std::int32_t>::max();
    return {.rows = rows_,
            .cols = cols_,
            .entries = entries,
            .index_bytes = cols_ <= narrow ? 4u : 8u,
            .element = element_};
  }
  std::uint64_t target_bytes(double entries) const {
    const double numbers = job_.to_csr ? entries : double(rows_) * double(cols_);
    const double each =
        static_cast<double>(element_bytes(element_)) + (job_.to_csr ? header(0).index_bytes : 0);
    const double bytes = numbers * each + (job_.to_csr ? 8.0 * double(rows_) + 48 : 128);
    return static_cast<std::uint64_t>(std::min(bytes, 9e18));
  }
  // The sorter's entries, counted.
  template <class Take>
  index_t drain(const Take& take) {
    index_t count = 0;
    sorter_.drain(
        [&](const Entry& entry) {
          take(entry);
          if (++count % entries_per_look == 0) {
            job_.look("writing", static_cast<double>(count) / static_cast<double>(sorter_.added()));
          }
        },
        job_.context);
    return count;
  }

  index_t write_csr() {
    CsrWriter file(job_.target, header(sorter_.added()));
    drain([&](const Entry& entry) { file.add(entry.row, entry.col, entry.value); });
    return file.commit();
  }
  index_t write_npy() {
    NpyWriter file(job_.target, rows_, cols_, element_);
    index_t next = 0;
    const index_t count = drain([&](const Entry& entry) {
      const index_t place = entry.row * cols_ + entry.col;
      file.add_zeros(place - next);
      file.add(entry.value);
      next = place + 1;
    });
    file.add_zeros(rows_ * cols_ - next);
    file.commit(rows_, cols_);
    return count;
  }

  const Job& job_;
  Element element_;
  std::uint64_t memory_bytes_;
  EntrySorter sorter_;
  std::function<double()> done_;
  double most_entries_ = 1;
  index_t rows_ = -1, cols_ = -1;
  index_t last_row_ = -1, last_col_ = -1;
};

// Returns what tells the share of a text that was read; negative where its size is not known.
std::function<double()> share_of(const std::string& source, const TextStream& text) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(source, error);
  const double all = error ? -1 : std::max(1.0, static_cast<double>(bytes));
  return [&text, all] { return static_cast<double>(text.bytes_read()) / all; };
}

// Nothing: the file is complex.
std::optional<Conversion> from_matrix_market(const Job& job) {
  TextStream text = TextStream::open(job.source, longest_line);
  Collector collector(job, job.element(), job.options.memory_bytes, share_of(job.source, text));
  if (!stream_matrix_market(text, collector)) return std::nullopt;
  return collector.finish();
}

// Rows of two or three numbers as entries.
class TripletRows {
 public:
  TripletRows(const Job& job, Collector& to) : job_(job), to_(to) {
    to_.set_size(job.options.rows, job.options.cols);
  }
  void take(std::span<const double> row) {
    ++count_;
    if (row.size() != 2 && row.size() != 3) {
      throw IoError(job_.source, fmt::format("the table has {} columns; expected row, column and "
                                             "value, or row and column",
                                             row.size()));
    }
    to_.entry(index(row[0], "row", job_.options.rows), index(row[1], "column", job_.options.cols),
              row.size() == 3 ? row[2] : 1);
  }

 private:
  index_t index(double number, const char* what, index_t size) const {
    const auto first = static_cast<double>(*job_.options.triplets_from);
    const double most = size < 0 ? exact_integers : first + static_cast<double>(size) - 1;
    if (number >= first && number <= most && number == std::floor(number)) {
      return static_cast<index_t>(number - first);
    }
    throw IoError(job_.source, fmt::format("the {} of entry {} is {}; expected a whole number from "
                                           "{} to {}",
                                           what, count_, number, first, most));
  }

  const Job& job_;
  Collector& to_;
  index_t count_ = 0;
};

Conversion from_table(const Job& job, char delimiter) {
  TextStream text = TextStream::open(job.source, job.options.memory_bytes);
  const std::function<double()> share = share_of(job.source, text);
  // A row takes up to eight bytes for every two of its text, and vectors grow by doubling.
  const std::uint64_t memory = job.options.memory_bytes / 16;
  const auto stream = [&](const std::function<void(std::span<const double>)>& take) {
    return stream_delimited(text, delimiter, job.options.missing, memory, take);
  };
  index_t rows = 0;
  if (!job.to_csr && !job.options.triplets_from) {
    NpyWriter file(job.target, -1, -1, job.element());
    const index_t cols = stream([&](std::span<const double> row) {
      for (const double value : row) file.add(value);
      if (++rows % 1024 == 0) job.look("reading", share());
    });
    file.commit(rows, cols);
    return {.rows = rows, .cols = cols, .entries = rows * cols, .element = job.element()};
  }
  Collector collector(job, job.element(), job.options.memory_bytes / 2, share);
  if (job.options.triplets_from) {
    TripletRows triplets(job, collector);
    stream([&](std::span<const double> row) { triplets.take(row); });
  } else {
    const index_t cols = stream([&](std::span<const double> row) {
      for (std::size_t j = 0; j < row.size(); ++j) {
        if (row[j] != 0) collector.entry(rows, static_cast<index_t>(j), row[j]);
      }
      ++rows;
    });
    collector.set_size(rows, cols);
  }
  return collector.finish();
}

// How a float16, float32 or other array is best kept.
Element element_of(const NpyHeader& header) {
  return header.kind == 'f' && header.item_bytes <= 4 ? Element::float32 : Element::float64;
}

bool is_real_matrix(const NpyHeader& header) {
  return header.kind != 'c' && !header.shape.empty() && header.shape.size() <= 2;
}

// The numbers of a dense array, in either order. Nothing: it is complex, or has other dimensions.
std::optional<Conversion> from_array(const Job& job, ArrayStream& array) {
  const NpyHeader& header = array.header();
  if (!is_real_matrix(header)) return std::nullopt;
  const index_t rows = header.shape[0];
  const index_t cols = header.shape.size() == 2 ? header.shape[1] : 1;
  const auto count = static_cast<index_t>(header.count);
  const bool row_major = !header.fortran_order || header.shape.size() == 1;
  const Element element = job.element(element_of(header));
  index_t p = 0;
  const auto done = [&] { return static_cast<double>(p) / static_cast<double>(count); };
  if (!job.to_csr && row_major) {
    NpyWriter file(job.target, rows, cols, element);
    for (; p < count; ++p) {
      if (p % entries_per_look == 0) job.look("reading", done());
      file.add(array.take_value());
    }
    array.expect_end();
    file.commit(rows, cols);
    return Conversion{.rows = rows, .cols = cols, .entries = count, .element = element};
  }
  Collector collector(job, element, job.options.memory_bytes, done);
  collector.begin(rows, cols, static_cast<double>(count));
  for (; p < count; ++p) {
    if (p % entries_per_look == 0) job.look("reading", done());
    const double value = array.take_value();
    if (value == 0) continue;
    if (row_major) {
      collector.entry(p / cols, p % cols, value);
    } else {
      collector.entry(p % rows, p / rows, value);
    }
  }
  array.expect_end();
  return collector.finish();
}

std::optional<Conversion> from_npy(const Job& job) {
  const PartFile file(job.source);
  char start[2] = {};
  if (file.bytes() >= sizeof start) file.read(0, sizeof start, start);
  if (start[0] == '\x1f' && start[1] == '\x8b') return std::nullopt;  // gzip
  ArrayStream array(job.source, bytes_of(file));
  return from_array(job, array);
}

// The members of an archive by name, without ".npy".
class Archive {
 public:
  Archive(const std::string& path, std::uint64_t max_bytes)
      : file_(path), input_(Input::open(path, max_bytes)) {
    for (ZipMember& member : read_zip_directory(input_)) {
      if (member.name.ends_with(".npy")) members_.push_back(std::move(member));
    }
  }
  // Whether the file is the archive itself, not a compressed one.
  bool plain() const { return file_.bytes() == input_.bytes.size(); }
  std::size_t size() const { return members_.size(); }
  ArrayStream open(const std::string& name) const {
    for (const ZipMember& member : members_) {
      if (member.name == name + ".npy") return open(member);
    }
    throw IoError(input_.name, fmt::format("no array '{}' in it", name));
  }
  ArrayStream open(const ZipMember& member) const {
    return {fmt::format("{}/{}", input_.name, printable(member.name)),
            bytes_of(file_, input_, member)};
  }
  const ZipMember& first() const { return members_.front(); }
  // The text of a small array, and empty if there is none of that name.
  std::string text(const std::string& name) const {
    constexpr std::uint64_t small = 4096;
    for (const ZipMember& member : members_) {
      if (member.name != name + ".npy" || member.bytes > small) continue;
      return to_text(parse_npy(unpack(input_, member)));
    }
    return "";
  }
  const std::string& name() const { return input_.name; }

 private:
  PartFile file_;
  Input input_;
  std::vector<ZipMember> members_;
};

// The arrays of scipy.sparse.save_npz, read side by side.
class SparseArrays {
 public:
  SparseArrays(const Archive& archive, const std::string& format)
      : archive_(archive), data_(archive.open("data")), format_(format) {
    ArrayStream shape = archive.open("shape");
    if (shape.header().count != 2) fail("the array 'shape' holds no two lengths");
    rows_ = shape.take_index();
    cols_ = shape.take_index();
    if (rows_ < 0 || cols_ < 0) fail("the array 'shape' holds negative lengths");
  }

  const NpyHeader& header() const { return data_.header(); }

  void pass_to(Collector& to) {
    const auto count = static_cast<index_t>(data_.header().count);
    to.begin(rows_, cols_, static_cast<double>(count));
    if (format_ == "coo") {
      ArrayStream row = open("row", count), col = open("col", count);
      for (index_t p = 0; p < count; ++p) {
        const index_t i = checked("row", p, row.take_index(), rows_);
        to.entry(i, checked("col", p, col.take_index(), cols_), data_.take_value());
      }
      return;
    }
    const bool by_rows = format_ == "csr";
    const index_t lines = by_rows ? rows_ : cols_;
    ArrayStream bounds = open("indptr", lines + 1), indices = open("indices", count);
    index_t p = bounds.take_index();
    if (p != 0) fail(fmt::format("indptr[0] is {}; expected 0", p));
    for (index_t line = 0; line < lines; ++line) {
      const index_t end = bounds.take_index();
      if (end < p || end > count) {
        fail(fmt::format("indptr[{}] is {}; expected {} to {}, the number of entries", line + 1,
                         end, p, count));
      }
      for (; p < end; ++p) {
        const index_t cross = checked("indices", p, indices.take_index(), by_rows ? cols_ : rows_);
        to.entry(by_rows ? line : cross, by_rows ? cross : line, data_.take_value());
      }
    }
  }

 private:
  ArrayStream open(const char* name, index_t count) const {
    ArrayStream array = archive_.open(name);
    const NpyHeader& header = array.header();
    if (header.shape.size() == 1 && header.shape[0] == count) return array;
    fail(fmt::format("the array '{}' has shape {}; expected ({},)", name,
                     format_shape(header.shape), count));
  }
  index_t checked(const char* name, index_t p, index_t index, index_t limit) const {
    if (index >= 0 && index < limit) return index;
    fail(fmt::format("{}[{}] is {}; expected 0 to {} in a {} x {} matrix", name, p, index,
                     limit - 1, rows_, cols_));
  }
  [[noreturn]] void fail(const std::string& what) const { throw IoError(archive_.name(), what); }

  const Archive& archive_;
  ArrayStream data_;
  std::string format_;
  index_t rows_ = 0, cols_ = 0;
};

std::optional<Conversion> from_npz(const Job& job) {
  const Archive archive(job.source, job.options.memory_bytes);
  if (!archive.plain()) return std::nullopt;
  const std::string format = archive.text("format");
  if (format.empty() && archive.size() == 1) {
    ArrayStream array = archive.open(archive.first());
    return from_array(job, array);
  }
  if (format != "csr" && format != "csc" && format != "coo") return std::nullopt;
  SparseArrays arrays(archive, format);
  if (arrays.header().kind == 'c') return std::nullopt;
  Collector collector(job, job.element(element_of(arrays.header())), job.options.memory_bytes);
  arrays.pass_to(collector);
  return collector.finish();
}

template <Scalar T>
requires(!is_complex<T>) void pass(const SparseMatrix<T>& A, Collector& to) {
  to.begin(A.rows, A.cols, static_cast<double>(A.stored_entries()));
  for (index_t i = 0; i < A.rows; ++i) {
    for (index_t p = A.offsets[std::size_t(i)]; p < A.offsets[std::size_t(i) + 1]; ++p) {
      to.entry(i, A.columns[std::size_t(p)], static_cast<double>(A.values[std::size_t(p)]));
    }
  }
}

template <Scalar T>
requires(!is_complex<T>) void pass(const DenseMatrix<T>& A, Collector& to) {
  to.begin(A.rows(), A.cols(), static_cast<double>(A.rows()) * static_cast<double>(A.cols()));
  for (index_t i = 0; i < A.rows(); ++i) {
    for (index_t j = 0; j < A.cols(); ++j) {
      if (A(i, j) != T(0)) to.entry(i, j, static_cast<double>(A(i, j)));
    }
  }
}

// By reading it into memory first: half of it for the matrix.
Conversion from_memory(const Job& job) {
  const std::uint64_t half = job.options.memory_bytes / 2;
  const AnyMatrix matrix = read_matrix(
      job.source,
      {.format = job.options.format, .missing = job.options.missing, .max_bytes = half});
  constexpr std::size_t scalars = 4;  // float, double, and complex numbers of each
  const std::size_t scalar = matrix.index() % scalars;
  if (scalar >= 2) throw IoError(job.source, "its numbers are complex; expected real ones");
  Collector collector(job, job.element(scalar == 0 ? Element::float32 : Element::float64), half);
  std::visit(
      [&](const auto& A) {
        if constexpr (requires { pass(A, collector); }) pass(A, collector);
      },
      matrix);
  return collector.finish();
}

}  // namespace

Conversion convert_matrix(const std::string& source,
                          const std::string& target,
                          const ConvertOptions& options,
                          Context& context) {
  const bool csr = target.ends_with(".csr");
  require(csr || target.ends_with(".npy"),
          target + ": the target must end in .csr (sparse) or .npy (dense)");
  require(!options.element || *options.element == Element::float32 ||
              *options.element == Element::float64,
          "element must be float32 or float64");
  require(options.memory_bytes >= buffer_bytes, "memory_bytes must be at least 1 MiB");
  const Job job{source, target, options, context, csr};
  const Format format = format_of(source, options.format);
  require(!options.triplets_from || format == Format::csv || format == Format::tsv,
          source + ": only tables hold triplets in their rows");
  std::optional<Conversion> done;
  if (format == Format::csv || format == Format::tsv) {
    return from_table(job, format == Format::tsv ? '\t' : '\0');
  }
  if (format == Format::matrix_market) done = from_matrix_market(job);
  if (format == Format::npy) done = from_npy(job);
  if (format == Format::npz) done = from_npz(job);
  return done ? *done : from_memory(job);
}

}  // namespace eckart::io
