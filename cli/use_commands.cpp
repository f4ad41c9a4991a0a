// The table of the subcommands that put an SVD to use.
#include <CLI/CLI.hpp>

#include "command_line.hpp"
#include "option_group.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

void add_count(CLI::App& command, const char* help, std::optional<index_t>& rank) {
  Group{command, "How many triplets"}.value(
      "-k,--rank", "N", help,
      [&rank](const std::string& text) { rank = parse_count("-k", text, 1); });
}

void add_matrix_target(CLI::App& command, const char* help, std::string& file, bool& force) {
  add_target(command, "OUT.npy", help, file);
  Group{command, "Output"}.flag("--force", "replace OUT.npy if it exists", force);
}

void add_convert(CLI::App& top, ConvertCommandOptions& o) {
  CLI::App& command =
      *top.add_subcommand("convert", "a matrix of any size into a file that is read in place");
  command.footer(
      "eckart convert A.mtx.gz A.csr --max-memory 1G     sparse, sorted on the disk\n"
      "eckart convert table.csv A.npy --dtype float32    dense\n"
      "eckart convert clicks.csv A.csr --triplets 0      lines of row,column,value, from 0\n"
      "eckart svd A.csr -k 50 --max-memory 1G -o result\n"
      "\n"
      "OUT ends in .csr or .npy. Entries at the same place are added. What does not fit into the\n"
      "memory goes to files without a name beside OUT, 24 bytes for each entry; they are gone\n"
      "when the command ends, however it ends.");
  add_argument(command, "IN", file_help, o.run.input);
  add_argument(command, "OUT", "OUT.csr for a sparse matrix, OUT.npy for a dense one", o.target);
  add_format(command, o.run);
  Group input{command, "Input"};
  input.choice("--triplets", "0|1", "a table of row, column and value, counted from 0 or 1",
               o.triplets);
  input.text("--shape", "RxC", "rows and columns of a table of triplets; as far as they reach",
             o.shape);
  Group out{command, "Output"};
  out.choice("--dtype", "float32|float64", "how numbers are written; as exact as in IN", o.element);
  out.flag("--force", "replace OUT if it exists", o.force);
  add_run(command, o.run);
}

void add_update(CLI::App& top, UpdateOptions& o) {
  CLI::App& command =
      *top.add_subcommand("update", "more rows or columns for a saved SVD, without the old ones");
  command.footer(
      "eckart update result --rows new.npy -o result2          as if they had been there\n"
      "eckart update result --rows today.csv --forget 0.9 -o result --force\n"
      "eckart update result --cols more.npy -o wider\n"
      "eckart update one --merge other -o both                 rows of another saved SVD\n"
      "eckart update result --remove-rows 1-100 -o rest\n"
      "\n"
      "Exact to rounding while the rank of all that came is at most -k; else the report bounds\n"
      "what was left out.");
  add_argument(command, "DIR", "a folder that eckart svd -o wrote", o.model);
  Group what{command, "What comes"};
  what.text("--rows", "FILE", "rows to append", o.rows);
  what.text("--cols", "FILE", "columns to append", o.cols);
  what.text("--merge", "DIR", "a saved SVD whose rows to append", o.merge);
  what.value("--remove-rows", "A-B", "take these rows out again, counted from 1",
             [&o](const std::string& text) { o.remove = parse_range("--remove-rows", text); });
  what.value("--forget", "F", "multiply the weight of the earlier rows by F first",
             [&o](const std::string& text) { o.forgetting = parse_share("--forget", text); });
  add_format(command, o.run);
  add_count(command, "keep N; as many as the result has", o.rank);
  add_target(command, "OUT", "folder of the new result; DIR itself with --force", o.folder);
  Group{command, "Output"}.flag("--force", "replace OUT if it is an earlier result", o.force);
  add_run(command, o.run);
}

void add_transform(CLI::App& top, TransformOptions& o) {
  CLI::App& command =
      *top.add_subcommand("transform", "coordinates of rows in a saved SVD: T = X V");
  command.footer(
      "eckart transform result -o T.npy            of the rows that were decomposed: U Sigma\n"
      "eckart transform result new.csv -o T.npy    of other rows\n"
      "eckart transform result new.csv -k 2 -o T.npy\n"
      "\n"
      "If the result is of a centred or scaled matrix, its means and divisors serve here too.");
  add_argument(command, "DIR", "a folder that eckart svd -o wrote", o.folder);
  add_argument(command, "FILE", "the rows; none: those that were decomposed", o.run.input, false);
  add_format(command, o.run);
  add_count(command, "the N leading coordinates; all", o.rank);
  add_matrix_target(command, "where the coordinates go", o.file, o.force);
  add_run(command, o.run);
}

