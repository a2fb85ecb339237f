// The protocols: three families of state machines, and the one table that makes each protocol of
// them.
#include <algorithm>
#include <bit>
#include <optional>
#include <string>

#include "backends/protocols/protocol.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

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

constexpr std::uint64_t kMost = 1'000'000;  ///< gradients, updates, steps
/// A parameter that is no bound at all, as in ssp:inf.
constexpr std::uint64_t kUnbounded = UINT64_MAX;

/// What stands behind the colon, read.
struct Parameters {
  std::uint64_t count = 0;  ///< S, K, H, R
  double alpha = 0;         ///< A
  std::uint64_t period = 10;
};

struct Row {
  ProtocolEntry entry;
  std::uint64_t least = 0;  ///< smallest count
  bool unbounded = false;   ///< "inf" is one too
  bool distinct = false;    ///< the count is of different workers
  std::unique_ptr<Protocol> (*make)(const Parameters&, std::size_t workers);
};

ProtocolTraits grouped(std::size_t arrivals) {
  ProtocolTraits traits;
  traits.arrivals = arrivals;
  return traits;
}

std::unique_ptr<Protocol> make_async(const Parameters&, std::size_t) {
  return std::make_unique<Immediate>(ProtocolTraits{});
}
std::unique_ptr<Protocol> make_ssp(const Parameters& p, std::size_t workers) {
  return std::make_unique<StaleSynchronous>(workers, p.count);
}
std::unique_ptr<Protocol> make_bsp(const Parameters&, std::size_t workers) {
  auto traits = grouped(workers);
  traits.whole_rounds = true;
  return std::make_unique<Grouped>(workers, Grouping::round, traits);
}
std::unique_ptr<Protocol> make_k_sync(const Parameters& p, std::size_t workers) {
  auto traits = grouped(p.count);
  traits.cancels = p.count < workers;
  traits.whole_rounds = p.count == workers;
  return std::make_unique<Grouped>(workers, Grouping::round, traits);
}
std::unique_ptr<Protocol> make_k_batch_sync(const Parameters& p, std::size_t workers) {
  auto traits = grouped(p.count);
  traits.cancels = true;
  traits.overlaps = true;
  return std::make_unique<Grouped>(workers, Grouping::round_batch, traits);
}
std::unique_ptr<Protocol> make_k_async(const Parameters& p, std::size_t workers) {
  auto traits = grouped(p.count);
  traits.whole_rounds = p.count == workers;
  return std::make_unique<Grouped>(workers, Grouping::first, traits);
}
std::unique_ptr<Protocol> make_k_batch_async(const Parameters& p, std::size_t workers) {
  auto traits = grouped(p.count);
  traits.overlaps = p.count > 1;
  return std::make_unique<Grouped>(workers, Grouping::first_batch, traits);
}
std::unique_ptr<Protocol> make_local(const Parameters& p, std::size_t workers) {
  auto traits = grouped(workers);
  traits.whole_rounds = true;
  traits.steps = p.count;
  if (p.count > 1) traits.exchange = Exchange::average;
  return std::make_unique<Grouped>(workers, Grouping::round, traits);
}
std::unique_ptr<Protocol> make_elastic(const Parameters& p, std::size_t) {
  ProtocolTraits traits;
  traits.exchange = Exchange::elastic;
  traits.steps = p.period;
  traits.alpha = p.alpha;
  return std::make_unique<Immediate>(traits);
}
std::unique_ptr<Protocol> make_ringmaster(const Parameters& p, std::size_t) {
  ProtocolTraits traits;
  if (p.count != kUnbounded) traits.max_staleness = p.count - 1;
  return std::make_unique<Immediate>(traits);
}

const std::vector<Row>& rows() {
  // clang-format off
  static const std::vector<Row> table{
      {{"async", "async", "async", "every gradient is applied when it arrives; nobody waits"},
       0, false, false, make_async},
      {{"bsp", "bsp", "bsp", "bulk-synchronous: one averaged update of every worker's gradient, then all go on"},
       0, false, false, make_bsp},
      {{"ssp", "ssp:S", "ssp:4", "stale-synchronous: async, but nobody runs more than S gradients ahead"},
       0, true, false, make_ssp},
      {{"k-sync", "k-sync:K", "k-sync:1", "the first K workers' gradients make an update, the others' are cancelled"},
       1, false, true, make_k_sync},
      {{"k-batch-sync", "k-batch-sync:K", "k-batch-sync:2", "k-sync, but who has arrived computes another meanwhile"},
       1, false, false, make_k_batch_sync},
      {{"k-async", "k-async:K", "k-async:1", "the first K workers' gradients make an update, nobody is cancelled"},
       1, false, true, make_k_async},
      {{"k-batch-async", "k-batch-async:K", "k-batch-async:2", "nobody waits; every K gradients make an update"},
       1, false, false, make_k_batch_async},
      {{"local", "local:H", "local:8", "each worker makes H steps of its own, then all replicas are averaged"},
       1, false, false, make_local},
      {{"elastic", "elastic:A[,N]", "elastic:0.1,10", "every N steps (10), a replica and the centre approach each other by the share A"},
       0, false, false, make_elastic},
      {{"ringmaster", "ringmaster:R", "ringmaster:8", "async, but a gradient that is R or more updates old is thrown away"},
       1, true, false, make_ringmaster},
  };
  // clang-format on
  return table;
}

