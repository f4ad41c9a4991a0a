#include "explore/shelf.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <string_view>

#include "eckart/error.hpp"
#include "eckart/io/lsa_file.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/io/recommender_file.hpp"
#include "explore/pictures.hpp"
#include "explore/samples.hpp"

namespace eckart::explore {
namespace {

using nlohmann::ordered_json;

void describe(const AnyMatrix& matrix, ordered_json& entry) {
  entry["kind"] = "matrix";
  std::visit(
      [&]<class Stored>(const Stored& stored) {
        constexpr bool sparse = requires { stored.offsets; };
        if constexpr (sparse) {
          entry["rows"] = stored.rows;
          entry["cols"] = stored.cols;
          entry["stored_entries"] = stored.stored_entries();
        } else {
          entry["rows"] = stored.rows();
          entry["cols"] = stored.cols();
          entry["stored_entries"] = stored.rows() * stored.cols();
        }
        entry["storage"] = sparse ? "sparse" : "dense";
      },
      matrix);
  constexpr const char* scalars[] = {"float32", "float64", "complex64", "complex128"};
  entry["scalar"] = scalars[matrix.index() % 4];
}

void describe(const LsaModel& model, ordered_json& entry) {
  entry["kind"] = "text";
  entry["documents"] = model.document_count();
  entry["terms"] = model.term_count();
  entry["rank"] = model.rank();
}

void describe(const recommend::Model& model, ordered_json& entry) {
  entry["kind"] = "ratings";
  entry["users"] = model.users.size();
  entry["items"] = model.items.size();
  entry["method"] = to_string(model.kind);
  entry["rank"] = model.rank;
}

void describe(const image::PictureFile& picture, ordered_json& entry) {
  const image::Image& image = picture.image;
  entry["kind"] = "image";
  entry["width"] = image.width;
  entry["height"] = image.height;
  entry["channels"] = image.channels;
  entry["bits"] = image.bits;
  entry["bytes"] = picture.bytes;
  entry["most_rank"] = most_rank(image);
}

void describe(const io::Model& model, ordered_json& entry) {
  entry["kind"] = "model";
  entry["tensors"] = model.tensors.size();
  entry["bytes"] = model.bytes();
}

bool is_weights_file(const std::string& path) {
  for (const char* ending : {".safetensors", ".safetensors.index.json", ".gguf", ".npz"}) {
    if (path.ends_with(ending)) return true;
  }
  return std::filesystem::is_directory(path);
}

// Whether people mean a model by it, not a matrix: SciPy, too, keeps several arrays of one matrix.
bool is_model_archive(const io::Model& archive) {
  return archive.tensors.size() > 1 && !archive.find("format") && !archive.find("shape");
}

// Whether it is a picture that people mean: by its first bytes, or by what it is called.
bool is_picture(std::string_view name, std::string_view first_bytes) {
  constexpr std::string_view starts[] = {"\x89PNG",
                                         "\x89"
                                         "ECK",
                                         "\xff\xd8\xff"};
  constexpr std::string_view endings[] = {".png", ".jpg",  ".jpeg", ".pbm", ".pgm",  ".ppm",
                                          ".pnm", ".pam",  ".eck",  ".gif", ".webp", ".bmp",
                                          ".tif", ".tiff", ".heic", ".avif"};
  const auto ends = [&](std::string_view ending) {
    return name.size() >= ending.size() &&
           std::equal(ending.begin(), ending.end(), name.end() - std::ptrdiff_t(ending.size()),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  };
  return std::ranges::any_of(starts, [&](auto start) { return first_bytes.starts_with(start); }) ||
         std::ranges::any_of(endings, ends);
}

bool is_picture_file(const std::string& path) {
  std::array<char, 4> first{};
  std::ifstream(path, std::ios::binary).read(first.data(), first.size());
  return is_picture(path, {first.data(), first.size()});
}

// What a picture takes beside its file.
std::uint64_t bytes_of(const image::Image& image) { return image.samples.size() * 2; }

// A file without a name, for readers of files: what is uploaded never reaches a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : number_(::memfd_create("upload", MFD_CLOEXEC)) {
    if (number_ < 0) throw std::bad_alloc();
    while (!bytes.empty()) {
      const ssize_t written = ::write(number_, bytes.data(), bytes.size());
      if (written <= 0) {
        ::close(number_);
        throw std::bad_alloc();
      }
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  ~MemoryFile() { ::close(number_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(number_); }

 private:
  int number_;
};

template <class T>
const T& content_of(const DataSet& set, const char* expected) {
  if (const T* content = std::get_if<T>(&set.content)) return *content;
  throw InvalidArgument("'" + set.name + "' is not " + expected);
}

}  // namespace

int Shelf::open(const std::string& path, std::uint64_t max_bytes) {
  DataSet set;
  set.source = path;
  set.name = path.substr(path.rfind('/') + 1);
  if (path.starts_with('[')) {
    set.name = path;
    set.content = io::read_matrix(path, {.max_bytes = max_bytes});
  } else if (is_weights_file(path)) {
    io::Model model = io::read_model(path, max_bytes);
    const auto format = model.metadata.find("format");
    if (format != model.metadata.end() && format->second == "eckart recommender") {
      set.content = io::read_recommender(path);
    } else if (!path.ends_with(".npz") || is_model_archive(model)) {
      set.content = std::move(model);
    } else {
      set.content = io::read_matrix(path, {.max_bytes = max_bytes});
    }
  } else if (path.ends_with(".lsa")) {
    set.content = io::read_lsa(path);
  } else if (is_picture_file(path)) {
    set.content = image::read_picture(path, {.max_bytes = max_bytes});
  } else {
    set.content = io::read_matrix(path, {.max_bytes = max_bytes});
  }
  return add(std::move(set));
}

int Shelf::upload(const std::string& name, std::string bytes, std::uint64_t max_bytes) {
  DataSet set;
  set.name = name.empty() ? "upload" : name.substr(0, 200);
  set.upload_bytes = bytes.size();
  const bool picture = is_picture(set.name, bytes);
  const MemoryFile file(bytes);
  bytes = {};
  try {
    if (picture) {
      const std::uint64_t most = max_bytes != 0 ? max_bytes : upload_limit_;
      image::PictureFile content = image::read_picture(file.path(), {.max_bytes = most});
      set.upload_bytes += bytes_of(content.image);
      set.content = std::move(content);
    } else {
      set.content = io::read_matrix(file.path(), {.max_bytes = max_bytes});
    }
  } catch (const IoError& error) {
    std::string message = error.what();
    if (message.starts_with(file.path())) message.replace(0, file.path().size(), set.name);
    throw InvalidArgument(message);
  }
  return add(std::move(set));
}

int Shelf::sample(const std::string& name) {
  if (const int id = number_of_sample(name)) return id;
  DataSet set;
  set.name = name + ".png";
  set.sample = name;
  set.content = sample_picture(name);
  set.upload_bytes = bytes_of(std::get<image::PictureFile>(set.content).image);
  return add(std::move(set));
}

// 0 if it was not asked for yet, or had to make room.
int Shelf::number_of_sample(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(sets_, name, [](const auto& set) { return set->sample; });
  return found == sets_.end() || name.empty() ? 0 : (*found)->id;
}

int Shelf::add(DataSet set) {
  const std::lock_guard lock(mutex_);
  std::uint64_t held = set.upload_bytes;
  for (const auto& other : sets_) held += other->upload_bytes;
  for (auto it = sets_.begin(); it != sets_.end() && held > upload_limit_;) {
    held -= (*it)->upload_bytes;
    it = (*it)->source.empty() ? sets_.erase(it) : it + 1;
  }
  set.id = ++last_id_;
  sets_.push_back(std::make_shared<const DataSet>(std::move(set)));
  return last_id_;
}

std::shared_ptr<const DataSet> Shelf::find(std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(sets_.begin(), sets_.end(), [&](const auto& set) { return set->id == id; });
  if (found != sets_.end()) return *found;
  throw InvalidArgument("there is no data set " + std::to_string(id) +
                        "; it may have made room for a newer upload");
}

ordered_json Shelf::list() const {
  const std::lock_guard lock(mutex_);
  ordered_json array = ordered_json::array();
  for (const auto& set : sets_) {
    ordered_json entry = {{"id", set->id}, {"name", set->name}, {"source", set->source}};
    if (!set->sample.empty()) entry["sample"] = set->sample;
    std::visit([&](const auto& content) { describe(content, entry); }, set->content);
    array.push_back(std::move(entry));
  }
  return array;
}

const AnyMatrix& matrix_of(const DataSet& set) { return content_of<AnyMatrix>(set, "a matrix"); }
const LsaModel& text_model_of(const DataSet& set) {
  return content_of<LsaModel>(set, "a model of text (eckart lsa fit)");
}
const recommend::Model& recommender_of(const DataSet& set) {
  return content_of<recommend::Model>(set, "a recommender (eckart recommend fit)");
}
const image::PictureFile& picture_of(const DataSet& set) {
  return content_of<image::PictureFile>(set, "a picture");
}
const io::Model& weights_of(const DataSet& set) {
  return content_of<io::Model>(set, "the weights of a model");
}

}  // namespace eckart::explore
