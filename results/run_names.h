// What a configuration is called where programs match it from one report to the next.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>

#include "results/record.h"

namespace sgdbench {

/// A name per configuration: its axes, and its identifier too where these don't tell it apart.
class RunNames {
 public:
  explicit RunNames(std::span<const RunRecord> runs);
  std::string of(const RunRecord& run) const;

 private:
  std::map<std::string, std::set<std::string>> configurations_;
};

}  // namespace sgdbench
