// How long a simulated worker's gradients and messages take: draws from the distributions of a run.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/conditions/conditions.h"
#include "backends/run_spec.h"

namespace sgdbench {

/// Every draw is by seed, worker and number: the same under every protocol.
class Durations {
 public:
  /// `spec` must outlive this.
  explicit Durations(const RunSpec& spec)
      : spec_(spec),
        delays_(spec.conditions.delays_compute()),
        latencies_(!spec.conditions.latency.is_zero()),
        services_(!spec.simulation.service.is_zero()) {
    const auto& cluster = spec.simulation.cluster;
    for (std::size_t k = 0; k < cluster.size(); ++k)
      class_of_.insert(class_of_.end(), cluster[k].workers, static_cast<std::uint32_t>(k));
  }

  /// Of a worker's own computing times.
  std::uint64_t stream(std::size_t worker) const {
    return stream_of(spec_.seed, worker, Purpose::compute);
  }
  /// Of `count` gradients from number `first` on; `stream` is the worker's.
  Seconds compute(std::size_t worker, std::uint64_t stream, std::uint64_t first,
                  std::uint64_t count) const {
    const Distribution& distribution = distribution_of(worker);
    Seconds sum = 0;
    for (std::uint64_t i = first; i < first + count; ++i) {
      const Seconds own = distribution.draw(stream, i);
      sum += delays_ ? compute_time(spec_.conditions, spec_.seed, worker, i, own) : own;
    }
    return sum;
  }
  /// Of message `number`: what it takes beside its turn on the link.
  Seconds latency(std::size_t worker, std::uint64_t number, Purpose purpose) const {
    return latencies_ ? message_latency(spec_.conditions, spec_.seed, worker, number, purpose) : 0;
  }
  Seconds service(std::size_t worker, std::uint64_t number) const {
    if (!services_) return 0;
    return spec_.simulation.service.draw(stream_of(spec_.seed, worker, Purpose::service), number);
  }

 private:
  const Distribution& distribution_of(std::size_t worker) const {
    return class_of_.empty() ? spec_.simulation.compute_time
                             : spec_.simulation.cluster[class_of_[worker]].compute;
  }

  const RunSpec& spec_;
  bool delays_, latencies_, services_;
  std::vector<std::uint32_t> class_of_;  // per worker, where there is a cluster
};

}  // namespace sgdbench
