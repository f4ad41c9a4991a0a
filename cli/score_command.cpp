// eckart score: how likely rows are under a saved principal component model.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "convert.hpp"
#include "eckart/apps/pca.hpp"
#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "request.hpp"
#include "saved.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

// The model that eckart pca saved.
template <Scalar T>
Pca<T> model_of(const SavedFiles& saved) {
  Pca<T> model;
  model.svd = result_of<T>(saved);
  model.map = map_of<T>(saved);
  const auto pca = saved.report.find("pca");
  try {
    if (pca == saved.report.end()) throw std::invalid_argument("no pca");
    model.observations = pca->at("observations").template get<double>();
    model.explained_variance = pca->at("explained_variance").template get<std::vector<double>>();
    model.noise_variance = pca->at("noise_variance").template get<double>();
    if (model.explained_variance.size() != model.svd.sigma.size()) {
      throw std::invalid_argument("another number of components");
    }
  } catch (const std::exception&) {
    throw IoError(saved.folder + "/report.json",
                  "holds no model of eckart pca; run eckart pca FILE -o DIR");
  }
  return model;
}

}  // namespace

int run_score(const ScoreOptions& options) {
  if (!options.file.empty()) {
    if (!options.file.ends_with(".npy")) {
      throw UsageError("--output: '" + options.file +
                       "' will not do; expected a name that ends "
                       "in .npy");
    }
    check_target(options.file, options.force, false);
    check_not_input(options.file, {options.run.input, options.folder + "/U.npy"});
  }
  Session session(options.run);
  const SavedFiles saved = load_saved(options.run, options.folder);
  const AnyMatrix input = load_matrix(options.run);
  return with_scalar_of(saved, input, [&]<Scalar T>() {
    const Pca<T> model = model_of<T>(saved);
    const AnyMatrix rows = with_scalar<T>(input);
    return with_operator(rows, options.run.input, session, [&](const auto& X) {
      if constexpr (std::same_as<scalar_of<decltype(X)>, T>) {
        const EntryScan scan = X.scan(session.context);
        if (!scan.finite()) {
          throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
        }
        if (X.cols() != model.svd.V.rows()) {
          throw IoError(options.run.input,
                        fmt::format("has {}; the model has {}", counted(X.cols(), "column"),
                                    model.svd.V.rows()));
        }
        const std::vector<double> score = pca_log_likelihood(model, X, session.context);
        const auto count = static_cast<index_t>(score.size());
        const double mean =
            count > 0 ? std::accumulate(score.begin(), score.end(), 0.0) / double(count) : 0;
        if (!options.file.empty()) {
          check_free(options.file, options.force);
          io::write_npy(
              options.file,
              MatrixView<const double>{score.data(), count, 1, std::max<index_t>(1, count)}, true);
        }
        session.progress.clear();
        if (session.json) {
          write_json({{"schema", 1}, {"rows", count}, {"mean", mean}, {"log_likelihood", score}});
        } else {
          const auto least = std::min_element(score.begin(), score.end());
          std::string text =
              fmt::format("rows     {}: {}\nscore    {:.10g} log-likelihood of a row, on average\n",
                          printable(options.run.input), counted(count, "row"), mean);
          if (count > 0) {
            text += fmt::format("least    row {} with {:.6g}\n", least - score.begin() + 1, *least);
          }
          write_stdout(session.terminal.text(text));
        }
        return static_cast<int>(exit_met);
      } else {
        return static_cast<int>(exit_internal);  // with_scalar left one scalar
      }
    });
  });
}

}  // namespace eckart::cli
