// Saved results: .npy files streamed through a small buffer, folders replaced as a whole.

#include "eckart/io/result_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/spread.hpp"
#include "io/atomic_file.hpp"
#include "io/npy_header.hpp"
#include "io/readers.hpp"
#include "io/together.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 8> companion_names = {"mean",   "scale",  "scores", "loadings",
                                                        "filled", "sparse", "basis",  "recurrence"};
constexpr std::array<const char*, 12> file_names = {
    "U.npy",      "s.npy",        "Vt.npy",     "report.json", "mean.npy",  "scale.npy",
    "scores.npy", "loadings.npy", "filled.npy", "sparse.npy",  "basis.npy", "recurrence.npy"};

template <Scalar T>
constexpr const char* npy_type() {
  if constexpr (std::same_as<T, float>) return "f4";
  if constexpr (std::same_as<T, double>) return "f8";
  if constexpr (std::same_as<T, std::complex<float>>) return "c8";
  return "c16";
}

// Where a file is written, and what messages call it.
struct Destination {
  std::string path;
  std::string shown;
};

// Writes an array of the given shape whose elements in C order are element(0), element(1), ...
template <Scalar T, class Element>
void write_elements(const Destination& to,
                    const std::vector<index_t>& shape,
                    index_t count,
                    const Element& element) {
  const std::string header = format_npy_header(npy_type<T>(), shape);
  AtomicFile file(to.path, header.size() + static_cast<std::uint64_t>(count) * sizeof(T), to.shown);
  file.write(header);
  constexpr index_t buffer_bytes = 1 << 20;
  constexpr index_t step = buffer_bytes / static_cast<index_t>(sizeof(T));
  std::vector<T> buffer(static_cast<std::size_t>(std::min(step, count)));
  for (index_t first = 0; first < count; first += step) {
    const index_t n = std::min(step, count - first);
    for (index_t i = 0; i < n; ++i) buffer[static_cast<std::size_t>(i)] = element(first + i);
    file.write(
        {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(n) * sizeof(T)});
  }
  file.commit();
}

template <Scalar T>
void write_matrix(const Destination& to, MatrixView<const T> matrix, bool as_vector) {
  const index_t n = std::max<index_t>(1, matrix.cols);
  std::vector<index_t> shape = {matrix.rows};
  if (!as_vector) shape.push_back(matrix.cols);
  write_elements<T>(to, shape, matrix.rows * matrix.cols,
                    [&](index_t p) { return matrix(p / n, p % n); });
}

// Writes V^H, k x n: its rows are the conjugated columns of V.
template <Scalar T>
void write_adjoint(const Destination& to, MatrixView<const T> V) {
  const index_t n = std::max<index_t>(1, V.rows);
  write_elements<T>(to, {V.cols, V.rows}, V.rows * V.cols,
                    [&](index_t p) { return conjugate(V(p % n, p / n)); });
}

void write_characters(const Destination& to, const std::string& text) {
  AtomicFile file(to.path, text.size(), to.shown);
  file.write(text);
  file.commit();
}

// Removes the files of a result and then the folder, which stays if it holds anything else.
// Allocates nothing: this is also how a run that got no memory cleans up.
void remove_result(const std::string& folder) noexcept {
  const int place = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (place < 0) return;
  for (const char* name : file_names) unlinkat(place, name, 0);
  close(place);
  rmdir(folder.c_str());
}

