// What strategies ask of a configuration: "" if they can run it, else why not.
#pragma once

#include <string>

#include "backends/backend.h"

namespace sgdbench::requirements {

std::string always();
std::string needs_onednn();

/// What every strategy asks.
std::string common(const RunSpec& spec, const Problem& problem);
std::string one_worker_only(const RunSpec& spec, const Problem& problem);
/// Where versions are published whole.
std::string in_versions(const RunSpec& spec, const Problem& problem);
/// Where other updates may land between a gradient's read and its own.
std::string landing_stale(const RunSpec& spec, const Problem& problem);
/// Where nobody knows τ when an update lands.
std::string no_versions(const RunSpec& spec, const Problem& problem);
/// Where updates are made on a replica, and how stale they are is known when they are exchanged.
std::string made_before_landing(const RunSpec& spec, const Problem& problem);
std::string onednn_inside(const RunSpec& spec, const Problem& problem);

std::string can_follow(const RunSpec& spec);
std::string under_protocol(const RunSpec& spec, const Problem& problem);
std::string can_be_simulated(const RunSpec& spec);
std::string simulated(const RunSpec& spec, const Problem& problem);

/// Processes that were started together.
std::size_t processes();
/// Where each of them is one worker, and has all parameters.
std::string over_ranks(const RunSpec& spec, const Problem& problem);
/// Where some of them are servers, each with a range of the parameters.
std::string around_servers(const RunSpec& spec, const Problem& problem);

}  // namespace sgdbench::requirements
