// eckart model compress: layers as products of two factors.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "eckart/copy.hpp"
#include "eckart/io/tensors.hpp"
#include "eckart/models/compression.hpp"
#include "eckart/models/layers.hpp"
#include "eckart/operators.hpp"
#include "eckart/rank_rule.hpp"
#include "exit_code.hpp"
#include "model_options.hpp"
#include "model_text.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// A tensor that may be written as two factors.
struct Candidate {
  io::Tensor tensor;
  std::string module;
  Layer layer;
  LayerMatrix matrix;
  bool turned = false;  // stored inputs x outputs

  index_t rows() const { return turned ? matrix.cols : matrix.rows; }
  index_t cols() const { return turned ? matrix.rows : matrix.cols; }
  std::uint64_t number_bytes() const { return std::uint64_t(io::bits_of(tensor.type)) / 8; }
};

struct Job {
  const ModelCompressOptions& o;
  Session& session;
  io::Model model;
  std::optional<io::Model> activations;
  std::vector<Candidate> candidates;
  std::map<std::string, std::string> kept;  // tensor, and why it stays whole
};

// W^T, n x m, in double.
Matrix<double> load(const Candidate& c, Session& session) {
  Matrix<double> W = load_transposed<double>(c.tensor, c.matrix, session.context);
  for (index_t i = 0; i < W.rows() * W.cols(); ++i) {
    if (std::isfinite(W.data()[i])) continue;
    throw IoError("tensor '" + c.tensor.name + "'", fmt::format("element {} is not finite", i + 1));
  }
  if (!c.turned) return W;
  Matrix<double> turned(W.cols(), W.rows());
  copy_adjoint<double>(W.view(), turned.view(), session.context);
  return turned;
}

InputRoot root_of(const Candidate& c, const Job& job) {
  InputRoot root;
  root.source = "none";
  if (!job.activations || job.o.weighting == "none") return root;
  const Weighting weighting = job.o.weighting == "diagonal" ? Weighting::diagonal : Weighting::full;
  auto found =
      read_root(*job.activations, c.module, c.cols(), weighting, job.o.ridge, job.session.context);
  if (!found) {
    throw IoError(job.o.activations, "no activations of module '" + c.module + "': expected " +
                                         c.module +
                                         ".samples, .gram or .diagonal; --only "
                                         "chooses other tensors");
  }
  return std::move(*found);
}

void find_candidates(Job& job) {
  for (const io::Tensor& tensor : select_tensors(job.model, job.o.only)) {
    Candidate c{tensor, tensor.name, recognise(tensor), {}, false};
    if (c.layer.matrices.empty()) continue;
    const bool conv = c.layer.kind == LayerKind::convolution;
    c.matrix =
        c.layer.matrices[conv && job.o.unfolding == "spatial" && c.layer.matrices.size() > 1];
    if (tensor.name.ends_with(".weight")) c.module.resize(c.module.size() - 7);
    c.turned = c.layer.kind == LayerKind::transposed ||
               (c.layer.kind == LayerKind::fused && tensor.shape[1] > tensor.shape[0]);
    if (c.layer.kind == LayerKind::embedding && job.o.only == "*") {
      job.kept[tensor.name] = "an embedding: name it with --only if it is to be factored";
    } else if (conv && tensor.shape[1] == 1) {
      job.kept[tensor.name] = "a convolution of one input, perhaps depthwise";
    } else if (tensor.type == io::ElementType::f64 || tensor.type == io::ElementType::f32 ||
               tensor.type == io::ElementType::f16 || tensor.type == io::ElementType::bf16) {
      job.candidates.push_back(std::move(c));
    } else {
      job.kept[tensor.name] = std::string("of type ") + to_string(tensor.type);
    }
  }
}

void check_memory(const Job& job) {
  const std::uint64_t cap = job.session.context.memory_cap_bytes();
  for (const Candidate& c : job.candidates) {
    const auto bytes = static_cast<std::uint64_t>(6 * 8 * c.rows() * c.cols());
    if (cap > 0 && bytes > cap) throw MemoryLimit("factoring tensor " + c.tensor.name, bytes, cap);
  }
}

