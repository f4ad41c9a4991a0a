// A recommender as safetensors: eight bytes with the length of the header, the header in JSON, the
// arrays one after the other. They come in the order of their element sizes behind a header that is
// padded to a cache line, so that every one of them is aligned in a mapped file.
#include "eckart/io/recommender_file.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"
#include "io/atomic_file.hpp"
#include "io/input.hpp"
#include "io/recommender_bytes.hpp"

namespace eckart::io {
namespace {

using nlohmann::ordered_json;
using recommend::Model;

constexpr const char* format_name = "eckart recommender";
constexpr std::uint64_t longest_header = 1 << 20;

template <class X>
constexpr const char* dtype_of = "";
template <>
constexpr const char* dtype_of<index_t> = "I64";
template <>
constexpr const char* dtype_of<std::int32_t> = "I32";
template <>
constexpr const char* dtype_of<float> = "F32";
template <>
constexpr const char* dtype_of<char> = "U8";

// Calls f(name, array) for every array but names, which are made of three; the largest elements
// come first.
template <class M, class F>
void for_each_factor(M& model, const F& f) {
  f("rated_values", model.rated.values);
  f("user_bias", model.user_bias);
  f("item_bias", model.item_bias);
  f("user_factors", model.user_factors);
  f("item_factors", model.item_factors);
  f("input_factors", model.input_factors);
  f("singular_values", model.singular_values);
  f("item_weights", model.item_weights);
}

// Collects the arrays of a file.
class Writer {
 public:
  template <class X>
  void add(const std::string& name, const Shared<X>& array) {
    const std::uint64_t bytes = array.values.size_bytes();
    header_[name] = {{"dtype", dtype_of<X>},
                     {"shape", {array.size()}},
                     {"data_offsets", {bytes_, bytes_ + bytes}}};
    bytes_ += bytes;
    parts_.emplace_back(reinterpret_cast<const char*>(array.data()), bytes);
  }

  void write(const std::string& path, const ordered_json& metadata) const {
    ordered_json header;
    header["__metadata__"] = metadata;
    header.update(header_);
    std::string text = header.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
    while ((text.size() + 8) % 64 != 0) text += ' ';
    if (text.size() > longest_header) throw IoError(path, "the header would be too long");
    const std::uint64_t length = text.size();
    AtomicFile file(path, 8 + length + bytes_);
    file.write({reinterpret_cast<const char*>(&length), 8});
    file.write(text);
    for (const std::string_view part : parts_) file.write(part);
    file.commit();
  }

 private:
  ordered_json header_;
  std::uint64_t bytes_ = 0;
  std::vector<std::string_view> parts_;
};

class Reader {
 public:
  explicit Reader(const Input& input) : input_(input) {
    if (input.bytes.size() < 8) fail("is too short for a recommender");
    std::uint64_t length = 0;
    std::memcpy(&length, input.bytes.data(), 8);
    if (length > longest_header || length > input.bytes.size() - 8 || input.bytes[8] != '{') {
      fail("is no recommender: it does not begin as a .safetensors file does");
    }
    header_ = ordered_json::parse(input.bytes.substr(8, length), nullptr, false);
    data_ = input.bytes.substr(8 + length);
    if (!header_.is_object()) fail("the header is no JSON object");
    const auto metadata = header_.find("__metadata__");
    if (metadata == header_.end() || !metadata->is_object() || text("format") != format_name) {
      fail("is a .safetensors file, but no recommender that eckart wrote");
    }
    if (text("version") != std::to_string(recommender_version)) {
      fail(fmt::format("is of version {}; this program reads version {}: fit the model again",
                       text("version"), recommender_version));
    }
  }

  [[noreturn]] void fail(const std::string& what) const { throw IoError(input_.name, what); }

  std::string text(const char* key) const {
    const ordered_json& metadata = header_.at("__metadata__");
    const auto found = metadata.find(key);
    if (found == metadata.end() || !found->is_string()) {
      fail(fmt::format("the metadata lack \"{}\"", key));
    }
    return found->get<std::string>();
  }
  double number(const char* key) const {
    const std::string value = text(key);
    const ordered_json parsed = ordered_json::parse(value, nullptr, false);
    if (!parsed.is_number()) fail(fmt::format("\"{}\" in the metadata is no number", key));
    return parsed.get<double>();
  }

