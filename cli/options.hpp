// cli/options.hpp - what the user asked for, one struct per subcommand, and what runs it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eckart/rank_rule.hpp"
#include "eckart/types.hpp"

namespace eckart::cli {

// How to talk. Every subcommand has these.
struct OutputOptions {
  bool json = false;
  bool quiet = false;          // no progress, no warnings
  std::string color = "auto";  // auto, always, never
};

// How to read and compute. Every subcommand that takes a matrix has these.
struct RunOptions {
  std::string input;  // a path, "-", or an inline literal
  std::string input_format = "auto";
  std::string missing = "error";
  std::optional<index_t> threads;
  std::uint64_t max_memory_bytes = 0;  // 0: no limit
  std::optional<double> max_seconds;
  OutputOptions output;
};

// A matrix that stays in its file, and runs that may be stopped.
struct OutOfCoreOptions {
  bool wanted = false;  // else where it is larger than the memory allowed
  std::string shape;    // of a raw file: "1000x200"
  std::string element;  // likewise: "float32"
  bool fortran_order = false;
  std::optional<index_t> max_passes;
  std::string checkpoint;  // a folder; empty: none
};

struct SvdOptions {
  RunOptions run;
  OutOfCoreOptions out_of_core;
  RankRule rank;
  bool full = false;
  bool thin = false;
  bool values_only = false;
  bool smallest = false;
  std::optional<double> target;
  bool center = false;
  bool scale = false;
  bool hermitian = false;
  std::string method = "auto";
  std::optional<index_t> oversampling;      // of the randomized method
  std::optional<index_t> power_iterations;  // likewise
  double accuracy = 0;                      // 0: the default of the scalar
  bool relative_accuracy = false;
  std::uint64_t seed = 0;
  bool plan = false;
  std::string folder;  // -o; empty: nothing is written
  std::string plot;    // likewise
  bool force = false;
};

struct InfoOptions {
  RunOptions run;
  std::uint64_t seed = 0;
  std::string plot;
  bool force = false;
};

struct CheckOptions {
  RunOptions run;
  std::string folder;  // or the files
  std::string u, s, vt, v;
  std::string compare;  // a folder with another factorisation
  bool center = false;
  bool scale = false;
  bool any_triplets = false;  // they do not claim to be the leading ones
  double accuracy = 0;
  std::uint64_t seed = 0;
};

struct LowrankOptions {
  RunOptions run;
  RankRule rank;
  std::string method = "auto";
  double accuracy = 0;
  std::uint64_t seed = 0;
  std::string file;  // -o
  bool force = false;
};

struct UpdateOptions {
  RunOptions run;
  std::string model;                                  // a saved SVD
  std::string rows, cols;                             // files of what comes
  std::string merge;                                  // another saved SVD
  std::optional<std::pair<index_t, index_t>> remove;  // first row, from 0, and how many
  std::optional<index_t> rank;
  std::optional<double> forgetting;
  std::string folder;  // -o
  bool force = false;
};

// Of transform and inverse.
struct TransformOptions {
  RunOptions run;      // input: the rows, or their coordinates; empty: those of the SVD
  std::string folder;  // a saved SVD
  std::optional<index_t> rank;
  std::string file;  // -o
  bool force = false;
};

struct EnergyOptions {
  RunOptions run;  // input: a matrix, or a saved SVD
  std::optional<index_t> rank;
  std::uint64_t seed = 0;
  std::string plot;
  bool force = false;
};

struct SolveOptions {
  RunOptions run;                     // input: A, or the predictor of a polynomial
  std::string right;                  // B
  std::optional<index_t> polynomial;  // degree
  bool intercept = false;
  std::optional<double> ridge;
  std::string ridge_choice;  // gcv or l-curve; empty: none
  std::optional<double> rcond;
  std::optional<index_t> truncate;
  std::string weights;  // a file with one number for each row
  bool no_refine = false;
  bool picard = false;
  std::string file;        // -o: X
  std::string residuals;   // B - A X
  std::string covariance;  // of the coefficients, for the first right-hand side
  std::string plot;
  bool force = false;
};

struct RobustPcaCommandOptions {
  RunOptions run;
  std::optional<double> lambda;
  double tolerance = 0;  // 0: the default of the scalar
  std::optional<double> gap;
  std::optional<index_t> max_iterations;
  std::string folder;  // -o; empty: nothing is written
  std::string plot;
  std::optional<index_t> frame;  // the row that the picture shows, from 1
  std::string frame_shape;       // HxW
  bool force = false;
};

// Of rank, cond, norm, pinv, null and range.
struct ZeroOptions {
  RunOptions run;
  std::optional<double> relative;  // --rtol
  double absolute = 0;             // --atol
  bool left = false;               // of the conjugate transpose
  std::string file;                // -o, of those that write a matrix
  bool force = false;
};

struct PcaCommandOptions {
  RunOptions run;  // missing: also drop, mean, em
  RankRule rank;
  std::string choice;  // gavish-donoho, elbow, horn, minka; empty: none
  bool suggest = false;
  bool scale = false;
  bool no_center = false;
  bool whiten = false;         // of the scores that are saved
  std::string weights;         // a file with one number for each row
  std::string column_weights;  // likewise for each column
  bool compare = false;
  std::string method = "auto";
  double accuracy = 0;  // 0: the library's default
  std::uint64_t seed = 0;
  std::string folder;  // -o; empty: nothing is written
  std::string plots;   // a folder for pictures; likewise
  bool force = false;
};

struct ScoreOptions {
  RunOptions run;      // input: rows
  std::string folder;  // a saved model
  std::string file;    // -o
  bool force = false;
};

struct EigenOptions {
  RunOptions run;
  std::optional<index_t> rank;
  std::string order = "falling";
  double tolerance = 0;  // asymmetry, relative to the largest entry
  double accuracy = 0;
  std::string folder;  // -o
  bool force = false;
};

struct ExplainOptions {
  RunOptions run;
  std::string format = "text";
  std::string file;  // -o; empty: standard output
  bool force = false;
};

// Of lsa and its subcommands.
struct LsaCommandOptions {
  RunOptions run;
  std::vector<std::string> paths;  // of text
  std::string format = "auto";
  std::string encoding = "utf-8";
  std::string column, id_column;
  bool no_header = false;
  std::string match = "*";

