// What the loss curve's copies of the parameters cost, before anything is trained.
//
// The idea: points that nobody asked for can be fewer; points that were asked for are taken or
// refused, with the numbers.
#pragma once

#include <cstdint>
#include <string>

#include "cli/configuration.h"

namespace sgdbench {

/// Sets the number of points of a settled configuration that asks for none, so that the copies fit
/// into half of `available` bytes (all of its points where workers pause to evaluate: that keeps
/// none). Returns "" or why the points that were asked for can't be taken.
std::string settle_curve(Configuration& configuration, const Problem& problem,
                         std::uint64_t available);

}  // namespace sgdbench
