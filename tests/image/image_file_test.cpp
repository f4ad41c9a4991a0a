#include "eckart/image/image_file.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "eckart/error.hpp"

namespace eckart::image {
namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("eckart_image_" +
       std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
  Folder() {
    std::filesystem::remove_all(path);
    std::filesystem::create_directory(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

std::string message_of(const std::string& bytes) {
  try {
    decode_image(bytes, "file");
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ImageFile, KnowsAPictureByItsBytesNotByItsName) {
  const Folder folder;
  const Image image{2, 1, 1, 8, {3, 250}};
  write_image(folder / "a.png", image);
  std::filesystem::rename(folder / "a.png", folder / "a.jpg");
  EXPECT_EQ(read_image(folder / "a.jpg").samples, image.samples);
}

TEST(ImageFile, WritesAsTheExtensionSays) {
  const Folder folder;
  const Image image{2, 1, 3, 8, {3, 250, 9, 80, 90, 100}};
  const auto begins = [&](const char* name, std::string_view start) {
    write_image(folder / name, image);
    std::ifstream file(folder / name, std::ios::binary);
    std::string bytes(start.size(), ' ');
    file.read(bytes.data(), std::streamsize(bytes.size()));
    EXPECT_EQ(bytes, start) << name;
  };
  begins("a.png", "\x89PNG");
  begins("a.PNG", "\x89PNG");
  begins("a.jpg", "\xff\xd8");
  begins("a.jpeg", "\xff\xd8");
  begins("a.ppm", "P6");
  begins("a.pnm", "P6");
  begins("a.pam", "P6");
}

TEST(ImageFile, KeepsTransparencyOrRefuses) {
  const Folder folder;
  const Image image{2, 1, 2, 8, {3, 250, 9, 80}};
  for (const char* name : {"a.jpg", "a.pgm", "a.pnm"}) {
    EXPECT_THROW(write_image(folder / name, image), InvalidArgument) << name;
    EXPECT_FALSE(std::filesystem::exists(folder / name));
  }
  for (const char* name : {"a.png", "a.pam"}) {
    write_image(folder / name, image);
    EXPECT_EQ(read_image(folder / name).samples, image.samples);
  }
}

TEST(ImageFile, WritesJpegWithTheQualityAskedFor) {
  const Folder folder;
  Image image = make_image(64, 64, 1, 8);
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    image.samples[i] = std::uint16_t(i * 2654435761u >> 24 & 255u);
  }
  write_image(folder / "low.jpg", image, 10);
  write_image(folder / "high.jpg", image, 95);
  EXPECT_TRUE(std::filesystem::file_size(folder / "low.jpg") <
              std::filesystem::file_size(folder / "high.jpg"));
}

TEST(ImageFile, NamesTheFormatOfWhatItDoesNotRead) {
  using namespace std::literals;
  const std::pair<std::string, const char*> cases[] = {
      {"GIF89a....", "GIF"},
      {"BM......", "BMP"},
      {"II*\0...."s, "TIFF"},
      {"RIFF\1\2\3\4WEBPVP8 "s, "WebP"},
      {"\0\0\0\x1c"
       "ftypheic"s,
       "HEIC"},
      {"%PDF-1.7", "PDF"},
      {"1,2\n3,4\n", "does not begin as a picture"},
      {"\x89PNG", "does not begin as a picture"},
  };
  for (const auto& [bytes, word] : cases) {
    const std::string message = message_of(bytes);
    EXPECT_TRUE(message.find(word) != std::string::npos) << message;
    EXPECT_TRUE(message.find("expected a picture") != std::string::npos) << message;
  }
}

TEST(ImageFile, RefusesFilesThatAreMissingEmptyOrFolders) {
  const Folder folder;
  std::ofstream(folder / "empty.png").close();
  EXPECT_THROW(read_image(folder / "empty.png"), IoError);
  EXPECT_THROW(read_image(folder / "missing.png"), IoError);
  EXPECT_THROW(read_image(folder.path.string()), IoError);
}

TEST(ImageFile, WritesNothingUnderAnExtensionItDoesNotKnow) {
  const Folder folder;
  const Image image{2, 1, 1, 8, {3, 250}};
  for (const char* name : {"a.gif", "a", "b.png/c", "a.png.txt"}) {
    EXPECT_ANY_THROW(write_image(folder / name, image)) << name;
    EXPECT_FALSE(std::filesystem::exists(folder / name));
  }
}

}  // namespace
}  // namespace eckart::image
