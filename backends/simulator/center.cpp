#include "backends/simulator/center.h"

#include <stdexcept>

#include "backends/loops.h"
#include "backends/pooled_backend.h"
#include "results/environment.h"

namespace sgdbench {

Learner::Learner(Run& run, std::unique_ptr<Protocol> protocol, WorkerContext& tool)
    : Server(std::move(protocol), run.contexts.size(), run.state, run.rule, run.step_size),
      run_(run),
      queue_(run.plan, traits().arrivals, run.spec.assign, run.contexts.size()),
      tool_(tool),
      counts_bytes_(run.spec.conditions.delays_messages()),
      works_(run.contexts.size()),
      gradient_sums_(sends_gradients() ? run.contexts.size() : 0) {
  if (traits().exchange == Exchange::elastic) replicas_.assign(works_.size(), run.state);
  if (!sends_gradients())
    for (auto& context : run.contexts) context.report.local_steps = 0;
}

bool Learner::deal(std::size_t worker) {
  const auto dealt = queue_.next(worker);
  if (dealt) works_[worker].task = *dealt;
  return dealt.has_value();
}

bool Learner::open_next() {
  if (!run_.open_next()) return false;
  reopen(make_protocol(run_.spec.protocol, works_.size(), run_.spec.max_staleness));
  queue_.open(run_.plan.first_block(), run_.plan.blocks());
  return true;
}

void Learner::full_gradient() {
  const std::size_t n = run_.problem.examples();
  if (sum_.empty()) sum_.resize(run_.problem.parameters());
  tool_.compute->difference_from({});
  add_gradients(run_, tool_, 0, n, tool_.rows, sum_);
  const std::span<const Real> sums[] = {sum_};
  run_.rule.take_full_gradient(run_.state, sums, 0, sum_.size());
  std::fill(sum_.begin(), sum_.end(), Real(0));
  tool_.compute->difference_from(run_.rule.anchor(run_.state));
}

void Learner::pull(std::size_t worker) {
  Work& work = works_[worker];
  const Task& task = work.task;
  Server::pull(worker, {task.number, task.round.epoch, task.examples, task.gradients()});
  if (!sends_gradients() || work.task.examples == 0) {
    work.pull_bytes = sends_gradients() ? 0 : all_bytes();
    return;
  }
  work.gradient = Gradient::pulled;
  pulled_.push_back(static_cast<std::uint32_t>(worker));
  if (!counts_bytes_) return;
  prepare(work.task);
  tool_.compute->read(run_.w(), Access::exclusive);
  work.pull_bytes = static_cast<double>(tool_.compute->read_bytes());
  // What can't be cancelled is computed now that it is read.
  if (traits().cancels) return;
  tool_.compute->compute();
  store(worker);
}

std::size_t Learner::gradients(std::size_t worker) const {
  return works_[worker].task.gradients() * run_.rule.evaluations();
}

double Learner::push_bytes(std::size_t worker) {
  if (!counts_bytes_) return 0;
  if (!sends_gradients()) return all_bytes();
  if (works_[worker].gradient == Gradient::none) return 0;
  if (works_[worker].gradient == Gradient::pulled) compute(worker);
  return static_cast<double>(gradient_sums_[worker].view().bytes());
}

double Learner::all_bytes() const {
  return static_cast<double>(travelling(traits(), run_.state, run_.w()).size_bytes());
}

WorkerReport& Learner::count_computed(std::size_t worker) {
  const Task& task = works_[worker].task;
  WorkerReport& report = run_.contexts[worker].report;
  report.computed += task.examples;
  if (!sends_gradients()) *report.local_steps += task.gradients();
  return report;
}

void Learner::throw_away(std::size_t worker) {
  count_computed(worker).dropped += works_[worker].task.examples;
}

Decision Learner::arrive(std::size_t worker) {
  Work& work = works_[worker];
  WorkerReport& report = count_computed(worker);
  if (traits().exchange == Exchange::elastic)
    train_replica(run_, tool_, work.task, replicas_[worker]);
  Push push;
  if (work.gradient == Gradient::pulled) compute(worker);
  if (work.gradient == Gradient::computed) {
    push.gradient_sum = gradient_sums_[worker].view();
    if (traits().overlaps) push.stored = &gradient_sums_[worker];
  }
  work.gradient = Gradient::none;
  const Decision decision = Server::arrive(worker, push);
  if (decision == Decision::discard) {
    report.dropped += work.task.examples;
    queue_.give_back(worker, work.task.number);
  }
  return decision;
}

std::span<const std::uint32_t> Learner::cancel_rest() {
  const auto cancelled = Server::cancel_rest();
  for (const auto worker : cancelled) {
    Work& work = works_[worker];
    work.gradient = Gradient::none;
    queue_.give_back(worker, work.task.number);
  }
  return cancelled;
}

void Learner::update() {
  for (const auto worker : pulled_)
    if (works_[worker].gradient == Gradient::pulled) compute(worker);
  pulled_.clear();
  const auto landed = Server::update([this](const Held& held) -> std::span<Real> {
    if (traits().exchange == Exchange::elastic) return replicas_[held.worker];
    replica_ = run_.state;
    train_replica(run_, tool_, queue_.pushed(held.work.number), replica_);
    return replica_;
  });
  book(run_, *this, queue_, landed);
}

void Learner::close() {
  for (const auto& one : held()) run_.contexts[one.worker].report.dropped += one.work.examples;
}

void Learner::prepare(const Task& task) {
  tool_.compute->prepare(run_.rows(tool_, task.step(0)));
}

void Learner::compute(std::size_t worker) {
  prepare(works_[worker].task);
  if (wants_read()) {
    tool_.compute->read(run_.w(), Access::exclusive);
    tool_.compute->compute();
  } else {
    tool_.compute->compute_from(run_.w());
  }
  store(worker);
}

void Learner::store(std::size_t worker) {
  const GradientSum gradient_sum = tool_.compute->gradient_sum();
  if (!checked_) check_memory(gradient_sum);
  gradient_sums_[worker].assign(gradient_sum, run_.rule.remembers_examples(), wants_read());
  works_[worker].gradient = Gradient::computed;
}

/// Whether a gradient is dense shows when there is one.
void Learner::check_memory(const GradientSum& gradient_sum) {
  checked_ = true;
  if (!gradient_sum.dense) return;
  const std::uint64_t vectors = works_.size() * (wants_read() ? 2 : 1);
  const std::uint64_t needed = vectors * gradient_sum.values.size_bytes();
  const std::uint64_t available = available_memory_bytes();
  if (needed > available / 2)
    throw std::runtime_error(
        "the gradients in flight are dense and take " + std::to_string(needed >> 20) +
        " MiB, more than half of the " + std::to_string(available >> 20) +
        " MiB that are free: use fewer workers, or sparse data with a smaller `batch`");
}

}  // namespace sgdbench
