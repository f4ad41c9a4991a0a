// Writing safetensors files, at once or step by step.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"
#include "eckart/io/tensors.hpp"
#include "io/atomic_file.hpp"
#include "io/input.hpp"
#include "io/tensor_readers.hpp"
#include "io/zip.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* fingerprint_key = "eckart.fingerprint";
constexpr const char* step_key = "eckart.step";
constexpr const char* note_key = "eckart.note";

void append_length(std::string& text, std::uint64_t length) {
  for (unsigned i = 0; i < 8; ++i) text += static_cast<char>(length >> (8 * i) & 0xff);
}

// The length, and the JSON padded so that the numbers begin at a multiple of eight.
std::string header_of(const std::vector<Tensor>& tensors, const Metadata& metadata) {
  ordered_json object = ordered_json::object();
  if (!metadata.empty()) object["__metadata__"] = metadata;
  std::uint64_t end = 0;
  for (const Tensor& tensor : tensors) {
    const std::uint64_t begin = end;
    end += tensor.data.size();
    object[tensor.name] = {
        {"dtype", to_string(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text;
  try {
    text = object.dump();
  } catch (const ordered_json::type_error&) {
    throw InvalidArgument("a name of a tensor or of its metadata is not UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string header;
  append_length(header, text.size());
  return header + text;
}

void check(const std::vector<Tensor>& tensors) {
  for (const Tensor& tensor : tensors) {
    const auto bits = static_cast<std::uint64_t>(bits_of(tensor.type));
    require(bits > 0 && static_cast<std::uint64_t>(tensor.count()) * bits == tensor.data.size() * 8,
            fmt::format("tensor '{}' of shape {} has {} bytes of {}", printable(tensor.name),
                        format_shape(tensor), tensor.data.size(), to_string(tensor.type)));
    require(tensor.name != "__metadata__", "a tensor cannot be called __metadata__");
  }
}

// A short text for any text: FNV-1a, 64 bits.
std::string digest(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace

void write_safetensors(const std::string& path,
                       std::vector<Tensor> tensors,
                       const Metadata& metadata) {
  check(tensors);
  std::sort(tensors.begin(), tensors.end(), [](const Tensor& a, const Tensor& b) {
    return a.type != b.type ? a.type < b.type : a.name < b.name;
  });
  std::vector<std::string_view> names;
  for (const Tensor& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  require(twice == names.end(),
          twice == names.end() ? "" : "two tensors are called '" + printable(*twice) + "'");
  const std::string header = header_of(tensors, metadata);
  std::uint64_t bytes = header.size();
  for (const Tensor& tensor : tensors) bytes += tensor.data.size();
  AtomicFile file(path, bytes);
  file.write(header);
  for (const Tensor& tensor : tensors) {
    // By pieces, so that a large mapped tensor need not be in memory at once.
    constexpr std::size_t piece = std::size_t{16} << 20;
    for (std::size_t at = 0; at < tensor.data.size(); at += piece) {
      Tensor part = tensor;
      part.data = tensor.data.substr(at, piece);
      file.write(part.data);
      release(part);
    }
  }
  file.commit();
}

TensorSpool::TensorSpool(const std::string& path, const std::string& fingerprint)
    : folder_(resolve(path) + ".partial"), fingerprint_(digest(fingerprint)) {
  std::error_code error;
  fs::create_directory(folder_, error);
  if (error) throw IoError(folder_, "cannot create the folder: " + error.message());
  std::vector<fs::path> stale;
  for (const auto& file : fs::directory_iterator(folder_)) {
    const std::string name = file.path().filename().string();
    if (name.starts_with(".eckart-")) stale.push_back(file.path());  // of a process that was killed
    if (file.path().extension() != ".step") continue;
    try {
      const TensorFile step = read_safetensors(Input::open(file.path().string(), 0));
      if (step.metadata.at(fingerprint_key) == fingerprint_) {
        notes_[step.metadata.at(step_key)] = step.metadata.at(note_key);
        continue;
      }
    } catch (const IoError&) {
    } catch (const std::out_of_range&) {
    }
    stale.push_back(file.path());
  }
  for (const fs::path& file : stale) fs::remove(file, error);
  taken_up_ = static_cast<index_t>(notes_.size());
}

TensorSpool::~TensorSpool() {
  std::error_code ignored;
  fs::remove(folder_, ignored);  // an empty one
}

std::string TensorSpool::file_of(const std::string& step) const {
  return folder_ + "/" + digest(step) + ".step";
}

bool TensorSpool::has(const std::string& step) const { return notes_.contains(step); }

void TensorSpool::put(const std::string& step,
                      const std::vector<Tensor>& tensors,
                      const std::string& note) {
  write_safetensors(file_of(step), tensors,
                    {{fingerprint_key, fingerprint_}, {step_key, step}, {note_key, note}});
  notes_[step] = note;
}

const std::string& TensorSpool::note(const std::string& step) const { return notes_.at(step); }

std::vector<Tensor> TensorSpool::tensors(const std::string& step) const {
  return read_safetensors(Input::open(file_of(step), 0)).tensors;
}

void TensorSpool::remove() {
  std::error_code ignored;
  for (const auto& [step, note] : notes_) fs::remove(file_of(step), ignored);
  fs::remove(folder_, ignored);  // stays if it holds anything else
  notes_.clear();
}

}  // namespace eckart::io
