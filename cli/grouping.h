// Cells that share something, together.
#pragma once

#include <vector>

#include "cli/cell.h"

namespace sgdbench {

/// Cells with an equal key, in the order in which the keys were first met.
template <class Key>
std::vector<std::vector<Cell>> grouped(const std::vector<Cell>& cells, Key key) {
  std::vector<std::vector<Cell>> groups;
  for (const auto& cell : cells) {
    auto group = groups.begin();
    while (group != groups.end() && !(key(group->front()) == key(cell))) ++group;
    if (group == groups.end()) group = groups.emplace(groups.end());
    group->push_back(cell);
  }
  return groups;
}

inline std::vector<std::vector<Cell>> by_data(const std::vector<Cell>& cells) {
  return grouped(cells, [](const Cell& cell) -> const DataRequest& { return cell.data; });
}

/// Of cells on the same data.
inline std::vector<std::vector<Cell>> by_problem(const std::vector<Cell>& cells) {
  return grouped(cells, [](const Cell& cell) -> const WorkloadOptions& { return cell.workload; });
}

}  // namespace sgdbench
