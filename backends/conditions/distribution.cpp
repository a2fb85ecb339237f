#include "backends/conditions/distribution.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

using Kind = Distribution::Kind;
using Texts = std::vector<std::string>;

/// In the order of Distribution::Kind.
const std::vector<DistributionEntry>& table() {
  static const std::vector<DistributionEntry> rows{
      {"constant", "constant:TIME", "always the same"},
      {"uniform", "uniform:LEAST,MOST", "anything between, equally often"},
      {"exp", "exp:MEAN", "memoryless: long ones are rare, but there"},
      {"shifted-exp", "shifted-exp:SHIFT,MEAN", "SHIFT, and exp:MEAN on top of it"},
      {"pareto", "pareto:LEAST,SHAPE", "heavy tail; SHAPE above 1, and the nearer the heavier"},
      {"bernoulli", "bernoulli:P,TIME", "TIME with probability P, else nothing"},
      {"trace", "trace:FILE", "the durations in a file, one a line, again and again"},
  };
  return rows;
}

double read_real(std::string_view text, std::string_view what) {
  const auto value = parse_number<double>(text);
  if (!value || !std::isfinite(*value))
    throw UsageError(quoted(text) + " is no " + std::string(what));
  return *value;
}

double read_probability(std::string_view text) {
  const double p = read_real(text, "probability: from 0 to 1");
  if (!(p >= 0 && p <= 1)) throw UsageError(std::string(text) + " is no probability: from 0 to 1");
  return p;
}

double read_shape(std::string_view text) {
  const double k = read_real(text, "shape: a number above 1");
  if (!(k > 1))
    throw UsageError("with shape " + std::string(text) +
                     " the mean is infinite, and so would the run be: take a shape above 1");
  return k;
}

Texts split(std::string_view text) {
  Texts parts;
  for (auto comma = text.find(','); comma != std::string_view::npos; comma = text.find(',')) {
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma + 1);
  }
  parts.emplace_back(text);
  return parts;
}

bool is_duration(std::string_view text) try {
  parse_duration(text);
  return true;
} catch (const UsageError&) {
  return false;
}

/// Three years. Clocks of 64 bits of nanoseconds end after 292, which a run of such times should
/// not meet.
constexpr Seconds kLongest = 1e8;

Seconds read_time(std::string_view text) {
  const Seconds time = parse_duration(text);
  if (time > kLongest) throw UsageError(quoted(text) + " is too long: at most 1e8s");
  return time;
}

/// The row that `text` begins with; throws UsageError.
Kind kind_of(std::string_view text) {
  const auto name = text.substr(0, text.find(':'));
  if (is_duration(text))
    throw UsageError("distribution " + quoted(text) +
                     " is a mere time: write constant:" + std::string(text));
  const auto* const row = &find_by_name(table(), "distribution", name);
  if (name.size() == text.size())
    throw UsageError("distribution " + quoted(text) + " says no more: write " +
                     std::string(row->form));
  return static_cast<Kind>(row - table().data());
}

Seconds mean_of(Kind kind, double a, double b) {
  switch (kind) {
    case Kind::uniform:
      return a + (b - a) / 2;
    case Kind::shifted:
      return a + b;
    case Kind::pareto:
      return a * (b / (b - 1));
    case Kind::bernoulli:
      return a * b;
    default:
      return a;
  }
}

}  // namespace

const std::vector<DistributionEntry>& distribution_catalog() {
  return table();
}

Distribution::Distribution(Kind kind, double a, double b, std::string text)
    : kind_(kind), a_(a), b_(b), mean_(mean_of(kind, a, b)), text_(std::move(text)) {}

Distribution Distribution::exponential(Seconds mean) {
  return {Kind::exponential, mean, 0, "exp:" + duration_text(mean)};
}

Distribution Distribution::constant(Seconds duration) {
  return {Kind::constant, duration, 0, "constant:" + duration_text(duration)};
}

Distribution Distribution::trace(std::vector<Seconds> durations) {
  double sum = 0;
  for (const auto duration : durations) sum += duration;
  Distribution distribution(Kind::trace, 0, 0, "trace:");
  distribution.mean_ = sum / static_cast<double>(durations.size());
  distribution.durations_ = std::make_shared<const std::vector<Seconds>>(std::move(durations));
  return distribution;
}

Distribution Distribution::parse(std::string_view text) try {
  const Kind kind = kind_of(text);
  const auto rest = text.substr(text.find(':') + 1);
  if (kind == Kind::trace) {
    if (rest.empty()) throw UsageError("it names no file: write trace:FILE");
    Distribution distribution = trace(read_durations(std::string(rest)));
    distribution.text_ = text;
    return distribution;
  }
  const bool one = kind == Kind::constant || kind == Kind::exponential;
  const auto parts = split(rest);
  if (parts.size() != (one ? 1 : 2))
    throw UsageError("it takes " + std::string(one ? "one value" : "two values") + " and has " +
                     std::to_string(parts.size()) + ": " +
                     std::string(table()[static_cast<std::size_t>(kind)].form));
  const double a = kind == Kind::bernoulli ? read_probability(parts[0]) : read_time(parts[0]);
  const double b = one ? 0 : kind == Kind::pareto ? read_shape(parts[1]) : read_time(parts[1]);
  if (kind == Kind::uniform && b < a)
    throw UsageError(parts[1] + " is less than " + parts[0] + ": " +
                     std::string(table()[static_cast<std::size_t>(kind)].form));
  Distribution distribution(kind, a, b, std::string(text));
  if (!std::isfinite(distribution.mean_)) throw UsageError("its mean is no finite time");
  return distribution;
} catch (const UsageError& error) {
  const std::string_view what = error.what();
  if (what.starts_with("unknown distribution") || what.starts_with("distribution ")) throw;
  throw UsageError("distribution " + quoted(text) + ": " + std::string(what));
}

