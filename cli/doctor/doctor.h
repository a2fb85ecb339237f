// How `doctor` shows what it found.
#pragma once

#include <cstddef>
#include <string>

#include "backends/examination.h"

namespace sgdbench {

inline constexpr std::size_t kVerdictRepeats = 10;  ///< that the verdict speaks of
inline constexpr double kVerdictDifference = 0.02;  ///< that it says how to resolve

/// Facts, then what is wrong, then the verdict.
std::string doctor_table(const MachineReport& report);
/// Every number; null where it is not known.
std::string doctor_json(const MachineReport& report);

}  // namespace sgdbench