// The rank of each candidate under a budget for the whole model.
std::vector<index_t> ranks_in_budget(Job& job, io::TensorSpool& spool) {
  std::vector<BudgetLayer> layers;
  std::uint64_t others = job.model.bytes();
  for (std::size_t i = 0; i < job.candidates.size(); ++i) {
    const Candidate& c = job.candidates[i];
    others -= c.tensor.data.size();
    const std::string step = "spectrum of " + c.tensor.name;
    job.session.progress.update({"spectra", double(i) / double(job.candidates.size()), -1, -1});
    if (!spool.has(step)) {
      const auto sigma =
          weighted_spectrum(load(c, job.session), root_of(c, job), job.session.context);
      spool.put(step, {}, ordered_json(sigma).dump());
      io::release(c.tensor);
    }
    layers.push_back({c.rows(), c.cols(), double(c.number_bytes()),
                      ordered_json::parse(spool.note(step)).get<std::vector<double>>()});
  }
  const auto budget = static_cast<double>(*job.o.budget_bytes) - static_cast<double>(others);
  try {
    return allocate_ranks(layers, budget);
  } catch (const InvalidArgument& error) {
    throw UsageError(fmt::format("--budget: {} of {} are tensors that stay as they are; {}",
                                 format_bytes(others), format_bytes(*job.o.budget_bytes),
                                 error.what()));
  }
}

// The rank that the options give for one candidate.
index_t rank_of(const Candidate& c,
                const ModelCompressOptions& o,
                const std::vector<double>& sigma) {
  if (o.rank.rank) return *o.rank.rank;
  if (o.ratio) {
    return static_cast<index_t>(*o.ratio * double(c.rows()) * double(c.cols()) /
                                double(c.rows() + c.cols()));
  }
  if (sigma.empty() || !(sigma[0] > 0)) return 1;
  RankRule rule;
  rule.energy = o.rank.energy;
  return choose_rank<double>(rule, sigma, c.rows(), c.cols());
}

// The two tensors, as layers of the kind have them.
std::vector<io::Tensor> factor_tensors(const Candidate& c, const WeightFactors& f) {
  const index_t k = f.B_transposed.rows();
  const auto& shape = c.tensor.shape;
  std::vector<index_t> A_shape = {k, c.cols()}, B_shape = {c.rows(), k};
  MatrixView<const double> A = f.A_transposed.view(), B = f.B_transposed.view();
  Matrix<double> A_turned, B_turned;
  if (c.matrix.unfolding == Unfolding::channel) {
    A_shape = shape;
    A_shape[0] = k;
    B_shape.insert(B_shape.end(), shape.size() - 2, 1);
  } else if (c.matrix.unfolding == Unfolding::spatial) {
    // M = B A, M[(i, y), (o, x)]: first a column of the kernel, K1[r, i, y, 0] = B[(i, y), r], then
    // a row, K2[o, r, 0, x] = A[r, (o, x)].
    const index_t outputs = shape[0], width = shape[3];
    A_shape = {k, shape[1], shape[2], 1};
    B_shape = {outputs, k, 1, width};
    A_turned = Matrix<double>(c.rows(), k);
    copy_adjoint<double>(B, A_turned.view());
    B_turned = Matrix<double>(k * width, outputs);
    for (index_t o = 0; o < outputs; ++o) {
      for (index_t r = 0; r < k; ++r) {
        for (index_t x = 0; x < width; ++x) B_turned(r * width + x, o) = A(o * width + x, r);
      }
    }
    A = std::as_const(A_turned).view();
    B = std::as_const(B_turned).view();
  }
  return {io::make_tensor<double>(c.module + ".A.weight", c.tensor.type, A_shape, A),
          io::make_tensor<double>(c.module + ".B.weight", c.tensor.type, B_shape, B)};
}

// B A in the shape of the tensor.
io::Tensor dense_tensor(const Candidate& c, const WeightFactors& f, Session& session) {
  Matrix<double> W(c.cols(), c.rows());
  make_operator<double>(f.A_transposed.view())
      ->apply(f.B_transposed.view(), W.view(), session.context);
  if (c.matrix.unfolding == Unfolding::spatial) {
    const index_t width = c.tensor.shape[3];
    Matrix<double> K(c.tensor.count() / c.tensor.shape[0], c.tensor.shape[0]);
    for (index_t iy = 0; iy < c.rows(); ++iy) {
      for (index_t ox = 0; ox < c.cols(); ++ox) {
        K(iy * width + ox % width, ox / width) = W(ox, iy);
      }
    }
    W = std::move(K);
  } else if (c.turned) {
    Matrix<double> turned(W.cols(), W.rows());
    copy_adjoint<double>(W.view(), turned.view(), session.context);
    W = std::move(turned);
  }
  return io::make_tensor<double>(c.tensor.name, c.tensor.type, c.tensor.shape,
                                 std::as_const(W).view());
}

