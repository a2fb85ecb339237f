# Writes OUTPUT, a source file that defines kGitRevision for the checkout at SOURCE. Run at every
# build; the file is touched only when the revision changes, so nothing is rebuilt for nothing.
set(revision unknown)
find_package(Git QUIET)
if(Git_FOUND)
  # SOURCE must be the top of its checkout: an unpacked archive inside of another project's
  # checkout has no revision of its own.
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} rev-parse --show-cdup
    OUTPUT_VARIABLE above RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT failed AND "${above}" STREQUAL "")
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} describe --always --dirty --abbrev=12
      --exclude=* OUTPUT_VARIABLE found RESULT_VARIABLE failed
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed AND found MATCHES "^[0-9a-f]+(-dirty)?$")
      set(revision ${found})
    endif()
  endif()
endif()

file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
namespace sgdbench {
extern const char* const kGitRevision;
const char* const kGitRevision = "@revision@";
}  // namespace sgdbench
]])
