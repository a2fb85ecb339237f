#include "backends/mpi/remote_worker.h"

#include <algorithm>
#include <numeric>

#include "backends/server.h"

namespace sgdbench {
namespace {

std::vector<int> server_ranks(const ServedRun& served) {
  std::vector<int> ranks(served.shards());
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

}  // namespace

RemoteWorker::RemoteWorker(const ServedRun& served, std::size_t worker, const WorkQueue& queue,
                           std::function<void()> stand_still)
    : served_(served),
      run_(served.run),
      worker_(worker),
      context_(run_.contexts[worker]),
      queue_(queue),
      stand_still_(std::move(stand_still)),
      blocks_(pushes_blocks(served.traits)),
      from_servers_(served.ranks.raw(), server_ranks(served), served.most_bytes(0)),
      answers_(served.shards()) {
  pushed_.resize(served.shards());
  for (std::size_t k = 0; k < served.shards(); ++k)
    servers_.emplace_back(served.ranks.raw(), static_cast<int>(k), served.most_bytes(k));
  for (auto& rows : rows_) rows.resize(context_.rows.size());
  for (auto& places : places_) places.resize(served.shards());
  if (served.replicas()) {
    replica_.assign(run_.state.begin(), run_.state.end());
    context_.report.local_steps = 0;
  } else if (served.shards() > 1) {
    values_.resize(run_.problem.parameters());
  }
}

RemoteReport RemoteWorker::work() {
  context_.injector.watch([this] { look(); });
  try {
    read_compute_commit(*this, run_, worker_);
  } catch (...) {
    run_.fail(std::current_exception());
  }
  context_.injector.watch({});
  context_.finish();
  leave();
  for (const Sender& server : servers_) report_.sent += server.sent();
  report_.received = from_servers_.received();
  return report_;
}

void RemoteWorker::compute(Run& run, std::size_t) {
  if (served_.replicas())
    return void(*context_.report.local_steps +=
                train_replica(run, context_, current_.task, replica_));
  if (current_.examples != 0) context_.compute->compute();
  context_.report.computed += current_.examples;
}

bool RemoteWorker::commit(Run&, std::size_t, Made made) {
  context_.enter(Activity::push, gradient_);
  begun_ = context_.time();
  computes_ = false;
  context_.injector.renew();
  if (!run_.stop.should_stop()) push(made);
  return next_turn();
}

void RemoteWorker::begin_task(std::uint64_t number) {
  const Task task = queue_.task(number);
  next_ = {.number = task.number, .examples = task.examples, .rows = {}, .task = task};
  walk_ = {};
  if (served_.replicas()) return;
  Block block = blocks_ ? task.round : task.step(0);
  if (blocks_)
    next_.number = block.first_update, next_.examples = block.batch;
  else
    block.batch = task.examples;
  if (task.examples == 0) return;
  auto& rows = rows_[rows_at_ = 1 - rows_at_];
  walk_ = {block, run_.order.rows(block.epoch, block.begin, block.end,
                                  std::span(rows).first(block.end - block.begin))};
  next_.rows = walk_.rows();
}

/// What comes behind the current work, as far as it is known; where its coordinates are to be
/// asked for, that is done.
void RemoteWorker::take_next() {
  if (const std::uint64_t before = current_.number; walk_.advance()) {
    next_ = {.number = before + 1, .examples = walk_.examples(), .rows = walk_.rows(), .task = {}};
  } else if (ahead_ != Header::kNone) {
    begin_task(std::exchange(ahead_, Header::kNone));
  } else {
    next_.number = Header::kNone;
    return;
  }
  if (served_.sparse) ask();
}

void RemoteWorker::ask() {
  Worker& compute = *context_.compute;
  std::span<const std::uint32_t> wanted;
  if (next_.examples != 0) {
    compute.prepare(next_.rows);
    wanted = *compute.wanted();
  }
  auto& places = places_[places_at_];
  for (auto& of_server : places) of_server.clear();
  for (std::uint32_t i = 0; i < wanted.size(); ++i)
    places[served_.ranges.shard_of(wanted[i])].push_back(i);
  for (std::size_t k = 0; k < servers_.size(); ++k) {
    const auto first = static_cast<std::uint32_t>(served_.ranges.begin(k));
    Message message = servers_[k].begin(places[k].size(), 0);
    for (std::size_t i = 0; i < places[k].size(); ++i)
      message.coordinates[i] = wanted[places[k][i]] - first;
    message.header.kind = Kind::ask;
    message.header.number = next_.number;
    report_.traffic.pull_bytes += static_cast<double>(message.bytes());
    servers_[k].send(message.header);
  }
}

void RemoteWorker::push(Made made) {
  const bool whole = made == Made::whole;
  for (std::size_t k = 0; k < servers_.size(); ++k) {
    const std::size_t n = served_.ranges.size(k);
    std::size_t values = served_.replicas()       ? served_.vectors() * n
                         : current_.examples == 0 ? 0
                         : served_.sparse         ? places_[1 - places_at_][k].size()
                                                  : n;
    if (!whole) values = 0;
    std::span<const Real> slopes;
    if (whole && current_.examples != 0 && run_.rule.remembers_examples())
      slopes = context_.compute->gradient_sum().slopes;
    Message message = servers_[k].begin(0, values + slopes.size());
    if (values != 0) fill(k, message.values.first(values));
    std::copy(slopes.begin(), slopes.end(),
              message.values.begin() + static_cast<std::ptrdiff_t>(values));
    message.header.kind = Kind::push;
    message.header.number = current_.number;
    message.header.task = next_.number;
    message.header.whole = whole;
    report_.traffic.push_bytes += static_cast<double>(message.bytes());
    pushed_[k] = message.header;
  }
  // When all are made: what fails before leaves no server with a part.
  for (std::size_t k = 0; k < servers_.size(); ++k) servers_[k].send(pushed_[k]);
  ++report_.traffic.pushes;
}

/// What this server is to have of what was made.
void RemoteWorker::fill(std::size_t shard, std::span<Real> values) const {
  const std::size_t begin = served_.ranges.begin(shard), n = served_.ranges.size(shard);
  if (served_.replicas()) {
    for (std::size_t v = 0; v < served_.vectors(); ++v)
      std::copy_n(replica_.data() + v * run_.problem.parameters() + begin, n,
                  values.data() + v * n);
    return;
  }
  const GradientSum sum = context_.compute->gradient_sum();
  if (!served_.sparse) return void(std::copy_n(sum.values.data() + begin, n, values.data()));
  const auto& places = places_[1 - places_at_][shard];
  for (std::size_t i = 0; i < places.size(); ++i)
    values[i] = sum.values[sum.packed ? places[i] : sum.support[places[i]]];
}

/// Waits until all servers have sent what the next work needs, and takes it; false where there is
/// none.
bool RemoteWorker::next_turn() {
  Patience patience(served_.has_cores);
  const auto visit = [this](std::size_t shard, const Message& message) {
    return hear(shard, message) ? Mailbox::Then::keep : Mailbox::Then::done;
  };
  while (answered_ < answers_.size()) {
    if (ended_ || run_.stop.should_stop()) return false;
    if (!from_servers_.poll(visit)) patience.wait(is_moving());
  }
  if (over()) return false;
  accept();
  end_contact();
  take_next();
  computes_ = true;
  if (cancelled_ == current_.number) context_.injector.cancel();
  return true;
}

bool RemoteWorker::is_moving() {
  return from_servers_.is_moving() ||
         std::any_of(servers_.begin(), servers_.end(), [](Sender& to) { return to.is_moving(); });
}

/// Whether the message is to be kept.
bool RemoteWorker::hear(std::size_t shard, const Message& message) {
  const Header& header = message.header;
  if (header.waited != 0) waited_ += header.waited;
  if (header.became != 0) became_ = header.became;
  switch (header.kind) {
    case Kind::deal:
      begin_task(header.task);
      if (served_.sparse) ask();
      return false;
    case Kind::values:
      answers_[shard] = message;
      ++answered_;
      if (shard == 0) cancelled_ = Header::kNone;  // what came before is past
      if (header.task != Header::kNone) ahead_ = header.task;
      report_.traffic.pull_bytes += static_cast<double>(message.bytes());
      return true;
    case Kind::cancel:
      // Of what was pushed meanwhile it is past; of what the other servers have not answered for
      // yet, it counts as soon as they have.
      cancelled_ = header.number;
      if (computes_ && cancelled_ == current_.number) context_.injector.cancel();
      return false;
    case Kind::end:
      ended_ = true;
      return false;
    case Kind::stop:
      run_.stop.stop(static_cast<Stopped>(header.reason));
      return false;
    case Kind::observe:
      stand_still_();
      return false;
    default:  // bye
      ++byes_;
      return false;
  }
}

void RemoteWorker::accept() {
  std::uint64_t oldest = Header::kNone, newest = 0;
  for (const auto& answer : answers_) {
    oldest = std::min(oldest, answer->header.version);
    newest = std::max(newest, answer->header.version);
  }
  read_before_ = std::exchange(read_, answers_[0]->header.version);
  report_.spread += newest - oldest;
  ++report_.answers;
  ++report_.traffic.pulls;
  current_ = next_;
  places_at_ = 1 - places_at_;
  const std::size_t n = run_.problem.parameters();
  for (std::size_t k = 0; k < answers_.size(); ++k) {
    const std::span<const Real> values = answers_[k]->values;
    const std::size_t begin = served_.ranges.begin(k), size = served_.ranges.size(k);
    if (served_.replicas()) {
      for (std::size_t v = 0; v * size < values.size(); ++v)
        std::copy_n(values.data() + v * size, size, replica_.data() + v * n + begin);
    } else if (answers_.size() > 1 && served_.sparse) {
      const auto& places = places_[1 - places_at_][k];
      for (std::size_t i = 0; i < places.size(); ++i) values_[places[i]] = values[i];
    } else if (answers_.size() > 1 && current_.examples != 0) {
      std::copy_n(values.data(), size, values_.data() + begin);
    }
  }
  if (!served_.replicas() && current_.examples != 0) {
    if (!served_.sparse) context_.compute->prepare(current_.rows);
    context_.compute->accept(answers_.size() > 1 ? std::span<const Real>(values_)
                                                 : answers_[0]->values);
  }
  for (auto& answer : answers_) answer.reset();
  answered_ = 0;
}

/// Of the time since the push, what the server says that it was waiting for leave is waiting; it
/// lies between the push and the pull.
void RemoteWorker::end_contact() {
  if (gradient_ != 0) {
    const Nanoseconds end = context_.time();
    const Nanoseconds waited = std::clamp<Nanoseconds>(waited_, 0, end - begun_);
    if (became_ != 0) context_.track.note_update(became_, became_ - 1 - read_before_);
    if (waited != 0 && context_.recording) {
      const Nanoseconds from = begun_ + (end - begun_ - waited) / 2;
      context_.enter_at(Activity::wait, from);
      context_.enter_at(Activity::pull, from + waited, gradient_ + 1);
    }
  }
  waited_ = 0;
  became_ = 0;
  context_.enter(Activity::compute, ++gradient_);
}

/// While it waits for a delay to pass.
void RemoteWorker::look() {
  from_servers_.poll([this](std::size_t shard, const Message& message) {
    return hear(shard, message) ? Mailbox::Then::keep : Mailbox::Then::done;
  });
}

/// Tells the servers, and hears the last of them.
void RemoteWorker::leave() {
  Header header;
  header.kind = Kind::leave;
  header.reason = static_cast<std::uint32_t>(run_.stop.reason());
  for (Sender& server : servers_) server.send_alone(header);
  Patience patience(served_.has_cores);
  const auto visit = [this](std::size_t shard, const Message& message) {
    if (message.header.kind == Kind::observe) stand_still_();
    byes_ += message.header.kind == Kind::bye ? 1 : 0;
    static_cast<void>(shard);
    return message.header.kind == Kind::bye ? Mailbox::Then::last : Mailbox::Then::done;
  };
  while (byes_ < servers_.size())
    if (!from_servers_.poll(visit)) patience.wait(is_moving());
}

}  // namespace sgdbench
