// What all Problems over a data set share: both parts of it, λ, a reference, targets as the models
// want them, and how large a step the data allow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/problem.h"
#include "workloads/reference.h"

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

  void reference_gradient(std::span<const double> w, std::span<const std::uint32_t> rows,
                          std::span<double> gradient) const override {
    reference().gradient(w, rows, gradient);
  }
  void reference_spread(std::span<const double> z, std::span<const std::uint32_t> rows,
                        std::span<double> spread) const override {
    reference().spread(z, rows, spread);
  }
  double reference_loss(std::span<const double> w,
                        std::span<const std::uint32_t> rows) const override {
    return reference().loss(w, rows);
  }

 protected:
  virtual const reference::Model& reference() const = 0;
  const Dataset& train() const { return data_.train; }
  const Dataset& dataset(Part part) const {
    return part == Part::train ? data_.train : *data_.test;
  }

 private:
  const TrainTest& data_;
  double l2_;
};

/// The number of every row's class among `classes` (ascending); throws BadData for a label that is
/// none of them.
std::vector<std::uint32_t> class_numbers(const Dataset& data, std::span<const float> classes);

/// The lower of two labels as −1, the higher as +1; throws BadData as above.
std::vector<Real> signs(const Dataset& data, std::span<const float> classes);

/// Which columns a row x is taken to have.
enum class Columns {
  as_stored,
  with_ones,  ///< and one of 1 in every row: what an intercept sees
  centred,    ///< less their mean, in the eigenvalue: for networks, whose biases take up what all
              ///< rows have in common within the first few updates
};

/// What the suggested step sizes are made from.
struct DataScale {
  double largest = 0;     ///< max ‖xᵢ‖²
  double eigenvalue = 0;  ///< the largest of 1/n ∑ xᵢxᵢᵀ, or of the covariance
};

/// The norm is over all rows; the eigenvalue is by power iteration on the first 4,096 of them (the
/// training rows are in random order).
DataScale scale_of(const Dataset& data, Columns columns = Columns::as_stored);

/// γ = 1/(2·L(b)) with the expected smoothness of mini-batches of b out of n (Gower et al. 2019):
///   L(b) = n(b−1)/(b(n−1))·L + (n−b)/(b(n−1))·L_max,
///   L = c·eigenvalue + λ,  L_max = c·largest + r,
/// c bounding the loss's curvature and r the curvature of one example's regulariser.
double step_for(const DataScale& scale, double c, double l2, double r, std::size_t n,
                std::size_t b);

}  // namespace sgdbench
