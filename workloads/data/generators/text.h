// Documents as bags of words: the model behind the text-like generators.
//
//   length    k = round(exp(N(log L − s²/2, s²))), at least 1: log-normal with mean L
//   words     k different ones; the word of rank r has weight ∝ ∫ dx/(x + q) over [r, r+1), that
//             is, Zipf's law with Mandelbrot's offset q, drawn by inverting its distribution
//   values    tf·idf, tf = 1 + log(count), count geometric, idf = −log(share of documents with it);
//             then every row is scaled to length 1
//   label     ±1, +1 with probability 1/(1 + exp(−m)), m = scale·(x·w*) + bias
//
// Only the `topical` most popular words have true weights w*: a rare word's could not be learned.
// They come in pairs: words of neighbouring ranks, about equally popular, have opposite weights, so
// that the classes balance. Ranks are scattered over the columns at random.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/data/matrix.h"
#include "workloads/random.h"

namespace sgdbench {

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
