#include "cli/sweep.h"

#include <fmt/format.h>

#include <set>

#include "backends/backend.h"
#include "cli/command_line.h"
#include "cli/suite.h"
#include "workloads/names.h"
#include "workloads/rules/rule.h"

namespace sgdbench {
namespace {

void check_count(std::size_t cells) {
  if (cells > kMostCells)
    throw UsageError(fmt::format("these lists make more than {} cells", kMostCells));
}

std::vector<Cell> vary(const std::vector<Cell>& cells, const Option& option, const Given& given) {
  const auto values = values_of(option, given);
  check_count(cells.size() * values.size());
  std::vector<Cell> varied;
  for (const auto& cell : cells) {
    for (const auto& value : values) {
      varied.push_back(cell);
      apply(option, varied.back(), value);
    }
  }
  return varied;
}

std::vector<Cell> with_workers(const std::vector<Cell>& cells,
                               const std::vector<std::size_t>& workers) {
  check_count(cells.size() * workers.size());
  std::vector<Cell> varied;
  for (const auto& cell : cells) {
    for (const auto count : workers) {
      varied.push_back(cell);
      varied.back().spec.workers = backend_of(cell).one_worker ? 1 : count;
    }
  }
  return varied;
}

/// Options without which there is no cell get their default as if it had been typed.
Given with_defaults(Given given) {
  for (const auto& option : option_table())
    if (option.always_shown && !given.has(option.name) && option.initial == "*")
      given.add(option.name, "*");
  return given;
}

}  // namespace

const BackendEntry& backend_of(const Cell& cell) {
  return find_by_name(backend_catalog(), "backend", cell.spec.backend);
}

std::vector<Cell> expand_cells(const Given& given, const std::vector<std::size_t>& workers) {
  const auto all = with_defaults(given);
  std::vector<Cell> cells{Cell{}};
  for (const auto& option : option_table())
    if (option.apply && all.has(option.name)) cells = vary(cells, option, all);
  if (!all.has("--workers")) cells = with_workers(cells, workers);
  return collapsed(std::move(cells));
}

Cell normalised(Cell cell) {
  static const Cell usual;
  const auto& backend = backend_of(cell);
  if (!backend.uses_protocol) cell.spec.protocol = usual.spec.protocol;
  if (!backend.uses_write) cell.spec.write = usual.spec.write;
  if (!backend.own_kernels.empty()) cell.spec.kernels = usual.spec.kernels;
  if (!backend.uses_persistence) cell.spec.persistence = usual.spec.persistence;
  if (!backend.uses_exchange) cell.spec.exchange = usual.spec.exchange;
  if (parse_rule(cell.rule, cell.momentum).slots() == 1) cell.momentum = usual.momentum;
  if (!has_hidden_layers(cell)) {
    cell.workload.hidden = usual.workload.hidden;
    cell.workload.activation = usual.workload.activation;
  }
  return cell;
}

std::vector<Cell> collapsed(std::vector<Cell> cells) {
  std::set<std::vector<std::string>> seen;
  std::vector<Cell> unique;
  for (auto& cell : cells) {
    cell = normalised(std::move(cell));
    if (seen.insert(arguments_of(cell)).second) unique.push_back(std::move(cell));
  }
  return unique;
}

std::vector<Cell> sweep(const Given& given, std::size_t cores) {
  std::vector<Cell> cells;
  for (const auto& part : parts_of(given, cores)) {
    const auto more = expand_cells(part.given, part.workers);
    cells.insert(cells.end(), more.begin(), more.end());
    check_count(cells.size());
  }
  return collapsed(std::move(cells));
}

}  // namespace sgdbench
