// OpenMP's threads belong to the thread that starts them: start them before anything is timed.
#pragma once

#include <cstddef>

#include "backends/worker_pool.h"

namespace sgdbench {

/// Makes the pool's only thread the master of a team of `threads`, each tied to a core of its own
/// if `pin`; true if all of them are. Throws std::runtime_error if OpenMP gives fewer threads
/// (OMP_THREAD_LIMIT): a strategy that counts on them would never finish.
bool start_openmp_team(WorkerPool& pool, std::size_t threads, bool pin);

}  // namespace sgdbench
