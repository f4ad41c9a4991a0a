// Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.16; NumPy, NEP 1.
#include "explore/archive.hpp"

#include <zlib.h>

#include <bit>
#include <concepts>
#include <limits>

#include "eckart/error.hpp"

namespace eckart::explore {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50,
                        end_signature = 0x06054b50;
constexpr std::uint16_t version = 20, first_of_1980 = 0x21;

// Little-endian.
template <std::unsigned_integral N>
void put(std::string& bytes, N number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xff);
  }
}

std::uint32_t size32(std::size_t size) {
  require(size < std::numeric_limits<std::uint32_t>::max(),
          "the factors take more than the 4 GiB of one archive; eckart svd FILE -o DIR writes any "
          "size");
  return static_cast<std::uint32_t>(size);
}

// What both headers of a member share.
std::string facts_of(const std::string& content) {
  std::string facts;
  put(facts, version);
  put(facts, std::uint16_t{0});  // no flags
  put(facts, std::uint16_t{0});  // stored
  put(facts, std::uint16_t{0});  // midnight
  put(facts, first_of_1980);
  put(facts, static_cast<std::uint32_t>(
                 ::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size())));
  put(facts, size32(content.size()));
  put(facts, size32(content.size()));
  return facts;
}

template <Scalar T>
std::string npy_of(MatrixView<const T> array, bool as_vector) {
  static_assert(std::endian::native == std::endian::little);
  const std::string kind = is_complex<T> ? "c" : "f";
  const std::string shape = as_vector
                                ? std::to_string(array.rows) + ","
                                : std::to_string(array.rows) + ", " + std::to_string(array.cols);
  std::string header = "{'descr': '<" + kind + std::to_string(sizeof(T)) +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr std::size_t prefix = 10, alignment = 64;
  header.append(alignment - 1 - (prefix + header.size()) % alignment, ' ');
  header += '\n';
  std::string npy("\x93NUMPY\x01\x00", 8);
  put(npy, static_cast<std::uint16_t>(header.size()));
  npy += header;
  npy.reserve(npy.size() + sizeof(T) * static_cast<std::size_t>(array.rows * array.cols));
  for (index_t i = 0; i < array.rows; ++i) {
    for (index_t j = 0; j < array.cols; ++j) {
      npy.append(reinterpret_cast<const char*>(&array(i, j)), sizeof(T));
    }
  }
  return npy;
}

}  // namespace

void Archive::add_member(const std::string& name, const std::string& content) {
  const std::string facts = facts_of(content);
  const std::uint32_t offset = size32(bytes_.size());
  put(bytes_, local_signature);
  bytes_ += facts;
  put(bytes_, static_cast<std::uint16_t>(name.size()));
  put(bytes_, std::uint16_t{0});  // no extra field
  bytes_ += name;
  bytes_ += content;
  put(directory_, central_signature);
  put(directory_, version);
  directory_ += facts;
  put(directory_, static_cast<std::uint16_t>(name.size()));
  for (int i = 0; i < 4; ++i) put(directory_, std::uint16_t{0});  // extra, comment, disk, internal
  put(directory_, std::uint32_t{0});                              // external attributes
  put(directory_, offset);
  directory_ += name;
  ++members_;
}

template <Scalar T>
void Archive::add(const std::string& name, MatrixView<const T> array, bool as_vector) {
  add_member(name + ".npy", npy_of(array, as_vector));
}

std::string Archive::finish() && {
  const std::uint32_t start = size32(bytes_.size());
  bytes_ += directory_;
  put(bytes_, end_signature);
  put(bytes_, std::uint32_t{0});  // disks
  put(bytes_, members_);
  put(bytes_, members_);
  put(bytes_, size32(directory_.size()));
  put(bytes_, start);
  put(bytes_, std::uint16_t{0});  // no comment
  return std::move(bytes_);
}

template void Archive::add(const std::string&, MatrixView<const float>, bool);
template void Archive::add(const std::string&, MatrixView<const double>, bool);
template void Archive::add(const std::string&, MatrixView<const std::complex<float>>, bool);
template void Archive::add(const std::string&, MatrixView<const std::complex<double>>, bool);

}  // namespace eckart::explore
