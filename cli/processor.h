// Whether the processor that runs the program has what the program was compiled for.
#pragma once

#include <cstddef>

namespace sgdbench {

/// Instructions that a compiler uses of its own accord, and where a processor says that it has
/// them: the bit of a register (0 to 3: eax, ebx, ecx, edx) that cpuid fills.
struct ProcessorFeature {
  const char* name;
  bool compiled_for;
  unsigned leaf, subleaf, reg, bit;
  /// Registers that the system must save for them, as in xcr0.
  unsigned long long saved;
};

/// Constants, so that they can be read where no other code of ours may run yet.
extern const ProcessorFeature kProcessorFeatures[];
extern const std::size_t kProcessorFeatureCount;
/// What was given to -march=, or "default" where the compiler chose.
extern const char* const kBuiltFor;

/// The names of those that the program was compiled for and `has` denies, with commas between them,
/// in `text` of `size` characters; what does not fit is left out. Returns their number.
std::size_t missing_features(const ProcessorFeature* features, std::size_t count,
                             bool (*has)(const ProcessorFeature&), char* text, std::size_t size);

/// Whether this processor and this system have it.
bool processor_has(const ProcessorFeature& feature);

}  // namespace sgdbench