  std::string tokens = "words";
  std::string stop_words = "none";  // or english, or a file
  std::string stemmer;
  index_t ngrams = 1;
  index_t min_documents = 2;
  double max_share = 1;
  std::string weighting = "log-entropy";
  RankRule rank;
  double accuracy = 1e-4;
  std::uint64_t seed = 0;
  bool plan = false;

  std::string model;
  std::vector<std::string> words;  // of a query; the document of similar; the word of terms
  std::string queries;             // --file, --queries
  std::string judgements;          // --qrels
  bool number_queries = false;
  bool plain = false;  // by the terms alone
  index_t count = 10;
  bool fold = false;
  std::string export_as = "npy";
  bool documents = false;
  std::string target;  // -o
  bool force = false;
};

// Of recommend and its subcommands.
struct RecommendOptions {
  RunOptions run;      // input: ratings, or a model
  std::string second;  // the other file: pairs, more ratings
  std::string method = "svd";
  std::map<std::string, double> settings;  // of the method, by the names of the options
  std::vector<std::string> tries;          // of tune: NAME=V1,V2,...
  std::optional<index_t> random_tries;
  std::uint64_t seed = 0;
  std::string user_column, item_column, rating_column, time_column;
  std::string duplicates = "last";
  std::string missing = "error";
  std::optional<double> scale_low, scale_high;
  std::optional<double> early_stopping;  // share of the ratings to validate by
  std::optional<index_t> folds;
  std::optional<double> holdout;
  std::optional<double> by_time;
  bool leave_one_out = false;
  std::string test;   // a file of ratings
  std::string model;  // of evaluate
  std::optional<double> relevant;
  index_t count = 10;
  std::string user, item, rated;
  index_t min_ratings = 0;
  bool all_users = false;
  bool include_rated = false;
  std::string titles;
  std::string file;  // -o
  bool force = false;
};

// Of image and its subcommands.
struct ImageCommandOptions {
  RunOptions run;  // input: a picture, or a packed one
  std::optional<index_t> rank;
  std::optional<double> energy;
  std::optional<double> psnr;          // dB
  std::optional<std::uint64_t> bytes;  // of the packed file
  std::string colors = "ycbcr";
  index_t block = 0;
  std::vector<index_t> ranks;  // of a table or sheet; empty: 1, 2, 5, 10, ...
  std::string graphics = "auto";
  int quality = 90;  // of a JPEG that is written
  std::string plot;
  std::string file;  // -o
  bool force = false;
};

struct DoctorOptions {
  OutputOptions output;
  std::optional<index_t> threads;
};

struct AccelerateOptions {
  std::vector<std::string> command;  // what stands behind "--"
  bool statistics = false;
  bool compare = false;
  bool ilp64 = false;
  bool quiet = false;
};

struct ManOptions {
  std::vector<std::string> words;  // of a command
  std::string folder;
};

// Each runs a subcommand and returns its exit code. Throws UsageError and what the library throws.
int run_svd(const SvdOptions& options);
int run_info(const InfoOptions& options);
int run_check(const CheckOptions& options);
int run_lowrank(const LowrankOptions& options);
int run_update(const UpdateOptions& options);
int run_transform(const TransformOptions& options);
int run_inverse(const TransformOptions& options);
int run_energy(const EnergyOptions& options);
int run_solve(const SolveOptions& options);
int run_robust_pca(const RobustPcaCommandOptions& options);
int run_rank(const ZeroOptions& options);
int run_cond(const ZeroOptions& options);
int run_norm(const ZeroOptions& options);
int run_pinv(const ZeroOptions& options);
int run_null(const ZeroOptions& options);
int run_range(const ZeroOptions& options);
int run_pca(const PcaCommandOptions& options);
int run_score(const ScoreOptions& options);
int run_eigen(const EigenOptions& options);
int run_explain(const ExplainOptions& options);
// name: of the subcommand of lsa.
int run_lsa(const std::string& name, const LsaCommandOptions& options);
// verb: fit, predict, ...
int run_recommend(const std::string& verb, const RecommendOptions& options);
// verb: compress, expand, ...
int run_image(const std::string& verb, const ImageCommandOptions& options);
int run_doctor(const DoctorOptions& options);
int run_accelerate(const AccelerateOptions& options);

}  // namespace eckart::cli
