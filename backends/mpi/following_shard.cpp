#include <algorithm>
#include <numeric>
#include <utility>

#include "backends/mpi/coordinator.h"

namespace sgdbench {

/// Decides what it is told.
class Ordered final : public Protocol {
 public:
  explicit Ordered(const ProtocolTraits& traits) : Protocol(unbounded(traits)) {}
  bool applies = false;
  bool retire(std::size_t) override { return false; }

 private:
  /// What is thrown away is never taken.
  static ProtocolTraits unbounded(ProtocolTraits traits) {
    traits.max_staleness = UINT64_MAX;
    return traits;
  }
  Decision accept(std::size_t) override { return applies ? Decision::apply : Decision::hold; }
};

namespace {

std::vector<int> worker_ranks(const ServedRun& served) {
  std::vector<int> ranks(served.workers());
  std::iota(ranks.begin(), ranks.end(), served.rank_of_worker(0));
  return ranks;
}

/// What nothing goes before that was said behind it.
bool is_for_all(Kind kind) {
  return kind == Kind::copy || kind == Kind::observe || kind == Kind::finish;
}

}  // namespace

FollowingShard::FollowingShard(const ServedRun& served, std::size_t number, const WorkQueue& queue,
                               std::function<void()> stand_still)
    : FollowingShard(served, number, queue, std::move(stand_still),
                     std::make_unique<Ordered>(served.traits)) {}

FollowingShard::FollowingShard(const ServedRun& served, std::size_t number, const WorkQueue& queue,
                               std::function<void()> stand_still, std::unique_ptr<Ordered> protocol)
    : served_(served),
      protocol_(protocol.get()),
      shard_(served, number, std::move(protocol), queue),
      stand_still_(std::move(stand_still)),
      from_workers_(served.ranks.raw(), worker_ranks(served), served.most_bytes(number)),
      from_first_(served.ranks.raw(), {0}, sizeof(Header)),
      to_first_(served.ranks.raw(), 0, Message::bytes(0, 2 * served.ranges.size(number))),
      has_left_(served.workers()) {}

ServedOutcome FollowingShard::serve() {
  Patience patience(served_.has_cores);
  const auto hear = [this](std::size_t, const Message& message) {
    orders_.push_back(message.header);
    return message.header.kind == Kind::finish ? Mailbox::Then::last : Mailbox::Then::done;
  };
  const auto visit = [this](std::size_t worker, const Message& message) {
    return take(worker, message);
  };
  while (!finished_ || left_ < served_.workers()) {
    const bool ordered = from_first_.poll(hear), came = from_workers_.poll(visit);
    if (!ordered && !came) {
      patience.wait(from_workers_.is_moving() || shard_.is_moving() || to_first_.is_moving());
      continue;
    }
    patience.reset();
    obey_what_can_be();
  }
  Header bye;
  bye.kind = Kind::bye;
  for (std::size_t w = 0; w < served_.workers(); ++w) shard_.to(w).send_alone(bye);
  ServedOutcome outcome{shard_.sent(), from_workers_.received(), 0};
  outcome.sent += to_first_.sent();
  outcome.received += from_first_.received();
  return outcome;
}

Mailbox::Then FollowingShard::take(std::size_t worker, const Message& message) {
  switch (message.header.kind) {
    case Kind::ask:
      shard_.note_ask(worker, message);
      return Mailbox::Then::done;
    case Kind::push:
      shard_.note_push(worker, message);
      return Mailbox::Then::keep;
    default:  // leave
      has_left_[worker] = 1;
      ++left_;
      return Mailbox::Then::last;
  }
}

bool FollowingShard::is_possible(const Header& order) const {
  const std::size_t worker = order.worker;
  switch (order.kind) {
    case Kind::arrive:
    case Kind::drop:
      return shard_.has_push(worker);
    case Kind::serve:
      return has_left_[worker] != 0 || shard_.has_asked(worker, order.number);
    default:
      return true;
  }
}

/// The first order, or where its push has not come yet and gradients may be stale, the first answer
/// behind it to a worker whose own pushes are not waited for.
std::size_t FollowingShard::next_possible() const {
  const std::size_t none = orders_.size();
  if (orders_.empty() || is_possible(orders_.front())) return orders_.empty() ? none : 0;
  const ProtocolTraits& traits = served_.traits;
  // What a bound on staleness promises, it promises of every part.
  if (traits.whole_rounds || traits.cancels || traits.paced || traits.discards()) return none;
  for (std::size_t k = 1; k < orders_.size() && !is_for_all(orders_[k].kind); ++k) {
    const Header& order = orders_[k];
    const auto of_same = [&](const Header& other) {
      return other.worker == order.worker && other.kind != Kind::update;
    };
    if (order.kind == Kind::serve && is_possible(order) &&
        std::none_of(orders_.begin(), orders_.begin() + static_cast<std::ptrdiff_t>(k), of_same))
      return k;
  }
  return none;
}

void FollowingShard::obey_what_can_be() {
  for (std::size_t k = next_possible(); k < orders_.size(); k = next_possible()) {
    const Header order = orders_[k];
    orders_.erase(orders_.begin() + static_cast<std::ptrdiff_t>(k));
    obey(order);
  }
}

void FollowingShard::obey(const Header& order) {
  const std::size_t worker = order.worker;
  Server& server = shard_.server();
  switch (order.kind) {
    case Kind::arrive:
      protocol_->applies = order.applies;
      if (server.arrive(worker, shard_.made_of(worker, shard_.take_push(worker))) == Decision::hold)
        return;
      server.cancel_rest();
      server.update(shard_.replicas());
      return;
    case Kind::drop:
      shard_.take_push(worker);
      return;
    case Kind::update:
      server.cancel_rest();
      server.update(shard_.replicas());
      return;
    case Kind::serve:
      if (has_left_[worker] != 0) return;
      shard_.pull(worker, order.number);
      return shard_.send_values(worker, order);
    case Kind::copy:
      return send_slice();
    case Kind::observe:
      return stand_still_();
    default:
      finished_ = true;
  }
}

void FollowingShard::send_slice() {
  const auto shown = shard_.shown();
  const std::size_t n = shown.front().size();
  const Message message = to_first_.begin(0, shown.size() * n);
  for (std::size_t v = 0; v < shown.size(); ++v)
    std::copy(shown[v].begin(), shown[v].end(),
              message.values.begin() + static_cast<std::ptrdiff_t>(v * n));
  Header header;
  header.kind = Kind::slice;
  to_first_.send(header);
}

}  // namespace sgdbench
