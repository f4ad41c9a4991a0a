// eckart model spectrum: what the singular values of every weight matrix say.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "eckart/io/result_folder.hpp"
#include "eckart/io/tensors.hpp"
#include "eckart/models/layers.hpp"
#include "eckart/models/weight_spectrum.hpp"
#include "eckart/plot/standard.hpp"
#include "exit_code.hpp"
#include "model_options.hpp"
#include "model_text.hpp"
#include "plot_file.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

constexpr double shares[] = {0.8, 0.9, 0.95, 0.99};

template <Scalar T>
ordered_json analyse(const io::Tensor& tensor,
                     const LayerMatrix& matrix,
                     const ModelSpectrumOptions& o,
                     Session& session) {
  const WeightSpectrum s = [&] {
    try {
      return weight_spectrum(load_transposed<T>(tensor, matrix, session.context), session.context);
    } catch (const NonFiniteInput& error) {  // of the transpose
      throw IoError(o.run.input + "#" + tensor.name,
                    NonFiniteInput(error.col(), error.row(), error.value()).what());
    }
  }();
  ordered_json ranks = ordered_json::object();
  for (const double share : shares) ranks[fmt::format("{:g}", share)] = s.energy_rank(share);
  if (o.energy) ranks[fmt::format("{:g}", *o.energy)] = s.energy_rank(*o.energy);
  const bool as_stored =
      matrix.unfolding == Unfolding::whole || matrix.unfolding == Unfolding::channel;
  ordered_json object = {
      {"part", matrix.part},
      {"rows", matrix.rows},
      {"cols", matrix.cols},
      {"frobenius_norm", s.frobenius},
      {"sigma_1", s.sigma.empty() ? 0.0 : s.sigma[0]},
      {"numerical_rank", s.numerical_rank},
      {"effective_rank", s.effective_rank},
      {"stable_rank", s.stable_rank},
      {"energy_ranks", ranks},
      {"condition_number", std::isfinite(s.condition) ? ordered_json(s.condition) : ordered_json()},
      {"noise_edge", s.edge},
      {"spikes", s.spikes}};
  if (as_stored) {
    // Singular values that errors of storage alone could make.
    const double edge = io::rounding_edge(tensor, matrix.rows, matrix.cols, session.context);
    index_t above = 0;
    for (const double x : s.sigma) above += x > spike_threshold(edge, matrix.rows, matrix.cols);
    object["storage_edge"] = edge;
    object["above_storage"] = above;
  }
  object["power_law"] = s.tail.count > 0 ? ordered_json{{"alpha", s.tail.alpha},
                                                        {"least", s.tail.least},
                                                        {"count", s.tail.count},
                                                        {"distance", s.tail.distance}}
                                         : ordered_json();
  if (o.values || !o.plot.empty()) object["sigma"] = s.sigma;
  return object;
}

// Bytes that the largest matrix takes, as it is decomposed.
void check_memory(const std::vector<Layer>& layers,
                  const std::vector<io::Tensor>& tensors,
                  const Session& session) {
  const std::uint64_t cap = session.context.memory_cap_bytes();
  for (std::size_t i = 0; cap > 0 && i < tensors.size(); ++i) {
    for (const LayerMatrix& matrix : layers[i].matrices) {
      const bool wide = tensors[i].type == io::ElementType::f64;
      const auto bytes =
          5 * static_cast<std::uint64_t>(checked_bytes(matrix.rows, matrix.cols, wide ? 8 : 4)) / 2;
      if (bytes > cap) throw MemoryLimit("tensor " + tensors[i].name, bytes, cap);
    }
  }
}

std::string table_line(const std::string& name,
                       const ordered_json& m,
                       const std::string& type,
                       std::size_t width) {
  const auto& ranks = m["energy_ranks"];
  const std::string condition = m["condition_number"].is_null()
                                    ? "inf"
                                    : fmt::format("{:.3g}", m["condition_number"].get<double>());
  const std::string alpha =
      m["power_law"].is_null() ? "-" : fmt::format("{:.2f}", m["power_law"]["alpha"].get<double>());
  const std::string shape =
      fmt::format("{}×{}", m["rows"].get<index_t>(), m["cols"].get<index_t>());
  const std::size_t signs = 1;  // × has one byte more than columns
  return fmt::format(
      "  {:<{}} {:<{}} {:<4} {:>6} {:>8.1f} {:>8.1f} {:>6} {:>5} {:>5} {:>5} {:>9} "
      "{:>6} {:>6}\n",
      name, width, shape, 12 + signs, type, m["numerical_rank"].get<index_t>(),
      m["effective_rank"].get<double>(), m["stable_rank"].get<double>(),
      ranks["0.8"].get<index_t>(), ranks["0.9"].get<index_t>(), ranks["0.95"].get<index_t>(),
      ranks["0.99"].get<index_t>(), condition, m["spikes"].get<index_t>(), alpha);
}

