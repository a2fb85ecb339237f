#include "backends/versions.h"

#include <algorithm>

namespace sgdbench {

namespace {

/// Copying a coordinate alone costs about as much as so many of them copied together.
constexpr std::size_t kTogether = 8;

/// A worker's buffer is usually its own last base, so that all others have made an update or two
/// since.
std::size_t updates_kept(std::size_t workers) {
  return 2 * workers + 2;
}

}  // namespace

void Changes::extend(const Changes& before, std::span<const std::uint32_t> update) {
  if (update.size() > coordinates_.size()) return forget();
  std::size_t first = 0, dropped = 0;  // updates of `before` for which there is no room
  while (before.updates_ - first >= sizes_.size() ||
         before.total_ - dropped + update.size() > coordinates_.size())
    dropped += before.sizes_[first++];
  updates_ = before.updates_ - first;
  std::copy_n(before.sizes_.begin() + static_cast<std::ptrdiff_t>(first), updates_, sizes_.begin());
  total_ = before.total_ - dropped;
  std::copy_n(before.coordinates_.begin() + static_cast<std::ptrdiff_t>(dropped), total_,
              coordinates_.begin());
  sizes_[updates_++] = update.size();
  std::copy(update.begin(), update.end(),
            coordinates_.begin() + static_cast<std::ptrdiff_t>(total_));
  total_ += update.size();
}

std::optional<std::span<const std::uint32_t>> Changes::last(std::uint64_t updates) const {
  if (updates > updates_) return {};
  std::size_t size = 0;
  for (std::size_t i = updates_ - updates; i < updates_; ++i) size += sizes_[i];
  return std::span(coordinates_).subspan(total_ - size, size);
}

VersionStore::VersionStore(std::size_t workers, std::span<const Real> initial,
                           std::size_t parameters)
    : parameters_(parameters), buffers_(3 * workers + 1), hazards_(workers) {
  for (auto& buffer : buffers_) {
    buffer.state.assign(initial.begin(), initial.end());
    buffer.changes = Changes(updates_kept(workers), parameters / kTogether);
  }
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

/// Takes a buffer that was replaced and that nobody protects.
bool VersionStore::claim(Version& buffer) const {
  bool retired = true;
  if (!buffer.retired.compare_exchange_strong(retired, false)) return false;
  if (!protected_by_any(&buffer)) return true;
  buffer.retired.store(true);
  return false;
}

Version& VersionStore::acquire_spare(const Version* likely) {
  if (likely != nullptr)
    if (auto& buffer = buffers_[static_cast<std::size_t>(likely - buffers_.data())]; claim(buffer))
      return buffer;
  for (;;)
    for (auto& buffer : buffers_)
      if (claim(buffer)) return buffer;
}

void VersionStore::copy_coordinates(std::span<const std::uint32_t> coordinates,
                                    std::span<const Real> from, std::span<Real> to) const {
  for (std::size_t vector = 0; vector < to.size(); vector += parameters_)
    for (const auto v : coordinates) to[vector + v] = from[vector + v];
}

void VersionStore::follow(Version& spare, const Version& base) const {
  const auto changed = base.changes.last(base.number - spare.number);
  if (spare.whole && changed)
    copy_coordinates(*changed, base.state, spare.state);
  else
    std::copy(base.state.begin(), base.state.end(), spare.state.begin());
  spare.number = base.number;
  spare.whole = true;
}

bool VersionStore::publish(Version& next, const Version& base, const Update& update) {
  next.number = base.number + 1;
  if (update.everywhere)
    next.changes.forget();
  else
    next.changes.extend(base.changes, update.support);
  auto* expected = const_cast<Version*>(&base);
  if (newest_.compare_exchange_strong(expected, &next)) {
    expected->retired.store(true);
    return true;
  }
  next.number = base.number;
  next.whole = !update.everywhere;
  if (next.whole) copy_coordinates(update.support, base.state, next.state);
  return false;
}

}  // namespace sgdbench
