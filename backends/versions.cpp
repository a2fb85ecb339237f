#include "backends/versions.h"

#include <algorithm>

namespace sgdbench {

VersionStore::VersionStore(std::size_t workers, std::span<const Real> initial)
    : buffers_(3 * workers + 1), hazards_(workers) {
  for (auto& buffer : buffers_) buffer.state.assign(initial.begin(), initial.end());
  buffers_[0].retired = false;
  newest_ = &buffers_[0];
}

const Version& VersionStore::protect(std::size_t worker, Role role) {
  auto& mine = hazard(worker, role);
  const Version* seen = newest_.load();
  for (;;) {
    mine.store(seen);
    const Version* again = newest_.load();
    if (again == seen) return *seen;  // it was the newest while the hazard stood: it is safe
    seen = again;
  }
}

bool VersionStore::protected_by_any(const Version* version) const {
  for (const auto& hazards : hazards_)
    for (const auto& one : hazards.of)
      if (one.load() == version) return true;
  return false;
}

Version& VersionStore::acquire_spare() {
  for (;;) {
    for (auto& buffer : buffers_) {
      bool retired = true;
      if (!buffer.retired.compare_exchange_strong(retired, false)) continue;
      if (!protected_by_any(&buffer)) return buffer;
      buffer.retired.store(true);
    }
  }
}

bool VersionStore::publish(Version& next, const Version& base) {
  next.number = base.number + 1;
  auto* expected = const_cast<Version*>(&base);
  if (!newest_.compare_exchange_strong(expected, &next)) return false;
  expected->retired.store(true);
  return true;
}

}  // namespace sgdbench
