// Documents that are lines, messages, SMART records or JSON objects.
#include "io/text_readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"

namespace eckart::io {
namespace {

class WholeReader : public TextReader {
 public:
  WholeReader(TextStream stream, std::string name)
      : stream_(std::move(stream)), name_(std::move(name)) {}
  bool next(Document& document, TextDecoder& decoder) override {
    if (done_) return false;
    done_ = true;
    document.name = name_;
    stream_.rest(document.text);
    decoder.decode(document.text);
    return true;
  }

 private:
  TextStream stream_;
  std::string name_;
  bool done_ = false;
};

class LineReader : public TextReader {
 public:
  LineReader(TextStream stream, std::string prefix)
      : stream_(std::move(stream)), prefix_(std::move(prefix)) {}
  bool next(Document& document, TextDecoder& decoder) override {
    if (!stream_.line(document.text)) return false;
    document.name = prefix_ + std::to_string(stream_.line_number());
    decoder.decode(document.text);
    return true;
  }

 private:
  TextStream stream_;
  std::string prefix_;
};

// Messages as Unix mail boxes hold them: a line "From ..." at the start or behind a blank line.
class MailReader : public TextReader {
 public:
  MailReader(TextStream stream, std::string prefix)
      : stream_(std::move(stream)), prefix_(std::move(prefix)) {
    std::string line;
    while (stream_.line(line) && line.empty()) {
    }
    if (line.empty()) return;
    if (!line.starts_with("From ")) {
      stream_.fail(stream_.line_number(), "a mail box begins with a line 'From ...'");
    }
    more_ = true;
  }

  bool next(Document& document, TextDecoder& decoder) override {
    if (!more_) return false;
    ++number_;
    std::string subject, identifier, line;
    read_header(subject, identifier);
    document.text = subject + "\n";
    more_ = false;
    bool behind_blank = false;
    while (stream_.line(line)) {
      if (behind_blank && line.starts_with("From ")) {
        more_ = true;
        break;
      }
      behind_blank = line.empty();
      const std::size_t quotes = line.find_first_not_of('>');
      // Writers put a > in front of lines that look like the start of a message.
      const bool escaped =
          quotes != std::string::npos && quotes > 0 && line.compare(quotes, 5, "From ") == 0;
      document.text.append(line, escaped ? 1 : 0) += '\n';
    }
    document.name = identifier.empty() ? prefix_ + std::to_string(number_) : identifier;
    decoder.decode(document.text);
    decoder.decode(document.name);
    return true;
  }

 private:
  void read_header(std::string& subject, std::string& identifier) {
    std::string line;
    std::string* field = nullptr;
    while (stream_.line(line) && !line.empty()) {
      if (line[0] == ' ' || line[0] == '\t') {  // goes on
        if (field != nullptr) *field += line;
        continue;
      }
      const std::size_t colon = std::min(line.find(':'), line.size());
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      field = name == "subject" ? &subject : name == "message-id" ? &identifier : nullptr;
      if (field != nullptr) *field = line.substr(std::min(line.size(), colon + 1));
    }
    std::erase_if(identifier, [](char c) { return c == '<' || c == '>' || c == ' '; });
  }

  TextStream stream_;
  std::string prefix_;
  bool more_ = false;  // a line "From " was read
  index_t number_ = 0;
};

// The collections of the SMART system: records of fields, each behind a line ".X".
class SmartReader : public TextReader {
 public:
  explicit SmartReader(TextStream stream) : stream_(std::move(stream)) {
    std::string line;
    while (stream_.line(line) && line.empty()) {
    }
    if (line.empty()) return;
    if (!take_start(line)) {
      stream_.fail(stream_.line_number(), "a SMART collection begins with a line '.I 1'");
    }
  }

  bool next(Document& document, TextDecoder& decoder) override {
    if (!more_) return false;
    document.name = name_;
    document.text.clear();
    more_ = false;
    bool wanted = false;
    for (std::string line; stream_.line(line);) {
      if (take_start(line)) break;
      const std::size_t end = line.find_last_not_of(" \t") + 1;
      const bool field =
          end == 2 && line[0] == '.' && std::isupper(static_cast<unsigned char>(line[1])) != 0;
      if (field) {
        wanted = line[1] == 'T' || line[1] == 'W';
      } else if (wanted) {
        document.text += line;
        document.text += '\n';
      }
    }
    decoder.decode(document.text);
    decoder.decode(document.name);
    return true;
  }

 private:
  bool take_start(const std::string& line) {
    if (!line.starts_with(".I ") && line != ".I") return false;
    const std::size_t begin = std::min(line.find_first_not_of(" \t", 2), line.size());
    name_ = line.substr(begin, line.find_last_not_of(" \t") + 1 - begin);
    more_ = true;
    return true;
  }