std::string Distribution::file() const {
  return kind_ == Kind::trace ? text_.substr(text_.find(':') + 1) : "";
}

std::uint64_t Distribution::checksum() const {
  if (!durations_) return 0;
  std::uint64_t sum = 1;
  for (const auto duration : *durations_) sum = mix(sum, std::bit_cast<std::uint64_t>(duration));
  return sum;
}

Seconds Distribution::draw(std::uint64_t stream, std::uint64_t index) const {
  switch (kind_) {
    case Kind::constant:
      return a_;
    case Kind::uniform:
      return a_ + (b_ - a_) * uniform_at(stream, index);
    case Kind::exponential:
      return -a_ * natural_log(uniform_at(stream, index));
    case Kind::shifted:
      return a_ - b_ * natural_log(uniform_at(stream, index));
    case Kind::pareto:
      return a_ * inverse_root(uniform_at(stream, index), b_);
    case Kind::bernoulli:
      return uniform_at(stream, index) <= a_ ? b_ : 0;
    case Kind::trace: {
      const std::uint64_t n = durations_->size();
      return (*durations_)[(mix(stream) % n + index % n) % n];
    }
  }
  return 0;
}

namespace {

// ln 2 in two parts; the first ends in 12 zeros, so that its product with an exponent is exact.
constexpr double kLn2High = 0x1.62e42fefa3p-1;
constexpr double kLn2Low = 0x1.3de6af278ece6p-42;

constexpr int kMantissaBits = 52;
constexpr std::uint64_t kMantissa = (std::uint64_t{1} << kMantissaBits) - 1;
constexpr int kBias = 1023;

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(kBias + exponent) << kMantissaBits);
}

/// ∑_{k ≥ 1} 2·zᵏ/(2k + 1), for 0 ≤ z < 0.0295, by the polynomial of degree 7 that is equally far
/// off everywhere there, by 2⁻⁵⁶; coefficients by Chebyshev interpolation at 200 bits. In two
/// halves, which a processor computes side by side.
double artanh_tail(double z) {
  const double z2 = z * z;
  const double odd =
      ((0x1.2b584aae78a57p-3 * z2 + 0x1.7462b4ab2ef6bp-3) * z2 + 0x1.2492492df148dp-2) * z2 +
      0x1.5555555555558p-1;
  const double even =
      (0x1.39fe606542ddep-3 * z2 + 0x1.c71c62e5800a1p-3) * z2 + 0x1.99999999952e2p-2;
  return z * (odd + z * even);
}

/// ∑_{k ≥ 2} rᵏ/k!, for |r| ≤ ln 2 / 2: what is left out is below 2⁻⁶⁰.
double exponential_tail(double r) {
  constexpr int kTerms = 15;
  double sum = 1. / kTerms;
  for (int k = kTerms - 1; k >= 3; --k) sum = (1 + r * sum) / k;
  return r * r * ((1 + r * sum) / 2);
}

}  // namespace

double uniform_at(std::uint64_t stream, std::uint64_t index) {
  return static_cast<double>((mix(stream, index) >> 11) + 1) * 0x1.0p-53;
}

// x = 2ᵉ·(1 + f), 1/√2 ≤ 1 + f < √2;  s = f/(2 + f);
// ln(1 + f) = 2·artanh s = 2s + s·R = f − s·(f − R),  R = ∑ 2·s²ᵏ/(2k + 1), since 2s = f − s·f.
double natural_log(double x) {
  // Counted from the bits of 1/√2, so that the mantissa carries over into the exponent there.
  constexpr auto kRootHalf = std::bit_cast<std::uint64_t>(0x1.6a09e667f3bcdp-1);
  const std::uint64_t above = std::bit_cast<std::uint64_t>(x) - kRootHalf;
  const auto e = static_cast<double>(static_cast<std::int64_t>(above) >> kMantissaBits);
  const double f = std::bit_cast<double>((above & kMantissa) + kRootHalf) - 1;
  const double s = f / (2 + f);
  const double rest = s * (f - artanh_tail(s * s));
  return e * kLn2High + (f - (rest - e * kLn2Low));
}

// y = n·ln 2 + r, |r| ≤ ln 2 / 2;  eʸ = 2ⁿ·(1 + r + r²/2 + …).
double exponential_of(double y) {
  const int n = static_cast<int>(y * (1 / (kLn2High + kLn2Low)) + 0.5);
  const double r = (y - n * kLn2High) - n * kLn2Low;
  return power_of_two(n) * (1 + (r + exponential_tail(r)));
}

double inverse_root(double x, double k) {
  const double y = -natural_log(x) / k;
  return y <= 700 ? exponential_of(y) : std::numeric_limits<double>::infinity();
}

}  // namespace sgdbench
