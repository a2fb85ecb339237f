#include "workloads/worker_base.h"

#include <algorithm>

namespace sgdbench {

void WorkerBase::run_in_place(std::span<Real> state, const InPlaceRun& run) {
  const auto w = state.first(rule_->parameters());
  UpdateCounter updates(run);
  for (std::size_t begin = 0; begin < run.rows.size(); begin += run.batch) {
    const std::size_t end = std::min(begin + run.batch, run.rows.size());
    following_ = run.rows_and_ahead().subspan(end);
    prepare(run.rows.subspan(begin, end - begin));
    if (run.access == Access::exclusive) {
      compute_from(w);
    } else {
      read(w, run.access);
      compute();
    }
    rule_->land(state, gradient_sum(), updates.averaged_step(), run.access, run.probe, &total_);
    updates.made();
  }
  following_ = {};
}

void WorkerBase::commit(std::span<Real> state, UpdateStep step) const {
  rule_->land(state, gradient_sum(), step, Access::exclusive, nullptr, &total_);
}

}  // namespace sgdbench