  TextStream stream_;
  std::string name_;  // of the record that begins
  bool more_ = false;
};

class JsonReader : public TextReader {
 public:
  JsonReader(TextStream stream, const TextOptions& options, std::string prefix)
      : stream_(std::move(stream)),
        text_(split_commas(options.column.empty() ? "text" : options.column)),
        id_(split_commas(options.id_column)),
        prefix_(std::move(prefix)) {}

  bool next(Document& document, TextDecoder& decoder) override {
    std::string line;
    do {
      if (!stream_.line(line)) return false;
    } while (line.find_first_not_of(" \t") == std::string::npos);
    decoder.decode(line);
    nlohmann::json object;
    try {
      object = nlohmann::json::parse(line);
    } catch (const nlohmann::json::exception&) {
      stream_.fail(stream_.line_number(), "is not JSON; expected an object on each line");
    }
    if (!object.is_object()) {
      stream_.fail(stream_.line_number(), "is JSON, but no object {...}");
    }
    document.text = joined(object, text_, "--column");
    decoder.decode(document.text);
    document.name = id_.empty() ? prefix_ + std::to_string(stream_.line_number())
                                : joined(object, id_, "--id-column");
    decoder.decode(document.name);
    return true;
  }

 private:
  std::string joined(const nlohmann::json& object,
                     const std::vector<std::string>& keys,
                     const char* option) const {
    std::string text;
    for (const std::string& key : keys) {
      const auto found = object.find(key);
      if (found == object.end()) {
        std::string known;
        for (const auto& item : object.items()) known += (known.empty() ? "" : ", ") + item.key();
        stream_.fail(stream_.line_number(),
                     fmt::format("has no key '{}' ({}); it has {}", key, option,
                                 known.empty() ? "none" : known.substr(0, 200)));
      }
      if (!text.empty()) text += ' ';
      if (found->is_string()) {
        text += found->get<std::string>();
      } else if (!found->is_null()) {
        text += found->dump();
      }
    }
    return text;
  }

  TextStream stream_;
  std::vector<std::string> text_, id_;
  std::string prefix_;
};

TextFormat format_of(TextStream& stream, TextFormat otherwise) {
  std::string name = stream.name();
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".csv")) return TextFormat::csv;
  if (name.ends_with(".tsv")) return TextFormat::tsv;
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) return TextFormat::jsonl;
  if (name.ends_with(".mbox")) return TextFormat::mbox;
  return stream.starts_with(".I ") ? TextFormat::smart : otherwise;
}

}  // namespace

std::unique_ptr<TextReader> make_text_reader(TextStream stream,
                                             const TextOptions& options,
                                             const std::string& prefix) {
  const TextFormat format = options.format == TextFormat::automatic
                                ? format_of(stream, options.otherwise)
                                : options.format;
  const bool table = format == TextFormat::csv || format == TextFormat::tsv;
  if (!table && format != TextFormat::jsonl &&
      (!options.column.empty() || !options.id_column.empty())) {
    throw InvalidArgument(
        fmt::format("{} has no columns (it is read as {}); a column is one of "
                    "csv, tsv or jsonl",
                    stream.name(), to_string(format)));
  }
  switch (format) {
    case TextFormat::csv:
      return make_table_reader(std::move(stream), ',', options, prefix);
    case TextFormat::tsv:
      return make_table_reader(std::move(stream), '\t', options, prefix);
    case TextFormat::jsonl:
      return std::make_unique<JsonReader>(std::move(stream), options, prefix);
    case TextFormat::mbox:
      return std::make_unique<MailReader>(std::move(stream), prefix);
    case TextFormat::smart:
      return std::make_unique<SmartReader>(std::move(stream));
    case TextFormat::lines:
      return std::make_unique<LineReader>(std::move(stream), prefix);
    default:
      break;
  }
  std::string name = stream.name();
  return std::make_unique<WholeReader>(std::move(stream), std::move(name));
}

const char* to_string(TextFormat format) {
  switch (format) {
    case TextFormat::automatic:
      return "auto";
    case TextFormat::file:
      return "file";
    case TextFormat::lines:
      return "lines";
    case TextFormat::csv:
      return "csv";
    case TextFormat::tsv:
      return "tsv";
    case TextFormat::jsonl:
      return "jsonl";
    case TextFormat::mbox:
      return "mbox";
    case TextFormat::smart:
      return "smart";
  }
  return "?";
}

TextFormat text_format_from_string(const std::string& name) {
  for (const TextFormat format :
       {TextFormat::automatic, TextFormat::file, TextFormat::lines, TextFormat::csv,
        TextFormat::tsv, TextFormat::jsonl, TextFormat::mbox, TextFormat::smart}) {
    if (name == to_string(format)) return format;
  }
  throw InvalidArgument("there is no text format '" + name +
                        "'; expected auto, file, lines, csv, tsv, jsonl, mbox or smart");
}

}  // namespace eckart::io
