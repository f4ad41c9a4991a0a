#include "out_of_core.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "eckart/machine.hpp"
#include "exit_code.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

namespace fs = std::filesystem;

// What the BLAS takes for a thread that computes, with its stack.
constexpr std::uint64_t thread_bytes = std::uint64_t{24} << 20;
// Memory that the process holds now.
std::uint64_t resident_bytes() {
  std::uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Code that is mapped when it is first used, and what allocators keep.
constexpr std::uint64_t spare_bytes = std::uint64_t{24} << 20;

// What text becomes before it can be read again and again: ".npy", ".csr", or nothing.
std::string binary_form(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".csv") || name.ends_with(".tsv")) return ".npy";
  return name.ends_with(".mtx") ? ".csr" : "";
}

// Removes a file by its name; who has opened it goes on reading.
struct Unlinked {
  std::string name;
  ~Unlinked() { ::unlink(name.c_str()); }
};

io::FileOperator open_converted(const RunOptions& run,
                                const io::FileOperatorOptions& how,
                                const std::string& target,
                                Session& session) {
  const fs::path folder = fs::absolute(target.empty() ? "x" : target).parent_path();
  const Unlinked binary{
      (folder / fmt::format(".eckart-{}{}", getpid(), binary_form(run.input))).string()};
  const InterruptGuard guard(session.context);
  io::convert_matrix(run.input, binary.name, conversion_of(run), session.context);
  session.progress.clear();
  return io::open_file_operator(binary.name, how);
}

}  // namespace

io::ConvertOptions conversion_of(const RunOptions& run) {
  io::ConvertOptions how{.format = format_named(run.input_format)};
  if (run.missing == "zero") how.missing = io::ReadOptions::Missing::zero;
  if (const std::uint64_t cap = run.max_memory_bytes; cap > 0) {
    constexpr std::uint64_t least = std::uint64_t{8} << 20;
    const std::uint64_t beside = resident_bytes() + spare_bytes;
    if (beside + least > cap) throw MemoryLimit("converting a matrix", beside + least, cap);
    how.memory_bytes = cap - beside;
  }
  return how;
}

bool is_out_of_core(const RunOptions& run, const OutOfCoreOptions& options) {
  const bool raw = !options.shape.empty() || !options.element.empty();
  if (raw && (options.shape.empty() || options.element.empty())) {
    throw UsageError("a raw binary file needs both --shape RxC and --dtype TYPE");
  }
  if (options.fortran_order && !raw) {
    throw UsageError("--fortran is for raw binary files, with --shape and --dtype");
  }
  std::error_code error;
  const bool file = fs::exists(run.input, error);
  const bool suits = file && io::stays_in_file(run.input);
  const bool only = suits && (fs::is_directory(run.input, error) || run.input.ends_with(".csr") ||
                              run.input.ends_with(".list"));
  // Below this the process itself takes what there is, and a mapped file serves as well.
  constexpr std::uint64_t least_cap = std::uint64_t{64} << 20;
  const bool large = suits && !only && run.max_memory_bytes >= least_cap &&
                     fs::file_size(run.input, error) > run.max_memory_bytes / 2;
  const bool chosen = options.wanted || raw || only || large;
  if (chosen && !options.checkpoint.empty() && !raw && !suits && !binary_form(run.input).empty()) {
    throw UsageError(fmt::format(
        "--checkpoint: {} is text, which is read once; make a file that is read again and again "
        "first: eckart convert IN OUT{}",
        run.input, binary_form(run.input)));
  }
  if (!options.checkpoint.empty() && !chosen) {
    throw UsageError(
        "--checkpoint is for matrices that stay in their files: add --out-of-core, or leave it "
        "out");
  }
  return chosen;
}

io::FileOperator open_out_of_core(const RunOptions& run,
                                  const OutOfCoreOptions& options,
                                  const std::string& target,
                                  Session& session) {
  io::FileOperatorOptions how;
  if (!options.shape.empty()) std::tie(how.rows, how.cols) = parse_shape("--shape", options.shape);
  how.element = options.element;
  how.fortran_order = options.fortran_order;
  const std::uint64_t cap = run.max_memory_bytes;
  constexpr std::uint64_t least_tile = std::uint64_t{1} << 20;
  if (cap > 0) how.tile_bytes = std::clamp(cap / 64, least_tile, how.tile_bytes);
  const bool text =
      options.shape.empty() && !binary_form(run.input).empty() && fs::is_regular_file(run.input);
  io::FileOperator file =
      text ? open_converted(run, how, target, session) : io::open_file_operator(run.input, how);
  if (cap > 0) {
    const std::uint64_t tiles = std::visit([](const auto& A) { return A->stored_bytes(); }, file.A);
    const auto threads = static_cast<std::uint64_t>(session.context.threads());
    const std::uint64_t beside = resident_bytes() + tiles + threads * thread_bytes + spare_bytes;
    if (beside >= cap) throw MemoryLimit("reading the matrix tile by tile", beside, cap);
    session.context.set_memory_cap_bytes(cap - beside);
  }
  return file;
}

MatrixFacts facts_of(const io::FileOperator& file, const std::string& source) {
  return std::visit(
      [&](const auto& A) {
        return MatrixFacts{.source = source,
                           .scalar = element_name(file.element),
                           .sparse = file.sparse,
                           .rows = A->rows(),
                           .cols = A->cols(),
                           .stored_entries = file.stored_entries,
                           .bytes = file.file_bytes};
      },
      file.A);
}

std::string identity_of(const io::FileOperator& file) {
  const BlasInfo blas = blas_info();
  return fmt::format("eckart checkpoint 1\nmatrix {}\nversion {}\nblas {} {}\n", file.fingerprint,
                     version(), blas.library, blas.kernel);
}

std::string reading_text(const std::string& source, double bytes) {
  std::error_code error;
  if (bytes <= 0 || !fs::is_regular_file(source, error)) return "";
  const int file = ::open(source.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  constexpr std::size_t piece = std::size_t{4} << 20;
  constexpr int pieces = 16;
  std::vector<char> buffer(piece);
  std::size_t got = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < pieces; ++i) {
    const ssize_t count = ::pread(file, buffer.data(), piece, static_cast<off_t>(got));
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ::close(file);
  if (got == 0 || seconds <= 0) return "";
  const double rate = static_cast<double>(got) / seconds;
  return fmt::format("about {:.2g} s, at the {:.2g} GB/s of its first {}", bytes / rate, rate / 1e9,
                     format_bytes(got));
}

}  // namespace eckart::cli
