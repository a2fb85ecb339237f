// What is wrong with a machine for measuring, and what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/examination.h"
#include "cli/cell.h"

namespace sgdbench {

struct Advice {
  std::string_view topic;  ///< one word or two, the same for every machine
  std::string problem;     ///< with its numbers
  std::string remedy;      ///< "" where there is none
  std::string text() const { return remedy.empty() ? problem : problem + ": " + remedy; }
};

/// The most severe first. What is not known is not complained about.
std::vector<Advice> advise(const MachineReport& report);

/// What is to be said before a run of these cells, the most severe first, from what is known
/// without measuring.
std::vector<std::string> warnings_for(const std::vector<Cell>& cells,
                                      const Environment& environment);

}  // namespace sgdbench