void add_inverse(CLI::App& top, TransformOptions& o) {
  CLI::App& command =
      *top.add_subcommand("inverse", "rows from their coordinates in a saved SVD: X = T Vt");
  command.footer(
      "eckart inverse result T.npy -o X.npy\n"
      "\n"
      "T may have fewer columns than the result has triplets: they are the leading coordinates.");
  add_argument(command, "DIR", "a folder that eckart svd -o wrote", o.folder);
  add_argument(command, "FILE", "the coordinates, one row each", o.run.input);
  add_format(command, o.run);
  add_matrix_target(command, "where the rows go", o.file, o.force);
  add_run(command, o.run);
}

void add_energy(CLI::App& top, EnergyOptions& o) {
  CLI::App& command =
      *top.add_subcommand("energy", "what the k leading triplets hold and leave out, for each k");
  command.footer(
      "eckart energy A.npy\n"
      "eckart energy result          from a folder of eckart svd\n"
      "eckart energy big.mtx -k 50   the 50 leading ones only");
  add_input(command, o.run, "a matrix (as for svd), or a folder that eckart svd -o wrote");
  add_count(command, "the N leading ones of a matrix; all", o.rank);
  add_seed(command, o.seed);
  add_plot(command, "spectrum and energy as a picture, .png or .svg", o.plot);
  Group{command, "Output"}.flag("--force", "replace the picture if it exists", o.force);
  add_run(command, o.run);
}

void add_pca(CLI::App& top, PcaCommandOptions& o) {
  CLI::App& command = *top.add_subcommand("pca", "principal component analysis");
  command.footer(
      "eckart pca table.csv -k 2 -o model          components, scores, loadings, means\n"
      "eckart pca table.csv --scale --energy 95%   of the correlations; 95 % of the variance\n"
      "eckart pca table.csv --choose horn          as many as stand out from noise\n"
      "eckart pca counts.mtx -k 50                 sparse tables are centred and stay sparse\n"
      "eckart pca table.csv --missing em -k 2      gaps filled by a model of 2 components\n"
      "eckart pca table.csv --compare              what centring changes, in words\n"
      "eckart transform model new.csv -o T.npy     the model on other rows; inverse, score too\n"
      "\n"
      "Variances have the divisor rows - 1. The likelihood is that of the probabilistic model "
      "with\n"
      "as many components: normal, with one noise variance in all directions left out.");
  add_argument(command, "FILE", file_help, o.run.input);
  Group input{command, "Input"};
  input.choice("--input-format", "auto|npy|npz|mtx|csv|tsv", "instead of going by the file's name",
               o.run.input_format);
  input.choice("--missing", "error|zero|drop|mean|em",
               "drop rows; fill in column means, or what a model expects", o.run.missing);
  input.text("--weights", "FILE", "how often each row counts; 0: not at all", o.weights);
  input.text("--column-weights", "FILE", "multiply each column, for example by roots of areas",
             o.column_weights);
  Group many{command, "How many components"};
  many.value("-k,--rank", "N", "the N leading ones; all",
             [&o](const std::string& text) { o.rank.rank = parse_count("-k", text, 1); });
  many.value("--energy", "P", "the fewest with this share of the variance: 0.95 or 95%",
             [&o](const std::string& text) { o.rank.energy = parse_share("--energy", text); });
  many.value(
      "--tolerance", "E", "the fewest that leave E of the centred matrix's norm",
      [&o](const std::string& text) { o.rank.tolerance = parse_tolerance("--tolerance", text); });
  many.choice("--choose", "gavish-donoho|elbow|horn|minka",
              "above the noise, before the bend, by parallel analysis, by evidence", o.choice);
  many.flag("--suggest", "show what every rule would choose", o.suggest);
  Group before{command, "Before the decomposition"};
  before.flag("--scale", "divide every column by its standard deviation", o.scale);
  before.flag("--no-center", "do not subtract the means: the SVD as it is", o.no_center);
  add_accuracy(command, o.accuracy);
  add_method(command, o.method);
  add_seed(command, o.seed);
  Group out{command, "Output"};
  out.text("-o,--output", "DIR", "write the model into DIR", o.folder);
  out.text("--plots", "DIR", "scree, energy, scores and biplot as DIR/*.png", o.plots);
  out.flag("--whiten", "scores of variance 1, also of other rows", o.whiten);
  out.flag("--compare", "the SVD without centring beside it, and why they differ", o.compare);
  out.flag("--force", "replace an earlier result in DIR", o.force);
  add_run(command, o.run);
}

