// Sums of example gradients: what workers make of the parameters, and what update rules apply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/real.h"

namespace sgdbench {

/// How shared memory may be touched.
enum class Access {
  exclusive,   ///< nobody else touches it now: plain loads and stores
  racy_store,  ///< relaxed load, arithmetic, relaxed store: a concurrent update may be lost
  racy_cas,    ///< compare-and-swap until it holds: no update is lost
};

/// Counts of the coordinate writes that `racy_store` was seen to lose, on a sample of them.
struct WriteProbe {
  std::uint64_t writes = 0;  ///< coordinate writes watched
  std::uint64_t lost = 0;    ///< of these, how many overwrote a change made since their own load
};

/// A sum of example gradients, ∑ᵢ ∇fᵢ(w), over one mini-batch.
struct GradientSum {
  /// One value per parameter; zero wherever `support` does not reach. Where `packed`, one value
  /// per coordinate of `support` instead.
  std::span<const Real> values;
  /// The coordinates that may be non-zero, each once, in no order; meaningless when `dense`.
  std::span<const std::uint32_t> support;
  bool dense = false;        ///< every coordinate may be non-zero
  std::size_t examples = 0;  ///< how many example gradients are in the sum
  /// values[k] belongs to coordinate support[k]: a gradient sum that is kept takes no more memory
  /// than its support. Never together with `dense`.
  bool packed = false;
  /// Which examples they are of.
  std::span<const std::uint32_t> rows = {};
  /// Of a linear model, for each of `rows` the slope of its loss in each of its scores, so that
  /// ∇ℓᵢ = slopeᵢ ⊗ xᵢ; else empty, and of several scores on dense rows where no rule remembers
  /// them.
  std::span<const Real> slopes = {};
  /// The parameters that it was computed at, laid out as `values`, where WorkerOptions::keeps_read
  /// asks for them and read() or accept() took them; valid as long as `values`.
  std::span<const Real> read = {};

  /// As a message: a number for each parameter, or a coordinate and a number for each of `support`.
  std::size_t bytes() const {
    return dense ? values.size_bytes() : support.size() * (sizeof(std::uint32_t) + sizeof(Real));
  }
};

/// Where a rule adds up gradient sums that can't be read coordinate by coordinate: one sum per
/// parameter, zero between two calls. Belongs to one caller; memory is taken at its first use, or
/// before it, by reserve().
struct GradientTotal {
  AlignedVector<Real> values;
  AlignedVector<Real> cover;           ///< a second sum, of rules that reserve it
  std::vector<unsigned char> touched;  ///< per parameter
  std::vector<std::uint32_t> support;  ///< those that are touched

  void reserve(std::size_t parameters) {
    if (values.size() >= parameters) return;
    values.resize(parameters);
    touched.resize(parameters);
    support.reserve(parameters);
  }
};

/// A gradient sum that outlives the worker's memory that it was made in: only what is not zero.
class StoredGradient {
 public:
  /// Takes memory for any gradient sum of so many parameters, and of so many rows and slopes where
  /// these are stored, and for what it was computed at, if that is.
  void reserve(std::size_t parameters, std::size_t rows, std::size_t slopes, bool with_read) {
    support_.reserve(parameters);
    values_.reserve(parameters);
    if (with_read) read_.reserve(parameters);
    rows_.reserve(rows);
    slopes_.reserve(slopes);
  }
  /// Keeps its memory for the next one.
  void assign(const GradientSum& gradient_sum, bool with_rows, bool with_read) {
    dense_ = gradient_sum.dense;
    examples_ = gradient_sum.examples;
    if (with_rows) {
      rows_.assign(gradient_sum.rows.begin(), gradient_sum.rows.end());
      slopes_.assign(gradient_sum.slopes.begin(), gradient_sum.slopes.end());
    }
    if (dense_)
      support_.clear();
    else
      support_.assign(gradient_sum.support.begin(), gradient_sum.support.end());
    keep(values_, gradient_sum.values, gradient_sum.packed);
    if (with_read) keep(read_, gradient_sum.read, gradient_sum.packed);
  }

  GradientSum view() const {
    return {values_, support_, dense_, examples_, !dense_, rows_, slopes_, read_};
  }

 private:
  void keep(std::vector<Real>& kept, std::span<const Real> from, bool packed) const {
    if (dense_ || packed) return kept.assign(from.begin(), from.end());
    kept.resize(support_.size());
    for (std::size_t k = 0; k < support_.size(); ++k) kept[k] = from[support_[k]];
  }

  std::vector<std::uint32_t> support_, rows_;
  std::vector<Real> values_, slopes_, read_;
  bool dense_ = false;
  std::size_t examples_ = 0;
};

}  // namespace sgdbench
