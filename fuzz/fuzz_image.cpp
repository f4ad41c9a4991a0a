#include <cstdlib>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "eckart/image/packed.hpp"

// Pictures of every format, and packed ones: what is read is a whole picture, or an IoError.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eckart;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const image::ImageLimits limits{.max_pixels = 1 << 18, .max_bytes = 16 << 20};
  try {
    const image::Image picture =
        image::is_packed(bytes)
            ? [&] {
                const image::LowRankImage low = image::unpack(bytes, "fuzz", limits);
                return image::reconstruct(low, image::all_ranks(low));
              }()
            : image::decode_image(bytes, "fuzz", limits);
    image::validate(picture);
    for (const std::uint16_t sample : picture.samples) {
      if (sample > picture.peak()) std::abort();
    }
  } catch (const IoError&) {
  } catch (const MemoryLimit&) {
  }
  return 0;
}
