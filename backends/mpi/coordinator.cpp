#include "backends/mpi/coordinator.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "backends/server.h"

namespace sgdbench {
namespace {

std::vector<int> ranks_from(int first, std::size_t count) {
  std::vector<int> ranks(count);
  std::iota(ranks.begin(), ranks.end(), first);
  return ranks;
}

std::size_t most_bytes_of_slices(const ServedRun& served) {
  return Message::bytes(0, 2 * served.ranges.size(0));  // w and u; the first range is the longest
}

}  // namespace

Coordinator::Coordinator(const ServedRun& served, std::unique_ptr<Protocol> protocol,
                         WorkQueue& queue)
    : served_(served),
      run_(served.run),
      queue_(queue),
      shard_(served, 0, std::move(protocol), queue),
      server_(shard_.server()),
      from_workers_(served.ranks.raw(), ranks_from(served.rank_of_worker(0), served.workers()),
                    served.most_bytes(0)),
      from_shards_(served.ranks.raw(), ranks_from(1, served.shards() - 1),
                   most_bytes_of_slices(served)),
      clients_(served.workers()),
      blocks_(pushes_blocks(served.traits)),
      next_point_(run_.curve.next_after(0)) {
  const auto& traits = served.traits;
  // As among threads: who may have to wait takes nothing with it where those that are idle could
  // need it.
  takes_ahead_ =
      traits.overlaps || (!traits.cancels && (traits.whole_rounds || traits.arrivals == 1));
  for (std::size_t k = 1; k < served.shards(); ++k)
    to_shards_.emplace_back(served.ranks.raw(), static_cast<int>(k), sizeof(Header));
  if (served.replicas())
    for (auto& context : run_.contexts) context.report.local_steps = 0;
}

ServedOutcome Coordinator::serve() {
  for (std::size_t w = 0; w < clients_.size(); ++w) make_ready(w);
  while (left_ < clients_.size()) {
    try {
      step();
    } catch (...) {
      run_.fail(std::current_exception());
      observe_due_ = false;
    }
  }
  if (served_.shards() > 1) collect();
  order(Kind::finish);
  for (std::size_t w = 0; w < clients_.size(); ++w)
    shard_.to(w).send_alone(header_for(w, Kind::bye));
  ServedOutcome outcome{shard_.sent(), from_workers_.received(), seen_};
  for (const Sender& sender : to_shards_) outcome.sent += sender.sent();
  outcome.received += from_shards_.received();
  return outcome;
}

/// What can be done, and then the next messages.
void Coordinator::step() {
  Patience patience(served_.has_cores);
  const auto visit = [this](std::size_t worker, const Message& message) {
    return take(worker, message);
  };
  while (do_what_is_due()) {
  }
  while (!from_workers_.poll(visit)) {
    if (!has_stopped_ && run_.stop.should_stop()) return;
    patience.wait(from_workers_.is_moving() || shard_.is_moving());
  }
}

bool Coordinator::do_what_is_due() {
  if (!has_stopped_ && run_.stop.should_stop()) stop_all();
  if (observe_due_ && computing_ == 0) return observe(), true;
  if (observe_due_) return false;
  // Who may go on does so before the next push is taken: a push and the next pull are one section.
  if (!ready_.empty()) {
    const std::size_t worker = ready_.front();
    ready_.pop_front();
    return next_turn(worker), true;
  }
  if (stalled_.empty()) return false;
  const std::size_t worker = stalled_.front();
  stalled_.pop_front();
  return deliver(worker), true;
}

Mailbox::Then Coordinator::take(std::size_t worker, const Message& message) {
  Client& client = clients_[worker];
  switch (message.header.kind) {
    case Kind::ask:
      shard_.note_ask(worker, message);
      if (std::exchange(client.asks, false)) make_ready(worker);
      return Mailbox::Then::done;
    case Kind::push:
      if (std::exchange(client.computes, false)) --computing_;
      shard_.note_push(worker, message);
      stalled_.push_back(worker);
      return Mailbox::Then::keep;
    default:  // leave
      if (std::exchange(client.computes, false)) --computing_;
      client.left = true;
      ++left_;
      if (const auto reason = static_cast<Stopped>(message.header.reason);
          reason != Stopped::completed)
        run_.stop.stop(reason);
      return Mailbox::Then::last;
  }
}

/// As in parameter_server.cpp: what was made lands, waits or is thrown away, and its worker's turn
/// comes when the protocol lets it go on.
void Coordinator::deliver(std::size_t worker) {
  Client& client = clients_[worker];
  const Message push = shard_.take_push(worker);
  client.next = push.header.task;
  client.became = 0;
  client.since = now();
  if (std::exchange(client.cancelled, false) || !running() || !push.header.whole) {
    order(Kind::drop, worker);
  } else {
    client.may_go = false;
    client.became = server_.version() + 1;
    const Decision decision = server_.arrive(worker, shard_.made_of(worker, push));
    if (decision == Decision::discard) {
      client.became = 0;
      order(Kind::drop, worker);
      give_back(worker);
    } else {
      order(Kind::arrive, worker, 0, decision == Decision::apply);
    }
    if (decision == Decision::apply) update();
    release();
  }
  make_ready(worker);
}

void Coordinator::update() {
  for (const auto worker : server_.cancel_rest()) {
    give_back(worker);
    clients_[worker].cancelled = true;
    Header header = header_for(worker, Kind::cancel);
    header.number = server_.work(worker).number;
    shard_.to(worker).send_alone(header);
  }
  WorkerContext& context = run_.contexts[server_.held().back().worker];
  const Nanoseconds begun = run_.apply_begins(context);
  const auto landed = server_.update(shard_.replicas());
  run_.note_apply(context, begun, server_.version(), server_.stalest());
  book(run_, server_, queue_, landed);
  if (server_.landed() < next_point_) return;
  observed_before_ = server_.landed_before();
  observed_after_ = server_.landed();
  next_point_ = run_.curve.next_after(server_.landed());
  if (run_.pause)
    observe_due_ = true;
  else
    observe();
}

void Coordinator::give_back(std::size_t worker) {
  queue_.give_back(worker, server_.work(worker).number);
  work_returned_ = true;
}

void Coordinator::release() {
  for (const auto worker : server_.released()) {
    clients_[worker].may_go = true;
    if (std::exchange(clients_[worker].waiting, false)) make_ready(worker);
  }
  if (!std::exchange(work_returned_, false) && !(server_.may_return_work() && finished())) return;
  for (std::size_t w = 0; w < clients_.size(); ++w)
    if (std::exchange(clients_[w].waiting, false)) make_ready(w);
}

void Coordinator::make_ready(std::size_t worker) {
  ready_.push_back(worker);
}

void Coordinator::next_turn(std::size_t worker) {
  Client& client = clients_[worker];
  if (!running() || client.left || client.computes) return;
  if (client.may_go) {
    if (client.next != Header::kNone) {
      client.asks = !shard_.has_asked(worker, client.next);
      return client.asks ? void() : serve(worker);
    }
    if (const auto task = queue_.next(worker)) return deal(worker, *task);
    if (!may_get_more()) return end(worker);
  }
  client.waiting = true;
}

Header Coordinator::header_for(std::size_t worker, Kind kind) {
  Client& client = clients_[worker];
  Header header;
  header.kind = kind;
  header.became = client.became;
  if (client.since != 0) header.waited = now() - client.since;
  return header;
}

void Coordinator::serve(std::size_t worker) {
  Client& client = clients_[worker];
  Header header = header_for(worker, Kind::values);
  header.number = client.next;
  if (client.next == client.ahead) {
    client.end = client.ahead_end;
    client.ahead = Header::kNone;
  }
  shard_.pull(worker, client.next);
  order(Kind::serve, worker, client.next);
  if (takes_ahead_ && client.next + 1 == client.end && client.ahead == Header::kNone)
    take_ahead(worker, header);
  shard_.send_values(worker, header);
  client.since = 0;
  client.computes = true;
  ++computing_;
}

namespace {

/// What is pushed of a task has these numbers.
std::pair<std::uint64_t, std::uint64_t> numbers_of(const Task& task, bool blocks) {
  if (!blocks) return {task.number, task.number + 1};
  return {task.round.first_update, task.round.first_update + task.round.updates()};
}

}  // namespace

void Coordinator::deal(std::size_t worker, const Task& task) {
  Client& client = clients_[worker];
  std::tie(client.next, client.end) = numbers_of(task, blocks_);
  Header header = header_for(worker, Kind::deal);
  header.task = task.number;
  client.since = 0;
  shard_.to(worker).send_alone(header);
  make_ready(worker);
}

bool Coordinator::take_ahead(std::size_t worker, Header& header) {
  Client& client = clients_[worker];
  const auto task = queue_.next(worker);
  if (!task) return false;
  std::tie(client.ahead, client.ahead_end) = numbers_of(*task, blocks_);
  header.task = task->number;
  return true;
}

/// It has no more work, and nobody waits for it from now on.
void Coordinator::end(std::size_t worker) {
  shard_.to(worker).send_alone(header_for(worker, Kind::end));
  clients_[worker].may_go = false;
  if (server_.retire(worker)) {
    order(Kind::update);
    update();
  }
  release();
  clients_[worker].may_go = clients_[worker].waiting = false;
}

void Coordinator::stop_all() {
  has_stopped_ = true;
  observe_due_ = false;
  for (std::size_t w = 0; w < clients_.size(); ++w) {
    if (clients_[w].left) continue;
    Header header = header_for(w, Kind::stop);
    header.reason = static_cast<std::uint32_t>(run_.stop.reason());
    shard_.to(w).send_alone(header);
  }
}

/// All parameters into the run's state, as they are behind the last order.
void Coordinator::collect() {
  const std::size_t n = run_.problem.parameters();
  const auto place = [&](std::size_t shard, std::size_t vector) {
    Real* const to = vector == 0 ? run_.state.data() : run_.rule.average(run_.state.data());
    return std::span(to, n).subspan(served_.ranges.begin(shard), served_.ranges.size(shard));
  };
  const auto shown = shard_.shown();
  for (std::size_t v = 0; v < shown.size(); ++v)
    std::copy(shown[v].begin(), shown[v].end(), place(0, v).begin());
  order(Kind::copy);
  std::size_t came = 0;
  Patience patience(served_.has_cores);
  while (came < to_shards_.size()) {
    const bool any = from_shards_.poll([&](std::size_t sender, const Message& message) {
      const std::size_t size = served_.ranges.size(sender + 1);
      for (std::size_t v = 0; v < shown.size(); ++v)
        std::copy_n(message.values.data() + v * size, size, place(sender + 1, v).begin());
      ++came;
      return Mailbox::Then::done;
    });
    if (!any) patience.wait(from_shards_.is_moving());
  }
}

void Coordinator::observe() {
  observe_due_ = false;
  if (served_.shards() > 1) collect();
  if (run_.pause) {
    order(Kind::observe);
    for (std::size_t w = 0; w < clients_.size(); ++w)
      shard_.to(w).send_alone(header_for(w, Kind::observe));
  }
  run_.observe(run_.contexts[0], observed_before_, observed_after_, run_.w(), Access::exclusive,
               activity_of(Phase::communicate));
  seen_ = run_.contexts[0].time() - run_.start;
}

void Coordinator::order(Kind kind, std::size_t worker, std::uint64_t number, bool applies) {
  Header header;
  header.kind = kind;
  header.worker = static_cast<std::uint32_t>(worker);
  header.number = number;
  header.applies = applies;
  for (Sender& sender : to_shards_) sender.send_alone(header);
}

}  // namespace sgdbench