void add_score(CLI::App& top, ScoreOptions& o) {
  CLI::App& command =
      *top.add_subcommand("score", "how likely rows are under a saved principal component model");
  command.footer(
      "eckart score model new.csv\n"
      "eckart score model new.csv -o loglik.npy     one number for each row");
  add_argument(command, "DIR", "a folder that eckart pca -o wrote", o.folder);
  add_argument(command, "FILE", "the rows", o.run.input);
  add_format(command, o.run);
  Group out{command, "Output"};
  out.text("-o,--output", "OUT.npy", "where the log-likelihood of each row goes", o.file);
  out.flag("--force", "replace OUT.npy if it exists", o.force);
  add_run(command, o.run);
}

void add_solve(CLI::App& top, SolveOptions& o) {
  CLI::App& command =
      *top.add_subcommand("solve", "least squares: the X that minimises ||A X - B||");
  command.footer(
      "eckart solve A.npy b.npy -o x.npy\n"
      "eckart solve table.csv y.csv --intercept          regression with a constant term\n"
      "eckart solve x.csv y.csv --polynomial 10          a polynomial in one predictor\n"
      "eckart solve A.npy b.npy --ridge gcv --picard --plot ridge.png   an ill-posed problem\n"
      "\n"
      "With none of --ridge, --rcond and --truncate, dependent columns are found after all are\n"
      "scaled to one length, and of many solutions the shortest is returned. A unique solution is\n"
      "refined with residuals of twice the digits.");
  add_argument(command, "A", "the matrix (as for svd); with --polynomial one column", o.run.input);
  add_argument(command, "B", "the right-hand sides, one in each column", o.right);
  add_format(command, o.run);
  Group model{command, "Model"};
  model.flag("--intercept", "a column of ones in front of A", o.intercept);
  model.value(
      "--polynomial", "D", "1, x, ..., x^D of the one column x, to 31 digits",
      [&o](const std::string& text) { o.polynomial = parse_count("--polynomial", text, 0); });
  model.text("--weights", "FILE", "one for each row: minimise the sum of w r^2", o.weights);
  Group less{command, "Where the data do not determine X"};
  less.value("--ridge", "L", "minimise ||A x - b||^2 + L ||x||^2; or gcv, or l-curve",
             [&o](const std::string& text) {
               o.ridge_choice = text == "gcv" || text == "l-curve" ? text : "";
               if (o.ridge_choice.empty()) o.ridge = parse_at_least_zero("--ridge", text);
             });
  less.value("--rcond", "R", "singular values up to R sigma_1 count as zeros",
             [&o](const std::string& text) { o.rcond = parse_tolerance("--rcond", text); });
  less.value("--truncate", "K", "use the K leading triplets",
             [&o](const std::string& text) { o.truncate = parse_count("--truncate", text, 0); });
  Group{command, "Accuracy"}.flag("--no-refine", "the solution of the SVD as it is", o.no_refine);
  Group out{command, "Output"};
  out.flag("--picard", "for each sigma, what b has there and what x makes of it", o.picard);
  out.text("-o,--output", "OUT.npy", "where X goes", o.file);
  out.text("--residuals", "OUT.npy", "where B - A X goes", o.residuals);
  out.text("--covariance", "OUT.npy", "where the covariance of x goes (one right-hand side)",
           o.covariance);
  add_plot(command, "Picard's condition, and what a ridge was chosen from, .png or .svg", o.plot);
  out.flag("--force", "replace files that exist", o.force);
  add_run(command, o.run);
}

