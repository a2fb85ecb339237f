// The part of `name:rows=20000,seed=3` behind the colon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace sgdbench
