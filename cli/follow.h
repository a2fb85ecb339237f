// Where a launcher (mpirun) started several processes: the first one does what was asked for, and
// the others follow it (backends/mpi/job.h).
#pragma once

#include <string>
#include <vector>

#include "cli/configuration.h"
#include "workloads/data/catalog.h"

namespace sgdbench {

/// Joins the processes that were started with this one by these words. False: this one is not the
/// first, and is to call follow_verb(). Throws UsageError, on the first alone, where the others are
/// another build or were given other words.
bool joins_as_first(const std::vector<std::string>& words);

/// What is wrong with where mpirun has put this process, if anything: threads have the cores that
/// it was tied to, and no others.
std::string binding_warning();

/// Takes part in what the first process does until that leaves; returns the exit code.
int follow_verb();

/// Where a backend of these configurations, which share a problem, is made of processes, all others
/// load that problem. Throws BadData where one can't, or has other data.
void share_problem(const std::vector<Configuration>& group, const TrainTest& data);

}  // namespace sgdbench
