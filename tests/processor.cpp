#include "cli/processor.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace sgdbench;

namespace {

constexpr ProcessorFeature kMade[] = {{"old", true, 1, 0, 0, 0, 0},
                                      {"unused", false, 1, 0, 0, 1, 0},
                                      {"new", true, 1, 0, 0, 2, 0},
                                      {"newest", true, 1, 0, 0, 3, 0}};

std::string missing(std::size_t expected, bool (*has)(const ProcessorFeature&),
                    std::size_t size = 100) {
  std::string text(size, '#');
  CHECK(missing_features(kMade, std::size(kMade), has, text.data(), size) == expected);
  return text.c_str();
}

}  // namespace

TEST_CASE("What a program was compiled for and a processor lacks is named, and nothing else") {
  CHECK(missing(0, [](const ProcessorFeature&) { return true; }).empty());
  CHECK(missing(3, [](const ProcessorFeature&) { return false; }) == "old, new, newest");
  CHECK(missing(2, [](const ProcessorFeature& f) { return f.bit < 2; }) == "new, newest");
}

TEST_CASE("Names of missing instructions that don't fit are left out, and counted") {
  const auto none = [](const ProcessorFeature&) { return false; };
  CHECK(missing(3, none, 17) == "old, new, newest");
  CHECK(missing(3, none, 16) == "old, new");
  CHECK(missing(3, none, 6) == "old");
  CHECK(missing(3, none, 1).empty());
}

TEST_CASE("A processor has what the compiler's own question finds in it") {
  std::map<std::string, bool> found;
  for (std::size_t i = 0; i < kProcessorFeatureCount; ++i)
    found[kProcessorFeatures[i].name] = processor_has(kProcessorFeatures[i]);
#define SGDBENCH_AGREES(name) CHECK(found.at(name) == (__builtin_cpu_supports(name) != 0))
  SGDBENCH_AGREES("sse3");
  SGDBENCH_AGREES("ssse3");
  SGDBENCH_AGREES("sse4.1");
  SGDBENCH_AGREES("sse4.2");
  SGDBENCH_AGREES("popcnt");
  SGDBENCH_AGREES("bmi");
  SGDBENCH_AGREES("bmi2");
  SGDBENCH_AGREES("gfni");
  SGDBENCH_AGREES("sse4a");
  SGDBENCH_AGREES("xop");
  SGDBENCH_AGREES("fma4");
  SGDBENCH_AGREES("avx");
  SGDBENCH_AGREES("fma");
  SGDBENCH_AGREES("avx2");
  SGDBENCH_AGREES("avx512f");
  SGDBENCH_AGREES("avx512dq");
  SGDBENCH_AGREES("avx512ifma");
  SGDBENCH_AGREES("avx512cd");
  SGDBENCH_AGREES("avx512bw");
  SGDBENCH_AGREES("avx512vl");
  SGDBENCH_AGREES("avx512vbmi");
  SGDBENCH_AGREES("avx512vbmi2");
  SGDBENCH_AGREES("avx512vnni");
  SGDBENCH_AGREES("avx512bitalg");
  SGDBENCH_AGREES("avx512vpopcntdq");
  SGDBENCH_AGREES("avx512bf16");
}