  template <class X>
  Shared<X> array(const std::string& name) const {
    const auto found = header_.find(name);
    if (found == header_.end() || !found->is_object()) {
      fail(fmt::format("the array {} is missing", name));
    }
    const auto offsets = found->find("data_offsets");
    if (found->value("dtype", "") != dtype_of<X> || offsets == found->end() ||
        !offsets->is_array() || offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() ||
        !(*offsets)[1].is_number_unsigned()) {
      fail(fmt::format("the array {} is not described as {} with two offsets", name, dtype_of<X>));
    }
    const auto first = (*offsets)[0].get<std::uint64_t>();
    const auto last = (*offsets)[1].get<std::uint64_t>();
    if (first > last || last > data_.size() || (last - first) % sizeof(X) != 0) {
      fail(fmt::format("the array {} is said to be at bytes {} to {} of {}", name, first, last,
                       data_.size()));
    }
    const char* begin = data_.data() + first;
    const std::size_t count = (last - first) / sizeof(X);
    if (reinterpret_cast<std::uintptr_t>(begin) % alignof(X) != 0) {  // written by someone else
      std::vector<X> copy(count);
      if (count > 0) std::memcpy(copy.data(), begin, last - first);
      return copy;
    }
    return {{reinterpret_cast<const X*>(begin), count}, input_.owner};
  }

 private:
  const Input& input_;
  ordered_json header_;
  std::string_view data_;
};

Names read_names(const Reader& reader, const std::string& prefix) {
  return Names(reader.array<index_t>(prefix + "_offsets"), reader.array<char>(prefix + "_text"),
               reader.array<std::int32_t>(prefix + "_by_name"));
}

}  // namespace

void write_recommender(const std::string& path, const Model& model) {
  Writer writer;
  writer.add("user_offsets", model.users.offsets());
  writer.add("item_offsets", model.items.offsets());
  writer.add("rated_offsets", model.rated.offsets);
  writer.add("user_by_name", model.users.by_name());
  writer.add("item_by_name", model.items.by_name());
  writer.add("rated_items", model.rated.items);
  for_each_factor(model, [&](const char* name, const auto& array) { writer.add(name, array); });
  writer.add("user_text", model.users.text());
  writer.add("item_text", model.items.text());
  ordered_json options = ordered_json::object();
  for (const auto& [name, value] : model.options) options[name] = value;
  const auto digits = [](double x) { return fmt::format("{:.17g}", x); };
  writer.write(path, {{"format", format_name},
                      {"version", std::to_string(recommender_version)},
                      {"kind", to_string(model.kind)},
                      {"mean", digits(model.mean)},
                      {"scale_low", digits(model.scale.low)},
                      {"scale_high", digits(model.scale.high)},
                      {"rank", std::to_string(model.rank)},
                      {"options", options.dump()}});
}

Model read_recommender_bytes(const Input& input) {
  const Reader reader(input);
  Model model;
  try {
    model.kind = recommend::kind_from_string(reader.text("kind"));
    model.users = read_names(reader, "user");
    model.items = read_names(reader, "item");
    model.rated = {
        reader.array<index_t>("rated_offsets"), reader.array<std::int32_t>("rated_items"), {}};
    for_each_factor(model,
                    [&](const char* name, auto& array) { array = reader.array<float>(name); });
    model.mean = reader.number("mean");
    model.scale = {reader.number("scale_low"), reader.number("scale_high")};
    const double rank = reader.number("rank");
    if (!(rank >= 0 && rank < 1 << 20) || rank != std::floor(rank)) {
      reader.fail(fmt::format("the rank {} is none", rank));
    }
    model.rank = static_cast<index_t>(rank);
    const ordered_json options = ordered_json::parse(reader.text("options"), nullptr, false);
    if (!options.is_object()) reader.fail("the options are no JSON object");
    for (const auto& [name, value] : options.items()) {
      if (!value.is_number() || !std::isfinite(value.get<double>())) {
        reader.fail(fmt::format("the option {} is no finite number", name));
      }
      model.options[name] = value.get<double>();
    }
    validate(model, false);
  } catch (const InvalidArgument& error) {
    throw IoError(input.name, std::string("does not hold together: ") + error.what());
  }
  return model;
}

Model read_recommender(const std::string& path) {
  return read_recommender_bytes(Input::open(path, 0));
}

}  // namespace eckart::io
