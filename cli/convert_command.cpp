// eckart convert: a matrix of any size into a file that is read in place.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <tuple>

#include "conversion.hpp"
#include "eckart/io/convert.hpp"
#include "exit_code.hpp"
#include "out_of_core.hpp"
#include "parse_value.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

io::ConvertOptions options_of(const ConvertCommandOptions& o, Session& session) {
  io::ConvertOptions how = conversion_of(o.run);
  if (!o.triplets.empty()) how.triplets_from = o.triplets == "0" ? 0 : 1;
  if (!o.shape.empty()) std::tie(how.rows, how.cols) = parse_shape("--shape", o.shape);
  if (!o.element.empty()) {
    how.element = o.element == "float32" ? Element::float32 : Element::float64;
  }
  if (!session.quiet) {
    how.announce = [&o](std::uint64_t scratch, std::uint64_t target) {
      if (scratch == 0) return;
      fmt::print(stderr, "eckart: {} of {} on the disk, and up to {} beside it while it is made\n",
                 printable(o.target), format_bytes(target), format_bytes(scratch));
    };
  }
  return how;
}

}  // namespace

int run_convert(const ConvertCommandOptions& o) {
  if (!o.target.ends_with(".csr") && !o.target.ends_with(".npy")) {
    throw UsageError(
        fmt::format("'{}' will not do as the output; expected a name that ends in "
                    ".csr (sparse) or .npy (dense)",
                    printable(o.target)));
  }
  if (!o.shape.empty() && o.triplets.empty()) {
    throw UsageError("--shape is for tables of entries, with --triplets");
  }
  check_target(o.target, o.force, true);
  check_not_input(o.target, {o.run.input});
  refuse_device(o.run.input);
  Session session(o.run);
  const InterruptGuard guard(session.context);
  const io::Conversion done =
      io::convert_matrix(o.run.input, o.target, options_of(o, session), session.context);
  session.progress.clear();
  const std::uint64_t bytes = std::filesystem::file_size(o.target);
  const MatrixFacts facts{.source = o.target,
                          .scalar = element_name(done.element),
                          .sparse = done.sparse,
                          .rows = done.rows,
                          .cols = done.cols,
                          .stored_entries = done.entries,
                          .bytes = bytes};
  if (session.json) {
    nlohmann::ordered_json object = to_json(facts);
    object["added"] = done.added;
    write_json(object);
    return exit_met;
  }
  std::string text =
      fmt::format("{}: {}\n", session.terminal.bold(printable(o.target)), describe(facts));
  if (done.added > 0) {
    text += fmt::format("{} more added to those at the same place\n", grouped(done.added));
  }
  write_stdout(session.terminal.text(text));
  return exit_met;
}

}  // namespace eckart::cli
