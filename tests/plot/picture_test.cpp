#include <gtest/gtest.h>
#include <png.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "eckart/error.hpp"
#include "eckart/plot/figure.hpp"
#include "eckart/plot/standard.hpp"

namespace eckart::plot {
namespace {

// A PNG read back by libpng.
struct Pixels {
  index_t width = 0, height = 0;
  std::vector<unsigned char> rgb;

  explicit Pixels(const std::string& bytes) {
    png_image image;
    std::memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) return;
    image.format = PNG_FORMAT_RGB;
    rgb.resize(PNG_IMAGE_SIZE(image));
    png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr);
    width = image.width;
    height = image.height;
  }
  const unsigned char* at(index_t x, index_t y) const {
    return rgb.data() + 3 * static_cast<std::size_t>(y * width + x);
  }
  bool is(index_t x, index_t y, int red, int green, int blue, int slack = 8) const {
    const unsigned char* p = at(x, y);
    return std::abs(p[0] - red) <= slack && std::abs(p[1] - green) <= slack &&
           std::abs(p[2] - blue) <= slack;
  }
  // How many pixels have that colour.
  index_t count(int red, int green, int blue) const {
    index_t found = 0;
    for (index_t y = 0; y < height; ++y) {
      for (index_t x = 0; x < width; ++x) found += is(x, y, red, green, blue) ? 1 : 0;
    }
    return found;
  }
};

Figure two_points() {
  Panel panel{.title = "title", .x = {.label = "x"}, .y = {.label = "y"}};
  panel.series = {{.label = "a", .mark = Mark::line_and_points, .x = {1, 2, 3}, .y = {3, 1, 2}},
                  {.label = "b", .x = {1, 3}, .y = {1, 3}, .names = {"one", "two"}}};
  return {.panels = {panel}, .width = 400, .height = 300};
}

TEST(Png, HasTwoPixelsToThePointOnWhite) {
  const Pixels pixels(to_png(two_points()));
  EXPECT_EQ(pixels.width, 800);
  EXPECT_EQ(pixels.height, 600);
  EXPECT_TRUE(pixels.is(0, 0, 255, 255, 255, 0));
  // Both colours of the palette are there, and the text.
  EXPECT_TRUE(pixels.count(0, 114, 178) > 200);
  EXPECT_TRUE(pixels.count(213, 94, 0) > 50);
  EXPECT_TRUE(pixels.count(33, 33, 33) > 500);
}

TEST(Figures, AreTheSameBytesEveryTime) {
  EXPECT_TRUE(to_png(two_points()) == to_png(two_points()));
  EXPECT_TRUE(to_svg(two_points()) == to_svg(two_points()));
}

TEST(Svg, IsOfTheSizeAskedFor) {
  const std::string svg = to_svg(two_points());
  EXPECT_TRUE(svg.starts_with("<?xml"));
  EXPECT_NE(svg.find("width=\"400pt\""), std::string::npos) << svg.substr(0, 300);
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
  EXPECT_EQ(svg.find("20"
                     "2"),
            svg.find("2002"))
      << "a year";
}

TEST(Images, AreDrawnPixelByPixelInTheirShades) {
  Image image{.rows = 1, .cols = 3, .values = {0, 5, 10}, .least = 0, .most = 10};
  Figure figure{.panels = {{.image = image}}, .width = 324, .height = 124};
  const Pixels grey(to_png(figure));
  // 300 points wide less the gap: thirds of 98; y at the middle of the picture.
  EXPECT_TRUE(grey.is(120, 80, 0, 0, 0));
  EXPECT_TRUE(grey.is(320, 80, 128, 128, 128));
  EXPECT_TRUE(grey.is(520, 80, 255, 255, 255));
  figure.panels[0].image->shades = Image::Shades::diverging;
  const Pixels diverging(to_png(figure));
  EXPECT_TRUE(diverging.is(120, 80, 0, 114, 178));
  EXPECT_TRUE(diverging.is(320, 80, 255, 255, 255));
  EXPECT_TRUE(diverging.is(520, 80, 213, 94, 0));
  EXPECT_NE(to_svg(figure).find("data:image/png"), std::string::npos);
  figure.panels[0].image->shades = Image::Shades::color;
  EXPECT_THROW(to_png(figure), InvalidArgument);  // three values to the pixel
  figure.panels[0].image->values = {10, 0, 0, 0, 5, 10, 10, 10, 10};
  const Pixels color(to_png(figure));
  EXPECT_TRUE(color.is(120, 80, 255, 0, 0));
  EXPECT_TRUE(color.is(320, 80, 0, 128, 255));
  EXPECT_TRUE(color.is(520, 80, 255, 255, 255));
}

TEST(Figures, DrawWhatIsFiniteAndLeaveOutTheRest) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = INFINITY;
  for (const Mark mark :
       {Mark::points, Mark::line, Mark::line_and_points, Mark::steps, Mark::bars, Mark::arrows}) {
    for (const Scale scale : {Scale::linear, Scale::logarithmic}) {
      if (mark == Mark::arrows && scale == Scale::logarithmic) continue;
      Panel panel{.y = {.scale = scale}};
      panel.series = {{.mark = mark,
                       .x = {1, 2, 3, nan, 5},
                       .y = {1, 2, -inf, 2, nan},
                       .names = {"a", "b", "c", "d", "e"}}};
      const Figure figure{.panels = {panel}};
      EXPECT_TRUE(Pixels(to_png(figure)).count(0, 114, 178) > 20);
      EXPECT_FALSE(to_text(figure, {}).empty());
    }
  }
}

TEST(Figures, RefuseWhatDoesNotFitTogether) {
  const auto refuses = [](const Panel& panel) {
    EXPECT_THROW((void)to_png({.panels = {panel}}), InvalidArgument);
    EXPECT_THROW((void)to_svg({.panels = {panel}}), InvalidArgument);
    EXPECT_THROW((void)to_text({.panels = {panel}}, {}), InvalidArgument);
  };
  refuses({.series = {{.x = {1, 2}, .y = {1}}}});
  refuses({.series = {{.x = {1, 2}, .y = {1, 2}, .names = {"a"}}}});
  refuses({.y = {.scale = Scale::logarithmic}, .series = {{.mark = Mark::arrows}}});
  refuses({.image = Image{.rows = 2, .cols = 2, .values = {1, 2, 3}}});
  EXPECT_THROW((void)to_png({}), InvalidArgument);
  EXPECT_THROW((void)to_png({.panels = {{}}, .width = 99}), InvalidArgument);
  EXPECT_THROW((void)to_png({.panels = {{}}, .height = 1e9}), InvalidArgument);
}

TEST(Figures, PanelsStandBesideEachOtherOrInRows) {
  Figure figure = two_points();
  figure.panels[0].title = "";
  figure.panels.push_back(figure.panels[0]);
  const auto inked = [](const Pixels& p, index_t x0, index_t x1, index_t y0, index_t y1) {
    index_t found = 0;
    for (index_t y = y0; y < y1; ++y) {
      for (index_t x = x0; x < x1; ++x) found += p.is(x, y, 0, 114, 178) ? 1 : 0;
    }
    return found;
  };
  const Pixels beside(to_png(figure));
  EXPECT_TRUE(inked(beside, 0, 400, 0, 600) > 100 && inked(beside, 400, 800, 0, 600) > 100);
  figure.columns = 1;
  const Pixels below(to_png(figure));
  EXPECT_TRUE(inked(below, 0, 800, 0, 300) > 100 && inked(below, 0, 800, 300, 600) > 100);
}

}  // namespace
}  // namespace eckart::plot