// A folder on its way: removed with the result in it unless release() was called.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& target) {
    const std::string parent = parent_folder(resolve(target));
    int error = 0;
    do {
      path_ = temporary_name(parent);
      error = mkdir(path_.c_str(), 0777) == 0 ? 0 : errno;
    } while (error == EEXIST);  // left over by a killed process
    if (error == 0) return;
    path_.clear();
    require_folder(parent, target);
    throw IoError(target, fmt::format("cannot create a folder in {}: {}; choose a folder that you "
                                      "may write to",
                                      parent, error_text(error)));
  }
  ~TemporaryFolder() {
    if (!path_.empty()) remove_result(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  void release() { path_.clear(); }

 private:
  std::string path_;
};

[[noreturn]] void fail_occupied(const std::string& folder) {
  throw InvalidArgument(folder + " exists already; choose another name, or ask to replace it");
}

// Whether the folder holds a report.json with the "schema" that each report of this library has.
bool has_report(const std::string& folder) {
  const std::string path = folder + "/report.json";
  if (!fs::exists(path) || fs::file_size(path) == 0) return false;
  const Input input = Input::open(path, 0, "the report of an earlier result");
  const auto report = nlohmann::json::parse(input.bytes, nullptr, false);
  return report.is_object() && report.contains("schema") && report["schema"].is_number_integer();
}

// Throws IoError unless the folder holds an earlier result and nothing else: everything in it is
// about to go.
void require_result(const std::string& folder, const std::string& target) {
  const auto refuse = [&](const std::string& why) {
    throw IoError(folder, why + "; choose another folder or move it away");
  };
  std::error_code error;
  for (fs::directory_iterator entry(target, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::find(file_names.begin(), file_names.end(), name) == file_names.end()) {
      refuse(fmt::format("the folder also holds '{}', which is no part of a result", name));
    }
    if (!fs::is_regular_file(entry->symlink_status(error))) {
      refuse(
          fmt::format("in the folder, '{}' is not an ordinary file, so this is no result", name));
    }
  }
  if (error) throw IoError(folder, "cannot list the folder: " + error.message());
  if (!has_report(target)) {
    refuse("the folder holds no report.json of an earlier result, so this is no result");
  }
}

// Throws unless the target is free, an empty folder, or an earlier result to overwrite:
// InvalidArgument when it would be overwritten without leave, IoError otherwise.
void require_replaceable(const std::string& folder, const std::string& target, bool overwrite) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (status.type() == fs::file_type::not_found) return;
  if (!fs::is_directory(status)) {
    throw IoError(folder,
                  "it exists and is not a folder; expected the name of a folder for the "
                  "result");
  }
  const bool empty = fs::is_empty(target, error);
  if (error) throw IoError(folder, "cannot list the folder: " + error.message());
  if (empty) return;
  if (!overwrite) fail_occupied(folder);
  require_result(folder, target);
}

