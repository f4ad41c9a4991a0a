#include "io/array_stream.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "eckart/error.hpp"

namespace eckart::io {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 18;

// A member of an archive, inflated piece by piece.
class Member {
 public:
  Member(const PartFile& file, const Input& archive, const ZipMember& member)
      : file_(file),
        name_(fmt::format("{}/{}", archive.name, printable(member.name))),
        member_(member),
        at_(static_cast<std::uint64_t>(member.packed.data() - archive.bytes.data())),
        end_(at_ + member.packed.size()) {
    if (member_.deflated && inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Member() {
    if (member_.deflated) inflateEnd(&stream_);
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  std::size_t read(char* to, std::size_t size) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, member_.bytes - given_));
    const std::size_t got = member_.deflated ? inflate_into(to, size) : copy(to, size);
    given_ += got;
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(to), got);
    if (given_ == member_.bytes && crc_ != member_.crc) {
      throw IoError(name_, fmt::format("the checksum is {:08x}; expected {:08x}: the archive is "
                                       "damaged",
                                       crc_, member_.crc));
    }
    return got;
  }

 private:
  std::size_t copy(char* to, std::size_t size) {
    file_.read(at_, size, to);
    at_ += size;
    return size;
  }

  std::size_t inflate_into(char* to, std::size_t size) {
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out > 0) {
      if (stream_.avail_in == 0) {
        packed_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(block_bytes, end_ - at_)));
        file_.read(at_, packed_.size(), packed_.data());
        at_ += packed_.size();
        stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
        stream_.avail_in = static_cast<uInt>(packed_.size());
      }
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      const bool early = status == Z_STREAM_END && stream_.avail_out > 0;
      if ((status == Z_OK || status == Z_STREAM_END) && !early) continue;
      throw IoError(name_, early || status == Z_BUF_ERROR ? "its deflate data ends too early"
                                                          : "its deflate data is damaged");
    }
    return size;
  }

  const PartFile& file_;
  std::string name_;
  ZipMember member_;
  std::uint64_t at_, end_;  // what of the file is left
  std::uint64_t given_ = 0;
  uLong crc_ = crc32_z(0, nullptr, 0);
  z_stream stream_{};
  std::string packed_;
};

std::vector<index_t> convert(const NpyArray& array, index_t) { return to_integers(array); }

std::vector<double> convert(const NpyArray& array, double) {
  return with_scalar(array.header, [&]<Scalar T>() -> std::vector<double> {
    if constexpr (is_complex<T>) {
      throw IoError(array.name, "byte 0", "the elements are complex; expected real numbers");
    } else {
      const std::vector<T> values = to_values<T>(array);
      return {values.begin(), values.end()};
    }
  });
}

}  // namespace

ReadBytes bytes_of(const PartFile& file) {
  return [&file, at = std::uint64_t{0}](char* buffer, std::size_t size) mutable {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, file.bytes() - at));
    file.read(at, size, buffer);
    at += size;
    return size;
  };
}

ReadBytes bytes_of(const PartFile& file, const Input& archive, const ZipMember& member) {
  return [content = std::make_shared<Member>(file, archive, member)](
             char* buffer, std::size_t size) { return content->read(buffer, size); };
}

ArrayStream::ArrayStream(std::string name, ReadBytes read)
    : name_(std::move(name)), read_(std::move(read)) {
  start_.resize(npy_header_limit);
  start_.resize(read_(start_.data(), start_.size()));
  header_ = parse_npy_header(start_, name_);
  start_.erase(0, static_cast<std::size_t>(header_.data_offset));
  require_numbers({name_, header_, {}, {}});
}

std::string ArrayStream::take_bytes(std::size_t count) {
  std::string bytes = start_.substr(0, count);
  start_.erase(0, bytes.size());
  const std::size_t had = bytes.size();
  bytes.resize(count);
  bytes.resize(had + read_(bytes.data() + had, count - had));
  return bytes;
}

template <class Number>
void ArrayStream::refill(std::vector<Number>& numbers) {
  const std::uint64_t most = block_bytes / header_.item_bytes;
  const std::uint64_t count = std::min<std::uint64_t>(most, header_.count - taken_);
  const std::string bytes = take_bytes(static_cast<std::size_t>(count * header_.item_bytes));
  if (bytes.size() < count * header_.item_bytes) {
    throw IoError(name_, fmt::format("the array ends after {} of its {} numbers",
                                     taken_ + bytes.size() / header_.item_bytes, header_.count));
  }
  NpyHeader piece = header_;
  piece.shape = {static_cast<index_t>(count)};
  piece.count = count;
  piece.data_offset += taken_ * header_.item_bytes;  // for messages
  numbers = convert(NpyArray{name_, piece, bytes, {}}, Number());
  taken_ += count;
  at_ = 0;
}
template void ArrayStream::refill(std::vector<index_t>&);
template void ArrayStream::refill(std::vector<double>&);

void ArrayStream::expect_end() {
  char extra = 0;
  if (start_.empty() && read_(&extra, 1) == 0) return;
  throw IoError(name_, fmt::format("byte {}", header_.total_bytes()),
                fmt::format("bytes follow the array; expected the end after shape {} of {}",
                            format_shape(header_.shape), type_name(header_)));
}

}  // namespace eckart::io
