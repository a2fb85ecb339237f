// Sums over ranks, and configurations as messages. Every rank runs every case.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "backends/mpi/all_reduce.h"
#include "backends/mpi/collective.h"
#include "backends/mpi/communicator.h"
#include "backends/mpi/job.h"
#include "backends/mpi/orders.h"
#include "results/text.h"
#include "workloads/random.h"

namespace sgdbench::testing {
namespace {

constexpr AllReduce kOurs[] = {AllReduce::ring, AllReduce::recursive_doubling, AllReduce::tree};

std::string bits_of(const std::vector<Real>& values) {
  return hex_text(
      text_number({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Real)}));
}

/// Calls visit(ranks, n) for the first P ranks, P from 1, and lengths that fall into chunks in
/// every way.
template <class Visit>
void for_ranks_and_lengths(Visit visit) {
  for (std::size_t p = 1; p <= place_in_job().ranks; ++p) {
    if (place_in_job().rank >= p) continue;
    INFO(p << " ranks");
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, p - 1, p, p + 1, std::size_t{1000},
                                std::size_t{100'003}}) {
      INFO(n << " values");
      visit(first_ranks(p), n);
    }
  }
}

/// Rank r's part, whose rounding depends on the order of summation.
std::vector<Real> part(std::size_t rank, std::size_t n) {
  Random random(mix(7, rank));
  std::vector<Real> values(n);
  for (auto& x : values) x = static_cast<Real>(random.normal());
  return values;
}

}  // namespace

TEST_CASE("Every all-reduce gives the sum over all ranks, whatever their number and the length") {
  for_ranks_and_lengths([](const Communicator& ranks, std::size_t n) {
    for (const auto& row : kAllReduceNames) {
      if (!is_over_processes(row.how)) continue;
      INFO(std::string(row.name));
      std::vector<Real> values(n), scratch(n);
      for (std::size_t i = 0; i < n; ++i)
        values[i] = static_cast<Real>((i % 11 + 1) * (ranks.rank() + 1));
      all_reduce(row.how, values, scratch, ranks.raw());
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < n; ++i)
        wrong +=
            values[i] != static_cast<Real>((i % 11 + 1) * ranks.size() * (ranks.size() + 1) / 2);
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE("Our all-reduces give all ranks the same bits, and the same bits again") {
  for_ranks_and_lengths([](const Communicator& ranks, std::size_t n) {
    for (const AllReduce how : kOurs) {
      INFO(std::string(to_string(how)));
      std::vector<Real> scratch(n);
      auto first = part(ranks.rank(), n), again = first;
      all_reduce(how, first, scratch, ranks.raw());
      all_reduce(how, again, scratch, ranks.raw());
      CHECK(first == again);
      const auto all = ranks.gather(bits_of(first));
      CHECK(std::count(all.begin(), all.end(), all[0]) == static_cast<std::ptrdiff_t>(all.size()));
      // And the sum it is, but for rounding.
      std::vector<double> sum(n);
      for (std::size_t r = 0; r < ranks.size(); ++r) {
        const auto values = part(r, n);
        for (std::size_t i = 0; i < n; ++i) sum[i] += double{values[i]};
      }
      double error = 0;
      for (std::size_t i = 0; i < n; ++i)
        error = std::max(error, std::abs(sum[i] - double{first[i]}));
      CHECK(error < 1e-5);
    }
  });
}

TEST_CASE("A ring sends each rank 2(P − 1)/P of the vector, the other ways what they say") {
  for_ranks_and_lengths([](const Communicator& ranks, std::size_t n) {
    const auto total = [&](AllReduce how) {
      std::vector<Real> values(n), scratch(n);
      std::uint64_t sum = 0;
      for (const auto& text :
           ranks.gather(std::to_string(all_reduce(how, values, scratch, ranks.raw()))))
        sum += std::stoull(text);
      return sum;
    };
    const std::uint64_t bytes = n * sizeof(Real), p = ranks.size();
    CHECK(total(AllReduce::ring) == 2 * (p - 1) * bytes);
    CHECK(total(AllReduce::tree) == 2 * (p - 1) * bytes);
    std::uint64_t most = 1, exchanges = 0;
    for (; 2 * most <= p; most *= 2) ++exchanges;
    CHECK(total(AllReduce::recursive_doubling) == (most * exchanges + 2 * (p - most)) * bytes);
  });
}

TEST_CASE("What one rank throws is thrown on all, and names it") {
  const auto p = place_in_job().ranks;
  if (p == 1) return;
  const auto fails = [&](std::size_t rank) {
    all_ranks().together([&] {
      if (all_ranks().rank() == rank) throw std::runtime_error("no room");
    });
  };
  for (std::size_t rank = 0; rank < p; ++rank) {
    const auto said = all_ranks().name_of(rank) + ": no room";
    CHECK_THROWS_WITH_AS(fails(rank), said.c_str(), SharedTrouble);
  }
  CHECK_NOTHROW(fails(p));
  CHECK(all_ranks().broadcast_sleeping(all_ranks().is_first() ? "mine" : "yours") == "mine");
}

TEST_CASE("A collective that is timed has as many times as repeats, and no wrong result") {
  if (place_in_job().ranks == 1) return;
  for (const AllReduce how : {AllReduce::library, AllReduce::ring}) {
    const auto times = measure_collective({how, 4097, 7});
    CHECK(times.moving.size() == 7);
    for (const auto time : times.moving) CHECK(time > 0);
    CHECK(times.waiting > 0);
    CHECK(times.wrong == 0);
  }
}

TEST_CASE("A configuration is the same behind a message") {
  RunSpec spec;
  spec.backend = "mpi-allreduce";
  spec.protocol = "ssp:3", spec.write = "cas", spec.persistence = 2, spec.max_staleness = 5;
  spec.exchange = 7, spec.workers = 9, spec.pin = true, spec.kernels = "onednn";
  spec.rule = parse_rule("adamw", 0, {.beta1 = 0.5, .weight_decay = 0.25, .average = 0.5});
  spec.batch = 11, spec.step.initial = 0.125;
  parse_schedule("cooldown:0.5", spec.step);
  spec.shuffle = Shuffle::parse("blocks:3");
  spec.assign = Assign::round_robin;
  spec.conditions.compute_delay = Distribution::parse("exp:3ms");
  spec.conditions.straggler_text = "0:4+random:0.5:8";
  spec.conditions.stragglers = parse_stragglers(spec.conditions.straggler_text);
  spec.conditions.latency = Distribution::parse("constant:2us");
  spec.conditions.bandwidth = 1e9, spec.conditions.mode = DelayMode::spin;
  spec.simulation.all_reduce = AllReduce::tree;
  spec.seed = 13, spec.epochs = 17, spec.updates = 19, spec.max_seconds = 0.5;
  spec.whole_epochs = 23, spec.whole_updates = 29, spec.recording = false;
  spec.evaluations = 31, spec.to_target = true, spec.spacing = Spacing::geometric;
  spec.timeline_slices = 37, spec.landings = true;

  const RunSpec other = unpacked(packed(spec));
  CHECK(packed(other) == packed(spec));
  CHECK(other.rule == spec.rule);
  CHECK(other.rule.name.data() == rule_entry("adamw").name.data());
  CHECK(other.conditions.stragglers.size() == 2);
  CHECK(other.conditions.compute_delay.mean() == spec.conditions.compute_delay.mean());
  CHECK(other.kernels == "onednn");
  CHECK(other.landings);
  CHECK(packed(RunSpec{}) != packed(spec));
}

}  // namespace sgdbench::testing
