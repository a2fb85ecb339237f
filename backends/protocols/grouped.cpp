// Protocols whose updates are made of several arrivals: bsp, local:H and the k-family.
//
// Source: Dutta, Joshi, Ghosh, Dube & Nagpurkar, "Slow and stale gradients can win the race",
// AISTATS 2018 (the k-family); Chen et al., "Revisiting distributed synchronous SGD", 2016 (backup
// workers). Departure: where workers have retired, an update needs no more arrivals than there are
// workers left, so that the end of the work is no deadlock.

#include <algorithm>

#include "backends/protocols/parts.h"

namespace sgdbench {
namespace {

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

}  // namespace

std::unique_ptr<Protocol> make_grouped(std::size_t workers, Grouping grouping,
                                       const ProtocolTraits& traits) {
  return std::make_unique<Grouped>(workers, grouping, traits);
}

}  // namespace sgdbench