// Puts the complete folder at the target. Afterwards ready holds what was there, if anything.
// A reader sees the old result or the new one; where the file system cannot exchange two folders,
// it may see none for a moment.
void exchange(const std::string& folder,
              const std::string& target,
              bool overwrite,
              TemporaryFolder& ready) {
  const auto fail = [&](int error) {
    throw IoError(folder, fmt::format("cannot put the result in place: {}; the earlier state is "
                                      "untouched",
                                      error_text(error)));
  };
  // Renaming onto nothing, or onto an empty folder, is atomic everywhere.
  if (rename(ready.path().c_str(), target.c_str()) == 0) return ready.release();
  if (errno != ENOTEMPTY && errno != EEXIST) fail(errno);
  // Somebody may have put files there since the first look.
  require_replaceable(folder, target, overwrite);
  if (renameat2(AT_FDCWD, ready.path().c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
    return;  // ready is now the old result, and goes with its destructor
  }
  if (errno != EINVAL && errno != ENOSYS) fail(errno);
  const std::string aside = temporary_name(parent_folder(target));
  if (rename(target.c_str(), aside.c_str()) != 0) fail(errno);
  if (rename(ready.path().c_str(), target.c_str()) != 0) {
    const int error = errno;
    rename(aside.c_str(), target.c_str());
    fail(error);
  }
  ready.release();
  remove_result(aside);
}

void require_names(const std::vector<Companion>& companions) {
  for (const Companion& companion : companions) {
    require(std::find(companion_names.begin(), companion_names.end(), companion.name) !=
                companion_names.end(),
            "there is no place for '" + companion.name + "' in a result");
  }
}

// file(name) tells where a file of the result goes.
template <Scalar T, class File>
void write_all_but_vectors(const SvdResult<T>& result,
                           const std::string& report_text,
                           const std::vector<Companion>& companions,
                           const File& file) {
  const auto k = static_cast<index_t>(result.sigma.size());
  write_matrix<real_t<T>>(file("s.npy"), {result.sigma.data(), k, 1, std::max<index_t>(1, k)},
                          true);
  for (const Companion& companion : companions) {
    std::visit(
        [&]<class S>(MatrixView<const S> values) {
          write_matrix<S>(file(companion.name + ".npy"), values, companion.as_vector);
        },
        companion.values);
  }
  write_characters(file("report.json"),
                   (report_text.empty() ? to_json(result.report) : report_text) + "\n");
}

void put_in_place(const std::string& folder,
                  const std::string& target,
                  bool overwrite,
                  TemporaryFolder& ready) {
  sync_folder(ready.path(), folder);
  exchange(folder, target, overwrite, ready);
  sync_folder(parent_folder(target), folder);
}

// A C-order array in a file that several write to, each its own elements.
template <Scalar T>
class OpenArray {
 public:
  OpenArray(const std::string& path, index_t rows, index_t cols, const std::string& shown)
      : header_(format_npy_header(npy_type<T>(), {rows, cols})),
        shown_(shown),
        file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (file_ < 0) fail();
  }
  ~OpenArray() {
    if (file_ >= 0) ::close(file_);
  }
  OpenArray(const OpenArray&) = delete;
  OpenArray& operator=(const OpenArray&) = delete;

  // Makes the file as long as it will be, and writes the header.
  void prepare(index_t elements) {
    const auto bytes = static_cast<off_t>(header_.size()) +
                       static_cast<off_t>(elements) * static_cast<off_t>(sizeof(T));
    if (const int error = posix_fallocate(file_, 0, bytes); error != 0) {
      errno = error;
      fail();
    }
    put(header_.data(), header_.size(), 0);
  }
  void write(index_t first, const std::vector<T>& values) {
    put(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T),
        static_cast<off_t>(header_.size()) +
            static_cast<off_t>(first) * static_cast<off_t>(sizeof(T)));
  }
  void close() {
    if (fsync(file_) != 0) fail();
    const int file = std::exchange(file_, -1);
    if (::close(file) != 0) fail();
  }

 private:
  void put(const char* bytes, std::size_t count, off_t offset) {
    while (count > 0) {
      const ssize_t written = pwrite(file_, bytes, count, offset);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail();
      bytes += written;
      offset += written;
      count -= static_cast<std::size_t>(written);
    }
  }
  [[noreturn]] void fail() const {
    throw IoError(shown_, fmt::format("cannot write the vectors: {}; expected a folder that every "
                                      "rank can write to",
                                      error_text(errno)));
  }

  std::string header_;
  std::string shown_;
  int file_;
};

template <Scalar T>
void make_array(const std::string& path, index_t rows, index_t cols, const std::string& shown) {
  OpenArray<T> array(path, rows, cols, shown);
  array.prepare(rows * cols);
  array.close();
}

// Writes the rows of this rank into an array of all rows that is there.
template <Scalar T>
void write_rows(const std::string& path,
                MatrixView<const T> here,
                const Shard& shard,
                const std::string& shown) {
  const index_t k = here.cols;
  const index_t rows = std::max<index_t>(1, (index_t{1} << 17) / std::max<index_t>(k, 1));
  OpenArray<T> array(path, shard.total, k, shown);
  for (index_t top = 0; top < shard.count; top += rows) {
    const index_t count = std::min(rows, shard.count - top);
    std::vector<T> values;
    for (index_t i = top; i < top + count; ++i) {
      for (index_t j = 0; j < k; ++j) values.push_back(here(i, j));
    }
    array.write((shard.first + top) * k, values);
  }
  array.close();
}

AnyMatrix read_array(const std::string& path) { return read_npy(Input::open(path, 0), {}); }

template <Scalar T>
std::vector<real_t<T>> real_vector(const AnyMatrix& s, const std::string& path) {
  return std::visit(
      [&]<class M>(const M& matrix) -> std::vector<real_t<T>> {
        if constexpr (std::is_same_v<M, DenseMatrix<float>> ||
                      std::is_same_v<M, DenseMatrix<double>>) {
          if (matrix.cols() == 1) {
            std::vector<real_t<T>> values;
            for (index_t i = 0; i < matrix.rows(); ++i) {
              values.push_back(static_cast<real_t<T>>(matrix(i, 0)));
            }
            return values;
          }
        }
        throw IoError(path, "expected one vector of real singular values");
      },
      s);
}

}  // namespace

