// Immutable versions of the parameters, published by compare-and-swap, reclaimed without a lock.
//
// Idea: the newest version is one pointer. A reader protects what it reads by a hazard pointer; a
// writer fills a spare buffer and swings the pointer from the version it started from to its own.
//
// Invariant: a published buffer is never written. A buffer is reused only after it was replaced and
// while no hazard points at it. At any time at most 2P buffers are protected, P − 1 are being
// filled by others and one is the newest: 3P + 1 buffers always leave one spare, so acquire_spare()
// ends.
//
// A buffer that is reused holds an old version, and an update on sparse data changes little of it.
// So each version also says which coordinates its last updates changed, and a buffer follows the
// newest version by copying those alone; all of the state is copied only where that is not known,
// or not less. Readers see whole versions in one piece either way.
//
// Source: Michael, "Hazard pointers", IEEE TPDS 2004; Bäckström et al., "Consistent lock-free
// parallel SGD" (LEASHED-SGD), IPDPS 2021, whose reader counts we replace by hazard pointers: a
// reader writes a cache line of its own and no shared counter.
//
// Thread safety: each of the P workers uses its own number; all calls may be made at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "workloads/real.h"

namespace sgdbench {

/// The coordinates that the last updates of a version changed, update after update.
class Changes {
 public:
  Changes() = default;
  /// Of at most so many updates, and coordinates together.
  Changes(std::size_t updates, std::size_t coordinates)
      : sizes_(updates), coordinates_(coordinates) {}

  /// Makes this `before` and one update more.
  void extend(const Changes& before, std::span<const std::uint32_t> update);
  /// The last update changed everything.
  void forget() { updates_ = total_ = 0; }
  /// What the last `updates` ones changed, a coordinate as often as it was; nothing where that is
  /// not known.
  std::optional<std::span<const std::uint32_t>> last(std::uint64_t updates) const;

 private:
  std::vector<std::size_t> sizes_;  ///< of the first updates_, the oldest first
  std::vector<std::uint32_t> coordinates_;
  std::size_t updates_ = 0, total_ = 0;
};

struct Version {
  std::uint64_t number = 0;    ///< updates applied to reach it
  std::uint64_t examples = 0;  ///< example gradients that landed in them; set by who fills it
  AlignedVector<Real> state;
  Changes changes;
  bool whole = true;  ///< false: a failed publication left something in it that is no version
  /// Whether it was replaced and may be taken for reuse once no hazard points at it.
  std::atomic<bool> retired{true};
};

class VersionStore {
 public:
  /// `initial` is [w | vectors of w's length], w being of so many `parameters`.
  VersionStore(std::size_t workers, std::span<const Real> initial, std::size_t parameters);

  /// What a worker protects: the version it reads from, and the one it builds on.
  enum class Role : std::size_t { read = 0, base = 1 };

  /// The newest version, which stays as it is until this worker asks again in the same role or
  /// releases it.
  const Version& protect(std::size_t worker, Role role);
  void release(std::size_t worker, Role role) { hazard(worker, role).store(nullptr); }

  /// A buffer that nobody else reads or writes, for this worker to fill; it holds some version.
  /// `likely`, if it can be that: the later its version, the less is to be copied.
  Version& acquire_spare(const Version* likely = nullptr);

  /// Makes a buffer that holds some version hold `base`, which this worker protects.
  void follow(Version& spare, const Version& base) const;

  /// What an update changed: every coordinate, or those of `support`, in all vectors.
  struct Update {
    bool everywhere = true;
    std::span<const std::uint32_t> support = {};
  };
  /// Makes `next`, which is `base` after `update`, the newest version in the place of `base`, which
  /// this worker protects. False if `base` is not the newest any more: `next` is a spare again.
  bool publish(Version& next, const Version& base, const Update& update);

  const Version& newest() const { return *newest_.load(); }

 private:
  struct alignas(64) Hazards {
    std::atomic<const Version*> of[2] = {nullptr, nullptr};
  };
  std::atomic<const Version*>& hazard(std::size_t worker, Role role) {
    return hazards_[worker].of[static_cast<std::size_t>(role)];
  }
  bool protected_by_any(const Version* version) const;
  bool claim(Version& buffer) const;
  void copy_coordinates(std::span<const std::uint32_t> coordinates, std::span<const Real> from,
                        std::span<Real> to) const;

  std::size_t parameters_;
  // Sequentially consistent throughout: "my hazard is visible before I look at the pointer again"
  // and "I look at the hazards after the version was replaced" are a store followed by a load on
  // either side, which nothing weaker orders.
  std::vector<Version> buffers_;
  std::vector<Hazards> hazards_;
  alignas(64) std::atomic<Version*> newest_;
};

}  // namespace sgdbench
