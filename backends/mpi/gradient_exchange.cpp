#include "backends/mpi/gradient_exchange.h"

#include <algorithm>
#include <cstring>

#include "backends/mpi/all_reduce.h"

namespace sgdbench {

GradientExchange::GradientExchange(const Communicator& ranks, AllReduce how, const Rule& rule,
                                   bool dense)
    : ranks_(ranks), how_(how), rule_(rule), dense_(dense), sums_(ranks.size()) {
  const std::size_t n = rule.parameters();
  values_.resize(n + kSignals);
  scratch_.resize(n + kSignals);
  if (dense) return;
  rule.reserve(total_);
  headers_.resize(ranks.size());
  sizes_.resize(ranks.size());
  places_.resize(ranks.size());
  sent_.resize(n * kEntry);
  received_.resize(n * kEntry);
}

void GradientExchange::wait(MPI_Request& request) const {
  if (sleeps_)
    wait_sleeping(request, kShortSleep);
  else
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

RoundSignal GradientExchange::exchange(const GradientSum* mine, RoundSignal signal,
                                       const Block& round) {
  constexpr std::uint32_t kLast = 1, kCut = 2;
  if (dense_) return sum(mine, signal, round);
  Header header;
  if (mine != nullptr) header.entries = static_cast<std::uint32_t>(mine->support.size());
  header.signal = (signal.last ? kLast : 0) | (signal.cut ? kCut : 0);
  MPI_Request request;
  MPI_Iallgather(&header, 2, MPI_UINT32_T, headers_.data(), 2, MPI_UINT32_T, ranks_.raw(),
                 &request);
  wait(request);
  std::uint64_t entries = 0;
  for (const Header& each : headers_) {
    entries += each.entries;
    signal.last |= (each.signal & kLast) != 0;
    signal.cut |= (each.signal & kCut) != 0;
  }
  if (signal.cut) return signal;
  if (entries > rule_.parameters()) return sum(mine, signal, round);
  gather(mine, round);
  return signal;
}

void GradientExchange::apply(std::span<Real> state, UpdateStep step) {
  rule_.apply(state, std::span(sums_).first(active_), 0, rule_.parameters(), step,
              Access::exclusive, nullptr, dense_ ? nullptr : &total_);
}

/// The two signals are summed with the gradient: counts of ranks.
RoundSignal GradientExchange::sum(const GradientSum* mine, RoundSignal signal, const Block& round) {
  const std::size_t n = rule_.parameters();
  Real* const values = values_.data();
  if (mine == nullptr || mine->packed) std::fill_n(values, n, Real(0));
  if (mine != nullptr && mine->packed)
    for (std::size_t k = 0; k < mine->support.size(); ++k)
      values[mine->support[k]] = mine->values[k];
  else if (mine != nullptr)
    std::copy_n(mine->values.data(), mine->values.size(), values);
  values[n] = signal.last ? Real(1) : Real(0);
  values[n + 1] = signal.cut ? Real(1) : Real(0);
  all_reduce(how_, values_, scratch_, ranks_.raw(), sleeps_);
  active_ = 1;
  sums_[0] = {.values = std::span(values_).first(n),
              .support = {},
              .dense = true,
              .examples = round.end - round.begin};
  return {values[n] > 0, values[n + 1] > 0};
}

/// A message is the support and behind it its values: as many words of 64 bits as entries.
void GradientExchange::gather(const GradientSum* mine, const Block& round) {
  static_assert(kEntry == sizeof(std::uint64_t));
  if (mine != nullptr) {
    std::memcpy(sent_.data(), mine->support.data(), mine->support.size_bytes());
    auto* const values = reinterpret_cast<Real*>(sent_.data() + mine->support.size_bytes());
    for (std::size_t k = 0; k < mine->support.size(); ++k)
      values[k] = mine->values[mine->packed ? k : mine->support[k]];
  }
  int place = 0;
  for (std::size_t r = 0; r < headers_.size(); ++r) {
    places_[r] = place;
    sizes_[r] = static_cast<int>(headers_[r].entries);
    place += sizes_[r];
  }
  MPI_Request request;
  MPI_Iallgatherv(sent_.data(), sizes_[ranks_.rank()], MPI_UINT64_T, received_.data(),
                  sizes_.data(), places_.data(), MPI_UINT64_T, ranks_.raw(), &request);
  wait(request);
  active_ = std::min(headers_.size(), round.end - round.begin);
  for (std::size_t r = 0; r < active_; ++r) {
    const std::size_t entries = headers_[r].entries;
    const Block share = share_of(round, r, headers_.size());
    const auto* const words = reinterpret_cast<const std::uint32_t*>(
        received_.data() + static_cast<std::size_t>(places_[r]) * kEntry);
    sums_[r] = {.values = {reinterpret_cast<const Real*>(words + entries), entries},
                .support = {words, entries},
                .dense = false,
                .examples = share.end - share.begin,
                .packed = true};
  }
}

}  // namespace sgdbench
