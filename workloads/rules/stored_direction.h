// A direction that outlives the worker's memory that it was made in: only what is not zero.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/rules/rule.h"

namespace sgdbench {

class StoredDirection {
 public:
  /// Takes memory for any direction of so many parameters.
  void reserve(std::size_t parameters) {
    support_.reserve(parameters);
    values_.reserve(parameters);
  }
  /// Keeps its memory for the next one.
  void assign(const Direction& direction) {
    everywhere_ = direction.everywhere;
    examples_ = direction.examples;
    if (everywhere_) {
      support_.clear();
      values_.assign(direction.values.begin(), direction.values.end());
      return;
    }
    support_.assign(direction.support.begin(), direction.support.end());
    values_.resize(support_.size());
    for (std::size_t k = 0; k < support_.size(); ++k)
      values_[k] = direction.values[direction.compact ? k : support_[k]];
  }

  Direction view() const {
    Direction direction;
    direction.values = values_;
    direction.support = support_;
    direction.everywhere = everywhere_;
    direction.compact = !everywhere_;
    direction.examples = examples_;
    return direction;
  }

 private:
  std::vector<std::uint32_t> support_;
  std::vector<Real> values_;
  bool everywhere_ = false;
  std::size_t examples_ = 0;
};

}  // namespace sgdbench
