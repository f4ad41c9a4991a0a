// Models: one file, a folder, or an index and its shards.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "eckart/error.hpp"
#include "eckart/io/tensors.hpp"
#include "io/input.hpp"
#include "io/npy.hpp"
#include "io/tensor_readers.hpp"
#include "io/zip.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::json;

constexpr std::uint64_t largest_index = 256 << 20;

// Returns the JSON value; a key that stands twice in one object, and nesting without end, are
// refused.
json parse_strict(std::string_view text, const std::string& name) {
  constexpr int largest_depth = 16;
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > largest_depth) throw IoError(name, "the JSON nests too deep");
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key &&
        !keys.back().insert(parsed.get<std::string>()).second) {
      throw IoError(name, "the key '" + printable(parsed.get<std::string>()) + "' stands twice");
    }
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::parse_error& error) {
    throw IoError(name, fmt::format("byte {}", error.byte),
                  "not valid JSON: " + printable(error.what()));
  } catch (const json::exception& error) {  // a number beyond double
    throw IoError(name, "not valid JSON: " + printable(error.what()));
  }
}

ElementType type_of(const NpyArray& array) {
  const NpyHeader& h = array.header;
  const std::string key = std::string(1, h.kind) + std::to_string(h.item_bytes);
  const std::pair<const char*, ElementType> known[] = {
      {"f8", ElementType::f64}, {"f4", ElementType::f32}, {"f2", ElementType::f16},
      {"i8", ElementType::i64}, {"i4", ElementType::i32}, {"i2", ElementType::i16},
      {"i1", ElementType::i8},  {"u8", ElementType::u64}, {"u4", ElementType::u32},
      {"u2", ElementType::u16}, {"u1", ElementType::u8},  {"b1", ElementType::boolean},
      {"c8", ElementType::c64}};
  for (const auto& [name, type] : known) {
    if (key == name) return type;
  }
  throw IoError(array.name, "elements of type " + type_name(h) + " cannot be weights");
}

// Returns the elements in C order, of an array of two dimensions in Fortran order.
std::shared_ptr<std::string> reordered(const NpyArray& array) {
  const auto rows = static_cast<std::size_t>(array.header.shape[0]);
  const auto cols = static_cast<std::size_t>(array.header.shape[1]);
  const auto width = static_cast<std::size_t>(array.header.item_bytes);
  auto bytes = std::make_shared<std::string>(array.data.size(), '\0');
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      std::copy_n(array.data.data() + (i + j * rows) * width, width,
                  bytes->data() + (i * cols + j) * width);
    }
  }
  return bytes;
}

// Puts the tensors of another file among those of the model.
void append(Model& model, TensorFile&& file, const std::string& path) {
  if (model.files.empty()) model.metadata = std::move(file.metadata);
  model.files.push_back(path);
  std::move(file.tensors.begin(), file.tensors.end(), std::back_inserter(model.tensors));
}

TensorFile read_file(const std::string& path, std::uint64_t max_bytes) {
  const Input input = Input::open(path, max_bytes);
  if (input.bytes.starts_with("PK\x03\x04")) return read_npz_tensors(input, max_bytes);
  if (input.bytes.starts_with("GGUF")) return read_gguf(input);
  if (path.ends_with(".safetensors") || looks_like_safetensors(input.bytes)) {
    return read_safetensors(input);
  }
  const bool pickle = path.ends_with(".pt") || path.ends_with(".pth") || path.ends_with(".bin") ||
                      path.ends_with(".ckpt") || input.bytes.starts_with("\x80\x02");
  throw IoError(path, pickle ? "a pickle can run any program when it is read, so it is refused; "
                               "convert it with safetensors.torch.save_file(torch.load(PATH, "
                               "weights_only=True), OUT)"
                             : "the format is not recognised; expected .safetensors, its "
                               ".index.json, .npz, .gguf, or a folder that holds them");
}

void read_shards(Model& model, const std::string& index, std::uint64_t max_bytes) {
  const Input input = Input::open(index, max_bytes > 0 ? max_bytes : largest_index);
  const auto places = parse_shard_index(input.bytes, index);
  std::set<std::string> names;
  for (const auto& [tensor, file] : places) names.insert(file);
  std::map<std::string, std::string> found;  // the file that holds a tensor
  for (const std::string& name : names) {
    const std::string path = (fs::path(index).parent_path() / name).string();
    TensorFile file = read_file(path, max_bytes);
    for (const Tensor& tensor : file.tensors) {
      const auto [place, first] = found.emplace(tensor.name, name);
      if (first) continue;
      throw IoError(path, fmt::format("tensor '{}' is also in {}", printable(tensor.name),
                                      printable(place->second)));
    }
    append(model, std::move(file), path);
  }
  for (const auto& [tensor, file] : places) {
    const auto place = found.find(tensor);
    if (place == found.end() || place->second != file) {
      throw IoError(index, fmt::format("tensor '{}' is not in {}, where the index says it is",
                                       printable(tensor), printable(file)));
    }
  }
  if (found.size() == places.size()) return;
  std::set<std::string> mapped;
  for (const auto& [tensor, file] : places) mapped.insert(tensor);
  for (const auto& [tensor, file] : found) {
    if (mapped.contains(tensor)) continue;
    throw IoError(index, fmt::format("tensor '{}' of {} is not in the index", printable(tensor),
                                     printable(file)));
  }
}

