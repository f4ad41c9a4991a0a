// All documents of some paths: files as their format says, folders and archives a file each.
#include "eckart/io/text.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "eckart/error.hpp"
#include "io/encoding.hpp"
#include "io/input.hpp"
#include "io/text_readers.hpp"
#include "io/text_stream.hpp"
#include "io/zip.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;

std::string last_part(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

bool wanted(const std::string& path, const std::string& pattern) {
  const std::string name = last_part(path);
  return !name.empty() && name[0] != '.' && ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

// Returns the files below the folder, sorted by name; hidden folders are left out.
std::vector<std::string> files_below(const std::string& folder, const std::string& pattern) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code unreadable;
    if (it->is_directory(unreadable)) {
      if (name.starts_with('.')) it.disable_recursion_pending();
    } else if (it->is_regular_file(unreadable) && wanted(name, pattern)) {
      files.push_back(it->path().string());
    }
  }
  if (error) throw IoError(folder, "cannot be read to its end: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

bool is_zip(const std::string& path) {
  return path.size() > 4 && (path.ends_with(".zip") || path.ends_with(".ZIP"));
}

// A path that was given, or a file that was found below it.
struct Part {
  std::string path;
  bool whole;  // a document by itself
};

class Documents : public DocumentSource {
 public:
  Documents(const std::vector<std::string>& paths, const TextOptions& options)
      : options_(options), decoder_(options.encoding), many_(paths.size() > 1) {
    for (const std::string& path : paths) {
      std::error_code ignored;
      if (!fs::is_directory(path, ignored)) {
        // A missing file shows now, not behind hours of others.
        if (path != "-" && !fs::exists(path, ignored))
          throw IoError(path, "no such file or folder");
        parts_.push_back({path, false});
        continue;
      }
      const std::vector<std::string> files = files_below(path, options.match);
      if (files.empty()) {
        throw IoError(path, "holds no file whose name matches '" + options.match + "'");
      }
      for (const std::string& file : files) parts_.push_back({file, true});
    }
  }

  bool next(Document& document) override {
    for (;;) {
      if (reader_ ? reader_->next(document, decoder_) : next_member(document)) {
        decoder_.end_document(document.name);
        return true;
      }
      reader_.reset();
      if (at_ == parts_.size()) return false;
      open(parts_[at_++]);
    }
  }

  const TextRepairs& repairs() const override { return decoder_.repairs(); }

 private:
  void open(const Part& part) {
    if (!part.whole && options_.format == TextFormat::automatic && is_zip(part.path)) {
      archive_ = Input::open(part.path, 0, "a zip archive");
      members_ = read_zip_directory(archive_);
      std::erase_if(members_, [&](const ZipMember& m) { return !wanted(m.name, options_.match); });
      std::sort(members_.begin(), members_.end(),
                [](const ZipMember& a, const ZipMember& b) { return a.name < b.name; });
      member_ = 0;
      if (members_.empty()) {
        throw IoError(part.path, "holds no file whose name matches '" + options_.match + "'");
      }
      return;
    }
    TextOptions options = options_;
    if (part.whole) {
      options.format = TextFormat::file;
      options.column.clear();
      options.id_column.clear();
    }
    reader_ = make_text_reader(TextStream::open(part.path, options.max_document_bytes), options,
                               many_ ? part.path + ":" : "");
  }

  // The next file of the archive that is open, if one is.
  bool next_member(Document& document) {
    if (member_ == members_.size()) return false;
    const ZipMember& member = members_[member_++];
    if (member.bytes > options_.max_document_bytes) {
      throw IoError(
          archive_.name + "/" + printable(member.name),
          fmt::format("is longer than {}; split it", format_bytes(options_.max_document_bytes)));
    }
    document.name = member.name;
    const Input content = unpack(archive_, member);
    TextStream stream = TextStream::over(archive_.name + "/" + printable(member.name),
                                         content.bytes, options_.max_document_bytes);
    stream.rest(document.text);
    decoder_.decode(document.text);
    decoder_.decode(document.name);
    return true;
  }

  TextOptions options_;
  TextDecoder decoder_;
  bool many_;
  std::vector<Part> parts_;
  std::size_t at_ = 0;
  std::unique_ptr<TextReader> reader_;  // of the part that is open
  Input archive_;
  std::vector<ZipMember> members_;
  std::size_t member_ = 0;
};

}  // namespace

std::unique_ptr<DocumentSource> open_text(const std::vector<std::string>& paths,
                                          const TextOptions& options) {
  require(!paths.empty(), "no path of text was given");
  return std::make_unique<Documents>(paths, options);
}

}  // namespace eckart::io
