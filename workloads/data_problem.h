// What all Problems over a data set share.
#pragma once

#include "workloads/data/matrix.h"
#include "workloads/problem.h"

namespace sgdbench {

class DataProblem : public Problem {
 public:
  /// `data` must outlive the Problem; λ = `l2`, or 1/n where that is negative.
  DataProblem(const TrainTest& data, double l2)
      : data_(data), l2_(l2 < 0 ? 1 / static_cast<double>(data.train.rows()) : l2) {}

  std::size_t examples() const override { return data_.train.rows(); }
  double l2() const override { return l2_; }
  bool has_test() const override { return data_.test.has_value(); }
  std::size_t rows(Part part) const override {
    if (part == Part::train) return data_.train.rows();
    return data_.test ? data_.test->rows() : 0;
  }

 protected:
  const Dataset& train() const { return data_.train; }
  const Dataset& dataset(Part part) const {
    return part == Part::train ? data_.train : *data_.test;
  }

 private:
  const TrainTest& data_;
  double l2_;
};

}  // namespace sgdbench
