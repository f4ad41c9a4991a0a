// worker.hpp - what the compiled contenders share: the problem, .npy files, the protocol.
//
// A worker reads one JSON object a line from standard input and answers with one line each:
//   {"do":"load", "rows":m, "cols":n, "scalar":"float64", "rank":k or null, "vectors":b,
//    "accuracy":e, "threads":t,
//    "values":FILE, its entries "by_rows" or not, and for a sparse matrix "offsets":FILE and
//    "columns":FILE (CSR), for many matrices of one shape "batch": how many; they and their factors
//    are side by side, "options":{...}}                    -> {"about": "version, kernel"}
//   {"do":"run"}                         -> {"seconds": s} and, from who plans, "announced_bytes"
//   {"do":"save", "folder":DIR}          -> {"saved": true}; writes sigma.npy, U.npy, V.npy
// or with {"error": "what went wrong"}. A scalar is float32, float64, complex64 or complex128.
// End of input ends the worker.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

using Index = std::int64_t;
using Json = nlohmann::json;

template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};
template <class T>
using Real = typename RealOf<T>::type;

template <class T>
constexpr bool is_complex = !std::same_as<T, Real<T>>;

template <class T>
struct Problem {
  Index rows = 0;
  Index cols = 0;
  Index batch = 0;             // matrices side by side; 0: a single one, and no call for many
  std::vector<T> values;       // all entries when dense
  bool by_rows = false;        // those of a dense matrix: row-major
  std::vector<Index> offsets;  // empty when dense
  std::vector<Index> columns;
  std::optional<Index> rank;  // none: all triplets
  bool vectors = true;
  double accuracy = 0;
  int threads = 1;
  Json options;

  bool sparse() const { return !offsets.empty(); }

  // How many triplets a contender that computes all of them should tell.
  Index count() const {
    const Index all = std::min(rows, cols);
    return std::min(all, rank.value_or(all));
  }
};

// A column-major matrix that somebody else owns.
template <class T>
struct Block {
  const T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
};

template <class T>
struct Answer {
  std::vector<Real<T>> sigma;
  Block<T> U;  // m x k, or empty
  Block<T> V;  // n x k, or empty
};

// What answers requests once the element type is known.
class Service {
 public:
  virtual ~Service() = default;
  virtual Json reply_to(const Json& request) = 0;
};

template <class T>
class Worker : public Service {
 public:
  // Takes the problem into memory. Returns version and kernel of what will be timed.
  virtual std::string load(Problem<T> problem) = 0;
  // Solves the problem. Returns the seconds of the call alone.
  virtual double run() = 0;
  // Returns the answer of the last run.
  virtual Answer<T> answer() = 0;
  // Returns the peak of memory that a run was planned to add to what load() took; 0: no plan.
  virtual double announced_bytes() const { return 0; }

  Json reply_to(const Json& request) final;
};

// Returns the seconds that f() takes.
template <class F>
double seconds(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Reads the entries of a .npy file of version 1 that the harness wrote: its shape is known.
template <class T>
std::vector<T> read_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  unsigned char head[10];
  if (!file.read(reinterpret_cast<char*>(head), sizeof head) || std::memcmp(head, "\x93NUMPY", 6)) {
    throw std::runtime_error(path + ": not a .npy file");
  }
  const std::streamoff start = 10 + head[8] + 256 * head[9];
  file.seekg(0, std::ios::end);
  const std::streamoff bytes = file.tellg() - start;
  std::vector<T> entries(static_cast<std::size_t>(bytes) / sizeof(T));
  file.seekg(start);
  if (!file.read(reinterpret_cast<char*>(entries.data()), bytes)) {
    throw std::runtime_error(path + ": cannot be read to its end");
  }
  return entries;
}

// The element type as .npy files tell it: "<f8", "<c16".
template <class T>
std::string npy_type() {
  return (is_complex<T> ? "<c" : "<f") + std::to_string(sizeof(T));
}

template <class T>
void write_npy(const std::string& path, const Block<T>& block) {
  std::string header = "{'descr': '" + npy_type<T>() + "', 'fortran_order': True, 'shape': (" +
                       std::to_string(block.rows) + ", " + std::to_string(block.cols) + "), }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10, ' ');
  header.back() = '\n';
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  file.put(static_cast<char>(header.size() % 256)).put(static_cast<char>(header.size() / 256));
  file << header;
  file.write(reinterpret_cast<const char*>(block.data),
             static_cast<std::streamsize>(block.rows * block.cols) *
                 static_cast<std::streamsize>(sizeof(T)));
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

template <class T>
Problem<T> read_problem(const Json& request) {
  Problem<T> problem;
  problem.rows = request.at("rows");
  problem.cols = request.at("cols");
  problem.batch = request.value("batch", Index{0});
  problem.values = read_npy<T>(request.at("values"));
  problem.by_rows = request.at("by_rows");
  if (request.contains("offsets")) {
    problem.offsets = read_npy<Index>(request.at("offsets"));
    problem.columns = read_npy<Index>(request.at("columns"));
  }
  if (!request.at("rank").is_null()) problem.rank = request.at("rank").get<Index>();
  problem.vectors = request.at("vectors");
  problem.accuracy = request.at("accuracy");
  problem.threads = request.at("threads");
  problem.options = request.at("options");
  return problem;
}

template <class T>
Json Worker<T>::reply_to(const Json& request) {
  const std::string command = request.at("do");
  if (command == "load") return {{"about", load(read_problem<T>(request))}};
  if (command == "run") {
    const double taken = run();
    return {{"seconds", taken}, {"announced_bytes", announced_bytes()}};
  }
  if (command == "save") {
    const std::string folder = request.at("folder");
    const Answer<T> found = answer();
    const auto k = static_cast<Index>(found.sigma.size());
    write_npy<Real<T>>(folder + "/sigma.npy", {found.sigma.data(), k, 1});
    if (found.U.data) write_npy(folder + "/U.npy", found.U);
    if (found.V.data) write_npy(folder + "/V.npy", found.V);
    return {{"saved", true}};
  }
  throw std::runtime_error("unknown command: " + command);
}

// Returns a W<T>(arguments...) for the element type of that name.
template <template <class> class W, class... Arguments>
std::unique_ptr<Service> make_service(const std::string& scalar, const Arguments&... arguments) {
  if (scalar == "float32") return std::make_unique<W<float>>(arguments...);
  if (scalar == "float64") return std::make_unique<W<double>>(arguments...);
  if (scalar == "complex64") return std::make_unique<W<std::complex<float>>>(arguments...);
  if (scalar == "complex128") return std::make_unique<W<std::complex<double>>>(arguments...);
  throw std::runtime_error("unknown scalar: " + scalar);
}

// Serves requests until the input ends, each problem by a new W of its element type. What
// libraries print goes to standard error.
template <template <class> class W, class... Arguments>
int serve(const Arguments&... arguments) {
  std::FILE* replies = ::fdopen(::dup(STDOUT_FILENO), "w");
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  std::unique_ptr<Service> service;
  for (std::string line; std::getline(std::cin, line);) {
    Json reply;
    try {
      const Json request = Json::parse(line);
      if (request.at("do") == "load") {
        service.reset();
        service = make_service<W>(request.at("scalar"), arguments...);
      }
      if (!service) throw std::runtime_error("nothing is loaded");
      reply = service->reply_to(request);
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::fprintf(replies, "%s\n", reply.dump().c_str());
    std::fflush(replies);
  }
  return 0;
}

}  // namespace bench
