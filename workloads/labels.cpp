#include "workloads/labels.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "workloads/names.h"

namespace sgdbench {

std::vector<std::uint32_t> class_numbers(const Dataset& data, std::span<const float> classes) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(data.targets.size());
  for (std::size_t i = 0; i < data.targets.size(); ++i) {
    const float label = data.targets[i];
    const auto found = std::lower_bound(classes.begin(), classes.end(), label);
    if (found == classes.end() || *found != label) {
      std::ostringstream line;
      line.precision(std::numeric_limits<float>::max_digits10);
      line << data.name << ": row " << i + 1 << " has the label " << label
           << ", which no training example has; use data with the same classes";
      throw BadData(line.str());
    }
    numbers.push_back(static_cast<std::uint32_t>(found - classes.begin()));
  }
  return numbers;
}

std::vector<Real> signs(const Dataset& data, std::span<const float> classes) {
  std::vector<Real> targets;
  targets.reserve(data.targets.size());
  for (const auto number : class_numbers(data, classes)) targets.push_back(number == 0 ? -1 : 1);
  return targets;
}

}  // namespace sgdbench
