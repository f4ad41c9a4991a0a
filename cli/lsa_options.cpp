// The table of lsa and its subcommands.
#include <CLI/CLI.hpp>

#include "command_line.hpp"
#include "exit_code.hpp"
#include "option_group.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

// An argument that may be given several times.
void add_arguments(CLI::App& command,
                   const char* name,
                   const char* help,
                   std::vector<std::string>& target,
                   bool required = true) {
  command
      .add_option_function<std::vector<std::string>>(
          name,
          [name, &target](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) target.push_back(not_empty(name, text));
          },
          help)
      ->required(required)
      ->type_name("")
      ->group("Arguments");
}

void add_model(CLI::App& command, LsaCommandOptions& o) {
  add_argument(command, "MODEL", "a file that eckart lsa fit -o wrote", o.model);
}

void add_texts(CLI::App& command, LsaCommandOptions& o) {
  add_arguments(command, "PATH",
                "texts: files, folders, .zip, .csv .tsv .jsonl .mbox (or .gz), - for stdin",
                o.paths);
  Group input{command, "Input"};
  input.choice("--format", "auto|file|lines|csv|tsv|jsonl|mbox|smart",
               "file: one document; lines: one each line; smart: .I .T .W", o.format);
  input.text("--column", "NAME", "the text of a table, or its number; several: A,B", o.column);
  input.text("--id-column", "NAME", "what names the documents of a table", o.id_column);
  input.flag("--no-header", "the first row of a table is a document", o.no_header);
  input.choice("--encoding", "utf-8|latin-1|mixed",
               "mixed: a document that is not UTF-8 is Latin-1", o.encoding);
  input.text("--match", "GLOB", "which files of a folder or .zip, such as '*.txt'", o.match);
}

void add_count(CLI::App& command, const char* help, LsaCommandOptions& o) {
  Group{command, "Output"}.value("-n,--count", "N", help, [&o](const std::string& text) {
    o.count = parse_count("-n", text, 1);
  });
}

void add_model_target(CLI::App& command, const char* help, LsaCommandOptions& o) {
  add_target(command, "MODEL", help, o.target);
  Group{command, "Output"}.flag("--force", "replace the file if it exists", o.force);
}

void add_lsa_accuracy(CLI::App& command, LsaCommandOptions& o) {
  Group{command, "Accuracy"}.value(
      "--accuracy", "R", "residual / sigma_1 to reach; 1e-4; a model keeps down to 1e-7",
      [&o](const std::string& text) { o.accuracy = parse_accuracy("--accuracy", text); });
}

void add_fit(CLI::App& lsa, LsaCommandOptions& o) {
  CLI::App& command = *lsa.add_subcommand("fit", "make a model of a collection of texts");
  command.footer(
      "eckart lsa fit letters/ -k 100 -o letters.lsa\n"
      "eckart lsa fit notes.txt --format lines -k 50 -o notes.lsa\n"
      "eckart lsa fit papers.csv --column title,abstract --id-column doi --energy 40% -o p.lsa\n"
      "eckart lsa fit mails.jsonl --stop-words english --stem english -k 200 -o mails.lsa");
  add_texts(command, o);
  Group terms{command, "Terms"};
  terms.choice("--tokens", "words|ascii|names",
               "words of any script; [a-z][a-z0-9]+; or [a-z][a-z0-9+-]*[a-z0-9]", o.tokens);
  terms.text("--stop-words", "none|english|FILE", "words to leave out (none)", o.stop_words);
  terms.text("--stem", "LANGUAGE", "english, german, french, ...: one term for all its forms",
             o.stemmer);
  terms.value("--ngrams", "N", "also runs of up to N neighbouring words (1)",
              [&o](const std::string& text) { o.ngrams = parse_count("--ngrams", text, 1); });
  terms.value(
      "--min-df", "N", "leave out terms in fewer documents (2)",
      [&o](const std::string& text) { o.min_documents = parse_count("--min-df", text, 1); });
  terms.value("--max-df", "P", "leave out terms in a larger share of the documents (1)",
              [&o](const std::string& text) { o.max_share = parse_share("--max-df", text); });
  terms.choice("--weighting", "tf|log|tf-idf|log-entropy|bm25",
               "how much a term says (log-entropy)", o.weighting);
  Group many{command, "How many triplets"};
  many.value("-k,--rank", "N", "the N leading ones",
             [&o](const std::string& text) { o.rank.rank = parse_count("-k", text, 1); });
  many.value("--energy", "P", "the fewest that hold this share of ||A||_F^2: 0.4 or 40%",
             [&o](const std::string& text) { o.rank.energy = parse_share("--energy", text); });
  add_lsa_accuracy(command, o);
  add_seed(command, o.seed);
  Group{command, "Running"}.flag("--plan", "read the text, say what fitting would cost, and stop",
                                 o.plan);
  command
      .add_option_function<std::string>(
          "-o,--output", [&o](const std::string& name) { o.target = not_empty("--output", name); },
          "where the model goes")
      ->type_name("MODEL")
      ->group("Output");
  Group{command, "Output"}.flag("--force", "replace the file if it exists", o.force);
  add_run(command, o.run);
}

