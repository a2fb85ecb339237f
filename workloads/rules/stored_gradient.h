// A gradient sum that outlives the worker's memory that it was made in: only what is not zero.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/rules/rule.h"

namespace sgdbench {

class StoredGradient {
 public:
  /// Takes memory for any gradient sum of so many parameters.
  void reserve(std::size_t parameters) {
    support_.reserve(parameters);
    values_.reserve(parameters);
  }
  /// Keeps its memory for the next one.
  void assign(const GradientSum& gradient_sum) {
    dense_ = gradient_sum.dense;
    examples_ = gradient_sum.examples;
    if (dense_) {
      support_.clear();
      values_.assign(gradient_sum.values.begin(), gradient_sum.values.end());
      return;
    }
    support_.assign(gradient_sum.support.begin(), gradient_sum.support.end());
    values_.resize(support_.size());
    for (std::size_t k = 0; k < support_.size(); ++k)
      values_[k] = gradient_sum.values[gradient_sum.packed ? k : support_[k]];
  }

  GradientSum view() const {
    GradientSum gradient_sum;
    gradient_sum.values = values_;
    gradient_sum.support = support_;
    gradient_sum.dense = dense_;
    gradient_sum.packed = !dense_;
    gradient_sum.examples = examples_;
    return gradient_sum;
  }

 private:
  std::vector<std::uint32_t> support_;
  std::vector<Real> values_;
  bool dense_ = false;
  std::size_t examples_ = 0;
};

}  // namespace sgdbench
