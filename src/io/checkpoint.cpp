// A log of products. File NNNNNN.product: the magic, the operation, the hash of its block, the
// numbers of bytes of up to two results, these, and a checksum of all.
#include "eckart/io/checkpoint.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <utility>

#include "core/hash.hpp"
#include "core/sketch.hpp"
#include "eckart/error.hpp"
#include "io/atomic_file.hpp"
#include "io/input.hpp"
#include "io/part_file.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "ECKPROD1";
constexpr const char* identity_name = "identity.txt";
constexpr const char* lock_name = "lock";
constexpr const char* extension = ".product";

enum class Operation : std::uint64_t {
  apply,
  apply_adjoint,
  gram_columns,
  gram_rows,
  scan,
  energies,
  summaries
};

// What a product is of.
struct Key {
  std::uint64_t operation = 0;
  std::uint64_t cols = 0;
  std::array<std::uint64_t, 2> hash = {};
  auto operator<=>(const Key&) const = default;
};

struct Header {
  char magic[8];
  Key key;
  std::uint64_t bytes[2];
};
static_assert(sizeof(Header) == 56);

// Two hashes of one block, by seeds of their own.
template <Scalar T>
std::array<std::uint64_t, 2> hash_of(MatrixView<const T> X) {
  std::array<std::uint64_t, 2> hash = {1, 2};
  for (index_t j = 0; j < X.cols; ++j) {
    for (std::uint64_t& h : hash) {
      h = core::hash_bytes(X.column(j), sizeof(T) * static_cast<std::size_t>(X.rows), h);
    }
  }
  return hash;
}

}  // namespace

class Checkpoint::Log {
 public:
  Log(const std::string& folder, const std::string& identity) : folder_(folder) {
    std::error_code error;
    const bool existed = fs::exists(folder);
    fs::create_directories(folder, error);
    if (error) throw IoError(folder, "cannot be created: " + error.message());
    require_ours();
    lock();
    const std::string path = folder_ + "/" + identity_name;
    if (!fs::exists(path)) {
      AtomicFile file(path);
      file.write(identity);
      file.commit();
      sync_folder(existed ? folder_ : parent_folder(resolve(folder_)), folder_);
    } else if (Input::open(path, 0, "what a checkpoint belongs to").bytes != identity) {
      throw IoError(folder_,
                    "is the checkpoint of another matrix, of this one before it was changed, or "
                    "of another version of the program; name another folder, or remove this one "
                    "to start anew");
    }
    list();
  }
  // Returns whether the product is there; then results hold it.
  bool find(const Key& key, std::array<std::span<std::byte>, 2> results) {
    const auto entry = known_.find(key);
    if (entry == known_.end()) return false;
    const std::string path = path_of(entry->second);
    try {
      const PartFile file(path);
      Header header{};
      if (file.bytes() < sizeof header + 8) throw IoError(path, "is too short");
      file.read(0, sizeof header, &header);
      std::uint64_t at = sizeof header, hash = core::hash_bytes(&header, sizeof header);
      for (std::size_t r = 0; r < 2; ++r) {
        if (header.bytes[r] != results[r].size()) throw IoError(path, "has another size");
        file.read(at, results[r].size(), results[r].data());
        hash = core::hash_bytes(results[r].data(), results[r].size(), hash);
        at += header.bytes[r];
      }
      std::uint64_t kept = 0;
      file.read(at, sizeof kept, &kept);
      if (kept != hash) throw IoError(path, "does not fit its checksum");
    } catch (const IoError& error) {
      warnings.push_back(std::string(error.what()) + "; the product is made again");
      known_.erase(entry);
      return false;
    }
    ++found;
    return true;
  }

  void add(const Key& key, std::array<std::span<const std::byte>, 2> results) {
    Header header{};
    std::memcpy(header.magic, magic.data(), magic.size());
    header.key = key;
    std::uint64_t total = sizeof header + 8;
    for (std::size_t r = 0; r < 2; ++r) total += header.bytes[r] = results[r].size();
    AtomicFile file(path_of(next_), total);
    const auto write = [&](const void* data, std::size_t bytes) {
      file.write({static_cast<const char*>(data), bytes});
    };
    std::uint64_t hash = core::hash_bytes(&header, sizeof header);
    write(&header, sizeof header);
    for (const auto& result : results) {
      write(result.data(), result.size());
      hash = core::hash_bytes(result.data(), result.size(), hash);
    }
    write(&hash, sizeof hash);
    file.commit();
    known_[key] = next_++;
    ++added;
  }