void add_query(CLI::App& lsa, LsaCommandOptions& o) {
  CLI::App& command = *lsa.add_subcommand("query", "find the documents nearest to some words");
  command.footer(
      "eckart lsa query letters.lsa space exploration\n"
      "eckart lsa query letters.lsa --file questions.txt -n 3 --json\n"
      "eckart lsa query letters.lsa space --plain     by the words alone, without the SVD");
  add_model(command, o);
  add_arguments(command, "WORDS", "what to look for", o.words, false);
  Group{command, "Input"}.text("--file", "FILE", "queries instead: one each line, or SMART",
                               o.queries);
  Group{command, "Running"}.flag("--plain", "plain term matching, for comparison", o.plain);
  add_count(command, "so many documents (10)", o);
  add_run(command, o.run);
}

void add_similar(CLI::App& lsa, LsaCommandOptions& o) {
  CLI::App& command = *lsa.add_subcommand("similar", "find the documents nearest to a document");
  command.footer(
      "eckart lsa similar letters.lsa 1961-Kennedy.txt\n"
      "eckart lsa similar letters.lsa '#17'            by its number\n"
      "\n"
      "A part of the name will do if no other document has it.");
  add_model(command, o);
  add_arguments(command, "DOC", "its name, or # and its number from 1", o.words);
  add_count(command, "so many documents (10)", o);
  add_run(command, o.run);
}

void add_terms(CLI::App& lsa, LsaCommandOptions& o) {
  CLI::App& command = *lsa.add_subcommand("terms", "find the terms nearest to a word");
  command.footer("eckart lsa terms letters.lsa vietnam\neckart lsa terms letters.lsa war -n 30");
  add_model(command, o);
  add_arguments(command, "WORD", "the word; it is treated as those of the texts were", o.words);
  add_count(command, "so many terms (10)", o);
  add_run(command, o.run);
}

void add_topics(CLI::App& lsa, LsaCommandOptions& o) {
  CLI::App& command =
      *lsa.add_subcommand("topics", "the leading directions: their words and share of the energy");
  command.footer("eckart lsa topics letters.lsa\neckart lsa topics letters.lsa -n 3");
  add_model(command, o);
  add_count(command, "so many topics (10)", o);
  add_run(command, o.run);
}

void add_update(CLI::App& lsa, LsaCommandOptions& o) {
  CLI::App& command = *lsa.add_subcommand("update", "add documents to a model");
  command.footer(
      "eckart lsa update letters.lsa new/ -o letters2.lsa          a new SVD of old and new\n"
      "eckart lsa update letters.lsa new/ --fold -o letters2.lsa   at once, and less exact\n"
      "\n"
      "Terms and their weights stay those of the fit; words that it did not know are counted and\n"
      "left out. When there are many, fit again.");
  add_model(command, o);
  add_texts(command, o);
  add_lsa_accuracy(command, o);
  Group{command, "Running"}.flag("--fold", "fold in: leave the directions as they are", o.fold);
  add_seed(command, o.seed);
  add_model_target(command, "where the new model goes", o);
  add_run(command, o.run);
}

void add_evaluate(CLI::App& lsa, LsaCommandOptions& o) {
  CLI::App& command =
      *lsa.add_subcommand("evaluate", "judge the answers to queries whose answers are known");
  command.footer(
      "eckart lsa evaluate med.lsa --queries MED.QRY --qrels MED.REL\n"
      "eckart lsa evaluate cran.lsa --queries cran.qry --qrels cranqrel --number-queries\n"
      "\n"
      "Judgements are lines 'QUERY DOCUMENT', 'QUERY DOCUMENT GRADE' or, as TREC has them,\n"
      "'QUERY 0 DOCUMENT GRADE'. A grade above 0 is relevant.");
  add_model(command, o);
  Group input{command, "Input"};
  input.text("--queries", "FILE", "one each line, named by its number, or SMART", o.queries);
  input.text("--qrels", "FILE", "which documents answer which query", o.judgements);
  input.flag("--number-queries", "name queries by their order (Cranfield)", o.number_queries);
  add_run(command, o.run);
}

void add_export(CLI::App& lsa, LsaCommandOptions& o) {
  CLI::App& command = *lsa.add_subcommand("export", "write a model for other programs");
  command.footer(
      "eckart lsa export letters.lsa -o letters           a folder, as eckart svd -o writes it\n"
      "eckart lsa export letters.lsa --as word2vec -o terms.vec\n"
      "eckart lsa export letters.lsa --as json -o letters.json");
  add_model(command, o);
  Group output{command, "Output"};
  output.choice("--as", "npy|json|word2vec", "which form (npy)", o.export_as);
  output.flag("--documents", "of word2vec: the documents, not the terms", o.documents);
  add_target(command, "FILE", "where it goes", o.target);
  output.flag("--force", "replace it if it exists", o.force);
  add_run(command, o.run);
}

}  // namespace

void add_lsa(CLI::App& top, LsaCommandOptions& o) {
  CLI::App& lsa = *top.add_subcommand("lsa", "latent semantic analysis: search text by meaning");
  lsa.footer(
      "eckart lsa fit letters/ -k 100 -o letters.lsa\n"
      "eckart lsa query letters.lsa space exploration\n"
      "eckart lsa topics letters.lsa");
  lsa.require_subcommand(1);
  add_fit(lsa, o);
  add_query(lsa, o);
  add_similar(lsa, o);
  add_terms(lsa, o);
  add_topics(lsa, o);
  add_update(lsa, o);
  add_evaluate(lsa, o);
  add_export(lsa, o);
}

}  // namespace eckart::cli
