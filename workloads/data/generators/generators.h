// Synthetic data sets, each made to look like a well-known one in what matters to SGD: size,
// sparsity, skew, conditioning, noise. Always called "-like": they are not the data sets.
//
// Row i is a function of (parameters, seed, i) and nothing else, so rows are made on all cores and
// the data are the same on every machine and for every number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/random.h"

namespace sgdbench {

/// One parameter of a generator. A fallback of 0 with least 1 means: it depends on the others.
struct Parameter {
  std::string_view name;
  double fallback;
  double least;
  double most;
  bool whole = true;
};

inline constexpr double kMaxRows = 4294967295.0;      // rows are numbered in 32 bits
inline constexpr double kMaxFeatures = 2147483648.0;  // as in LIBSVM text
inline constexpr Parameter kSeed = {"seed", 1, 0, 9007199254740992.0};

/// The part of `name:rows=20000,seed=3` behind the colon.
class ParameterValues {
 public:
  /// Parses "a=1,b=2". Throws UsageError: unknown (with the valid ones), malformed, out of range,
  /// or given twice. `free_memory` is in bytes; 0: not known.
  ParameterValues(std::string_view generator, std::span<const Parameter> parameters,
                  std::string_view text, std::uint64_t free_memory = 0);

  double real(std::string_view name) const;
  std::size_t whole(std::string_view name) const;
  std::uint64_t seed() const { return whole("seed"); }
  std::string_view generator() const { return generator_; }

  /// Throws UsageError if the generated data would take more than 64 GiB or half of the free
  /// memory, which is what a file may take; `bytes` is a double so that the estimate can't
  /// overflow.
  void check_memory(double bytes) const;
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  void assign(std::string_view name, std::string_view value);

  std::string_view generator_;
  std::span<const Parameter> parameters_;
  std::vector<double> values_;
  std::vector<bool> given_;
  std::uint64_t free_memory_;
};

/// "rows=20242,features=47236,seed=1"
std::string describe_parameters(std::span<const Parameter> parameters);

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
