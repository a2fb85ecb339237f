#include "backends/protocol.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "workloads/names.h"

namespace sgdbench {
namespace {

class Async final : public Protocol {
 public:
  Decision arrived(std::size_t) override { return Decision::apply; }
  bool may_start(std::size_t) const override { return true; }
  void retire(std::size_t) override {}
  bool in_rounds() const override { return false; }
};

class StaleSynchronous final : public Protocol {
 public:
  StaleSynchronous(std::size_t workers, std::uint64_t slack) : clocks_(workers), slack_(slack) {}

  Decision arrived(std::size_t worker) override {
    ++clocks_[worker];
    return Decision::apply;
  }
  bool may_start(std::size_t worker) const override {
    return clocks_[worker] - *std::min_element(clocks_.begin(), clocks_.end()) <= slack_;
  }
  void retire(std::size_t worker) override { clocks_[worker] = UINT64_MAX; }
  bool in_rounds() const override { return false; }

 private:
  std::vector<std::uint64_t> clocks_;  // gradients completed; UINT64_MAX once retired
  std::uint64_t slack_;
};

class BulkSynchronous final : public Protocol {
 public:
  explicit BulkSynchronous(std::size_t workers) : rounds_(workers) {}

  Decision arrived(std::size_t worker) override {
    ++rounds_[worker];
    return complete() ? Decision::apply : Decision::hold;
  }
  bool may_start(std::size_t) const override { return complete(); }
  void retire(std::size_t worker) override { rounds_[worker] = UINT64_MAX; }
  bool in_rounds() const override { return true; }

 private:
  // Nobody can be a round ahead of a worker that has not arrived, so equal means complete.
  bool complete() const {
    std::uint64_t low = UINT64_MAX, high = 0;
    for (const auto round : rounds_) {
      if (round == UINT64_MAX) continue;
      low = std::min(low, round);
      high = std::max(high, round);
    }
    return low == UINT64_MAX || low == high;
  }
  std::vector<std::uint64_t> rounds_;
};

std::uint64_t parse_count(std::string_view text, std::string_view whole) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > UINT32_MAX)
    throw UsageError("protocol '" + std::string(whole) +
                     "': after the colon stands a whole number, as in ssp:4");
  return value;
}

}  // namespace

const std::vector<ProtocolEntry>& protocol_catalog() {
  static const std::vector<ProtocolEntry> table{
      {"async", "every gradient is applied when it arrives; nobody waits"},
      {"bsp", "bulk-synchronous: one averaged update of every worker's gradient, then all go on"},
      {"ssp", "ssp:S, stale-synchronous: async, but nobody runs more than S gradients ahead"},
  };
  return table;
}

std::unique_ptr<Protocol> make_protocol(std::string_view text, std::size_t workers) {
  const auto colon = text.find(':');
  const auto& entry = find_by_name(protocol_catalog(), "protocol", text.substr(0, colon));
  const bool has_parameter = colon != std::string_view::npos;
  if (entry.name == "ssp") {
    if (!has_parameter) throw UsageError("protocol 'ssp' needs its slack, as in ssp:4");
    return std::make_unique<StaleSynchronous>(workers, parse_count(text.substr(colon + 1), text));
  }
  if (has_parameter)
    throw UsageError("protocol '" + std::string(text) + "': " + std::string(entry.name) +
                     " takes no parameter");
  if (entry.name == "bsp") return std::make_unique<BulkSynchronous>(workers);
  return std::make_unique<Async>();
}

}  // namespace sgdbench
