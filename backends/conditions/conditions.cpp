#include "backends/conditions/conditions.h"

#include "workloads/random.h"

namespace sgdbench {

std::uint64_t stream_of(std::uint64_t seed, std::uint64_t worker, Purpose purpose) {
  return mix(mix(seed, worker), static_cast<std::uint64_t>(purpose));
}

Seconds compute_time(const Conditions& conditions, std::uint64_t seed, std::uint64_t worker,
                     std::uint64_t gradient, Seconds own) {
  const Seconds delay =
      conditions.compute_delay.draw(stream_of(seed, worker, Purpose::delay), gradient);
  if (conditions.stragglers.empty()) return own + delay;
  return slowdown(conditions.stragglers, seed, worker, gradient) * (own + delay);
}

Seconds message_latency(const Conditions& conditions, std::uint64_t seed, std::uint64_t worker,
                        std::uint64_t number, Purpose purpose) {
  return conditions.latency.draw(stream_of(seed, worker, purpose), number);
}

std::string why_not_stragglers(const Conditions& conditions, std::size_t workers) {
  for (const auto& straggler : conditions.stragglers)
    if (straggler.kind == Straggler::Kind::worker && straggler.which >= workers)
      return "straggler " + std::to_string(straggler.which) + ": " +
             (workers == 1 ? "the only worker is number 0"
                           : "workers are numbered 0 to " + std::to_string(workers - 1));
  return "";
}

Conditions momentary(const Conditions& conditions) {
  Conditions short_ones = conditions;
  const Distribution moment = Distribution::constant(1e-9);
  if (conditions.delays_compute()) short_ones.compute_delay = moment;
  if (conditions.delays_messages()) short_ones.latency = moment;
  short_ones.stragglers.clear();
  short_ones.bandwidth = 0;
  return short_ones;
}

}  // namespace sgdbench