// Factors one candidate into the spool; its note is the line of the report.
void factor_one(const Candidate& c,
                std::optional<index_t> given,
                Job& job,
                io::TensorSpool& spool) {
  const ModelCompressOptions& o = job.o;
  const Matrix<double> W = load(c, job.session);
  const InputRoot root = root_of(c, job);
  const std::vector<double> sigma = weighted_spectrum(W, root, job.session.context);
  const index_t wanted = given.value_or(0) != 0 ? *given : rank_of(c, o, sigma);
  const index_t most = largest_saving_rank(c.rows(), c.cols());
  ordered_json note = {{"name", c.tensor.name},
                       {"kind", to_string(c.layer.kind)},
                       {"unfolding", c.matrix.part},
                       {"rows", c.rows()},
                       {"cols", c.cols()},
                       {"weighting", root.source},
                       {"rank", wanted},
                       {"kept", ""}};
  if (root.low_precision) note["note"] = "the Gram matrix is of single precision";
  if (wanted < 0 || wanted > most || wanted < 1) {
    note["rank"] = -1;
    note["kept"] = wanted < 0
                       ? "the budget has room for it"
                       : fmt::format("rank {} saves nothing: at most {} would", wanted, most);
    spool.put(c.tensor.name, {}, note.dump());
    return;
  }
  const WeightFactors factors = weighted_factors(W, root, wanted, job.session.context);
  double total = 0, left = 0;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    total += sigma[i] * sigma[i];
    if (static_cast<index_t>(i) >= wanted) left += sigma[i] * sigma[i];
  }
  note["relative_error"] = total > 0 ? std::sqrt(left / total) : 0;
  if (root.source != "none") {
    // What plain truncation of W would do to the same inputs.
    const WeightFactors plain = weighted_factors(W, {}, wanted, job.session.context);
    note["unweighted_relative_error"] = weighted_error(W, plain, root, job.session.context);
  }
  std::vector<io::Tensor> tensors;
  if (o.dense) {
    tensors.push_back(dense_tensor(c, factors, job.session));
  } else {
    tensors = factor_tensors(c, factors);
  }
  spool.put(c.tensor.name, tensors, note.dump());
}

std::string report_text(const ordered_json& report) {
  std::string text = fmt::format("\n  {:<44} {:>12} {:>6} {:>9} {:>11}\n", "layer", "shape", "rank",
                                 "error", report["weighted"].get<bool>() ? "unweighted" : "");
  for (const auto& layer : report["layers"]) {
    const bool whole = layer["rank"] == -1;
    const std::string shape =
        fmt::format("{}x{}", layer["rows"].get<index_t>(), layer["cols"].get<index_t>());
    text += fmt::format("  {:<44} {:>12} {:>6}", printable(layer["name"].get<std::string>()), shape,
                        whole ? "whole" : std::to_string(layer["rank"].get<index_t>()));
    if (whole) {
      text += "  " + layer["kept"].get<std::string>();
    } else {
      text += fmt::format(" {:>9.3g}", layer["relative_error"].get<double>());
      if (layer.contains("unweighted_relative_error")) {
        text += fmt::format(" {:>11.3g}", layer["unweighted_relative_error"].get<double>());
      }
    }
    text += "\n";
  }
  const index_t old_numbers = report["old_parameters"], new_numbers = report["new_parameters"];
  text += fmt::format(
      "\n  numbers  {} become {} ({})\n  bytes    {} become {}\n"
      "  flops    {} become {} for each sample, in the factored layers\n",
      grouped(old_numbers), grouped(new_numbers),
      percent(double(new_numbers) / double(std::max<index_t>(1, old_numbers))),
      format_bytes(report["old_bytes"].get<std::uint64_t>()),
      format_bytes(report["new_bytes"].get<std::uint64_t>()),
      grouped(report["old_flops"].get<index_t>()), grouped(report["new_flops"].get<index_t>()));
  return text;
}

void check_options(const ModelCompressOptions& o) {
  const int named = o.rank.rank.has_value() + o.rank.energy.has_value() + o.ratio.has_value() +
                    o.budget_bytes.has_value();
  if (named != 1) {
    throw UsageError("give one of --rank, --energy, --ratio and --budget: how small to make it");
  }
  if (o.activations.empty() && (o.weighting != "full" || o.ridge > 0)) {
    throw UsageError("--weighting and --ridge need --activations FILE");
  }
  if (!o.target.ends_with(".safetensors")) {
    throw UsageError("--output: '" + o.target + "' will not do; expected FILE.safetensors");
  }
}

}  // namespace

