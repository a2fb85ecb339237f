#include "tests/theory/closed_forms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

namespace sgdbench::theory {
namespace {

double real(std::size_t n) {
  return static_cast<double>(n);
}

double pareto_moment(double r, std::size_t k, std::size_t workers, double least, double shape) {
  const double above = real(workers - k + 1), all = real(workers + 1);
  if (above <= r / shape) return std::numeric_limits<double>::infinity();
  return std::pow(least, r) * std::exp(std::lgamma(all) + std::lgamma(above - r / shape) -
                                       std::lgamma(above) - std::lgamma(all - r / shape));
}

}  // namespace

double harmonic(std::size_t n) {
  double sum = 0;
  for (std::size_t i = n; i >= 1; --i) sum += 1 / real(i);
  return sum;
}

Moments exponential_order(std::size_t k, std::size_t workers, double rate) {
  Moments order;
  for (std::size_t i = workers - k + 1; i <= workers; ++i) {
    const double gap = 1 / (real(i) * rate);
    order.mean += gap;
    order.variance += gap * gap;
  }
  return order;
}

Moments uniform_order(std::size_t k, std::size_t workers, double least, double most) {
  const double width = most - least, all = real(workers + 1);
  return {least + width * real(k) / all,
          width * width * real(k) * real(workers - k + 1) / (all * all * (all + 1))};
}

Moments pareto_order(std::size_t k, std::size_t workers, double least, double shape) {
  const double mean = pareto_moment(1, k, workers, least, shape);
  return {mean, pareto_moment(2, k, workers, least, shape) - mean * mean};
}

double unequal_exponential_max(std::span<const double> rates) {
  double sum = 0;
  for (std::size_t subset = 1; subset < std::size_t{1} << rates.size(); ++subset) {
    double rate = 0, sign = -1;
    for (std::size_t i = 0; i < rates.size(); ++i) {
      if ((subset >> i & 1) == 0) continue;
      rate += rates[i];
      sign = -sign;
    }
    sum += sign / rate;
  }
  return sum;
}

double straggler_max(std::size_t workers, double probability, double slow) {
  return 1 + (slow - 1) * (1 - std::pow(1 - probability, real(workers)));
}

double repairman_throughput(std::size_t workers, double rate, double service) {
  double term = 1, sum = 1;
  for (std::size_t k = 1; k <= workers; ++k) {
    term *= real(workers - k + 1) * rate / service;
    sum += term;
  }
  return service * (1 - 1 / sum);
}

double ring_cost(std::size_t workers, double latency, double bytes, double bandwidth) {
  const double others = real(workers - 1);
  return 2 * others * latency + 2 * others / real(workers) * bytes / bandwidth;
}

double server_cost(std::size_t workers, std::size_t shards, double latency, double bytes,
                   double bandwidth) {
  return 2 * latency + 2 * real(workers) * bytes / (real(shards) * bandwidth);
}

double ringmaster_time(std::span<const double> times, double threshold) {
  double least = std::numeric_limits<double>::infinity(), rates = 0;
  for (std::size_t m = 1; m <= times.size(); ++m) {
    rates += 1 / times[m - 1];
    least = std::min(least, real(m) / rates * (1 + threshold / real(m)));
  }
  return 2 * least;
}

double geometric_staleness(std::size_t workers, std::size_t staleness) {
  return std::pow(1 - 1 / real(workers), real(staleness)) / real(workers);
}

double unequal_staleness(std::span<const double> rates, std::size_t worker) {
  return std::accumulate(rates.begin(), rates.end(), 0.0) / rates[worker] - 1;
}

double delayed_descent_bound(std::size_t delay) {
  return 2 * std::sin(std::numbers::pi / (2 * (2 * real(delay) + 1)));
}

double delayed_error_floor(std::size_t delay, double a) {
  return delay == 0 ? 1 / (a * (2 - a)) : (1 + a) / ((1 - a) * a * (2 + a));
}

double delayed_descent(std::size_t delay, double a, std::size_t updates) {
  std::vector<double> x{1};
  for (std::size_t t = 0; t < updates; ++t) x.push_back(x[t] - a * x[t - std::min(t, delay)]);
  return x.back();
}

double expected_asynchronous_descent(std::size_t workers, double a, std::size_t updates) {
  const double p = real(workers);
  double before = 1, now = 1 - a;
  if (updates == 0) return before;
  for (std::size_t t = 1; t < updates; ++t) {
    const double next = now + (1 - 1 / p) * (now - before) - a / p * now;
    before = now;
    now = next;
  }
  return now;
}

double elastic_bound(double step) {
  return (4 - 2 * step) / (4 - step);
}

double chi_square_quantile(std::size_t degrees, double z) {
  const double part = 2 / (9 * real(degrees));
  return real(degrees) * std::pow(1 - part + z * std::sqrt(part), 3);
}

}  // namespace sgdbench::theory
