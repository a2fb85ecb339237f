// The tests that run on several ranks: all of them go through the same cases together.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "backends/mpi/job.h"

int main(int argc, char** argv) {
  const auto place = sgdbench::place_in_job();
  doctest::Context context(argc, argv);
  if (place.rank != 0) context.setOption("minimal", true);  // prints what failed alone
  const int code = context.run();
  sgdbench::leave_job();
  return code;
}
