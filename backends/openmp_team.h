// OpenMP's threads belong to the thread that starts them: start them before anything is timed.
#pragma once

#include <cstddef>

#include "backends/worker_pool.h"

namespace sgdbench {

/// Makes the pool's only thread the master of a team of `threads`. Throws std::runtime_error if
/// OpenMP gives fewer (OMP_THREAD_LIMIT): a strategy that counts on them would never finish.
void start_openmp_team(WorkerPool& pool, std::size_t threads);

}  // namespace sgdbench
