// The matrices, pictures and models that the page shows.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "eckart/any_matrix.hpp"
#include "eckart/apps/lsa.hpp"
#include "eckart/apps/recommend/model.hpp"
#include "eckart/image/packed.hpp"
#include "eckart/io/tensors.hpp"

namespace eckart::explore {

struct DataSet {
  int id = 0;
  std::string name;    // what people call it
  std::string source;  // what the command line calls it; empty of an upload
  std::string sample;  // which of the explorer's own pictures it is; empty: none
  std::uint64_t upload_bytes = 0;
  std::variant<AnyMatrix, LsaModel, recommend::Model, image::PictureFile, io::Model> content;
};

// Safe from several threads: what was found stays alive while it is used.
class Shelf {
 public:
  // No more than these bytes are held of uploads; the oldest make room.
  explicit Shelf(std::uint64_t upload_limit) : upload_limit_(upload_limit) {}

  // Opens a file of the command line: a recommender or the weights of a model (.safetensors, .gguf,
  // .npz of several arrays, a folder), a model of text (.lsa), a picture, or a matrix.
  // Throws IoError, MemoryLimit.
  int open(const std::string& path, std::uint64_t max_bytes);
  // Takes the bytes of a picture or a matrix, under a name that no file is opened by. Throws
  // likewise.
  int upload(const std::string& name, std::string bytes, std::uint64_t max_bytes);
  // Returns the explorer's own picture of that name, made when it is first asked for.
  // Throws InvalidArgument listing the names.
  int sample(const std::string& name);

  // Throws InvalidArgument if there is none of that number.
  std::shared_ptr<const DataSet> find(std::int64_t id) const;

  // [{"id", "name", "source", "kind", ...}], of a matrix its shape, of a model its sizes.
  nlohmann::ordered_json list() const;

 private:
  int add(DataSet set);
  int number_of_sample(const std::string& name) const;

  std::uint64_t upload_limit_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const DataSet>> sets_;
  int last_id_ = 0;
};

// Returns what the data set holds. Throws InvalidArgument if it is something else.
const AnyMatrix& matrix_of(const DataSet& set);
const LsaModel& text_model_of(const DataSet& set);
const recommend::Model& recommender_of(const DataSet& set);
const image::PictureFile& picture_of(const DataSet& set);
const io::Model& weights_of(const DataSet& set);

}  // namespace eckart::explore
