// What is wrong with a machine for measuring, what to do about it, and how `doctor` shows it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backends/probes.h"
#include "cli/configuration.h"

namespace sgdbench {

struct Advice {
  std::string_view topic;  ///< one word or two, the same for every machine
  std::string problem;     ///< with its numbers
  std::string remedy;      ///< "" where there is none
  std::string text() const { return remedy.empty() ? problem : problem + ": " + remedy; }
};

/// The most severe first. What is not known is not complained about.
std::vector<Advice> advise(const MachineReport& report);

/// What is to be said before a run of these configurations, the most severe first, from what is
/// known without measuring.
std::vector<std::string> warnings_for(const std::vector<Configuration>& configurations,
                                      const Environment& environment);

inline constexpr std::size_t kVerdictRepeats = 10;  ///< that the verdict speaks of
inline constexpr double kVerdictSlowdown = 0.1;     ///< that it says how to find

/// Facts, then what is wrong, then the verdict.
std::string doctor_table(const MachineReport& report);
/// Every number; null where it is not known.
std::string doctor_json(const MachineReport& report);

}  // namespace sgdbench
