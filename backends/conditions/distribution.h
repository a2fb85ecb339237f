// Distributions of durations: how long a gradient or a message takes.
//
//   constant:d             d
//   uniform:a,b            a + (b − a)·u
//   exp:m                  −m·ln u                       mean m
//   shifted-exp:s,m        s − m·ln u                    mean s + m
//   pareto:d,k             d·u^(−1/k)                    mean d·k/(k − 1); k > 1
//   bernoulli:p,d          d with probability p, else 0
//   trace:FILE             the file's durations in their order, then from the start again; each
//                          stream begins at a place of its own
//
// u is uniform on (0, 1]. A trace has a duration a line, or a plain number of seconds; empty lines
// and what follows a '#' say nothing.
//
// Invariant: a draw is a pure function of a stream and an index, made of IEEE additions,
// multiplications and divisions alone: the same on every machine, and the same for two strategies
// whose workers draw from the same streams (common random numbers).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

/// Virtual and injected times: doubles, so that multiplying all of them by a power of two changes
/// no rounding.
using Seconds = double;

/// "250us", "1.5ms", "2s", "3ns", "0"; finite and not negative. Throws UsageError.
Seconds parse_duration(std::string_view text);

/// "1.25GB", "10Gbit", "100MB/s", "64MiB", in bytes per second; "unlimited" is 0. Throws
/// UsageError.
double parse_bandwidth(std::string_view text);
/// As parse_bandwidth() takes it.
std::string bandwidth_text(double bytes_per_second);

/// As parse_duration() takes it, to the last bit.
std::string duration_text(Seconds duration);

/// 'text', as in messages.
std::string quoted(std::string_view text);

/// The durations of a trace: a file, or its text, `name` standing for the path in errors. Throws
/// MissingData (no such file) or BadData (no durations in it, or a line that is none).
std::vector<Seconds> read_durations(const std::string& path);
std::vector<Seconds> parse_durations(std::string_view text, const std::string& name);

/// An immutable value. Thread safety: any number of threads may draw.
class Distribution {
 public:
  enum class Kind { constant, uniform, exponential, shifted, pareto, bernoulli, trace };

  Distribution() = default;  ///< constant:0

  /// Throws UsageError (unknown distribution, negative time, infinite mean), MissingData (no such
  /// trace) or BadData (a trace with a line that is no duration).
  static Distribution parse(std::string_view text);
  static Distribution exponential(Seconds mean);
  static Distribution constant(Seconds duration);
  /// `durations` is not empty.
  static Distribution trace(std::vector<Seconds> durations);

  Kind kind() const { return kind_; }
  /// As it was written.
  const std::string& text() const { return text_; }
  /// The file of a trace; "" for every other distribution.
  std::string file() const;
  /// Of a trace, what its durations are: the file may have others tomorrow. 0 for every other
  /// distribution.
  std::uint64_t checksum() const;
  bool is_zero() const { return mean_ == 0; }
  Seconds mean() const { return mean_; }

  /// Draw number `index` of a stream.
  Seconds draw(std::uint64_t stream, std::uint64_t index) const;

 private:
  Distribution(Kind kind, double a, double b, std::string text);

  Kind kind_ = Kind::constant;
  double a_ = 0, b_ = 0;  ///< in the order in which they are written
  Seconds mean_ = 0;
  std::shared_ptr<const std::vector<Seconds>> durations_;
  std::string text_ = "constant:0";
};

/// One row per distribution, for `list` and for errors.
struct DistributionEntry {
  std::string_view name;  ///< before the colon
  std::string_view form;  ///< "uniform:LEAST,MOST"
  std::string_view summary;
};
const std::vector<DistributionEntry>& distribution_catalog();

// Arithmetic of draws: IEEE additions, multiplications and divisions alone, where the functions of
// <cmath> are each library's own. The files of this folder are compiled without contraction
// (exact_arithmetic() in CMakeLists.txt): a fused a·b + c rounds once where two operations round
// twice.

/// u in (0, 1], a multiple of 2⁻⁵³: a pure function of a stream and an index.
double uniform_at(std::uint64_t stream, std::uint64_t index);

/// ln x for normal x > 0, within 2 units in the last place.
double natural_log(double x);

/// eʸ for 0 ≤ y ≤ 700, within 2 units in the last place.
double exponential_of(double y);

/// x^(−1/k) for 0 < x ≤ 1 and k > 0: e^y with y = −ln x / k, whose rounding is y times as large in
/// the result: within 4 + 2·y units in the last place. Infinite beyond the range of a double.
double inverse_root(double x, double k);

}  // namespace sgdbench
