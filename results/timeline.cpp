#include "results/timeline.h"

#include <algorithm>

namespace sgdbench {

std::string_view to_string(Phase phase) {
  constexpr std::array<std::string_view, kPhases> names{"compute", "wait", "communicate",
                                                        "observe"};
  return names[static_cast<std::size_t>(phase)];
}

std::vector<Slice> Track::slices() const {
  if (written_ < slices_.size())
    return {slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(next_)};
  std::vector<Slice> ordered(slices_.size());
  std::rotate_copy(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(next_),
                   slices_.end(), ordered.begin());
  return ordered;
}

}  // namespace sgdbench