// Returns the file of a folder that holds its model.
std::string file_in(const std::string& folder) {
  for (const char* name :
       {"model.safetensors.index.json", "model.safetensors", "adapter_model.safetensors"}) {
    const std::string path = (fs::path(folder) / name).string();
    if (fs::exists(path)) return path;
  }
  throw IoError(folder,
                "the folder holds no model.safetensors.index.json, model.safetensors or "
                "adapter_model.safetensors; name the file");
}

}  // namespace

TensorFile read_npz_tensors(const Input& input, std::uint64_t max_bytes) {
  TensorFile file;
  std::uint64_t held = 0;
  for (const ZipMember& member : read_zip_directory(input)) {
    constexpr std::string_view extension = ".npy";
    if (!std::string_view(member.name).ends_with(extension)) continue;
    const std::string label = input.name + "/" + printable(member.name);
    const NpyHeader header = parse_npy_header(unpack_start(input, member, npy_header_limit), label);
    if (header.total_bytes() != member.bytes) {
      throw IoError(label, fmt::format("its header asks for {} bytes; the archive declares {}",
                                       header.total_bytes(), member.bytes));
    }
    const bool turned = header.fortran_order && header.shape.size() > 1;
    if (member.deflated) held += member.bytes;
    if (turned) held += member.bytes;
    require_memory("the arrays of " + input.name, held, max_bytes);
    const NpyArray array = parse_npy(unpack(input, member));
    Tensor tensor{member.name.substr(0, member.name.size() - extension.size()),
                  type_of(array),
                  header.shape,
                  array.data,
                  array.owner,
                  false};
    if (!header.native && header.item_bytes > 1) {
      throw IoError(label, "its numbers are big-endian; save it again with a.astype('<f4')");
    }
    if (turned && header.shape.size() > 2) {
      throw IoError(label, "it is in Fortran order; save it again with numpy.ascontiguousarray");
    }
    if (turned) {
      const auto bytes = reordered(array);
      tensor.data = *bytes;
      tensor.owner = bytes;
    }
    file.tensors.push_back(std::move(tensor));
  }
  if (file.tensors.empty()) throw IoError(input.name, "the archive holds no array");
  sort_by_name(file.tensors, input.name);
  return file;
}

std::vector<std::pair<std::string, std::string>> parse_shard_index(std::string_view text,
                                                                   const std::string& name) {
  const json index = parse_strict(text, name);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    throw IoError(name, "no object 'weight_map'; expected {\"weight_map\": {TENSOR: FILE}}");
  }
  std::vector<std::pair<std::string, std::string>> places;
  for (const auto& [tensor, file] : index["weight_map"].items()) {
    if (!file.is_string()) {
      throw IoError(name, fmt::format("weight_map: the place of '{}' is {}; expected a file name",
                                      printable(tensor), file.type_name()));
    }
    const auto& path = file.get_ref<const std::string&>();
    const bool plain = !path.empty() && path != "." && path != ".." &&
                       path.find('/') == std::string::npos &&
                       path.find('\\') == std::string::npos && path.find('\0') == std::string::npos;
    if (!plain) {
      throw IoError(name, fmt::format("weight_map: '{}' of tensor '{}' is no plain file name; "
                                      "shards lie beside their index",
                                      printable(path), printable(tensor)));
    }
    places.emplace_back(tensor, path);
  }
  if (places.empty()) throw IoError(name, "weight_map is empty");
  return places;
}

const Tensor* Model::find(std::string_view name) const {
  const auto place = std::lower_bound(
      tensors.begin(), tensors.end(), name,
      [](const Tensor& tensor, std::string_view wanted) { return tensor.name < wanted; });
  return place != tensors.end() && place->name == name ? &*place : nullptr;
}

std::uint64_t Model::bytes() const {
  std::uint64_t sum = 0;
  for (const Tensor& tensor : tensors) sum += tensor.data.size();
  return sum;
}

Model read_model(const std::string& path, std::uint64_t max_bytes) {
  Model model{path, {}, {}, {}};
  std::error_code ignored;
  const std::string file = fs::is_directory(path, ignored) ? file_in(path) : path;
  if (file.ends_with(".json")) {
    read_shards(model, file, max_bytes);
  } else {
    append(model, read_file(file, max_bytes), file);
  }
  sort_by_name(model.tensors, path);
  return model;
}

}  // namespace eckart::io
