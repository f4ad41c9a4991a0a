#include "eckart/matrix.hpp"

#include <sys/mman.h>

#include <new>

namespace eckart::detail {
namespace {

constexpr std::align_val_t cache_line{64};
constexpr std::size_t large_page = std::size_t{1} << 21;

// Half a page and more is worth a whole one: touching it for the first time costs one fault
// instead of hundreds.
bool is_large(std::size_t bytes) { return bytes >= large_page / 2; }

}  // namespace

void* allocate(std::size_t bytes) {
  if (!is_large(bytes)) return ::operator new(bytes, cache_line);
  void* storage = ::operator new (bytes, std::align_val_t{large_page});
#ifdef MADV_HUGEPAGE
  madvise(storage, bytes, MADV_HUGEPAGE);  // a wish: nothing is lost when it is refused
#endif
  return storage;
}

void release(void* storage, std::size_t bytes) noexcept {
  ::operator delete(storage, is_large(bytes) ? std::align_val_t{large_page} : cache_line);
}

}  // namespace eckart::detail
