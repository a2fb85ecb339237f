#include "results/run_names.h"

#include <fmt/format.h>

namespace sgdbench {
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
