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
#include <vector>

#include "workloads/data/storage.h"

namespace sgdbench {

std::uint64_t content_checksum(const Features& features, const std::vector<float>& targets,
                               const ParallelFor& parallel);

}  // namespace sgdbench
