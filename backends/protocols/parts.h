// The families of protocols; the catalogue is the only one who asks for them.
#pragma once

#include <cstdint>
#include <memory>

#include "backends/protocols/protocol.h"

namespace sgdbench {

/// A parameter that is no bound at all, as in ssp:inf.
inline constexpr std::uint64_t kUnbounded = UINT64_MAX;

/// Applied on arrival, and its worker goes on.
std::unique_ptr<Protocol> make_immediate(const ProtocolTraits& traits);
/// Applied on arrival; who is more than `slack` ahead waits.
std::unique_ptr<Protocol> make_stale_synchronous(std::size_t workers, std::uint64_t slack);

/// Who of those that made an update possible goes on, and when.
enum class Grouping {
  round,        ///< who arrives waits; an update lets everybody go, cancelled ones too
  round_batch,  ///< who arrives goes on; an update lets everybody begin again
  first,        ///< who arrives waits; an update lets those go that were in it
  first_batch   ///< who arrives goes on; an update concerns nobody
};
/// Every traits.arrivals arrivals become an update.
std::unique_ptr<Protocol> make_grouped(std::size_t workers, Grouping grouping,
                                       const ProtocolTraits& traits);

}  // namespace sgdbench