std::string table(const ordered_json& report, const ModelSpectrumOptions& o) {
  std::size_t width = 6;
  std::vector<std::pair<std::string, const ordered_json*>> lines;
  for (const auto& tensor : report["tensors"]) {
    for (const auto& matrix : tensor["matrices"]) {
      const std::string part = matrix["part"];
      std::string name =
          printable(tensor["name"].get<std::string>()) + (part.empty() ? "" : "[" + part + "]");
      width = std::max(width, name.size());
      lines.emplace_back(std::move(name), &matrix);
    }
  }
  std::string text = fmt::format(
      "  {:<{}} {:<12} {:<4} {:>6} {:>8} {:>8} {:>6} {:>5} {:>5} {:>5} {:>9} {:>6} {:>6}\n",
      "matrix", width, "shape", "type", "rank", "eff.", "stable", "80 %", "90 %", "95 %", "99 %",
      "cond", "spikes", "alpha");
  std::size_t at = 0;
  for (const auto& tensor : report["tensors"]) {
    for (std::size_t i = 0; i < tensor["matrices"].size(); ++i, ++at) {
      text += table_line(lines[at].first, *lines[at].second, tensor["type"], width);
      if (!o.energy) continue;
      const index_t k = (*lines[at].second)["energy_ranks"][fmt::format("{:g}", *o.energy)];
      text += fmt::format("  {:<{}} {} of the energy: {}\n", "", width, percent(*o.energy), k);
    }
    if (tensor.contains("same_as")) {
      text += fmt::format("  {:<{}} the same bytes as {}\n",
                          printable(tensor["name"].get<std::string>()), width,
                          printable(tensor["same_as"].get<std::string>()));
    }
  }
  const auto others = report["no_matrix"].size();
  if (others > 0) {
    text += fmt::format("\n  {} without a matrix: vectors, scalars, integers\n",
                        counted(static_cast<index_t>(others), "tensor"));
  }
  return text;
}

std::vector<plot::NamedSpectrum> pictured(const ordered_json& report) {
  std::vector<plot::NamedSpectrum> matrices;
  for (const auto& tensor : report["tensors"]) {
    for (const auto& m : tensor["matrices"]) {
      const std::string name = printable(tensor["name"].get<std::string>()), part = m["part"];
      matrices.push_back({part.empty() ? name : name + "[" + part + "]",
                          m["sigma"].get<std::vector<double>>(), m["noise_edge"]});
    }
  }
  return matrices;
}

void leave_out_values(ordered_json& report) {
  for (auto& tensor : report["tensors"]) {
    for (auto& m : tensor["matrices"]) m.erase("sigma");
  }
}

}  // namespace

int run_model_spectrum(const ModelSpectrumOptions& options) {
  Session session(options.run);
  if (!options.file.empty()) check_target(options.file, options.force, false);
  check_plot(options.plot, options.force, {options.run.input, options.file});
  const io::Model model = io::read_model(options.run.input, options.run.max_memory_bytes);
  const std::vector<io::Tensor> tensors = select_tensors(model, options.only);
  std::vector<Layer> layers;
  for (const io::Tensor& tensor : tensors) layers.push_back(recognise(tensor));
  check_memory(layers, tensors, session);
  std::optional<io::TensorSpool> spool;
  if (!options.file.empty()) {
    spool.emplace(options.file,
                  fingerprint({model}, fmt::format("spectrum {} {}", options.energy.value_or(0),
                                                   options.values || !options.plot.empty())));
  }
  const std::vector<std::size_t> tied = find_tied(tensors);
  ordered_json report = {{"schema", 1}, {"model", model_json(model)}};
  report["tensors"] = ordered_json::array();
  report["no_matrix"] = ordered_json::array();
  const InterruptGuard guard(session.context);
  session.context.set_stop_at_once(true);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const io::Tensor& tensor = tensors[i];
    if (layers[i].matrices.empty()) {
      report["no_matrix"].push_back(tensor.name);
      continue;
    }
    session.progress.update(
        {"spectra", static_cast<double>(i) / static_cast<double>(tensors.size()), -1, -1});
    ordered_json object = {{"name", tensor.name},
                           {"type", to_string(tensor.type)},
                           {"shape", tensor.shape},
                           {"kind", to_string(layers[i].kind)},
                           {"matrices", ordered_json::array()}};
    if (tied[i] != i) {
      object["same_as"] = tensors[tied[i]].name;
    } else if (spool && spool->has(tensor.name)) {
      object["matrices"] = ordered_json::parse(spool->note(tensor.name));
    } else {
      for (const LayerMatrix& matrix : layers[i].matrices) {
        object["matrices"].push_back(tensor.type == io::ElementType::f64
                                         ? analyse<double>(tensor, matrix, options, session)
                                         : analyse<float>(tensor, matrix, options, session));
      }
      if (spool) spool->put(tensor.name, {}, object["matrices"].dump());
    }
    io::release(tensor);
    report["tensors"].push_back(std::move(object));
  }
  if (!options.plot.empty()) {
    write_plot(options.plot, plot::spectra(pictured(report)), options.force);
    if (!options.values) leave_out_values(report);
  }
  if (!options.file.empty()) {
    check_free(options.file, options.force);
    io::write_text(options.file, json_text(report) + "\n");
    spool->remove();
  }
  session.progress.clear();
  if (session.json) {
    write_json(report);
    return exit_met;
  }
  std::string text = model_line(model, session) + "\n" + table(report, options);
  text +=
      "\n  eff.: e to the entropy of the energies; 80 % ...: triplets that hold that share;\n"
      "  spikes: singular values above what independent entries of these rows and columns give;\n"
      "  alpha: exponent of the power law that fits the tail of the squared values best\n";
  if (!options.plot.empty()) text += "\npicture  " + printable(options.plot) + "\n";
  if (!options.file.empty()) text += "\nfile     " + printable(options.file) + "\n";
  write_stdout(session.terminal.text(text));
  return exit_met;
}

}  // namespace eckart::cli
