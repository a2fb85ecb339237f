// Requests from words, for the tests of suites.
#pragma once

#include <string>
#include <vector>

#include "cli/configuration.h"
#include "cli/request.h"
#include "cli/sweep.h"
#include "cli/verbs.h"

namespace sgdbench {

using Texts = std::vector<std::string>;

/// What `sgdbench run` with these words is asked to do.
inline Request request_of(Texts words) {
  words.insert(words.begin(), "run");
  return requested(parse(words).invocation.given);
}

/// What a dry run prints, in its order.
inline Texts commands_of(const Request& request) {
  Texts commands;
  for (const auto& cell : sweep(request.parts, 3)) commands.push_back(command_of(cell));
  return commands;
}

}  // namespace sgdbench
