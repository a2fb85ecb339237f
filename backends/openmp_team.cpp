#include "backends/openmp_team.h"

#include <omp.h>

#include <stdexcept>
#include <string>

namespace sgdbench {

void start_openmp_team(WorkerPool& pool, std::size_t threads) {
  int given = 0;
  pool.run([](Nanoseconds) {},
           [&](std::size_t) {
#pragma omp parallel num_threads(static_cast<int>(threads)) default(shared)
             {
#pragma omp master
               given = omp_get_num_threads();
             }
           });
  if (given != static_cast<int>(threads))
    throw std::runtime_error("OpenMP gives " + std::to_string(given) + " of " +
                             std::to_string(threads) + " threads: raise OMP_THREAD_LIMIT");
}

}  // namespace sgdbench
