#include "backends/conditions/conditions.h"

#include <cmath>

#include "backends/conditions/distribution.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

constexpr std::string_view kForms = "write WORKER:FACTOR, random:P:FACTOR or periodic:N:FACTOR";

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("straggler " + quoted(text) + ": " + why);
}

/// Takes the part of `rest` before `separator`; all of it where there is none.
std::string_view take(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const auto part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return part;
}

template <class Number>
Number read(std::string_view part, std::string_view whole, std::string_view what) {
  const auto value = parse_number<Number>(part);
  if (!value)
    refuse(whole, quoted(part).append(" is no ").append(what).append("; ").append(kForms));
  return *value;
}

Straggler parse_one(std::string_view text) {
  Straggler straggler;
  auto rest = text;
  const auto first = take(rest, ':');
  if (first == "random") {
    straggler.kind = Straggler::Kind::random;
    straggler.probability = read<double>(take(rest, ':'), text, "probability");
    if (!(straggler.probability >= 0 && straggler.probability <= 1))
      refuse(text, "the probability is from 0 to 1");
  } else if (first == "periodic") {
    straggler.kind = Straggler::Kind::periodic;
    straggler.which = read<std::uint64_t>(take(rest, ':'), text, "number of gradients");
    if (straggler.which == 0) refuse(text, "the period is 1 gradient or more");
  } else {
    straggler.which = read<std::uint64_t>(first, text, "number of a worker");
  }
  straggler.factor = read<double>(rest, text, "factor");
  if (!(straggler.factor > 0) || !std::isfinite(straggler.factor))
    refuse(text, "the factor is a number above 0; 4 is four times as slow");
  return straggler;
}

}  // namespace

std::vector<Straggler> parse_stragglers(std::string_view text) {
  std::vector<Straggler> stragglers;
  // A last '+' would end the loop before the nothing behind it is looked at.
  if (text.empty() || text.back() == '+') refuse(text, std::string(kForms));
  for (auto rest = text; !rest.empty();) stragglers.push_back(parse_one(take(rest, '+')));
  return stragglers;
}

double slowdown(const std::vector<Straggler>& stragglers, std::uint64_t seed, std::uint64_t worker,
                std::uint64_t gradient) {
  double product = 1;
  for (std::size_t k = 0; k < stragglers.size(); ++k) {
    const Straggler& s = stragglers[k];
    bool slow = false;
    switch (s.kind) {
      case Straggler::Kind::worker:
        slow = worker == s.which;
        break;
      case Straggler::Kind::periodic:
        slow = gradient % s.which == worker % s.which;
        break;
      case Straggler::Kind::random:
        // Each of several is rolled for on its own.
        slow = uniform_at(mix(stream_of(seed, worker, Purpose::straggler), k), gradient) <=
               s.probability;
        break;
    }
    if (slow) product *= s.factor;
  }
  return product;
}

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
