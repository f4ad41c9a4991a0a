#include "eckart/models/adapter.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "eckart/error.hpp"

namespace eckart {
namespace {

namespace fs = std::filesystem;

class AdapterFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() / ("eckart_adapter_" + std::to_string(::getpid()) + "_" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string refused(const std::string& file) const {
    try {
      (void)read_adapter(file);
    } catch (const IoError& error) {
      return error.what();
    }
    return "";
  }
  fs::path folder_;
};

io::Tensor filled(const std::string& name, std::vector<index_t> shape, double first) {
  index_t count = 1;
  for (const index_t n : shape) count *= n;
  Matrix<double> values(count, 1);
  for (index_t i = 0; i < count; ++i) values(i, 0) = first + 0.25 * double(i);
  return io::make_tensor<double>(name, io::ElementType::f32, std::move(shape),
                                 std::as_const(values).view());
}

TEST_F(AdapterFiles, PeftScalesComeFromTheConfiguration) {
  io::write_safetensors(path("adapter_model.safetensors"),
                        {filled("base_model.model.a.q.lora_A.weight", {2, 3}, 1),
                         filled("base_model.model.a.q.lora_B.weight", {4, 2}, 1),
                         filled("base_model.model.a.v.lora_A.default.weight", {4, 3}, 1),
                         filled("base_model.model.a.v.lora_B.default.weight", {5, 4}, 1),
                         filled("base_model.model.wte.lora_embedding_A", {2, 9}, 1),
                         filled("base_model.model.wte.lora_embedding_B", {3, 2}, 1),
                         filled("base_model.model.head.weight", {2, 2}, 1)});
  std::ofstream(path("adapter_config.json"))
      << R"({"lora_alpha": 8, "alpha_pattern": {"a\\.v": 2, "v": 100}, "use_rslora": false})";
  Adapter adapter = read_adapter(folder_.string());
  ASSERT_EQ(adapter.modules.size(), 3U);
  EXPECT_EQ(adapter.modules[0].name, "a.q");
  EXPECT_EQ(adapter.modules[0].scale, 4);
  EXPECT_EQ(adapter.modules[1].scale, 0.5);  // the first pattern that matches
  EXPECT_TRUE(adapter.modules[2].embedding);
  EXPECT_EQ(adapter.others.size(), 1U);
  const Matrix<double> A = adapter.modules[0].A(), B = adapter.modules[0].B();
  EXPECT_EQ(A(2, 1), 1 + 0.25 * 5);
  EXPECT_EQ(B(3, 1), 1 + 0.25 * 7);
  std::ofstream(path("adapter_config.json")) << R"({"lora_alpha": 8, "use_rslora": true})";
  adapter = read_adapter(folder_.string());
  EXPECT_TRUE(std::abs(adapter.modules[0].scale - 8 / std::sqrt(2.0)) <= 1e-15);
  std::ofstream(path("adapter_config.json")) << R"({"use_dora": true})";
  EXPECT_NE(refused(folder_.string()).find("DoRA"), std::string::npos);
  std::ofstream(path("adapter_config.json")) << R"({"lora_alpha": 1, "alpha_pattern": {"(": 2}})";
  EXPECT_NE(refused(folder_.string()).find("no regular expression"), std::string::npos);
}

TEST_F(AdapterFiles, KohyaAlphasAreTensorsAndMayBeMissing) {
  io::write_safetensors(
      path("a.safetensors"),
      {filled("lora_unet_x.lora_down.weight", {2, 3, 1, 1}, 1),
       filled("lora_unet_x.lora_up.weight", {4, 2, 1, 1}, 1), filled("lora_unet_x.alpha", {}, 1)});
  EXPECT_EQ(read_adapter(path("a.safetensors")).modules[0].scale, 0.5);
  EXPECT_TRUE(read_adapter(path("a.safetensors")).alpha_known);
  io::write_safetensors(path("b.safetensors"), {filled("x.lora_down.weight", {2, 3}, 1),
                                                filled("x.lora_up.weight", {4, 2}, 1)});
  EXPECT_EQ(read_adapter(path("b.safetensors")).modules[0].scale, 1);
  EXPECT_FALSE(read_adapter(path("b.safetensors")).alpha_known);
}

TEST_F(AdapterFiles, WhatIsWrittenIsReadBackInBothStyles) {
  FactorPair<double> pair{Matrix<double>(2, 4), Matrix<double>(6, 2)};
  for (index_t i = 0; i < 8; ++i) pair.B_transposed.data()[i] = double(i);
  for (index_t i = 0; i < 12; ++i) pair.A_transposed.data()[i] = -double(i);
  for (const AdapterStyle style : {AdapterStyle::peft, AdapterStyle::kohya}) {
    NewModule module;
    module.name = style == AdapterStyle::peft ? "m.a(1)" : "lora_unet_m_a";
    module.rank = 2;
    module.alpha = 3;
    module.kernel = {3, 1};
    const std::string target = path(style == AdapterStyle::peft ? "p" : "k.safetensors");
    write_adapter(target, style, {module},
                  module_tensors(style, module, pair, io::ElementType::f16), {{"note", "kept"}},
                  "");
    const Adapter back = read_adapter(target);
    EXPECT_EQ(back.style, style);
    EXPECT_EQ(back.metadata.at("note"), "kept");
    ASSERT_EQ(back.modules.size(), 1U);
    EXPECT_EQ(back.modules[0].name, module.name);
    EXPECT_EQ(back.modules[0].scale, 1.5);
    EXPECT_EQ(back.modules[0].down.shape, (std::vector<index_t>{2, 2, 3, 1}));
    EXPECT_EQ(back.modules[0].up.shape, (std::vector<index_t>{4, 2, 1, 1}));
    EXPECT_EQ(back.modules[0].B()(3, 1), 7);
    EXPECT_EQ(back.modules[0].A()(5, 1), -11);
  }
}

TEST_F(AdapterFiles, ModulesFindTheirTensors) {
  io::Model base{"base",
                 {filled("model.layers.0.q.weight", {2, 2}, 0),
                  filled("model.layers.10.q.weight", {2, 2}, 0), filled("wte", {2, 2}, 0)},
                 {},
                 {}};
  const auto find = [&](const std::string& name, AdapterStyle style) {
    AdapterModule module;
    module.name = name;
    const io::Tensor* tensor = base_tensor(base, module, style);
    return tensor ? tensor->name : "";
  };
  EXPECT_EQ(find("model.layers.0.q", AdapterStyle::peft), "model.layers.0.q.weight");
  EXPECT_EQ(find("layers.10.q", AdapterStyle::peft), "model.layers.10.q.weight");
  EXPECT_EQ(find("wrapper.model.layers.0.q", AdapterStyle::peft), "model.layers.0.q.weight");
  EXPECT_EQ(find("layers.2.q", AdapterStyle::peft), "");
  EXPECT_EQ(find("lora_unet_model_layers_0_q", AdapterStyle::kohya), "model.layers.0.q.weight");
  EXPECT_EQ(find("lora_unet_model_layers_3_q", AdapterStyle::kohya), "");
  EXPECT_EQ(module_name(AdapterStyle::kohya, "a.b.weight", "lora_te"), "lora_te_a_b");
  EXPECT_EQ(module_name(AdapterStyle::peft, "a.b.weight", "lora_te"), "a.b");
}

TEST_F(AdapterFiles, AppliedFactorsAreAddedInTheTypeOfTheBase) {
  AdapterModule module{"m", false, filled("A", {1, 3}, 1), filled("B", {2, 1}, 2), 1, 2.0};
  const StackedFactors stacked = stack_factors({&module}, {-0.5});
  const io::Tensor base = filled("w", {2, 3}, 10);
  const io::Tensor sum = apply_factors(base, stacked, false, std::nullopt);
  EXPECT_EQ(sum.type, io::ElementType::f32);
  const Matrix<double> W = io::to_transposed<double>(sum, 2, 3);
  for (index_t i = 0; i < 2; ++i) {
    for (index_t j = 0; j < 3; ++j) {
      const double b = 2 + 0.25 * double(i), a = 1 + 0.25 * double(j);
      EXPECT_TRUE(std::abs(W(j, i) - (10 + 0.25 * double(3 * i + j) - b * a)) <= 1e-6);
    }
  }
  const io::Tensor turned = filled("w", {3, 2}, 10);
  const Matrix<double> V =
      io::to_transposed<double>(apply_factors(turned, stacked, true, io::ElementType::f64), 3, 2);
  EXPECT_TRUE(std::abs(V(1, 2) - (10 + 0.25 * 5 - 2.25 * 1.5)) <= 1e-12);
}

}  // namespace
}  // namespace eckart
