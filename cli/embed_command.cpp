// eckart model embed: word vectors of fewer dimensions.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "eckart/models/embedding.hpp"
#include "exit_code.hpp"
#include "model_options.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {

int run_embed(const EmbedOptions& o) {
  check_target(o.target, o.force, false);
  check_not_input(o.target, {o.run.input});
  Session session(o.run);
  const InterruptGuard guard(session.context);
  session.context.set_stop_at_once(true);
  const EmbeddingReport r = reduce_embedding(
      o.run.input, o.target, {.rank = *o.rank, .remove_top = o.remove_top, .sample = o.sample},
      session.context);
  session.progress.clear();
  if (session.json) {
    nlohmann::ordered_json object = {{"schema", 1},
                                     {"source", o.run.input},
                                     {"tokens", r.tokens},
                                     {"dimensions", r.dimensions},
                                     {"rank", r.rank},
                                     {"removed", o.remove_top},
                                     {"energy", r.energy},
                                     {"sampled", r.sampled},
                                     {"neighbours_kept", nullptr},
                                     {"sigma", r.sigma},
                                     {"output", o.target}};
    if (r.neighbours_kept >= 0) object["neighbours_kept"] = r.neighbours_kept;
    write_json(object);
    return exit_met;
  }
  std::string text =
      fmt::format("vectors  {}: {}, {} become {}\nenergy   {} kept\n",
                  session.terminal.bold(printable(o.run.input)), counted(r.tokens, "token"),
                  counted(r.dimensions, "dimension"), r.rank, percent(r.energy));
  if (r.neighbours_kept >= 0) {
    text += fmt::format("nearest  {} of the 10 nearest by cosine stay, among {}\n",
                        percent(r.neighbours_kept), counted(r.sampled, "sampled token"));
  }
  write_stdout(session.terminal.text(text + "written  " + printable(o.target) + "\n"));
  return exit_met;
}

}  // namespace eckart::cli
