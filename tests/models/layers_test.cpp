#include "eckart/models/layers.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace eckart {
namespace {

io::Tensor counting(const std::string& name, std::vector<index_t> shape) {
  io::Tensor tensor{name, io::ElementType::f32, std::move(shape), {}, {}, false};
  auto bytes = std::make_shared<std::string>(static_cast<std::size_t>(tensor.count()) * 4, '\0');
  for (index_t i = 0; i < tensor.count(); ++i) {
    const auto x = static_cast<float>(i);
    std::memcpy(bytes->data() + 4 * i, &x, 4);
  }
  tensor.data = *bytes;
  tensor.owner = bytes;
  return tensor;
}

TEST(Layers, AreRecognisedByNameAndShape) {
  const auto kind = [](const char* name, std::vector<index_t> shape) {
    return recognise(counting(name, std::move(shape))).kind;
  };
  EXPECT_EQ(kind("model.layers.0.mlp.up_proj.weight", {6, 4}), LayerKind::linear);
  EXPECT_EQ(kind("h.0.mlp.c_fc.weight", {4, 6}), LayerKind::transposed);
  EXPECT_EQ(kind("c_proj.weight", {4, 6}), LayerKind::transposed);
  EXPECT_EQ(kind("h.0.attn.c_attn.weight", {4, 12}), LayerKind::fused);
  EXPECT_EQ(kind("blocks.0.attn.qkv.weight", {12, 4}), LayerKind::fused);
  EXPECT_EQ(kind("transformer.wte.weight", {50, 4}), LayerKind::embedding);
  EXPECT_EQ(kind("lm_head.weight", {50, 4}), LayerKind::embedding);
  EXPECT_EQ(kind("model.embed_tokens.weight", {50, 4}), LayerKind::embedding);
  EXPECT_EQ(kind("emb.weight", {50, 4}), LayerKind::embedding);
  EXPECT_EQ(kind("time_embedding.linear_1.weight", {50, 4}), LayerKind::linear);
  EXPECT_EQ(kind("x_embedder.weight", {50, 4}), LayerKind::linear);
  EXPECT_EQ(kind("conv.weight", {8, 4, 3, 3}), LayerKind::convolution);
  EXPECT_EQ(kind("norm.weight", {8}), LayerKind::other);
  EXPECT_EQ(kind("empty.weight", {0, 8}), LayerKind::other);
  io::Tensor whole = counting("ids", {2, 2});
  whole.type = io::ElementType::i32;
  EXPECT_EQ(recognise(whole).kind, LayerKind::other);
}

TEST(Layers, TheThirdsOfAFusedTensorAreMatricesToo) {
  const io::Tensor rows = counting("qkv.weight", {6, 2});
  const Layer by_rows = recognise(rows);
  ASSERT_EQ(by_rows.matrices.size(), 4U);
  const Matrix<float> k = load_transposed<float>(rows, by_rows.matrices[2]);
  EXPECT_EQ(by_rows.matrices[2].part, "k");
  EXPECT_EQ(k(0, 0), 4);
  EXPECT_EQ(k(1, 1), 7);
  const io::Tensor cols = counting("h.c_attn.weight", {2, 6});
  const Layer by_cols = recognise(cols);
  ASSERT_EQ(by_cols.matrices.size(), 4U);
  const Matrix<float> v = load_transposed<float>(cols, by_cols.matrices[3]);
  EXPECT_EQ(v(0, 0), 4);
  EXPECT_EQ(v(1, 1), 11);
  // Fewer keys than queries: where they begin is not known.
  EXPECT_EQ(recognise(counting("qkv.weight", {8, 4})).matrices.size(), 1U);
}

TEST(Layers, BothUnfoldingsOfAConvolution) {
  const io::Tensor K = counting("conv.weight", {2, 3, 4, 5});
  const Layer layer = recognise(K);
  ASSERT_EQ(layer.matrices.size(), 2U);
  const Matrix<double> channel = load_transposed<double>(K, layer.matrices[0]);
  const Matrix<double> spatial = load_transposed<double>(K, layer.matrices[1]);
  for (index_t o = 0; o < 2; ++o) {
    for (index_t i = 0; i < 3; ++i) {
      for (index_t y = 0; y < 4; ++y) {
        for (index_t x = 0; x < 5; ++x) {
          const auto value = static_cast<double>(((o * 3 + i) * 4 + y) * 5 + x);
          ASSERT_EQ(channel((i * 4 + y) * 5 + x, o), value);
          ASSERT_EQ(spatial(o * 5 + x, i * 4 + y), value);
        }
      }
    }
  }
  EXPECT_EQ(recognise(counting("conv1d.weight", {2, 3, 4})).matrices.size(), 1U);
  EXPECT_EQ(recognise(counting("conv3d.weight", {2, 3, 2, 2, 2})).matrices.size(), 1U);
}

TEST(Layers, TiedTensorsAreFoundByTheirBytes) {
  const std::vector<io::Tensor> tensors = {counting("a", {2, 3}), counting("b", {3, 2}),
                                           counting("c", {2, 3}), counting("d", {6}),
                                           counting("e", {6})};
  EXPECT_EQ(find_tied(tensors), (std::vector<std::size_t>{0, 1, 0, 3, 4}));
}

TEST(Layers, PatternsMatchAsInAShell) {
  EXPECT_TRUE(matches("model.layers.10.mlp", "*layers.1?.*"));
  EXPECT_TRUE(matches("abc", "*"));
  EXPECT_TRUE(matches("aXbXc", "a*X*c"));
  EXPECT_FALSE(matches("abc", "a*d"));
  EXPECT_FALSE(matches("abc", "ab"));
  EXPECT_FALSE(matches("", "?"));
  EXPECT_TRUE(matches("a*", "a*"));
}

}  // namespace
}  // namespace eckart
