#include "backends/simulator/accounts.h"

namespace sgdbench {

Accounts::Accounts(std::size_t workers, std::size_t slices)
    : accounts_(workers), records_(slices != 0) {
  if (!records_) return;
  numbers_.resize(workers);
  timeline_.has_server = true;
  timeline_.tracks.assign(workers + 1, Track(slices));
}

/// A push that became an update has its slice also where it took no time.
void Accounts::record(std::size_t worker, Activity activity, Nanoseconds end, Landed landed) {
  const Account& account = accounts_[worker];
  if (end == account.until() && landed.update == 0) return;
  const std::uint64_t gradient = activity == Activity::wait ? 0 : numbers_[worker];
  timeline_.tracks[worker].add(
      {account.until(), end, activity, gradient, landed.update, landed.staleness});
}

}  // namespace sgdbench
