// The machine and the build that a report was made on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "results/cpu_state.h"
#include "results/record.h"

namespace sgdbench {

/// Cores that this process may really use: the affinity mask and the cgroup's quota, whichever is
/// smaller (at least 1).
std::size_t available_cores();

/// Memory that this process could still take: what the machine has left, or its control group,
/// whichever is less. 0 where that can't be asked.
std::uint64_t available_memory_bytes();

/// What can't be found out is empty or 0.
struct Environment {
  std::string cpu_model, governor, kernel, hostname_hash;
  double mhz_per_cpu = 0;
  std::vector<Cache> caches;  ///< of a core
  std::size_t cores_online = 0, cores_available = 0;
  std::optional<double> cgroup_quota;  ///< cores
  std::vector<double> load_average;    ///< 1, 5, 15 minutes
  std::uint64_t memory_bytes = 0;
  std::string compiler, flags, build_type, instruction_set, version, git_revision;
  std::vector<std::pair<std::string, std::string>> libraries;  ///< name, version
  std::string started_at;                                      ///< ISO 8601, UTC
};

/// Reads the machine; the build's part comes from the build system. Library versions are added
/// by those who use the libraries.
Environment read_environment();

/// Says in a row where it was measured, and by which build.
void add_environment(RunRecord& row, const Environment& environment);

/// Gives free memory back and forgets the high-water mark of this process's resident memory.
/// Returns what is resident now, bytes; nothing where the kernel can't forget.
std::optional<std::uint64_t> reset_peak_rss();
/// That mark, bytes.
std::uint64_t peak_rss_bytes();

// What the build system says of this build.

/// Commit that was built, "-dirty" if files differed from it; "unknown" outside of a checkout.
/// Looked up at every build (git_revision.cmake).
extern const char* const kGitRevision;

std::string_view version();
std::string_view build_type();
std::string_view compiler_flags();
std::string compiler();  ///< name and version

/// Vector instruction sets that the compiler was allowed to use, widest first.
std::string instruction_set();

}  // namespace sgdbench
