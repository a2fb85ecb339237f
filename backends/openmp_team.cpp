#include "backends/openmp_team.h"

#include <omp.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "backends/topology.h"

namespace sgdbench {

bool start_openmp_team(WorkerPool& pool, std::size_t threads, bool pin) {
  int given = 0;
  std::atomic<bool> pinned{pin};
  pool.run([](Nanoseconds) {},
           [&](std::size_t) {
             omp_set_dynamic(0);  // later teams are as large as this one
#pragma omp parallel num_threads(static_cast <int>(threads)) default(shared)
             {
               if (pin && !pin_this_thread(static_cast<std::size_t>(omp_get_thread_num())))
                 pinned = false;
#pragma omp master
               given = omp_get_num_threads();
             }
           });
  if (given != static_cast<int>(threads))
    throw std::runtime_error("OpenMP gives " + std::to_string(given) + " of " +
                             std::to_string(threads) + " threads: raise OMP_THREAD_LIMIT");
  return pinned;
}

}  // namespace sgdbench
