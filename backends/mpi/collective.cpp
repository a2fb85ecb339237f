#include "backends/mpi/collective.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "backends/mpi/all_reduce.h"
#include "backends/mpi/communicator.h"
#include "backends/waiting.h"

namespace sgdbench {
namespace {

/// Of coordinate i on rank r: (i mod 13 + 1)·(r + 1), so that all partial sums are whole numbers
/// that single precision holds, for up to 1600 ranks.
Real part_of(std::size_t i) {
  constexpr std::size_t kPeriod = 13;
  return static_cast<Real>(i % kPeriod + 1);
}

struct RepeatTimes {
  Nanoseconds waiting, moving;
};

}  // namespace

CollectiveTimes time_collective(const CollectiveTask& task) {
  constexpr std::size_t kWarmUps = 2;
  const Communicator& ranks = all_ranks();
  const std::size_t n = (task.bytes + sizeof(Real) - 1) / sizeof(Real);
  AlignedVector<Real> values(n), scratch(n);
  const auto share = static_cast<Real>(ranks.rank() + 1);
  const auto whole = static_cast<Real>(ranks.size() * (ranks.size() + 1) / 2);
  std::vector<RepeatTimes> mine(task.repeats);
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < kWarmUps + task.repeats; ++i) {
    for (std::size_t k = 0; k < n; ++k) values[k] = part_of(k) * share;
    const Nanoseconds begun = now();
    ranks.barrier();
    const Nanoseconds met = now();
    all_reduce(task.how, values, scratch, ranks.raw());
    const Nanoseconds end = now();
    if (i >= kWarmUps) mine[i - kWarmUps] = {met - begun, end - met};
    for (std::size_t k = 0; k < n; ++k) wrong += values[k] != part_of(k) * whole;
  }
  std::string text(reinterpret_cast<const char*>(&wrong), sizeof wrong);
  text.append(reinterpret_cast<const char*>(mine.data()), mine.size() * sizeof(RepeatTimes));

  CollectiveTimes result;
  result.moving.resize(task.repeats);
  for (const auto& each : ranks.gather(text)) {
    std::memcpy(&wrong, each.data(), sizeof wrong);
    std::memcpy(mine.data(), each.data() + sizeof wrong, mine.size() * sizeof(RepeatTimes));
    result.wrong += wrong;
    for (std::size_t i = 0; i < mine.size(); ++i) {
      result.waiting += seconds(mine[i].waiting);
      result.moving[i] = std::max(result.moving[i], seconds(mine[i].moving));
    }
  }
  result.waiting /= static_cast<double>(task.repeats * ranks.size());
  return result;
}

}  // namespace sgdbench
