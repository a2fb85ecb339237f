#include "workloads/data/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

using Rows = std::vector<std::uint32_t>;

/// A uniform permutation of 0 … rows − 1.
Rows permutation(std::size_t rows, std::uint64_t seed) {
  Rows order(rows);
  std::iota(order.begin(), order.end(), 0u);
  Random random(seed);
  shuffle(order, random);
  return order;
}

/// order[k] is what goes to place k; the places are its inverse.
Rows places_in(const Rows& order) {
  Rows places(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) places[order[k]] = static_cast<std::uint32_t>(k);
  return places;
}

std::vector<Features> deal_rows(const SparseMatrix& from, const Placement& placement,
                                const ParallelFor& parallel) {
  std::vector<SparseMatrix> parts(placement.parts());
  for (std::size_t part = 0; part < parts.size(); ++part) {
    parts[part].columns = from.columns;
    parts[part].offsets.resize(placement.rows_of(part) + 1);
  }
  for (std::size_t i = 0; i < placement.rows; ++i) {
    const std::size_t place = placement.place(i), part = placement.part_of(place);
    parts[part].offsets[place - placement.first_place(part) + 1] = from.row(i).size();
  }
  for (SparseMatrix& to : parts) {
    std::partial_sum(to.offsets.begin(), to.offsets.end(), to.offsets.begin());
    to.entries.resize(to.offsets.back());
  }
  for_row_blocks(placement.rows, parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t place = placement.place(i), part = placement.part_of(place);
      SparseMatrix& to = parts[part];
      std::copy(from.row(i).begin(), from.row(i).end(),
                to.entries.data() + to.offsets[place - placement.first_place(part)]);
    }
  });
  return {std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end())};
}

std::vector<Features> deal_rows(const DenseMatrix& from, const Placement& placement,
                                const ParallelFor& parallel) {
  std::vector<DenseMatrix> parts;
  for (std::size_t part = 0; part < placement.parts(); ++part)
    parts.emplace_back(placement.rows_of(part), from.columns);
  for_row_blocks(placement.rows, parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t place = placement.place(i), part = placement.part_of(place);
      std::copy(from.row(i).begin(), from.row(i).end(),
                parts[part].row(place - placement.first_place(part)).data());
    }
  });
  return {std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end())};
}

}  // namespace

Placement in_file_order(std::size_t rows) {
  return {rows, rows, {}};
}

Placement held_out(std::size_t rows, double fraction, std::uint64_t seed) {
  const auto aside = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(rows)));
  if (aside == 0 || aside >= rows)
    throw UsageError(
        fmt::format("`holdout` {:f} of {} rows leaves {} for training and {} for testing; both "
                    "need at least one",
                    fraction, rows, rows - std::min(rows, aside), aside));
  const Rows order = permutation(rows, seed);
  std::vector<bool> tests(rows);
  for (std::size_t k = 0; k < aside; ++k) tests[order[k]] = true;
  Placement placement{rows, rows - aside, Rows(rows)};
  auto next_train = std::uint32_t{0}, next_test = static_cast<std::uint32_t>(placement.train);
  for (std::size_t i = 0; i < rows; ++i)
    placement.places[i] = tests[i] ? next_test++ : next_train++;
  return placement;
}

void shuffle_training_part(Placement& placement, std::uint64_t seed) {
  Rows moved = places_in(permutation(placement.train, seed));
  if (placement.places.empty()) {
    placement.places = std::move(moved);
    return;
  }
  for (std::uint32_t& place : placement.places)
    if (place < placement.train) place = moved[place];
}

std::vector<Ranks> ranks_at(const Placement& placement, const std::vector<std::size_t>& rows) {
  std::vector<Ranks> ranks;
  Ranks counts{};
  std::size_t row = 0;
  for (const std::size_t stop : rows) {
    if (placement.parts() == 1) {
      counts[0] = stop;
    } else {
      for (; row < stop; ++row) ++counts[placement.part_of(placement.place(row))];
    }
    ranks.push_back(counts);
  }
  return ranks;
}

std::vector<Examples> deal(Examples examples, const Placement& placement,
                           const ParallelFor& parallel) {
  std::vector<Examples> parts;
  if (placement.places.empty()) {
    parts.push_back(std::move(examples));
    return parts;
  }
  auto features =
      std::visit([&](const auto& matrix) { return deal_rows(matrix, placement, parallel); },
                 examples.features);
  for (std::size_t part = 0; part < features.size(); ++part)
    parts.push_back({std::move(features[part]), std::vector<float>(placement.rows_of(part))});
  for (std::size_t i = 0; i < placement.rows; ++i) {
    const std::size_t place = placement.place(i), part = placement.part_of(place);
    parts[part].targets[place - placement.first_place(part)] = examples.targets[i];
  }
  return parts;
}

}  // namespace sgdbench
