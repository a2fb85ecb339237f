// The whole table, from its parts. A row says how its value is checked and stored, and how it is
// shown again; tests/cli_options.cpp holds the two against each other.
#include "cli/options/helpers.h"

namespace sgdbench {

std::span<const Option> option_table() {
  static const auto table = [] {
    std::vector<Option> rows;
    for (const auto part :
         {problem_options(), step_options(), strategy_options(), condition_options(),
          simulation_options(), measurement_options(), comparison_options(), output_options()})
      rows.insert(rows.end(), part.begin(), part.end());
    return rows;
  }();
  return table;
}

}  // namespace sgdbench
