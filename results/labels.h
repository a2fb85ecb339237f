// What a configuration is called: by people in a table, a sentence or the progress line, and by
// programs that match it from one report to the next.
#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/fields.h"
#include "results/record.h"

namespace sgdbench {

/// The backend, its protocol and its way to write: "hogwild cas".
std::string strategy_text(const RunRecord& row);

/// The backend with what it alone has: "parameter-server (ssp:2)".
std::string strategy_label(const RunRecord& row);

/// "mlp on fashion-mnist"
std::string problem_label(const RunRecord& row);

/// "mlp on fashion-mnist: hogwild (cas), 2 workers"
std::string label(const RunRecord& row);

/// "hogwild (cas) with 2 workers"
std::string configuration_label(const RunRecord& row);

/// What the time to the row's target is the time to: "1% above the optimum"; "" without a target.
std::string target_text(const RunRecord& row);

/// Of the columns that have all of `roles` (a set of Role) those in which the rows differ.
RunFields differing_columns(std::span<const RunRecord* const> rows, unsigned roles);

/// The columns that stand beside a label (kBesideLabel) and tell rows of one label apart: lr,
/// batch, ….
RunFields varying_columns(std::span<const RunRecord* const> rows);

/// The columns that a table or sentence does not say in another place.
RunFields without(RunFields columns, std::initializer_list<std::string_view> names);

/// "lr=0.1 batch=64" for the given columns, those without a value left out.
std::string column_text(const RunRecord& row, const RunFields& columns);

/// A name per configuration: its axes, and its identifier too where these don't tell it apart.
class RunNames {
 public:
  explicit RunNames(std::span<const RunRecord> runs);
  std::string of(const RunRecord& run) const;

 private:
  std::map<std::string, std::set<std::string>> configurations_;
};

}  // namespace sgdbench