template <Scalar T>
void write_npy(const std::string& path, MatrixView<const T> matrix, bool as_vector) {
  require(!as_vector || matrix.cols == 1,
          fmt::format("as_vector needs one column, got {}", matrix.cols));
  write_matrix<T>({path, path}, matrix, as_vector);
}

void write_text(const std::string& path, const std::string& text) {
  write_characters({path, path}, text);
}

template <Scalar T>
void write_result(const std::string& folder,
                  const SvdResult<T>& result,
                  bool overwrite,
                  const std::string& report_text,
                  const std::vector<Companion>& companions) {
  require_names(companions);
  const std::string target = resolve(folder);
  require_replaceable(folder, target, overwrite);
  TemporaryFolder ready(folder);
  const auto file = [&](const std::string& name) {
    return Destination{ready.path() + "/" + name, folder + "/" + name};
  };
  const bool has_vectors = result.U.rows() > 0 || result.V.rows() > 0;
  if (has_vectors) {
    write_matrix<T>(file("U.npy"), result.U.view(), false);
    write_adjoint<T>(file("Vt.npy"), result.V.view());
  }
  write_all_but_vectors(result, report_text, companions, file);
  put_in_place(folder, target, overwrite, ready);
}

template <Scalar T>
void write_spread_result(const std::string& folder,
                         const SvdResult<T>& result,
                         const Shard& left,
                         const Shard& right,
                         bool overwrite,
                         const std::string& report_text,
                         const std::vector<Companion>& companions,
                         const std::vector<SpreadCompanion>& spread) {
  const Communicator& ranks = *left.ranks;
  const bool first = ranks.rank() == 0;
  const bool has_vectors = left.any(result.U.cols() > 0);
  const auto k = static_cast<index_t>(result.sigma.size());
  const std::string target = resolve(folder);
  std::unique_ptr<TemporaryFolder> ready;  // of the first rank
  std::string path;
  const auto for_each_spread = [&](const auto& step) {
    for (const auto& [here, rows] : spread) {
      const std::string file = path + "/" + here.name + ".npy";
      std::visit([&](auto values) { step(file, values, rows); }, here.values);
    }
  };
  together(ranks, [&] {
    if (!first) return;
    require_names(companions);
    for (const auto& companion : spread) require_names({companion.here});
    require_replaceable(folder, target, overwrite);
    ready = std::make_unique<TemporaryFolder>(folder);
    path = ready->path();
    write_all_but_vectors(result, report_text, companions, [&](const std::string& name) {
      return Destination{path + "/" + name, folder + "/" + name};
    });
    for_each_spread(
        [&]<class S>(const std::string& file, MatrixView<const S> here, const Shard& shard) {
          make_array<S>(file, shard.total, here.cols, folder);
        });
    if (!has_vectors) return;
    make_array<T>(path + "/U.npy", left.total, k, folder);
    make_array<T>(path + "/Vt.npy", k, right.total, folder);
  });
  tell(ranks, 0, path);
  together(ranks, [&] {
    for_each_spread([&]<class S>(const std::string& file, MatrixView<const S> here,
                                 const Shard& shard) { write_rows<S>(file, here, shard, folder); });
    if (!has_vectors) return;
    write_rows<T>(path + "/U.npy", result.U.view(), left, folder);
    OpenArray<T> Vt(path + "/Vt.npy", k, right.total, folder);
    for (index_t j = 0; j < k; ++j) {
      std::vector<T> values;
      for (index_t i = 0; i < right.count; ++i) values.push_back(conjugate(result.V(i, j)));
      Vt.write(j * right.total + right.first, values);
    }
    Vt.close();
  });
  together(ranks, [&] {
    if (first) put_in_place(folder, target, overwrite, *ready);
  });
}