  void remove() {
    std::error_code error;
    for (index_t i = 0; i < next_; ++i) fs::remove(path_of(i), error);
    fs::remove(folder_ + "/" + identity_name, error);
    fs::remove(folder_ + "/" + lock_name, error);
    fs::remove(folder_, error);  // unless someone else put something there
  }

  index_t found = 0;
  index_t added = 0;
  std::vector<std::string> warnings;

 private:
  std::string path_of(index_t number) const {
    return fmt::format("{}/{:06}{}", folder_, number, extension);
  }

  // Only files of ours, and temporary ones that a killed run left, which go.
  void require_ours() const {
    std::error_code error;
    for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      const bool ours = name == identity_name || name == lock_name || name[0] == '.' ||
                        it->path().extension() == extension;
      if (!ours) {
        throw IoError(folder_, "holds " + name +
                                   ", which belongs to no checkpoint; name a folder of its own");
      }
    }
    if (error) throw IoError(folder_, "cannot be listed: " + error.message());
  }

  void lock() {
    const std::string path = folder_ + "/" + lock_name;
    lock_.file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_.file < 0) throw IoError(path, "cannot be created: " + error_text(errno));
    if (::flock(lock_.file, LOCK_EX | LOCK_NB) != 0) {
      throw IoError(folder_, "is in use by another run; wait for it, or name another folder");
    }
  }

  void list() {
    std::error_code error;
    for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
      const fs::path& path = it->path();
      if (path.filename().string()[0] == '.') {
        std::error_code ignored;
        fs::remove(path, ignored);
        continue;
      }
      if (path.extension() != extension) continue;
      index_t number = 0;
      try {
        number = std::stoll(path.stem().string());
      } catch (const std::exception&) {
        continue;
      }
      next_ = std::max(next_, number + 1);
      std::ifstream file(path, std::ios::binary);
      Header header{};
      file.read(reinterpret_cast<char*>(&header), sizeof header);
      if (file && std::string_view(header.magic, sizeof header.magic) == magic) {
        known_[header.key] = number;
      } else {
        warnings.push_back(path.string() + " is damaged; the product is made again");
      }
    }
  }

  std::string folder_;
  struct Lock {
    int file = -1;
    Lock() = default;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock() {
      if (file >= 0) ::close(file);
    }
  } lock_;
  std::map<Key, index_t> known_;
  index_t next_ = 0;
};

Checkpoint::Checkpoint(const std::string& folder, const std::string& identity)
    : log_(std::make_unique<Log>(folder, identity)) {}
Checkpoint::~Checkpoint() = default;
index_t Checkpoint::found() const { return log_->found; }
index_t Checkpoint::added() const { return log_->added; }
const std::vector<std::string>& Checkpoint::warnings() const { return log_->warnings; }
void Checkpoint::remove() { log_->remove(); }

namespace {

template <Scalar T>
class CheckpointedOperator final : public LinearOperator<T>, public core::SketchSource<T> {
 public:
  CheckpointedOperator(const LinearOperator<T>& A, Checkpoint::Log& log) : A_(A), log_(log) {}

  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Storage storage() const override { return A_.storage(); }
  index_t entries_per_product() const override { return A_.entries_per_product(); }
  std::uint64_t stored_bytes() const override { return A_.stored_bytes(); }
  std::uint64_t bytes_per_read() const override { return A_.bytes_per_read(); }
  index_t reads() const override { return A_.reads(); }
  bool reads_once(Gram side) const override { return A_.reads_once(side); }
  double rounding_level() const override { return A_.rounding_level(); }
  void copy_to(MatrixView<T> A, Context& context) const override { A_.copy_to(A, context); }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    product(Operation::apply, X, Y, {}, context, [&] { A_.apply(X, Y, context); });
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    product(Operation::apply_adjoint, Y, X, {}, context, [&] { A_.apply_adjoint(Y, X, context); });
  }
  int apply_gram(Gram side,
                 MatrixView<const T> X,
                 MatrixView<T> Y,
                 MatrixView<T> Z,
                 const RowsStep<T>& step,
                 Context& context) const override {
    if (step) return A_.apply_gram(side, X, Y, Z, step, context);
    const Operation operation =
        side == Gram::columns ? Operation::gram_columns : Operation::gram_rows;
    product(operation, X, Y, Z, context, [&] { A_.apply_gram(side, X, Y, Z, step, context); });
    return A_.reads_once(side) ? 1 : 2;
  }
  int add_sketches(const core::TestMatrix<T>& Omega,
                   MatrixView<T> Y,
                   const core::TestMatrix<T>& Psi,
                   MatrixView<T> Z,
                   Context& context) const override {
    return core::add_sketches(A_, Omega, Y, Psi, Z, context);
  }

