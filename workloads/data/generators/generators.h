// Synthetic data sets, each made to look like a well-known one in what matters to SGD: size,
// sparsity, skew, conditioning, noise. Always called "-like": they are not the data sets.
//
// Row i is a function of (parameters, seed, i) and nothing else, so rows are made on all cores and
// the data are the same on every machine and for every number of threads.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "workloads/data/generators/parameters.h"
#include "workloads/data/storage.h"
#include "workloads/random.h"

namespace sgdbench {

struct Generator {
  std::string_view name;
  std::string_view summary;
  std::span<const Parameter> parameters;
  Examples (*make)(const ParameterValues&, const ParallelFor&);
};
const std::vector<Generator>& generator_catalog();

// One per family, each in its own file.
extern const Generator kRcv1Like;
extern const Generator kRealSimLike;
extern const Generator kNews20Like;
extern const Generator kW8aLike;
extern const Generator kCovtypeLike;
extern const Generator kEpsilonLike;
extern const Generator kMnistLike;
extern const Generator kDisjoint;
extern const Generator kQuadratic;

/// The random numbers of row i; `stream` keeps different uses of one seed apart.
inline Random row_random(std::uint64_t seed, std::uint64_t stream, std::size_t row) {
  return Random(mix(mix(seed, stream), row));
}

/// Appends the row's entries, columns ascending, and returns its target.
using MakeSparseRow = std::function<float(std::size_t row, std::vector<Entry>& out)>;
Examples make_sparse(std::size_t rows, std::size_t columns, const ParallelFor& parallel,
                     const MakeSparseRow& make_row);

/// Fills the row and returns its target.
using MakeDenseRow = std::function<float(std::size_t row, std::span<Real> out)>;
Examples make_dense(std::size_t rows, std::size_t columns, const ParallelFor& parallel,
                    const MakeDenseRow& make_row);

/// What rows × columns take in memory, stored dense.
double dense_bytes(std::size_t rows, std::size_t columns);

/// +1 with probability 1/(1 + exp(−margin)), else −1.
float noisy_label(double margin, Random& random);

}  // namespace sgdbench
