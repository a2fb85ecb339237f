// What the build system says of this build.
#pragma once

#include <string>
#include <string_view>

namespace sgdbench {

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
