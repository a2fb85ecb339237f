// Is it the same machine, the same build, the same data? Where a report does not say, it is.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "results/comparison/parts.h"
#include "results/fields.h"
#include "results/reports.h"

namespace sgdbench {
namespace {

struct Circumstance {
  Role role;
  std::string_view kind;
  bool Surroundings::*differs;
};
constexpr auto kCircumstances = std::to_array<Circumstance>({
    {kOfMachine, "machine", &Surroundings::machine},
    {kOfBuild, "build", &Surroundings::build},
    {kOfData, "data", &Surroundings::data},
});

/// What the rows say, each once; unknown (empty, or none of what is counted) is not said.
std::set<std::string> said(const Rows& rows, const RunField& column) {
  std::set<std::string> values;
  for (const auto* row : rows)
    if (const auto value = column.get(*row); value != Value{std::uint64_t{0}})
      values.insert(to_text(value));
  values.erase("");
  return values;
}

}  // namespace

Surroundings compare_environment(const Match& match, std::vector<std::string>& lines) {
  Surroundings found;
  const auto& data = match.base.front()->data;
  for (const auto& circumstance : kCircumstances)
    for (const auto& column : columns_that_are(circumstance.role)) {
      const auto before = said(match.base, column), after = said(match.now, column);
      if (before.empty() || after.empty() || before == after) continue;
      found.*circumstance.differs = true;
      const bool of_data = circumstance.role == kOfData && !data.empty();
      auto line = fmt::format("different {}: {}{} is {} in BASE and {} in NEW", circumstance.kind,
                              column.name, of_data ? fmt::format(" of {}", data) : "",
                              fmt::join(before, " or "), fmt::join(after, " or "));
      if (std::find(lines.begin(), lines.end(), line) == lines.end())
        lines.push_back(std::move(line));
    }
  return found;
}

}  // namespace sgdbench
