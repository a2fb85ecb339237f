// Version, compiler, flags and instruction set, as fixed when this file was compiled.
#include "results/build_info.h"

#include <array>

namespace sgdbench {
namespace {

struct Feature {
  std::string_view name;
  bool enabled;
};

// A name that is no macro stays itself when it is made a string: that tells whether it is defined.
#define SGDBENCH_TEXT_(name) #name
#define SGDBENCH_DEFINED(name) (std::string_view(SGDBENCH_TEXT_(name)) != #name)

constexpr auto kFeatures = std::to_array<Feature>({
    {"avx512bf16", SGDBENCH_DEFINED(__AVX512BF16__)},
    {"avx512vnni", SGDBENCH_DEFINED(__AVX512VNNI__)},
    {"avx512f", SGDBENCH_DEFINED(__AVX512F__)},
    {"fma", SGDBENCH_DEFINED(__FMA__)},
    {"avx2", SGDBENCH_DEFINED(__AVX2__)},
    {"avx", SGDBENCH_DEFINED(__AVX__)},
    {"sse4.2", SGDBENCH_DEFINED(__SSE4_2__)},
    {"sse2", SGDBENCH_DEFINED(__SSE2__)},
    {"sve", SGDBENCH_DEFINED(__ARM_FEATURE_SVE)},
    {"neon", SGDBENCH_DEFINED(__ARM_NEON)},
});

}  // namespace

std::string_view version() {
  return SGDBENCH_VERSION;
}
std::string_view build_type() {
  return SGDBENCH_BUILD_TYPE;
}
std::string_view compiler_flags() {
  return SGDBENCH_FLAGS;
}

std::string compiler() {
  return SGDBENCH_COMPILER;
}

std::string instruction_set() {
  std::string text;
  for (const auto& feature : kFeatures)
    if (feature.enabled) (text += text.empty() ? "" : " ") += feature.name;
  return text;
}

}  // namespace sgdbench
