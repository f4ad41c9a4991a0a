// cli/session.hpp - what every run shares: the terminal, the context, progress, the input.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "eckart/any_matrix.hpp"
#include "eckart/context.hpp"
#include "eckart/error.hpp"
#include "eckart/io/file_operator.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/operators.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "terminal.hpp"

namespace eckart::cli {

struct Session {
  explicit Session(const RunOptions& options);

  Terminal terminal;
  Context context;
  ProgressLine progress;
  bool json;
  bool quiet;
};

// What can be said of a matrix without computing.
struct MatrixFacts {
  std::string source;
  std::string scalar;
  bool sparse = false;
  index_t rows = 0;
  index_t cols = 0;
  index_t stored_entries = 0;
  std::uint64_t bytes = 0;
};

// Returns the matrix that the options name.
// Throws UsageError instead of waiting for a person to type a matrix; IoError, also for a device
// such as /dev/zero, which never ends; MemoryLimit.
AnyMatrix load_matrix(const RunOptions& options);

// Returns the matrix in the file, read with the options' memory limit.
AnyMatrix load_matrix(const RunOptions& options, const std::string& path);

// Throws IoError for a character device: /dev/zero would fill the memory first. /dev/null is left
// to the reader, which finds it empty.
void refuse_device(const std::string& path);

MatrixFacts facts_of(const AnyMatrix& matrix, const std::string& source);

// "1033 x 320, sparse float64, 4,732 stored entries (1.43 %), 56 KiB"
std::string describe(const MatrixFacts& facts);

nlohmann::ordered_json to_json(const MatrixFacts& facts);

// Returns f(A) for the matrix as an operator, in its own scalar. A NaN or infinity in it is
// reported as an error of its source. The first Ctrl-C while f runs cancels the session's
// context.
template <class F>
auto with_operator(const AnyMatrix& matrix, const std::string& source, Session& session, F&& f) {
  return std::visit(
      [&](const auto& stored) {
        const InterruptGuard guard(session.context);
        try {
          const auto A = make_operator(stored);
          return f(*A);
        } catch (const NonFiniteInput& error) {
          throw IoError(source, error.what());
        }
      },
      matrix);
}

// The same of a matrix that stays in its file.
template <class F>
auto with_operator(const io::FileOperator& file,
                   const std::string& source,
                   Session& session,
                   F&& f) {
  return std::visit(
      [&](const auto& A) {
        const InterruptGuard guard(session.context);
        try {
          return f(*A);
        } catch (const NonFiniteInput& error) {
          throw IoError(source, error.what());
        }
      },
      file.A);
}

// The scalar of an operator.
template <class Operator>
struct ScalarOf;
template <Scalar T>
struct ScalarOf<LinearOperator<T>> {
  using type = T;
};
template <class Operator>
using scalar_of = typename ScalarOf<std::remove_cvref_t<Operator>>::type;

// Returns the object as text. A file name in it need not be UTF-8.
std::string json_text(const nlohmann::ordered_json& object);

// Writes the object, and nothing else, to standard output.
void write_json(const nlohmann::ordered_json& object);

// Returns whole with a separator every three digits: "2,674,194".
std::string grouped(index_t whole);

// Returns "1 triplet", "2,000 triplets".
std::string counted(index_t count, const std::string& noun);

// Returns 0.0143 as "1.43 %"; small shares keep two digits.
std::string percent(double share);

}  // namespace eckart::cli
