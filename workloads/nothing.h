// A problem without data, parameters and gradients: what is left of a run is its coordination.
//
// It has so many examples that no study comes to the end of an epoch, and every mini-batch is full.
// Its messages have the size of those of a model with so many parameters.
#pragma once

#include <cstddef>
#include <memory>

#include "workloads/problem.h"

namespace sgdbench {

std::unique_ptr<Problem> make_nothing(std::size_t message_parameters);

}  // namespace sgdbench