const Row& row_of(std::string_view text) {
  const auto& entry = find_by_name(protocol_catalog(), "protocol", text.substr(0, text.find(':')));
  return rows()[static_cast<std::size_t>(&entry - protocol_catalog().data())];
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("protocol '" + std::string(text) + "': " + why);
}

std::uint64_t read_count(std::string_view digits, std::uint64_t least, std::string_view text,
                         std::string_view example) {
  const auto value = parse_number<std::uint64_t>(digits);
  if (!value || *value < least || *value > kMost)
    refuse(text, "it takes a whole number from " + std::to_string(least) + " to " +
                     std::to_string(kMost) + ", as in " + std::string(example));
  return *value;
}

Parameters read_elastic(std::string_view values, std::string_view text, const Row& row) {
  const auto comma = values.find(',');
  const auto alpha = parse_number<double>(values.substr(0, comma));
  if (!alpha || !(*alpha >= 0 && *alpha <= 1))
    refuse(text, "A is a share from 0 to 1, as in " + std::string(row.entry.example));
  Parameters p;
  p.alpha = *alpha;
  if (comma != std::string_view::npos)
    p.period = read_count(values.substr(comma + 1), 1, text, row.entry.example);
  return p;
}

Parameters read(const Row& row, std::string_view text) {
  const auto colon = text.find(':');
  const bool has_parameter = colon != std::string_view::npos;
  if (row.entry.form == row.entry.name) {
    if (has_parameter) refuse(text, std::string(row.entry.name) + " takes no parameter");
    return {};
  }
  if (!has_parameter)
    refuse(text, "it needs its parameter, as in " + std::string(row.entry.example));
  const auto values = text.substr(colon + 1);
  if (row.make == make_elastic) return read_elastic(values, text, row);
  Parameters p;
  p.count = row.unbounded && values == "inf"
                ? kUnbounded
                : read_count(values, row.least, text, row.entry.example);
  return p;
}

}  // namespace

const std::vector<ProtocolEntry>& protocol_catalog() {
  static const std::vector<ProtocolEntry> table = [] {
    std::vector<ProtocolEntry> entries;
    for (const auto& row : rows()) entries.push_back(row.entry);
    return entries;
  }();
  return table;
}

void check_protocol(std::string_view text) {
  read(row_of(text), text);
}

std::string short_form(std::string_view text, std::size_t steps) {
  const auto& row = row_of(text);
  if (row.make == make_elastic) return "elastic:0.5," + std::to_string(steps);
  if (row.make != make_local || read(row, text).count <= steps) return std::string(text);
  return "local:" + std::to_string(steps);
}

std::size_t gradients_per_update(std::string_view text, std::size_t workers) {
  if (!why_not_protocol(text, workers).empty()) return 1;
  const auto traits = make_protocol(text, workers)->traits();
  return traits.exchange == Exchange::gradient ? traits.arrivals : 1;
}

std::string why_not_protocol(std::string_view text, std::size_t workers) {
  const auto& row = row_of(text);
  const auto p = read(row, text);
  if (!row.distinct || p.count <= workers) return "";
  return "protocol '" + std::string(text) + "' waits for " + std::to_string(p.count) +
         " different workers, and there are " + std::to_string(workers) + ": at most " +
         std::string(row.entry.name) + ":" + std::to_string(workers);
}

std::unique_ptr<Protocol> make_protocol(std::string_view text, std::size_t workers,
                                        std::uint64_t max_staleness) {
  const auto& row = row_of(text);
  const auto p = read(row, text);
  if (auto why = why_not_protocol(text, workers); !why.empty()) throw UsageError(why);
  auto protocol = row.make(p, workers);
  protocol->bound_staleness(max_staleness);
  return protocol;
}

/// Where an update ends all that is in flight, nothing is ever stale.
void Protocol::bound_staleness(std::uint64_t most) {
  if (traits_.whole_rounds || traits_.cancels) return;
  traits_.max_staleness = std::min(traits_.max_staleness, most);
}

}  // namespace sgdbench
