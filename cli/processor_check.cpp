// The first code of the program that runs: where the processor lacks instructions that the other
// files were compiled for, one line says so, instead of a SIGILL somewhere later.
//
// Invariant: nothing here may be compiled for a newer processor, nor be one with something that is.
// The file is compiled for the architecture's oldest processor. It calls the C library and its own
// functions only: of an inline function that other files have too, the linker keeps one copy, which
// may be theirs. As a constructor with the first priority that is free it comes before the
// initialisers of all other files.
#include <cpuid.h>
#include <unistd.h>

#include <cstring>

#include "cli/processor.h"

namespace sgdbench {
namespace {

constexpr int kInternalError = 70;

struct Line {
  char* text;
  std::size_t size, length = 0;

  bool add(const char* word) {
    const std::size_t more = std::strlen(word);
    if (length + more + 1 > size) return false;
    std::memcpy(text + length, word, more + 1);
    length += more;
    return true;
  }
};

/// xcr0: the registers that the system saves for a thread. 0 where it can't be asked.
unsigned long long saved_registers() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  __get_cpuid(1, &eax, &ebx, &ecx, &edx);
  if ((ecx >> 27 & 1) == 0) return 0;
  asm("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return static_cast<unsigned long long>(edx) << 32 | eax;
}

__attribute__((constructor(101))) void check_processor() {
  char missing[400], message[800];
  if (missing_features(kProcessorFeatures, kProcessorFeatureCount, processor_has, missing,
                       sizeof missing) == 0)
    return;
  Line line{message, sizeof message};
  line.add("sgdbench: built with -march=");
  line.add(kBuiltFor);
  line.add(", but this processor lacks ");
  line.add(missing);
  line.add(": build it here, or with cmake -DSGDBENCH_NATIVE=OFF for any\n");
  // The exit code says it even where the line can't be written.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.text, line.length);
  ::_exit(kInternalError);
}

}  // namespace

std::size_t missing_features(const ProcessorFeature* features, std::size_t count,
                             bool (*has)(const ProcessorFeature&), char* text, std::size_t size) {
  Line line{text, size};
  line.add("");
  std::size_t missing = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!features[i].compiled_for || has(features[i])) continue;
    const std::size_t before = line.length;
    if ((before > 0 && !line.add(", ")) || !line.add(features[i].name)) {
      text[before] = '\0';
      line.length = before;
    }
    ++missing;
  }
  return missing;
}

bool processor_has(const ProcessorFeature& feature) {
  unsigned registers[4] = {};
  if (__get_cpuid_count(feature.leaf, feature.subleaf, &registers[0], &registers[1], &registers[2],
                        &registers[3]) == 0)
    return false;
  if ((registers[feature.reg] >> feature.bit & 1) == 0) return false;
  return feature.saved == 0 || (saved_registers() & feature.saved) == feature.saved;
}

}  // namespace sgdbench
