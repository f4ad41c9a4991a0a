// cli/lsa.hpp - what the subcommands of lsa share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "eckart/apps/lsa.hpp"
#include "eckart/io/text.hpp"
#include "options.hpp"
#include "session.hpp"

namespace eckart::cli {

// Returns how texts are to be read.
io::TextOptions text_options(const LsaCommandOptions& o);

// Returns the queries in the file by name and text.
std::vector<Document> read_queries(const std::string& path);

// Returns the counts of the texts over the model's terms.
SparseMatrix<double> query_counts(const LsaModel& model, const std::vector<Document>& queries);

// Returns the terms of the text that the model does not know, each once.
std::vector<std::string> unknown_terms(const LsaModel& model, std::string_view text);

// "n documents were repaired: ..." or empty.
std::string repairs_text(const TextRepairs& repairs);

// Of each subcommand; they return an exit code.
int run_lsa_fit(const LsaCommandOptions& o);
int run_lsa_query(const LsaCommandOptions& o);
int run_lsa_similar(const LsaCommandOptions& o);
int run_lsa_terms(const LsaCommandOptions& o);
int run_lsa_topics(const LsaCommandOptions& o);
int run_lsa_update(const LsaCommandOptions& o);
int run_lsa_evaluate(const LsaCommandOptions& o);
int run_lsa_export(const LsaCommandOptions& o);

}  // namespace eckart::cli