AnySavedResult read_result(const std::string& folder) {
  const std::string base = folder.ends_with('/') ? folder : folder + "/";
  if (!fs::is_directory(folder)) {
    throw IoError(folder, "not a folder; expected a saved result with U.npy, s.npy and Vt.npy");
  }
  const bool has_U = fs::exists(base + "U.npy");
  const bool has_Vt = fs::exists(base + "Vt.npy");
  if (has_U != has_Vt) {
    throw IoError(folder, fmt::format("the folder holds {} but no {}; expected both, or neither",
                                      has_U ? "U.npy" : "Vt.npy", has_U ? "Vt.npy" : "U.npy"));
  }
  const AnyMatrix s = read_array(base + "s.npy");
  if (!has_U) {
    if (std::holds_alternative<DenseMatrix<float>>(s)) {
      return SavedResult<float>{{}, real_vector<float>(s, base + "s.npy"), {}};
    }
    return SavedResult<double>{{}, real_vector<double>(s, base + "s.npy"), {}};
  }
  const AnyMatrix U = read_array(base + "U.npy");
  const AnyMatrix Vt = read_array(base + "Vt.npy");
  return std::visit(
      [&]<class M>(const M& left) -> AnySavedResult {
        if constexpr (requires { left.row_major; }) {
          if (const M* right = std::get_if<M>(&Vt)) {
            using T = std::remove_cvref_t<decltype(left(0, 0))>;
            SavedResult<T> saved{left, real_vector<T>(s, base + "s.npy"), *right};
            const auto k = static_cast<index_t>(saved.s.size());
            if (left.cols() == k && right->rows() == k) return saved;
            throw IoError(folder,
                          fmt::format("the shapes do not fit: U is {} x {}, s has {} values, Vt is "
                                      "{} x {}; expected m x k, k, k x n",
                                      left.rows(), left.cols(), k, right->rows(), right->cols()));
          }
        }
        throw IoError(folder,
                      "U.npy and Vt.npy hold numbers of different types; expected the "
                      "same; convert one with a.astype");
      },
      U);
}

template void write_npy(const std::string&, MatrixView<const float>, bool);
template void write_npy(const std::string&, MatrixView<const double>, bool);
template void write_npy(const std::string&, MatrixView<const std::complex<float>>, bool);
template void write_npy(const std::string&, MatrixView<const std::complex<double>>, bool);
template void write_result(const std::string&,
                           const SvdResult<float>&,
                           bool,
                           const std::string&,
                           const std::vector<Companion>&);
template void write_result(const std::string&,
                           const SvdResult<double>&,
                           bool,
                           const std::string&,
                           const std::vector<Companion>&);
template void write_result(const std::string&,
                           const SvdResult<std::complex<float>>&,
                           bool,
                           const std::string&,
                           const std::vector<Companion>&);
template void write_result(const std::string&,
                           const SvdResult<std::complex<double>>&,
                           bool,
                           const std::string&,
                           const std::vector<Companion>&);
template void write_spread_result(const std::string&,
                                  const SvdResult<float>&,
                                  const Shard&,
                                  const Shard&,
                                  bool,
                                  const std::string&,
                                  const std::vector<Companion>&,
                                  const std::vector<SpreadCompanion>&);
template void write_spread_result(const std::string&,
                                  const SvdResult<double>&,
                                  const Shard&,
                                  const Shard&,
                                  bool,
                                  const std::string&,
                                  const std::vector<Companion>&,
                                  const std::vector<SpreadCompanion>&);
template void write_spread_result(const std::string&,
                                  const SvdResult<std::complex<float>>&,
                                  const Shard&,
                                  const Shard&,
                                  bool,
                                  const std::string&,
                                  const std::vector<Companion>&,
                                  const std::vector<SpreadCompanion>&);
template void write_spread_result(const std::string&,
                                  const SvdResult<std::complex<double>>&,
                                  const Shard&,
                                  const Shard&,
                                  bool,
                                  const std::string&,
                                  const std::vector<Companion>&,
                                  const std::vector<SpreadCompanion>&);

}  // namespace eckart::io
