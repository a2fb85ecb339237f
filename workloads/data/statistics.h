// What a data set looks like to asynchronous SGD.
//
// Recht, Ré, Wright and Niu (Hogwild!, 2011) see the examples as edges over the features they use:
//   Ω = max_e |e|                                        the longest example
//   Δ = max_v |{e : v ∈ e}| / n                          the most popular feature
//   ρ = max_e |{e' : e' ∩ e ≠ ∅}| / n                    the example that meets the most others
// ρ needs, for each example, the union of its features' lists of examples. Examples are tried in
// descending order of their lists' total length, which bounds the union from above, so the search
// stops as soon as no later one can win. Where it would take more than kRhoBudget list steps it
// stops as well, and the ρ reported is a lower bound: the greatest among the examples tried.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/data/storage.h"

namespace sgdbench {

inline constexpr std::uint64_t kRhoBudget = 400'000'000;

struct ClassCount {
  float label;
  std::size_t rows;
};

struct DataStatistics {
  std::size_t rows = 0;
  std::size_t features = 0;
  std::size_t non_zeros = 0;
  double density = 0;               ///< non-zeros per cell
  double mean_row_length = 0;       ///< non-zeros
  std::vector<ClassCount> classes;  ///< empty for regression
  std::size_t omega = 0;            ///< Ω, non-zeros
  double delta = 0;                 ///< Δ
  double rho = 0;                   ///< ρ, or a lower bound of it
  bool rho_exact = true;
};

DataStatistics data_statistics(const Dataset& data, std::uint64_t rho_budget = kRhoBudget);

}  // namespace sgdbench
