// eckart lsa fit and update: from texts to a model.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "certificate_text.hpp"
#include "eckart/gather.hpp"
#include "eckart/io/lsa_file.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/spread.hpp"
#include "eckart/io/text.hpp"
#include "exit_code.hpp"
#include "lsa.hpp"
#include "ranks.hpp"
#include "request.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// Words of the list that is named, in the form in which text is compared with them.
std::vector<std::string> stop_words_of(const LsaCommandOptions& o, const TextRules& rules) {
  if (o.stop_words == "none") return {};
  if (o.stop_words == "english") return english_stop_words();
  std::error_code ignored;
  if (!std::filesystem::exists(o.stop_words, ignored)) {
    throw UsageError("--stop-words: '" + o.stop_words +
                     "' is no file; expected none, english, or a file of words");
  }
  Tokenizer tokenizer({.tokens = rules.tokens});
  std::vector<std::string> words;
  const auto source = io::open_text({o.stop_words}, {.format = io::TextFormat::file});
  for (Document document; source->next(document);) {
    for (const std::string_view word : tokenizer.terms(document.text)) words.emplace_back(word);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

LsaOptions lsa_options(const LsaCommandOptions& o) {
  LsaOptions options;
  options.rules.tokens = token_rule_from_string(o.tokens);
  options.rules.stop_words = stop_words_of(o, options.rules);
  options.rules.stemmer = o.stemmer;
  options.rules.ngrams = o.ngrams;
  options.weighting = weighting_from_string(o.weighting);
  options.rank = o.rank;
  options.accuracy = o.accuracy;
  options.seed = o.seed;
  return options;
}

std::string text_lines(const TermCounts& counts, std::size_t paths) {
  const CountFacts& facts = counts.facts;
  std::string text =
      fmt::format("text     {}: {}, {}, {} read\n", counted(static_cast<index_t>(paths), "path"),
                  counted(facts.documents, "document"), format_bytes(facts.text_bytes),
                  counted(facts.tokens, "term"));
  if (facts.empty_documents > 0) {
    text += fmt::format("         {} without any term that is kept\n",
                        counted(facts.empty_documents, "document"));
  }
  if (const std::string repairs = repairs_text(facts.repairs); !repairs.empty()) {
    text += "         " + repairs + "\n";
  }
  if (facts.long_tokens > 0) {
    text += fmt::format("         {} of more than {} bytes left out\n",
                        counted(facts.long_tokens, "token"), max_token_bytes);
  }
  return text;
}

ordered_json to_json(const CountFacts& facts) {
  return {{"documents", facts.documents},
          {"empty_documents", facts.empty_documents},
          {"terms_read", facts.tokens},
          {"unknown_terms_read", facts.unknown_tokens},
          {"long_tokens", facts.long_tokens},
          {"distinct_terms", facts.distinct_terms},
          {"text_bytes", facts.text_bytes},
          {"repaired_documents", facts.repairs.documents},
          {"invalid_sequences", facts.repairs.invalid_sequences},
          {"nul_bytes", facts.repairs.nul_bytes},
          {"latin1_documents", facts.repairs.latin1_documents}};
}

std::string size_text(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? "" : fmt::format(" ({})", format_bytes(bytes));
}

// Stores the model and says so. Another process may have written the file since the target was
// checked.
void save(const LsaModel& model, const LsaCommandOptions& o) {
  check_free(o.target, o.force);
  io::write_lsa(o.target, model);
}

int report_plan(const LsaPlan& plan, const TermCounts& counts, Session& session) {
  session.progress.clear();
  const auto bytes = static_cast<std::uint64_t>(plan.peak_bytes);
  if (session.json) {
    write_json({{"schema", 1},
                {"text", to_json(counts.facts)},
                {"terms", counts.counts.cols},
                {"stored_entries", counts.counts.stored_entries()},
                {"method", to_string(plan.svd.method)},
                {"why", plan.svd.why},
                {"passes", plan.svd.passes},
                {"flops", plan.svd.flops},
                {"peak_bytes", bytes}});
  } else {
    write_stdout(session.terminal.text(fmt::format(
        "method   {}: {}\npasses   {:.3g} over A\nflops    {:.2g}\nmemory   {} at most\n"
        "nothing was decomposed (--plan)\n",
        session.terminal.bold(to_string(plan.svd.method)), plan.svd.why, plan.svd.passes,
        plan.svd.flops, format_bytes(bytes))));
  }
  return exit_met;
}

std::string terms_line(const CountFacts& facts,
                       index_t terms,
                       index_t entries,
                       const LsaCommandOptions& o) {
  std::string line = fmt::format("terms    {} in {} or more", grouped(terms),
                                 counted(o.min_documents, "document"));
  if (o.max_share < 1) line += fmt::format(" and at most {} of them", percent(o.max_share));
  return line + fmt::format(", of {}; {} entries, {}\n", grouped(facts.distinct_terms),
                            grouped(entries), o.weighting);
}

// One document gives one direction: the usual cause is a file of many that was taken for one.
void warn_of_one(const CountFacts& facts, const LsaCommandOptions& o, const Session& session) {
  if (facts.documents != 1 || session.quiet || o.format != "auto") return;
  warn(o.paths[0] + " is one document; if each of its lines is one, add --format lines");
}

// Returns the SVD, terms x documents, of the documents x terms matrix that the first rank holds;
// the factors on every rank.
SvdResult<double> decompose_over_ranks(const SparseMatrix<double>& weighted,
                                       const LsaOptions& options,
                                       Context& context) {
  const AnyMatrix rows = io::scatter_rows(weighted, *ranks());
  const auto here = make_operator(std::get<SparseMatrix<double>>(rows));
  const auto documents = make_sharded(*here, *ranks());
  SvdRequest request;
  request.rank = options.rank;
  request.accuracy = options.accuracy;
  request.seed = options.seed;
  SvdResult<double> result = svd(*make_adjoint(*documents), request, context);
  result.U = gather_rows<double>(result.U.view(), documents->col_shard());
  result.V = gather_rows<double>(result.V.view(), documents->row_shard());
  return result;
}

LsaFit fit_counts(TermCounts counts, const LsaOptions& options, Context& context) {
  if (!ranks()) return fit_lsa(std::move(counts), options, context);
  return fit_lsa(
      std::move(counts), options,
      [&](const auto& weighted) { return decompose_over_ranks(weighted, options, context); },
      context);
}

}  // namespace

io::TextOptions text_options(const LsaCommandOptions& o) {
  io::TextOptions options;
  options.format = io::text_format_from_string(o.format);
  options.encoding = o.encoding == "latin-1" ? io::TextEncoding::latin1
                     : o.encoding == "mixed" ? io::TextEncoding::mixed
                                             : io::TextEncoding::utf8;
  options.column = o.column;
  options.id_column = o.id_column;
  options.header = !o.no_header;
  options.match = o.match;
  return options;
}

std::string repairs_text(const TextRepairs& repairs) {
  if (repairs.documents == 0) return "";
  std::string text = counted(repairs.documents, "document") + " repaired:";
  if (repairs.invalid_sequences > 0) {
    text += fmt::format(" {} not UTF-8 replaced;", counted(repairs.invalid_sequences, "sequence"));
  }
  if (repairs.nul_bytes > 0) {
    text += fmt::format(" {} replaced by blanks;", counted(repairs.nul_bytes, "NUL byte"));
  }
  if (repairs.latin1_documents > 0) {
    text += fmt::format(" {} read as Latin-1;", counted(repairs.latin1_documents, "document"));
  }
  return text + " the first is " + printable(repairs.first) +
         (repairs.invalid_sequences > 0 ? " (see --encoding)" : "");
}

int run_lsa_fit(const LsaCommandOptions& o) {
  if (o.rank.all()) throw UsageError("lsa fit: say how many triplets: -k N, or --energy P");
  if (o.rank.rank && o.rank.energy) throw UsageError("lsa fit: -k or --energy, not both");
  if (o.target.empty() && !o.plan) throw UsageError("lsa fit: --output is required");
  if (o.plan && ranks()) throw UsageError("lsa fit --plan is of one process: start it alone");
  if (!o.plan && speaks()) {
    check_target(o.target, o.force, false);
    check_not_input(o.target, o.paths);
  }
  const LsaOptions options = lsa_options(o);
  Session session(o.run);
  const InterruptGuard guard(session.context);
  // The first rank reads the text; the others take their share of the documents from it.
  if (!speaks()) return exit_code_of(decompose_over_ranks({}, options, session.context).report);
  TermCounts counts =
      count_terms(*io::open_text(o.paths, text_options(o)), options.rules,
                  {.min_documents = o.min_documents, .max_share = o.max_share}, session.context);
  warn_of_one(counts.facts, o, session);
  const CountFacts facts = counts.facts;
  const LsaPlan plan = plan_lsa(counts, options, session.context);
  if (o.plan) return report_plan(plan, counts, session);
  std::string text = text_lines(counts, o.paths.size());
  const index_t entries = counts.counts.stored_entries();
  LsaFit fit = fit_counts(std::move(counts), options, session.context);
  fit.model.report = io::to_json(fit.report, -1);
  save(fit.model, o);
  session.progress.clear();
  print_warnings(fit.report, session);
  if (session.json) {
    write_json({{"schema", 1},
                {"model", o.target},
                {"text", to_json(facts)},
                {"terms", fit.model.term_count()},
                {"documents", fit.model.document_count()},
                {"stored_entries", entries},
                {"rank", fit.model.rank()},
                {"weighting", o.weighting},
                {"planned_bytes", static_cast<std::uint64_t>(plan.peak_bytes)},
                {"report", ordered_json::parse(fit.model.report)}});
    return exit_code_of(fit.report);
  }
  text += terms_line(facts, fit.model.term_count(), entries, o);
  text += run_text(fit.report, session);
  text += fmt::format("memory   {} planned at most\n\nhow right it is\n",
                      format_bytes(static_cast<std::uint64_t>(plan.peak_bytes)));
  text += certificate_text(fit.report.certificate, session.terminal);
  text += "\nfile     " + printable(o.target) + size_text(o.target) + "\n";
  write_stdout(session.terminal.text(text));
  return exit_code_of(fit.report);
}

int run_lsa_update(const LsaCommandOptions& o) {
  check_target(o.target, o.force, false);
  check_not_input(o.target, o.paths);
  Session session(o.run);
  const LsaModel model = io::read_lsa(o.model);
  const InterruptGuard guard(session.context);
  TermCounts counts = count_known_terms(*io::open_text(o.paths, text_options(o)), model.rules,
                                        model.terms, {}, session.context);
  const CountFacts facts = counts.facts;
  std::string text = text_lines(counts, o.paths.size());
  LsaOptions options;
  options.accuracy = o.accuracy;
  options.seed = o.seed;
  LsaFit fit = update_lsa(model, std::move(counts), o.fold ? LsaUpdate::fold : LsaUpdate::svd,
                          options, session.context);
  const double loss = o.fold ? loss_of_orthogonality(fit.model, session.context) : 0;
  if (!o.fold) fit.model.report = io::to_json(fit.report, -1);
  save(fit.model, o);
  session.progress.clear();
  const double unknown = facts.tokens > 0 ? static_cast<double>(facts.unknown_tokens) /
                                                static_cast<double>(facts.tokens)
                                          : 0;
  const int code = o.fold ? static_cast<int>(exit_met) : exit_code_of(fit.report);
  if (session.json) {
    ordered_json object = {{"schema", 1},
                           {"model", o.target},
                           {"text", to_json(facts)},
                           {"documents", fit.model.document_count()},
                           {"history", fit.model.history}};
    if (o.fold) {
      object["loss_of_orthogonality"] = loss;
    } else {
      object["report"] = ordered_json::parse(fit.model.report);
    }
    write_json(object);
    return code;
  }
  text += fmt::format("unknown  {} of what was read is no term of the model\n", percent(unknown));
  text += fmt::format("model    {} now, {}\n", counted(fit.model.document_count(), "document"),
                      fit.model.history.back());
  if (o.fold) {
    text += fmt::format(
        "         loss of orthogonality of V {:.2g}: the more, the sooner to fit "
        "again\n",
        loss);
  } else {
    text += run_text(fit.report, session) + "\nhow right it is, of the old model and the new\n" +
            certificate_text(fit.report.certificate, session.terminal) + "\n";
  }
  text += "file     " + printable(o.target) + size_text(o.target) + "\n";
  write_stdout(session.terminal.text(text));
  return code;
}

int run_lsa(const std::string& name, const LsaCommandOptions& options) {
  if (name == "fit") return run_lsa_fit(options);
  if (name == "query") return run_lsa_query(options);
  if (name == "similar") return run_lsa_similar(options);
  if (name == "terms") return run_lsa_terms(options);
  if (name == "topics") return run_lsa_topics(options);
  if (name == "update") return run_lsa_update(options);
  if (name == "evaluate") return run_lsa_evaluate(options);
  return run_lsa_export(options);
}

}  // namespace eckart::cli
