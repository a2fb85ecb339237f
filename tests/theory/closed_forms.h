// What theory says the simulator's numbers must be: closed forms, each with its source.
//
// P workers, X the time of a gradient, μ = 1/E[X] its rate, H_n the n-th harmonic number, X₍K:P₎
// the K-th smallest of P independent times, τ the staleness in updates, a = η·(eigenvalue).
#pragma once

#include <cstddef>
#include <span>

namespace sgdbench::theory {

/// H_n = 1 + 1/2 + … + 1/n.
double harmonic(std::size_t n);

/// Mean and variance of one duration.
struct Moments {
  double mean = 0, variance = 0;
};

/// X₍K:P₎ of exponential times (Rényi 1953): the gaps are independent and exponential.
///   mean (H_P − H_{P−K})/μ,   variance Σ_{i=P−K+1..P} 1/(iμ)²
Moments exponential_order(std::size_t k, std::size_t workers, double rate);

/// X₍K:P₎ of times uniform on [a, b]: a + (b − a)·B with B ~ Beta(K, P − K + 1).
///   mean a + (b − a)·K/(P + 1),   variance (b − a)²·K(P − K + 1)/((P + 1)²(P + 2))
Moments uniform_order(std::size_t k, std::size_t workers, double least, double most);

/// X₍K:P₎ of Pareto times (Malik 1966), of which moment r exists while P − K + 1 > r/s:
///   E[Xʳ] = xʳ·Γ(P + 1)·Γ(P − K + 1 − r/s) / (Γ(P − K + 1)·Γ(P + 1 − r/s))
/// The variance is infinite where the second moment is.
Moments pareto_order(std::size_t k, std::size_t workers, double least, double shape);

/// E[max] of exponential times with these rates, by inclusion and exclusion over their subsets S:
///   Σ_{S ≠ ∅} (−1)^{|S|+1} / Σ_{i∈S} μᵢ
double unequal_exponential_max(std::span<const double> rates);

/// E[max] of P times that are 1, or with probability p `slow`: 1 + (s − 1)(1 − (1 − p)^P).
double straggler_max(std::size_t workers, double probability, double slow);

/// Updates per unit of time of a server with a queue: the machine-repairman model (Palm 1947;
/// insensitive to the distribution of the compute times). `rate` μ of a worker, `service` μ_s of
/// the server:
///   μ_s·(1 − π₀),   1/π₀ = Σ_{k=0..P} P!/(P − k)!·(μ/μ_s)^k
double repairman_throughput(std::size_t workers, double rate, double service);

/// Gradients per unit of time of 8 workers with exponential times of mean 1 under ssp:S, for S = 0,
/// 1, 2, 4, 8: 8/H₈, then the limits of the Markov chain of clock differences, to 1 %.
struct SspThroughput {
  std::size_t bound;
  double throughput;
};
inline constexpr SspThroughput kSspThroughput[] = {
    {0, 2.94}, {1, 4.47}, {2, 5.30}, {4, 6.17}, {8, 6.90}};

/// Ring all-reduce (Patarasuk & Yuan 2009): 2(P − 1)α + 2(P − 1)/P · n/β.
double ring_cost(std::size_t workers, double latency, double bytes, double bandwidth);
/// All workers' gradients to S shards and the parameters back, half duplex: 2α + 2Pn/(Sβ), where
/// pulls share the link and pushes come together.
double server_cost(std::size_t workers, std::size_t shards, double latency, double bytes,
                   double bandwidth);

/// Within this time R updates of ringmaster:R land, whatever happens (Maranjyan et al. 2025,
/// lemma 4.1), with fixed times t₁ ≤ … ≤ t_P:  2·min_m (1/m Σ_{i≤m} 1/tᵢ)⁻¹·(1 + R/m).
double ringmaster_time(std::span<const double> times, double threshold);

/// P(τ = k) of memoryless workers: (1/P)(1 − 1/P)^k (Mitliagkas et al. 2016).
double geometric_staleness(std::size_t workers, std::size_t staleness);
/// Mean τ of each of memoryless workers of unequal rates: Λ/λᵢ − 1 with Λ = Σ λ.
double unequal_staleness(std::span<const double> rates, std::size_t worker);

/// x_{t+1} = x_t − a·x_{t−τ} is stable for 0 < a < 2·sin(π/(2(2τ + 1))) (Levin & May 1976).
double delayed_descent_bound(std::size_t delay);
/// E[x²] in the long run with additive noise of variance 1, for a delay of 0 or 1:
///   1/(a(2 − a)),   (1 + a)/((1 − a)·a·(2 + a))
double delayed_error_floor(std::size_t delay, double a);
/// x after `updates` steps from x₀ = 1, every read before the start being of x₀.
double delayed_descent(std::size_t delay, double a, std::size_t updates);

/// Asynchrony is momentum (Mitliagkas et al. 2016), for f = x²/2 and memoryless workers: E[x_t]
/// from x₀ = 1,  E[x_{t+1} − x_t] = (1 − 1/P)·E[x_t − x_{t−1}] − (a/P)·E[x_t],  x₁ = (1 − a)·x₀.
double expected_asynchronous_descent(std::size_t workers, double a, std::size_t updates);

/// EASGD in round robin on f = x²/2 is stable for elasticities up to (4 − 2η)/(4 − η) (Zhang et al.
/// 2015).
double elastic_bound(double step);

/// The quantile of a chi-square distribution whose upper tail is that of a normal distribution
/// beyond z (Wilson & Hilferty 1931):  d·(1 − 2/(9d) + z·√(2/(9d)))³.
double chi_square_quantile(std::size_t degrees, double z);

}  // namespace sgdbench::theory
