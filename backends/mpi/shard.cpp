#include "backends/mpi/shard.h"

#include <algorithm>

namespace sgdbench {

std::size_t ServedRun::most_bytes(std::size_t shard) const {
  const std::size_t n = ranges.size(shard);
  // Beside a gradient, a slope for each example and score of a rule that remembers them.
  const std::size_t numbers = run.rule.state_size() - run.rule.vectors() * run.rule.parameters();
  const std::size_t slopes = numbers / std::max<std::size_t>(1, run.problem.examples());
  return Message::bytes(0, vectors() * n + slopes * run.spec.batch);
}

namespace {

/// One server's is the problem's own, which may know what gradients are made of; that of a range
/// knows no more than how long it is.
std::unique_ptr<const Rule> rule_of_range(const ServedRun& served, std::size_t shard) {
  if (served.shards() == 1) return nullptr;
  return make_rule(served.run.rule.spec(),
                   {served.ranges.size(shard), served.run.problem.examples()});
}

}  // namespace

Shard::Shard(const ServedRun& served, std::size_t number, std::unique_ptr<Protocol> protocol,
             const WorkQueue& queue)
    : served_(served),
      queue_(queue),
      own_rule_(rule_of_range(served, number)),
      own_state_(own_rule_ ? own_rule_->state_size() : 0),
      rule_(own_rule_ ? *own_rule_ : served.run.rule),
      state_(own_rule_ ? std::span<Real>(own_state_) : std::span<Real>(served.run.state)),
      replica_of_([this](const Held& held) { return clients_[held.worker].replica; }) {
  Run& run = served.run;
  if (own_rule_) {
    const auto mine = run.w().subspan(served.ranges.begin(number), served.ranges.size(number));
    std::copy(mine.begin(), mine.end(), own_state_.begin());
  }
  server_ =
      std::make_unique<Server>(std::move(protocol), served.workers(), state_, rule_, run.step_size);
  const std::size_t bytes = served.most_bytes(number);
  clients_.reserve(served.workers());
  for (std::size_t w = 0; w < served.workers(); ++w) {
    Client& client =
        clients_.emplace_back(Sender(served.ranks.raw(), served.rank_of_worker(w), bytes));
    for (Asked& asked : client.asked) {
      if (served.sparse) asked.coordinates.reserve(rule_.parameters());
      if (server_->wants_read()) asked.read.reserve(rule_.parameters());
    }
    if (rule_.remembers_examples()) client.rows.resize(run.spec.batch);
    if (served.traits.overlaps) rule_.reserve(client.stored, run.spec.batch, server_->wants_read());
  }
  if (served.traits.overlaps) server_->reserve_copies(run.spec.batch);
}

void Shard::note_ask(std::size_t worker, const Message& message) {
  Client& client = clients_[worker];
  Asked& next = client.asked[1 - client.current];
  next.number = message.header.number;
  next.coordinates.assign(message.coordinates.begin(), message.coordinates.end());
}

bool Shard::has_asked(std::size_t worker, std::uint64_t number) const {
  const Client& client = clients_[worker];
  return !served_.sparse || client.asked[1 - client.current].number == number;
}

Message Shard::take_push(std::size_t worker) {
  Client& client = clients_[worker];
  const Message push = *client.push;
  client.push.reset();
  return push;
}

Work Shard::work_of(std::uint64_t number) const {
  const Task task = queue_.pushed(number);
  return {number, task.round.epoch, task.examples, task.gradients()};
}

Push Shard::made_of(std::size_t worker, const Message& message) {
  Client& client = clients_[worker];
  Push push;
  if (served_.replicas()) {
    client.replica = message.values;
    return push;
  }
  const Work& work = server_->work(worker);
  if (work.examples == 0) return push;
  push.gradient_sum = gradient_of(client, message, work);
  if (!served_.traits.overlaps) return push;
  client.stored.assign(push.gradient_sum, rule_.remembers_examples(), server_->wants_read());
  push.stored = &client.stored;
  return push;
}

GradientSum Shard::gradient_of(Client& client, const Message& push, const Work& work) {
  const Asked& asked = client.asked[client.current];
  const std::size_t entries = served_.sparse ? asked.coordinates.size() : rule_.parameters();
  GradientSum sum{.values = push.values.first(entries),
                  .support = asked.coordinates,
                  .dense = !served_.sparse,
                  .examples = work.examples,
                  .packed = served_.sparse};
  if (server_->wants_read()) sum.read = asked.read;
  if (!rule_.remembers_examples()) return sum;
  const Block block = queue_.pushed(work.number).step(0);
  sum.slopes = push.values.subspan(entries);
  sum.rows = served_.run.order.rows(block.epoch, block.begin, block.begin + work.examples,
                                    std::span(client.rows).first(work.examples));
  return sum;
}

void Shard::pull(std::size_t worker, std::uint64_t number) {
  Client& client = clients_[worker];
  if (served_.sparse) client.current = 1 - client.current;
  server_->pull(worker, work_of(number));
}

void Shard::send_values(std::size_t worker, Header header) {
  Client& client = clients_[worker];
  Asked& asked = client.asked[client.current];
  header.kind = Kind::values;
  header.version = server_->version();
  const std::size_t n = rule_.parameters();
  const bool has_examples = server_->work(worker).examples != 0;
  std::span<const Real> from = state_.first(served_.vectors() * n);
  // An elastic replica stays where it is but for what meeting the centre changed in it.
  if (served_.traits.exchange == Exchange::elastic) from = client.replica;
  if (!served_.replicas() && !has_examples) from = {};
  if (!served_.sparse) {
    Message message = client.out.begin(0, from.size());
    std::copy(from.begin(), from.end(), message.values.begin());
    if (server_->wants_read()) asked.read.assign(from.begin(), from.end());
    return client.out.send(header);
  }
  Message message = client.out.begin(0, asked.coordinates.size());
  for (std::size_t k = 0; k < asked.coordinates.size(); ++k)
    message.values[k] = state_[asked.coordinates[k]];
  if (server_->wants_read()) asked.read.assign(message.values.begin(), message.values.end());
  client.out.send(header);
}

std::vector<std::span<Real>> Shard::shown() {
  const std::size_t n = rule_.parameters();
  std::vector<std::span<Real>> vectors{state_.first(n)};
  if (Real* const u = rule_.average(state_.data())) vectors.emplace_back(u, n);
  return vectors;
}

std::uint64_t Shard::sent() const {
  std::uint64_t all = 0;
  for (const Client& client : clients_) all += client.out.sent();
  return all;
}

bool Shard::is_moving() {
  return std::any_of(clients_.begin(), clients_.end(),
                     [](Client& client) { return client.out.is_moving(); });
}

}  // namespace sgdbench
