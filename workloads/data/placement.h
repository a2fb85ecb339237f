// Where the rows of a source go: into the training or the test part, and to which place in it.
//
// Idea: a reader that asks for the places as soon as it knows the number of rows can write each row
// straight to where it stays. Dealing them out afterwards takes a second copy of everything.
//
// Invariant: a placement is a pure function of the number of rows and the seeds, so that the same
// rows in any format give the same parts.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "workloads/data/storage.h"

namespace sgdbench {

/// The training part's places are 0 … train − 1, the test part's follow.
struct Placement {
  std::size_t rows = 0;
  std::size_t train = 0;              ///< equal to `rows` where there is no test part
  std::vector<std::uint32_t> places;  ///< of the source's rows; empty: each row's own number

  std::size_t parts() const { return train < rows ? 2 : 1; }
  std::size_t place(std::size_t row) const { return places.empty() ? row : places[row]; }
  std::size_t part_of(std::size_t place) const { return place < train ? 0 : 1; }
  std::size_t first_place(std::size_t part) const { return part == 0 ? 0 : train; }
  std::size_t rows_of(std::size_t part) const { return part == 0 ? train : rows - train; }
};

/// Chooses the places once the number of rows is known.
using Placer = std::function<Placement(std::size_t rows)>;

/// One part, as the source has it.
Placement in_file_order(std::size_t rows);
/// Two parts, both in file order: round(fraction·rows) rows, chosen at random, are for testing.
/// Throws UsageError if that leaves either part empty.
Placement held_out(std::size_t rows, double fraction, std::uint64_t seed);
/// Then puts the rows of the training part in random order.
void shuffle_training_part(Placement& placement, std::uint64_t seed);

/// How many rows of each part come before a row of the source: its rank in the part.
using Ranks = std::array<std::size_t, 2>;
/// The ranks at each of the given rows of the source, which ascend.
std::vector<Ranks> ranks_at(const Placement& placement, const std::vector<std::size_t>& rows);

/// One part of a source.
struct SourcePart {
  Examples examples;
  std::uint64_t checksum = 0;  ///< of its content in file order (checksum.h)
};

/// Copies every row to its place, or hands on what is in its place already.
std::vector<Examples> deal(Examples examples, const Placement& placement,
                           const ParallelFor& parallel);

}  // namespace sgdbench