int run_model_compress(const ModelCompressOptions& o) {
  check_options(o);
  check_target(o.target, o.force, false);
  Session session(o.run);
  Job job{o, session, io::read_model(o.run.input, o.run.max_memory_bytes), {}, {}, {}};
  check_not_input(o.target, job.model.files);
  std::vector<io::Model> inputs = {job.model};
  if (!o.activations.empty()) {
    job.activations = io::read_model(o.activations, o.run.max_memory_bytes);
    inputs.push_back(*job.activations);
  }
  find_candidates(job);
  if (job.candidates.empty())
    throw IoError(o.run.input, "it holds no layer that could be factored");
  check_memory(job);
  io::TensorSpool spool(
      o.target,
      fingerprint(inputs, fmt::format("compress {} {} {} {} {} {} {} {} {}",
                                      o.rank.rank.value_or(0), o.rank.energy.value_or(0),
                                      o.ratio.value_or(0), o.budget_bytes.value_or(0), o.weighting,
                                      o.ridge, o.unfolding, o.only, o.dense)));
  const InterruptGuard guard(session.context);
  session.context.set_stop_at_once(true);
  const std::vector<index_t> ranks =
      o.budget_bytes ? ranks_in_budget(job, spool) : std::vector<index_t>();
  ordered_json layers = ordered_json::array(), map = ordered_json::object();
  std::map<std::string, const Candidate*> factored;
  index_t old_flops = 0, new_flops = 0;
  double left = 0;
  for (std::size_t i = 0; i < job.candidates.size(); ++i) {
    const Candidate& c = job.candidates[i];
    session.progress.update({"factors", double(i) / double(job.candidates.size()), -1, -1});
    if (!spool.has(c.tensor.name)) {
      factor_one(c, ranks.empty() ? std::nullopt : std::optional(ranks[i]), job, spool);
      io::release(c.tensor);
    }
    ordered_json note = ordered_json::parse(spool.note(c.tensor.name));
    const index_t rank = note["rank"];
    if (rank > 0) {
      factored[c.tensor.name] = &c;
      old_flops += 2 * c.rows() * c.cols();
      new_flops += o.dense ? 2 * c.rows() * c.cols() : 2 * rank * (c.rows() + c.cols());
      left += std::pow(note["relative_error"].get<double>(), 2);
      map[c.module] = {{"rank", rank},
                       {"kind", to_string(c.layer.kind)},
                       {"unfolding", c.matrix.part},
                       {"transposed", c.turned}};
    } else {
      job.kept[c.tensor.name] = note["kept"];
    }
    layers.push_back(std::move(note));
  }
  std::vector<io::Tensor> tensors;
  for (const io::Tensor& tensor : job.model.tensors) {
    if (!factored.contains(tensor.name)) {
      tensors.push_back(tensor);
      continue;
    }
    for (io::Tensor& factor : spool.tensors(tensor.name)) tensors.push_back(std::move(factor));
  }
  std::uint64_t new_bytes = 0;
  index_t old_numbers = 0, new_numbers = 0;
  for (const io::Tensor& tensor : tensors) {
    new_bytes += tensor.data.size();
    new_numbers += tensor.count();
  }
  for (const io::Tensor& tensor : job.model.tensors) old_numbers += tensor.count();
  const bool weighted = job.activations && o.weighting != "none";
  io::Metadata metadata = job.model.metadata;
  if (!o.dense) metadata["eckart.low_rank"] = map.dump();
  io::write_safetensors(o.target, std::move(tensors), metadata);
  spool.remove();
  ordered_json kept = ordered_json::object();
  for (const auto& [name, why] : job.kept) kept[name] = why;
  const ordered_json report = {{"schema", 1},
                               {"model", model_json(job.model)},
                               {"weighted", weighted},
                               {"layers", layers},
                               {"kept", kept},
                               {"root_of_squared_errors", std::sqrt(left)},
                               {"old_parameters", old_numbers},
                               {"new_parameters", new_numbers},
                               {"old_bytes", job.model.bytes()},
                               {"new_bytes", new_bytes},
                               {"old_flops", old_flops},
                               {"new_flops", new_flops},
                               {"output", o.target}};
  session.progress.clear();
  if (session.json) {
    write_json(report);
  } else {
    write_stdout(session.terminal.text(model_line(job.model, session) + report_text(report) +
                                       "\nwritten  " + printable(o.target) + "\n"));
  }
  if (!weighted && !session.quiet) {
    warn(
        "truncation that does not know the inputs ruins language models (LLaMA-7B less a fifth: "
        "perplexity 5.7 to 20061); give --activations");
  }
  return factored.empty() ? exit_not_met : exit_met;
}

}  // namespace eckart::cli
