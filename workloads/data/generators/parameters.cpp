#include "workloads/data/generators/parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "workloads/names.h"

namespace sgdbench {
namespace {

std::string short_number(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::string(text.data(), end) : std::string();
}

std::string tenths(double value) {
  return short_number(std::round(10 * value) / 10);
}

std::string to_text(double value) {
  if (value == std::trunc(value) && std::abs(value) < 1e18)
    return std::to_string(static_cast<long long>(value));
  return short_number(value);
}

}  // namespace

ParameterValues::ParameterValues(std::string_view generator, std::span<const Parameter> parameters,
                                 std::string_view text, std::uint64_t free_memory)
    : generator_(generator),
      parameters_(parameters),
      given_(parameters.size()),
      free_memory_(free_memory) {
  for (const Parameter& parameter : parameters) values_.push_back(parameter.fallback);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, end);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos)
      refuse(std::string(item) + " is not name=value; for instance " +
             std::string(parameters.front().name) + "=1000");
    assign(item.substr(0, equals), item.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void ParameterValues::assign(std::string_view name, std::string_view value) {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const Parameter& p) { return p.name == name; });
  if (found == parameters_.end()) {
    std::vector<std::string> valid;
    for (const Parameter& parameter : parameters_) valid.emplace_back(parameter.name);
    refuse(unknown_name("parameter", name, valid));
  }
  const auto position = static_cast<std::size_t>(found - parameters_.begin());
  if (given_[position]) refuse("parameter '" + std::string(name) + "' is given twice");
  given_[position] = true;

  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || value.empty())
    refuse(std::string(name) + "='" + std::string(value) + "' is not a number");
  if (found->whole && number != std::trunc(number))
    refuse(std::string(name) + "=" + std::string(value) + " must be a whole number");
  if (!(number >= found->least && number <= found->most))
    refuse(std::string(name) + "=" + std::string(value) + " must lie between " +
           to_text(found->least) + " and " + to_text(found->most));
  values_[position] = number;
}

double ParameterValues::real(std::string_view name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const Parameter& p) { return p.name == name; });
  return values_.at(static_cast<std::size_t>(found - parameters_.begin()));
}

std::size_t ParameterValues::whole(std::string_view name) const {
  return static_cast<std::size_t>(real(name));
}

void ParameterValues::check_memory(double bytes) const {
  constexpr double kGiB = 1073741824.0;
  constexpr double kMost = 64 * kGiB;
  if (bytes > kMost)
    refuse("these parameters would take " + to_text(std::ceil(bytes / kGiB)) +
           " GiB of memory; at most 64 GiB: ask for fewer rows or features");
  if (free_memory_ > 0 && bytes > static_cast<double>(free_memory_) / 2)
    refuse("these parameters would take " + tenths(bytes / kGiB) +
           " GiB of memory, more than half of the " +
           tenths(static_cast<double>(free_memory_) / kGiB) +
           " GiB that are free: ask for fewer rows or features");
}

void ParameterValues::refuse(const std::string& what) const {
  throw UsageError(std::string(generator_) + ": " + what);
}

std::string describe_parameters(std::span<const Parameter> parameters) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (!text.empty()) text += ',';
    text += std::string(parameter.name) + "=";
    text += parameter.fallback < parameter.least ? "auto" : to_text(parameter.fallback);
  }
  return text;
}

}  // namespace sgdbench
