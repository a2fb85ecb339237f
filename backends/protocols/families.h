// The families of protocols, of which the catalogue makes each.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "backends/protocols/protocol.h"

namespace sgdbench {

/// Every arrival is applied at once, and its worker goes on: async, elastic:A and ringmaster:R.
class Immediate final : public Protocol {
 public:
  explicit Immediate(const ProtocolTraits& traits) : Protocol(traits) {}
  bool retire(std::size_t) override {
    released_.clear();
    return false;
  }

 private:
  Decision accept(std::size_t worker) override {
    released_.assign(1, static_cast<std::uint32_t>(worker));
    return Decision::apply;
  }
};

/// ssp:S: applied on arrival; who is more than `slack` ahead of the slowest waits.
///
/// Besides each worker's completed clocks it keeps how many workers are at each clock from the
/// slowest one's on, in a ring. A worker that waits is S + 1 ahead of the slowest, so that all who
/// wait are let go whenever c_min rises, and no arrival looks at all workers.
class StaleSynchronous final : public Protocol {
 public:
  StaleSynchronous(std::size_t workers, std::uint64_t slack)
      : Protocol(paced()),
        clocks_(workers),
        slack_(slack),
        at_(std::bit_ceil(std::min<std::uint64_t>(slack, kFewClocks) + 2)) {
    at(0) = workers;
    released_.reserve(workers);  // not under a server's lock
    waiting_.reserve(workers);
  }

  /// A gradient that was thrown away completes no clock.
  Decision accept(std::size_t worker) override {
    const std::uint64_t clock = ++clocks_[worker];
    if (clock - slowest_ == at_.size()) widen();
    fastest_ = std::max(fastest_, clock);
    --at(clock - 1);
    ++at(clock);
    let_go_who_waited();
    auto& list = clocks_[worker] - slowest_ <= slack_ ? released_ : waiting_;
    list.push_back(static_cast<std::uint32_t>(worker));
    std::sort(released_.begin(), released_.end());
    return Decision::apply;
  }

  bool retire(std::size_t worker) override {
    --at(clocks_[worker]);
    std::erase(waiting_, static_cast<std::uint32_t>(worker));
    let_go_who_waited();
    std::sort(released_.begin(), released_.end());
    return false;
  }

 private:
  static ProtocolTraits paced() {
    ProtocolTraits traits;
    traits.paced = true;
    return traits;
  }
  /// Moves c_min to the slowest worker's clock; if it rises, everybody who waited may start.
  void let_go_who_waited() {
    released_.clear();
    const std::uint64_t before = slowest_;
    while (slowest_ < fastest_ && at(slowest_) == 0) ++slowest_;
    if (slowest_ != before) released_.swap(waiting_);
  }

  std::size_t& at(std::uint64_t clock) { return at_[clock & (at_.size() - 1)]; }
  void widen() {
    std::vector<std::size_t> narrow(2 * at_.size());
    narrow.swap(at_);
    for (std::uint64_t clock = slowest_; clock <= fastest_; ++clock)
      at(clock) = narrow[clock & (narrow.size() - 1)];
  }

  static constexpr std::uint64_t kFewClocks = 62;  // the ring is widened where more are needed

  std::vector<std::uint64_t> clocks_;  // gradients completed
  std::uint64_t slack_;
  std::uint64_t slowest_ = 0, fastest_ = 0;  // c_min, and the largest there was
  std::vector<std::size_t> at_;  // workers at each clock in between that have not retired
  std::vector<std::uint32_t> waiting_;
};

/// Who of those that made an update possible goes on, and when.
enum class Grouping {
  round,        ///< who arrives waits; an update lets everybody go, cancelled ones too
  round_batch,  ///< who arrives goes on; an update lets everybody begin again
  first,        ///< who arrives waits; an update lets those go that were in it
  first_batch   ///< who arrives goes on; an update concerns nobody
};

/// Every traits.arrivals arrivals become an update: bsp, local:H and the k-family.
///
/// Source: Dutta, Joshi, Ghosh, Dube & Nagpurkar, "Slow and stale gradients can win the race",
/// AISTATS 2018 (the k-family); Chen et al., "Revisiting distributed synchronous SGD", 2016 (backup
/// workers). Departure: where workers have retired, an update needs no more arrivals than there are
/// workers left, so that the end of the work is no deadlock.
class Grouped final : public Protocol {
 public:
  Grouped(std::size_t workers, Grouping grouping, const ProtocolTraits& traits)
      : Protocol(traits), grouping_(grouping), active_(workers), retired_(workers) {
    released_.reserve(workers);  // not under a server's lock
    waiting_.reserve(workers);
  }

  Decision accept(std::size_t worker) override {
    const auto self = static_cast<std::uint32_t>(worker);
    ++held_;
    if (waits()) waiting_.push_back(self);
    if (complete()) {
      finish(self);
      return Decision::apply;
    }
    released_.clear();
    if (!waits()) released_.push_back(self);
    return Decision::hold;
  }

  bool retire(std::size_t worker) override {
    released_.clear();
    retired_[worker] = 1;
    --active_;
    std::erase(waiting_, static_cast<std::uint32_t>(worker));
    if (held_ == 0 || !complete()) return false;
    finish_without_arrival();
    return true;
  }

 private:
  bool waits() const { return grouping_ == Grouping::round || grouping_ == Grouping::first; }
  bool restarts_all() const {
    return grouping_ == Grouping::round || grouping_ == Grouping::round_batch;
  }
  bool complete() const {
    return held_ >= (waits() ? std::min(traits().arrivals, active_) : traits().arrivals) ||
           active_ == 0;
  }

  void finish(std::uint32_t arrived) {
    finish_without_arrival();
    if (grouping_ == Grouping::first_batch) released_.assign(1, arrived);
  }
  void finish_without_arrival() {
    held_ = 0;
    released_.clear();
    if (restarts_all()) {
      for (std::uint32_t w = 0; w < retired_.size(); ++w)
        if (!retired_[w]) released_.push_back(w);
    } else if (grouping_ == Grouping::first) {
      released_.swap(waiting_);
      std::sort(released_.begin(), released_.end());
    }
    waiting_.clear();
  }

  Grouping grouping_;
  std::size_t active_;  // workers that have not retired
  std::vector<unsigned char> retired_;
  std::size_t held_ = 0;                // arrivals since the last update
  std::vector<std::uint32_t> waiting_;  // who is in them and waits
};

}  // namespace sgdbench
