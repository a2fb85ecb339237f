// Protocols that decide about each arrival at once: async, ringmaster:R and ssp:S.
//
// ssp keeps, besides each worker's completed clocks, how many workers are at each clock from the
// slowest one's on, in a ring. A worker that waits is S + 1 ahead of the slowest, so that all who
// wait are let go whenever c_min rises, and no arrival looks at all workers.

#include <algorithm>
#include <bit>

#include "backends/protocols/parts.h"

namespace sgdbench {
namespace {

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

}  // namespace

std::unique_ptr<Protocol> make_immediate(const ProtocolTraits& traits) {
  return std::make_unique<Immediate>(traits);
}
std::unique_ptr<Protocol> make_stale_synchronous(std::size_t workers, std::uint64_t slack) {
  return std::make_unique<StaleSynchronous>(workers, slack);
}

}  // namespace sgdbench
