#include "results/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "results/fields.h"
#include "results/reports.h"
#include "results/targets.h"

namespace sgdbench {
namespace {

/// As people read it.
std::string value_text(const RunRecord& row, const RunField& column) {
  const auto value = column.get(row);
  const auto* number = std::get_if<double>(&value);
  return number ? fmt::format("{:.4g}", *number) : to_text(value);
}

std::string worker_count(const RunRecord& row) {
  return fmt::format("{} worker{}", row.workers, row.workers == 1 ? "" : "s");
}

}  // namespace

std::string strategy_text(const RunRecord& row) {
  std::string text = row.backend;
  for (const auto& choice : {row.protocol, row.write})
    if (!choice.empty()) text += ' ' + choice;
  return text;
}

std::string strategy_label(const RunRecord& row) {
  std::string inside;
  for (const auto& part : {row.protocol, row.write})
    if (!part.empty()) inside += (inside.empty() ? "" : ", ") + part;
  if (row.persistence.value_or(0) > 0)
    inside += fmt::format("{}persistence {}", inside.empty() ? "" : ", ", *row.persistence);
  if (row.exchange)
    inside += fmt::format("{}exchange {}", inside.empty() ? "" : ", ", *row.exchange);
  return inside.empty() ? row.backend : fmt::format("{} ({})", row.backend, inside);
}

std::string problem_label(const RunRecord& row) {
  return fmt::format("{} on {}", row.workload, row.data);
}

std::string label(const RunRecord& row) {
  return fmt::format("{}: {}, {}", problem_label(row), strategy_label(row), worker_count(row));
}

std::string configuration_label(const RunRecord& row) {
  return fmt::format("{} with {}", strategy_label(row), worker_count(row));
}

std::string target_text(const RunRecord& row) {
  std::string text;
  if (row.target_loss && !row.target.empty())
    text = fmt::format("{} {}", row.target.substr(row.target.rfind(',') + 1),
                       row.target_measure == to_string(Measure::relative)
                           ? "above the optimum"
                           : "of the initial suboptimality");
  else if (row.target_loss)
    text = fmt::format("a loss of {:g}", *row.target_loss);
  if (row.target_accuracy)
    text += fmt::format("{}{:g} % held-out accuracy", text.empty() ? "" : " and ",
                        100 * *row.target_accuracy);
  return text;
}

RunFields differing_columns(std::span<const RunRecord* const> rows, unsigned roles) {
  RunFields differing;
  for (const auto& column : columns_that_are(roles)) {
    std::set<std::string> values;
    for (const auto* row : rows) values.insert(value_text(*row, column));
    if (values.size() > 1) differing.push_back(column);
  }
  return differing;
}

RunFields varying_columns(std::span<const RunRecord* const> rows) {
  RunFields columns;
  for (const auto& column : columns_that_are(kBesideLabel)) {
    std::set<std::string> values;
    // What a single configuration of a backend differs in from the others says nothing about its
    // own: only different values under one label need telling apart.
    for (const auto* row : rows)
      values.insert(configuration_label(*row) + '\n' + value_text(*row, column));
    std::set<std::string> labels;
    for (const auto* row : rows) labels.insert(configuration_label(*row));
    if (values.size() > labels.size()) columns.push_back(column);
  }
  return columns;
}

RunFields without(RunFields columns, std::initializer_list<std::string_view> names) {
  std::erase_if(columns, [names](const RunField& column) {
    return std::find(names.begin(), names.end(), column.name) != names.end();
  });
  return columns;
}

std::string column_text(const RunRecord& row, const RunFields& columns) {
  std::string text;
  for (const auto& column : columns)
    if (const auto value = value_text(row, column); !value.empty())
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", column.name, value);
  return text;
}

namespace {

/// The axes that make a configuration, readable and the same from one report to the next.
std::string axes(const RunRecord& run) {
  std::string name = run.workload;
  const auto add = [&name](std::string_view label, const std::string& text) {
    if (!text.empty()) ((name += '/') += label) += text;
  };
  add("", run.data);
  add("", run.backend);
  add("protocol:", run.protocol);
  add("write:", run.write);
  add("workers:", std::to_string(run.workers));
  add("", run.rule);
  add("kernels:", run.kernels);
  add("batch:", std::to_string(run.batch));
  add("lr:", fmt::format("{:.4g}", run.lr));  // a suggested step has noise in its last digits
  add("", run.lr_schedule);
  return name;
}

}  // namespace

RunNames::RunNames(std::span<const RunRecord> runs) {
  for (const auto& run : runs) configurations_[axes(run)].insert(run.config_id);
}

std::string RunNames::of(const RunRecord& run) const {
  const std::string name = axes(run);
  return configurations_.at(name).size() > 1 ? name + '/' + run.config_id : name;
}

}  // namespace sgdbench
