// Models as files: see lsa_format.hpp for the layout.
#include "eckart/io/lsa_file.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "eckart/error.hpp"
#include "io/atomic_file.hpp"
#include "io/lsa_format.hpp"

namespace eckart::io {
namespace {

using nlohmann::json;

template <class X>
std::string_view bytes_of(std::span<const X> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::span<const float> span_of(MatrixView<const float> A) {
  return {A.data, static_cast<std::size_t>(A.rows * A.cols)};
}

std::string facts_of(const LsaModel& model) {
  const json object = {{"terms", model.term_count()},
                       {"documents", model.document_count()},
                       {"rank", model.rank()},
                       {"fitted_documents", model.fitted_documents},
                       {"tokens", to_string(model.rules.tokens)},
                       {"stop_words", model.rules.stop_words},
                       {"stemmer", model.rules.stemmer},
                       {"ngrams", model.rules.ngrams},
                       {"weighting", to_string(model.weights.weighting)},
                       {"mean_length", model.weights.mean_length},
                       {"frobenius_norm", model.frobenius_norm},
                       {"history", model.history},
                       {"report", model.report}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::uint64_t aligned(std::uint64_t offset) {
  return (offset + lsa_alignment - 1) / lsa_alignment * lsa_alignment;
}

// Reads a model out of the bytes, and trusts none of them.
class Parser {
 public:
  explicit Parser(const Input& input) : input_(input) {}

  LsaModel parse() {
    read_table();
    read_facts();
    LsaModel& model = model_;
    model.terms = strings(term_ends, term_bytes, terms_);
    model.names = strings(name_ends, name_bytes, documents_);
    model.leads = strings(lead_ends, lead_bytes, documents_);
    for (index_t i = 1; i < terms_; ++i) {
      if (!(model.terms[i - 1] < model.terms[i])) {
        fail(term_bytes, fmt::format("term {} does not come behind the one before it", i + 1));
      }
    }
    model.weights.global = numbers<double>(global, terms_);
    for (const double weight : model.weights.global) {
      if (!std::isfinite(weight)) fail(global, "holds a weight that is not finite");
    }
    model.sigma = numbers<double>(sigma, rank_);
    for (std::size_t t = 0; t < model.sigma.size(); ++t) {
      const bool falls = t == 0 ? model.sigma[0] > 0 : model.sigma[t] <= model.sigma[t - 1];
      if (!falls || !(model.sigma[t] >= 0) || !std::isfinite(model.sigma[t])) {
        fail(sigma, fmt::format("value {} is no singular value behind those before it", t + 1));
      }
    }
    model.Ut = matrix(left, terms_);
    model.Vt = matrix(right, documents_);
    model.document_lengths = numbers<float>(lengths, documents_);
    read_entries();
    model.owner = input_.owner;
    return std::move(model_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(input_.name, what + "; the file is damaged, or no model of eckart lsa");
  }
  [[noreturn]] void fail(LsaPart part, const std::string& what) const {
    fail(fmt::format("section '{}': {}", lsa_part_names[part], what));
  }

  void read_table() {
    const std::string_view bytes = input_.bytes;
    LsaHeader header;
    if (bytes.size() < sizeof header) fail("is too short for a model");
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != LsaHeader::expected_magic) {
      throw IoError(input_.name, "is no model; expected a file that eckart lsa fit -o wrote");
    }
    if (header.version != LsaHeader::newest) {
      throw IoError(input_.name, fmt::format("is a model of version {}; this program knows {}: "
                                             "fit the model again, or use a newer program",
                                             header.version, LsaHeader::newest));
    }
    if (header.bytes != bytes.size()) {
      fail(fmt::format("has {} bytes; its header says {}", bytes.size(), header.bytes));
    }
    const std::size_t table_bytes = lsa_parts * sizeof(LsaSection);
    if (header.sections != lsa_parts || bytes.size() < sizeof header + table_bytes) {
      fail(fmt::format("has {} sections; expected {}", header.sections, std::size_t{lsa_parts}));
    }
    const std::string_view table = bytes.substr(sizeof header, table_bytes);
    if (lsa_checksum(table) != header.checksum) fail("the checksum of its table is wrong");
    std::memcpy(sections_.data(), table.data(), table.size());
    for (std::size_t part = 0; part < lsa_parts; ++part) check(static_cast<LsaPart>(part));
  }

  void check(LsaPart part) const {
    const LsaSection& section = sections_[part];
    const std::string_view name(section.name.data(), section.name.size());
    if (name.substr(0, name.find('\0')) != lsa_part_names[part]) fail(part, "has another name");
    const std::uint64_t size = input_.bytes.size();
    if (section.offset % lsa_alignment != 0 || section.offset > size ||
        section.bytes > size - section.offset) {
      fail(part, fmt::format("bytes {} to {} + {} lie outside the file", section.offset,
                             section.offset, section.bytes));
    }
    if (lsa_checksum(content(part)) != section.checksum) fail(part, "its checksum is wrong");
  }

  std::string_view content(LsaPart part) const {
    return input_.bytes.substr(sections_[part].offset, sections_[part].bytes);
  }

  template <class X>
  std::span<const X> numbers(LsaPart part, index_t count) const {
    const std::string_view bytes = content(part);
    if (bytes.size() / sizeof(X) != static_cast<std::uint64_t>(count) ||
        bytes.size() % sizeof(X) != 0) {
      fail(part, fmt::format("has {} bytes; expected {} numbers", bytes.size(), count));
    }
    return {reinterpret_cast<const X*>(bytes.data()), static_cast<std::size_t>(count)};
  }

  MatrixView<const float> matrix(LsaPart part, index_t columns) const {
    index_t count = 0;
    if (__builtin_mul_overflow(rank_, columns, &count)) fail(part, "is too large");
    return {numbers<float>(part, count).data(), rank_, columns, rank_};
  }

  StringsView strings(LsaPart ends, LsaPart bytes, index_t count) const {
    const StringsView view{numbers<std::uint64_t>(ends, count), content(bytes)};
    std::uint64_t before = 0;
    for (const std::uint64_t end : view.ends) {
      if (end < before) fail(ends, "a string ends before it begins");
      before = end;
    }
    if (before != view.bytes.size()) fail(bytes, "does not end with the last string");
    return view;
  }

  void read_entries() {
    model_.entry_offsets = numbers<index_t>(entry_offsets, documents_ + 1);
    const auto count = static_cast<index_t>(sections_[entry_terms].bytes / sizeof(std::int32_t));
    model_.entry_terms = numbers<std::int32_t>(entry_terms, count);
    model_.entry_weights = numbers<float>(entry_weights, count);
    try {
      if (!validate(model_.entries())) fail(entry_terms, "the terms of a document do not rise");
    } catch (const InvalidArgument& error) {
      fail(entry_terms, error.what());
    }
  }

  void read_facts() {
    const json object = json::parse(content(facts), nullptr, false);
    if (!object.is_object()) fail(facts, "is no JSON object");
    try {
      terms_ = object.at("terms").get<index_t>();
      documents_ = object.at("documents").get<index_t>();
      rank_ = object.at("rank").get<index_t>();
      model_.fitted_documents = object.at("fitted_documents").get<index_t>();
      model_.rules.tokens = token_rule_from_string(object.at("tokens").get<std::string>());
      model_.rules.stop_words = object.at("stop_words").get<std::vector<std::string>>();
      model_.rules.stemmer = object.at("stemmer").get<std::string>();
      model_.rules.ngrams = object.at("ngrams").get<index_t>();
      model_.weights.weighting = weighting_from_string(object.at("weighting").get<std::string>());
      model_.weights.mean_length = object.at("mean_length").get<double>();
      model_.frobenius_norm = object.at("frobenius_norm").get<double>();
      model_.history = object.at("history").get<std::vector<std::string>>();
      model_.report = object.at("report").get<std::string>();
      [[maybe_unused]] const Tokenizer usable(model_.rules);
    } catch (const json::exception& error) {
      fail(facts, error.what());
    } catch (const InvalidArgument& error) {
      fail(facts, error.what());
    }
    constexpr index_t most = index_t{1} << 40;
    const bool sizes = terms_ >= 1 && terms_ <= std::numeric_limits<std::int32_t>::max() &&
                       documents_ >= 1 && documents_ <= most && rank_ >= 1 && rank_ <= most;
    if (!sizes) fail(facts, "a count of terms, documents or triplets is out of range");
    if (!(model_.frobenius_norm > 0) || !std::isfinite(model_.weights.mean_length)) {
      fail(facts, "a norm or length is out of range");
    }
  }

  const Input& input_;
  std::array<LsaSection, lsa_parts> sections_;
  index_t terms_ = 0, documents_ = 0, rank_ = 0;
  LsaModel model_;
};

}  // namespace

std::uint64_t lsa_checksum(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

void write_lsa(const std::string& path, const LsaModel& model) {
  const std::string fact_text = facts_of(model);
  std::array<std::string_view, lsa_parts> content;
  content[facts] = fact_text;
  content[term_ends] = bytes_of(model.terms.ends);
  content[term_bytes] = model.terms.bytes;
  content[name_ends] = bytes_of(model.names.ends);
  content[name_bytes] = model.names.bytes;
  content[lead_ends] = bytes_of(model.leads.ends);
  content[lead_bytes] = model.leads.bytes;
  content[global] = bytes_of(model.weights.global);
  content[sigma] = bytes_of(model.sigma);
  content[left] = bytes_of(span_of(model.Ut));
  content[right] = bytes_of(span_of(model.Vt));
  content[lengths] = bytes_of(model.document_lengths);
  content[entry_offsets] = bytes_of(model.entry_offsets);
  content[entry_terms] = bytes_of(model.entry_terms);
  content[entry_weights] = bytes_of(model.entry_weights);

  LsaHeader header;
  std::array<LsaSection, lsa_parts> table;
  std::uint64_t offset = aligned(sizeof header + sizeof table);
  for (std::size_t part = 0; part < lsa_parts; ++part) {
    const std::string_view name = lsa_part_names[part];
    std::copy(name.begin(), name.end(), table[part].name.begin());
    table[part].offset = offset;
    table[part].bytes = content[part].size();
    table[part].checksum = lsa_checksum(content[part]);
    offset = aligned(offset + content[part].size());
  }
  header.sections = lsa_parts;
  header.bytes = offset;
  const std::string_view table_bytes(reinterpret_cast<const char*>(table.data()), sizeof table);
  header.checksum = lsa_checksum(table_bytes);

  AtomicFile file(path, offset);
  std::uint64_t written = 0;
  const std::string zeros(lsa_alignment, '\0');
  const auto write = [&](std::string_view bytes) {
    file.write(bytes);
    written += bytes.size();
  };
  write({reinterpret_cast<const char*>(&header), sizeof header});
  write(table_bytes);
  for (const std::string_view bytes : content) {
    write(std::string_view(zeros).substr(0, aligned(written) - written));
    write(bytes);
  }
  write(std::string_view(zeros).substr(0, aligned(written) - written));
  file.commit();
}

LsaModel parse_lsa(const Input& input) { return Parser(input).parse(); }

LsaModel read_lsa(const std::string& path) {
  return parse_lsa(Input::open(path, 0, "a model of eckart lsa"));
}

}  // namespace eckart::io
