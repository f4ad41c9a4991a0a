// worker.hpp - what the compiled contenders share: the problem, .npy files, the protocol.
//
// A worker reads one JSON object a line from standard input and answers with one line each:
//   {"do":"load", "rows":m, "cols":n, "rank":k or null, "vectors":b, "accuracy":e, "threads":t,
//    "values":FILE, and for a sparse matrix "offsets":FILE and "columns":FILE (CSR),
//    for many matrices of one shape "batch": how many; they and their factors are side by side,
//    "options":{...}}                    -> {"about": "version, kernel"}
//   {"do":"run"}                         -> {"seconds": s}
//   {"do":"save", "folder":DIR}          -> {"saved": true}; writes sigma.npy, U.npy, V.npy
// or with {"error": "what went wrong"}. End of input ends the worker.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

using Index = std::int64_t;
using Json = nlohmann::json;

struct Problem {
  Index rows = 0;
  Index cols = 0;
  Index batch = 0;             // matrices side by side; 0: a single one, and no call for many
  std::vector<double> values;  // column-major when dense
  std::vector<Index> offsets;  // empty when dense
  std::vector<Index> columns;
  std::optional<Index> rank;  // none: all triplets
  bool vectors = true;
  double accuracy = 0;
  int threads = 1;
  Json options;

  bool sparse() const { return !offsets.empty(); }
};

// A column-major matrix that somebody else owns.
struct Block {
  const double* data = nullptr;
  Index rows = 0;
  Index cols = 0;
};

struct Answer {
  std::vector<double> sigma;
  Block U;  // m x k, or empty
  Block V;  // n x k, or empty
};

class Worker {
 public:
  virtual ~Worker() = default;
  // Takes the problem into memory. Returns version and kernel of what will be timed.
  virtual std::string load(Problem problem) = 0;
  // Solves the problem. Returns the seconds of the call alone.
  virtual double run() = 0;
  // Returns the answer of the last run.
  virtual Answer answer() = 0;
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

inline void write_npy(const std::string& path, const Block& block) {
  std::string header = "{'descr': '<f8', 'fortran_order': True, 'shape': (" +
                       std::to_string(block.rows) + ", " + std::to_string(block.cols) + "), }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10, ' ');
  header.back() = '\n';
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  file.put(static_cast<char>(header.size() % 256)).put(static_cast<char>(header.size() / 256));
  file << header;
  file.write(reinterpret_cast<const char*>(block.data),
             static_cast<std::streamsize>(block.rows * block.cols) * 8);
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

inline Problem read_problem(const Json& request) {
  Problem problem;
  problem.rows = request.at("rows");
  problem.cols = request.at("cols");
  problem.batch = request.value("batch", Index{0});
  problem.values = read_npy<double>(request.at("values"));
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

inline Json reply_to(Worker& worker, const Json& request) {
  const std::string command = request.at("do");
  if (command == "load") return {{"about", worker.load(read_problem(request))}};
  if (command == "run") return {{"seconds", worker.run()}};
  if (command == "save") {
    const std::string folder = request.at("folder");
    const Answer answer = worker.answer();
    const auto k = static_cast<Index>(answer.sigma.size());
    write_npy(folder + "/sigma.npy", {answer.sigma.data(), k, 1});
    if (answer.U.data) write_npy(folder + "/U.npy", answer.U);
    if (answer.V.data) write_npy(folder + "/V.npy", answer.V);
    return {{"saved", true}};
  }
  throw std::runtime_error("unknown command: " + command);
}

// Serves requests until the input ends. What libraries print goes to standard error.
inline int serve(Worker& worker) {
  std::FILE* replies = ::fdopen(::dup(STDOUT_FILENO), "w");
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  for (std::string line; std::getline(std::cin, line);) {
    Json reply;
    try {
      reply = reply_to(worker, Json::parse(line));
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::fprintf(replies, "%s\n", reply.dump().c_str());
    std::fflush(replies);
  }
  return 0;
}

}  // namespace bench