void add_robust_pca(CLI::App& top, RobustPcaCommandOptions& o) {
  CLI::App& command = *top.add_subcommand(
      "robust-pca", "split a matrix: low rank plus sparse, for outliers and backgrounds");
  command.footer(
      "eckart robust-pca table.csv -o parts          L in U.npy s.npy Vt.npy, S in sparse.npy\n"
      "eckart robust-pca video.npy -o parts --plot split.png --frame 90 --shape 36x64\n"
      "\n"
      "L + S = A with the least ||L||_* + lambda sum |s_ij| (principal component pursuit). The "
      "gap\n"
      "says how far above the least these two are at most, by a proof that the run carries along.\n"
      "The picture shows one row of A, of L and of S, each as H x W pixels.");
  add_input(command, o.run, file_help);
  Group split{command, "How to split"};
  split.value("--lambda", "L", "larger: a sparser S; 1 / sqrt(max(m, n))",
              [&o](const std::string& text) { o.lambda = parse_noise("--lambda", text); });
  Group accuracy{command, "Accuracy"};
  accuracy.value(
      "--tolerance", "E", "||A - L - S||_F <= E ||A||_F; 1e-7, or 1e-5 in single precision",
      [&o](const std::string& text) { o.tolerance = parse_accuracy("--tolerance", text); });
  accuracy.value("--gap", "G", "above the least by this share at most; 0.01",
                 [&o](const std::string& text) { o.gap = parse_accuracy("--gap", text); });
  accuracy.value("--max-iterations", "N", "then stop; 1000", [&o](const std::string& text) {
    o.max_iterations = parse_count("--max-iterations", text, 1);
  });
  Group out{command, "Output"};
  out.text("-o,--output", "DIR", "write U.npy s.npy Vt.npy sparse.npy report.json into DIR",
           o.folder);
  add_plot(command, "a row of A, L and S as pictures, .png or .svg", o.plot);
  out.value("--frame", "I", "which row, counted from 1 (with --plot); 1",
            [&o](const std::string& text) { o.frame = parse_count("--frame", text, 1); });
  out.text("--shape", "HxW", "its height and width in pixels, row by row (with --plot)",
           o.frame_shape);
  out.flag("--force", "replace an earlier result in DIR, or FILE", o.force);
  add_run(command, o.run);
}

void add_tolerance(CLI::App& command, ZeroOptions& o) {
  Group zeros{command, "What counts as zero"};
  zeros.value("--rtol", "R", "singular values up to R sigma_1; max(m, n) eps",
              [&o](const std::string& text) { o.relative = parse_tolerance("--rtol", text); });
  zeros.value("--atol", "T", "and up to T",
              [&o](const std::string& text) { o.absolute = parse_at_least_zero("--atol", text); });
}

CLI::App& add_question(CLI::App& top, const char* name, const char* help, ZeroOptions& o) {
  CLI::App& command = *top.add_subcommand(name, help);
  add_input(command, o.run, file_help);
  add_tolerance(command, o);
  add_run(command, o.run);
  return command;
}

CLI::App& add_construction(CLI::App& top, const char* name, const char* help, ZeroOptions& o) {
  CLI::App& command = add_question(top, name, help, o);
  Group out{command, "Output"};
  out.text("-o,--output", "OUT.npy", "where the matrix goes; else it is printed", o.file);
  out.flag("--force", "replace OUT.npy if it exists", o.force);
  return command;
}

void add_rank_and_its_kin(CLI::App& top, Options& options) {
  add_question(top, "rank", "how many singular values are not zero, and how clear that is",
               options.rank)
      .footer("eckart rank A.npy\neckart rank A.npy --rtol 1e-8\neckart rank A.npy --atol 0.01");
  add_question(top, "cond", "the condition number, and how many digits it leaves", options.cond)
      .footer("eckart cond A.npy\neckart cond \"[[1,1],[1,1.0001]]\"");
  add_question(top, "norm", "2-norm, Frobenius, nuclear, 1, infinity and largest entry",
               options.norm)
      .footer("eckart norm A.npy\neckart norm A.mtx.gz --json");
  add_construction(top, "pinv", "the pseudoinverse", options.pinv)
      .footer("eckart pinv \"[[1,2],[3,4]]\"\neckart pinv A.npy --rtol 1e-6 -o P.npy");
  const char* left = "of the conjugate transpose: what stands left of A";
  CLI::App& null =
      add_construction(top, "null", "an orthonormal basis of the x with A x = 0", options.null);
  null.footer(
      "eckart null \"[[1,2],[2,4]]\"\neckart null A.npy -o N.npy\neckart null A.npy --left -o "
      "N.npy   the y with y^H A = 0");
  Group{null, "What counts as zero"}.flag("--left", left, options.null.left);
  CLI::App& range =
      add_construction(top, "range", "an orthonormal basis of all A x", options.range);
  range.footer(
      "eckart range A.npy -o Q.npy\neckart range A.npy --left -o R.npy   of the rows of A");
  Group{range, "What counts as zero"}.flag("--left", left, options.range.left);
}

}  // namespace

void add_uses(CLI::App& top, Options& options) {
  add_convert(top, options.convert);
  add_update(top, options.update);
  add_transform(top, options.transform);
  add_inverse(top, options.inverse);
  add_energy(top, options.energy);
  add_pca(top, options.pca);
  add_score(top, options.score);
  add_solve(top, options.solve);
  add_robust_pca(top, options.robust_pca);
  add_rank_and_its_kin(top, options);
}

}  // namespace eckart::cli
