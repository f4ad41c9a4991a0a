// eckart/io/tensors.hpp - the weights of a model: named tensors in files.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eckart/any_matrix.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::io {

// How an element is stored, under the names of the safetensors format. q8_0: blocks of 32 with one
// scale, of a GGUF file; quantised: in blocks of other kinds, which are not read.
enum class ElementType {
  u64,
  i64,
  f64,
  c64,
  f32,
  u32,
  i32,
  bf16,
  f16,
  u16,
  i16,
  f8_e5m2fnuz,
  f8_e4m3fnuz,
  f8_e8m0,
  f8_e4m3,
  f8_e5m2,
  i8,
  u8,
  f6_e3m2,
  f6_e2m3,
  f4,
  boolean,
  q8_0,
  quantised,
};

// Returns "F32", "BF16", ...
const char* to_string(ElementType type);
// Returns the type of that name. Throws InvalidArgument listing the names.
ElementType element_type(std::string_view name);
// Returns the bits of one element; 0 for those in blocks.
int bits_of(ElementType type);
// Whether the elements are floating-point numbers that to_transposed reads: F64 to 8 bits.
bool is_weight(ElementType type);
// Returns how many significant bits the type keeps: 53, 24, 11, 8, 4 or less.
// REQUIRES: is_weight(type)
int significant_bits(ElementType type);

// One array of a model, row-major, packed and little-endian, perhaps not aligned.
struct Tensor {
  std::string name;
  ElementType type = ElementType::f32;
  std::vector<index_t> shape;  // each >= 0; empty: one number
  std::string_view data;
  std::shared_ptr<const void> owner = {};  // keeps data alive
  bool mapped = false;                     // data are the pages of a file

  index_t count() const;  // elements
};

// Returns the shape for messages: "768x3072"; "scalar" of none.
std::string format_shape(const Tensor& tensor);

using Metadata = std::map<std::string, std::string>;

struct Model {
  std::string path;
  std::vector<Tensor> tensors;  // by rising name
  Metadata metadata;            // of the file; of a sharded model, of its first shard
  std::vector<std::string> files;

  // Returns the tensor of that name, or null.
  const Tensor* find(std::string_view name) const;
  // Bytes of all tensors.
  std::uint64_t bytes() const;
};

// Returns the tensors of
//   a .safetensors file (mapped; O(header) work),
//   an index *.safetensors.index.json and its shards,
//   a folder with model.safetensors.index.json, model.safetensors or adapter_model.safetensors,
//   a .npz archive, each array a tensor (deflated members are unpacked: max_bytes),
//   a .gguf file, version 2 or 3; its rows of q and k are in an order of their own.
// Throws IoError naming the file, the byte or tensor, and the check that failed; MemoryLimit.
// Everything the format demands is checked before a tensor is returned: sizes against the file,
// offsets without holes and overlaps, shapes, types, names. max_bytes (0: none) limits what is held
// in memory.
Model read_model(const std::string& path, std::uint64_t max_bytes = 0);

// Lets the system take back the pages of a mapped tensor; they are read again when they are needed.
// For a run through a model that is to hold one tensor at a time.
void release(const Tensor& tensor);

// Writes count elements from the given one on, in the order of storage. Integers beyond the
// precision of T are rounded. Throws IoError naming the tensor if the elements are no real numbers.
template <Scalar T>
void unpack(const Tensor& tensor, index_t first, index_t count, T* to);

// Returns the tensor read as a rows x cols matrix, transposed: cols x rows, column-major.
// Throws InvalidArgument unless rows * cols elements are there; IoError as unpack.
template <Scalar T>
Matrix<T> to_transposed(const Tensor& tensor,
                        index_t rows,
                        index_t cols,
                        const Context& context = default_context());

// Returns the difference of two tensors, left - right, likewise, and the square of its Frobenius
// norm. Each is widened to T before.
template <Scalar T>
struct Difference {
  Matrix<T> transposed;
  double energy = 0;
};
template <Scalar T>
Difference<T> transposed_difference(const Tensor& left,
                                    const Tensor& right,
                                    index_t rows,
                                    index_t cols,
                                    const Context& context = default_context());

// Returns the largest singular value that errors of storage alone may have: with v_ij = ulp(w_ij)^2
// / 12 for the rows x cols weights w,
//   max_i (sum_j v_ij)^(1/2) + max_j (sum_i v_ij)^(1/2),
// an upper bound up to lower-order terms for independent errors of variances v_ij, also where rows
// or columns differ in scale.
// Cost: one pass. Source: Bandeira, van Handel, Ann. Probab. 44(4):2479-2506, 2016.
double rounding_edge(const Tensor& tensor,
                     index_t rows,
                     index_t cols,
                     const Context& context = default_context());

// Returns a tensor that owns its data, from rows x cols numbers given as their transpose, rounded
// to nearest, ties to even. type is one of F64, F32, F16, BF16.
// Throws Overflow naming the tensor if a finite number is too large for the type.
template <Scalar T>
Tensor make_tensor(const std::string& name,
                   ElementType type,
                   std::vector<index_t> shape,
                   MatrixView<const T> transposed);

// Returns the tensor as a matrix: n x 1 of one dimension, the first dimension x all others of
// several. F32 and F64 that are aligned are used in place.
// Throws IoError if the elements are no numbers.
AnyMatrix to_matrix(const Tensor& tensor);

// Writes a safetensors file, atomically. Sorted as the reference does (wider types first, then by
// name), so that the same tensors give the same bytes; mapped tensors are released as they are
// written: memory does not grow with the model.
// Throws InvalidArgument on two tensors of one name or data of the wrong size; IoError, and an
// existing file is then untouched.
void write_safetensors(const std::string& path,
                       std::vector<Tensor> tensors,
                       const Metadata& metadata = {});

// Finished tensors on their way to a file: each step is kept in the folder PATH.partial, durably,
// so that a run that was stopped goes on where it was.
class TensorSpool {
 public:
  // Takes up what an earlier run with the same fingerprint left; what another left is removed.
  // fingerprint names all that the tensors depend on: inputs and options.
  TensorSpool(const std::string& path, const std::string& fingerprint);
  // Leaves what is finished, and no empty folder.
  ~TensorSpool();

  // Whether a step was finished.
  bool has(const std::string& step) const;
  // Steps that an earlier run had finished.
  index_t taken_up() const { return taken_up_; }
  // Keeps a step: its tensors, and a note for whoever reports on it.
  void put(const std::string& step, const std::vector<Tensor>& tensors, const std::string& note);
  const std::string& note(const std::string& step) const;
  // The tensors of a step, mapped.
  std::vector<Tensor> tensors(const std::string& step) const;
  // Removes the folder.
  void remove();

 private:
  std::string file_of(const std::string& step) const;

  std::string folder_;
  std::string fingerprint_;
  index_t taken_up_ = 0;
  std::map<std::string, std::string> notes_;
};

}  // namespace eckart::io
