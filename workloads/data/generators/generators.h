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

// In dense.cpp and sparse.cpp.
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

struct TextFamily {
  double mean_length;   ///< L
  double length_sigma;  ///< s
  double zipf_offset;   ///< q: the larger, the flatter
  std::size_t topical;
  double label_scale;
  double label_bias;
  bool binary = false;  ///< all values 1 and rows left as they are
};

/// The numbers that make the model look like each of its models.
inline constexpr TextFamily kRcv1Family = {74, 0.55, 6, 300, 39, 0};
inline constexpr TextFamily kRealSimFamily = {51.5, 0.8, 6, 300, 29, -4.8};
inline constexpr TextFamily kNews20Family = {455, 0.9, 30, 300, 113, 0};
inline constexpr TextFamily kW8aFamily = {11.7, 0.5, 6, 300, 3, -19.5, true};

/// Documents as bags of words: the model behind the text-like generators.
///
///   length    k = round(exp(N(log L − s²/2, s²))), at least 1: log-normal with mean L
///   words     k different ones; the word of rank r has weight ∝ ∫ dx/(x + q) over [r, r+1), that
///             is, Zipf's law with Mandelbrot's offset q, drawn by inverting its distribution
///   values    tf·idf, tf = 1 + log(count), count geometric, idf = −log(share of documents with
///   it);
///             then every row is scaled to length 1
///   label     ±1, +1 with probability 1/(1 + exp(−m)), m = scale·(x·w*) + bias
///
/// Only the `topical` most popular words have true weights w*: a rare word's could not be learned.
/// They come in pairs: words of neighbouring ranks, about equally popular, have opposite weights,
/// so that the classes balance. Ranks are scattered over the columns at random.
///
/// Thread safety: immutable once made.
class TextModel {
 public:
  TextModel(const TextFamily& family, std::size_t features, std::uint64_t seed);

  /// Appends row i; returns its label.
  float make_row(std::size_t row, std::vector<Entry>& out) const;

  /// m of a row: the best possible classifier errs with probability 1/(1 + exp(|m|)).
  double margin(std::span<const Entry> row) const;

 private:
  std::size_t draw_length(Random& random) const;
  std::uint32_t draw_rank(Random& random) const;
  void draw_words(std::size_t count, Random& random, std::vector<Entry>& out) const;
  void weigh(Random& random, std::span<Entry> row) const;

  TextFamily family_;
  std::size_t features_;
  std::uint64_t seed_;
  double log_span_;                     ///< log((features + q)/q)
  std::vector<std::uint32_t> columns_;  ///< of each rank
  std::vector<float> idf_;              ///< of each column
  std::vector<float> weights_;          ///< w*, of each column
};

}  // namespace sgdbench