  EntryScan scan(Context& context) const override {
    std::vector<EntryScan> result(1);
    values(Operation::scan, {}, result, context, [&] { result[0] = A_.scan(context); });
    return result[0];
  }
  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    std::vector<double> result(static_cast<std::size_t>(cols()));
    std::array<std::uint64_t, 2> hash = {1, 2};
    const auto mix = [&](const auto& vector) {
      for (std::uint64_t& h : hash) {
        h = core::hash_bytes(vector.data(), vector.size() * sizeof(vector[0]), h);
      }
    };
    mix(map.column_shift);
    mix(map.row_shift);
    mix(map.row_scale);
    mix(map.column_scale);
    values(Operation::energies, hash, result, context,
           [&] { result = A_.column_energies(map, context); });
    return result;
  }
  std::vector<ColumnSummary<T>> column_summaries(Context& context) const override {
    std::vector<ColumnSummary<T>> result(static_cast<std::size_t>(cols()));
    values(Operation::summaries, {}, result, context,
           [&] { result = A_.column_summaries(context); });
    return result;
  }

 private:
  // Results lie in one piece: blocks of drivers may not.
  template <class Compute>
  void product(Operation operation,
               MatrixView<const T> X,
               MatrixView<T> first,
               MatrixView<T> second,
               const Context& context,
               const Compute& compute) const {
    const Key key{static_cast<std::uint64_t>(operation), static_cast<std::uint64_t>(X.cols),
                  hash_of(X)};
    const auto whole = [](MatrixView<T> block) {
      return block.cols <= 1 || block.ld == block.rows;
    };
    if (!whole(first) || !whole(second)) {
      Matrix<T> one(first.rows, first.cols), two(second.rows, second.cols);
      if (log_.find(key, {bytes_of(one.view()), bytes_of(two.view())})) {
        copy(one, first);
        copy(two, second);
        return;
      }
      compute();
      if (context.cancelled()) return;
      copy(first, one.view());
      copy(second, two.view());
      return log_.add(key, {bytes_of(one.view()), bytes_of(two.view())});
    }
    if (log_.find(key, {bytes_of(first), bytes_of(second)})) return;
    compute();
    if (!context.cancelled()) log_.add(key, {bytes_of(first), bytes_of(second)});
  }

  template <class Value, class Compute>
  void values(Operation operation,
              std::array<std::uint64_t, 2> hash,
              std::vector<Value>& result,
              const Context& context,
              const Compute& compute) const {
    const Key key{static_cast<std::uint64_t>(operation), 0, hash};
    const auto bytes = [&] { return std::as_writable_bytes(std::span(result)); };
    if (log_.find(key, {bytes(), {}})) return;
    compute();
    if (!context.cancelled()) log_.add(key, {bytes(), {}});
  }

  static std::span<std::byte> bytes_of(MatrixView<T> block) {
    const auto count = static_cast<std::size_t>(block.rows * block.cols) * sizeof(T);
    return {reinterpret_cast<std::byte*>(block.data), count};
  }
  static void copy(MatrixView<const T> from, MatrixView<T> to) {
    for (index_t j = 0; j < from.cols; ++j) std::copy_n(from.column(j), from.rows, to.column(j));
  }
  static void copy(const Matrix<T>& from, MatrixView<T> to) { copy(from.view(), to); }

  const LinearOperator<T>& A_;
  Checkpoint::Log& log_;
};

}  // namespace

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_checkpointed(const LinearOperator<T>& A,
                                                     Checkpoint& checkpoint) {
  return std::make_unique<CheckpointedOperator<T>>(A, checkpoint.log());
}

template std::unique_ptr<LinearOperator<float>> make_checkpointed(const LinearOperator<float>&,
                                                                  Checkpoint&);
template std::unique_ptr<LinearOperator<double>> make_checkpointed(const LinearOperator<double>&,
                                                                   Checkpoint&);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_checkpointed(
    const LinearOperator<std::complex<float>>&, Checkpoint&);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_checkpointed(
    const LinearOperator<std::complex<double>>&, Checkpoint&);

}  // namespace eckart::io
