// A checksum of what the data say, not of how they are stored.
//
//   row i:   hᵢ = mix(Σₖ mix(column_k, value_k) + mix(target_i))    over the row's non-zeros
//   all:     mix(rows, mix(columns, Σᵢ mix(hᵢ, i)))                 columns up to the last non-zero
//
// Sums commute, so rows can be taken in any order by any number of threads; a row's columns are
// distinct, so its sum knows the order too. Dense or sparse storage, explicit zeros, -0 against 0,
// empty columns at the end and the file's format make no difference. Not cryptographic.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/data/placement.h"
#include "workloads/data/storage.h"

namespace sgdbench {

/// What the non-zeros of a row add to hᵢ, and the columns up to the last of them.
struct RowContent {
  std::uint64_t sum = 0;
  std::size_t columns = 0;
};
RowContent content_of(std::span<const Entry> row);
RowContent content_of(std::span<const Real> row);

/// The checksum of some rows, collected in any order.
class ContentSum {
 public:
  /// `number` is i, the row's number among all.
  void add(const RowContent& row, float target, std::size_t number);
  void add(const ContentSum& other);
  std::uint64_t checksum() const;
  std::size_t columns() const { return columns_; }

 private:
  std::uint64_t sum_ = 0;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
};

std::uint64_t content_checksum(const Features& features, const std::vector<float>& targets,
                               const ParallelFor& parallel);

/// hᵢ of each row: what it says, wherever it stands.
std::vector<std::uint64_t> row_checksums(const Features& features,
                                         const std::vector<float>& targets,
                                         const ParallelFor& parallel);

/// Of each part that the rows will be dealt to, in file order.
std::vector<std::uint64_t> content_checksums(const Examples& examples, const Placement& placement,
                                             const ParallelFor& parallel);

}  // namespace sgdbench
