// How reading data fails.
#pragma once

#include <stdexcept>
#include <string>

namespace sgdbench {

/// The data says something it can't mean. what() is one line: `file:line:column: what; the fix`
/// (`file:byte N:` for binary formats). Exit code 65.
class BadData : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The data is not there or may not be read. what() says where it was looked for and how to get
/// it. Exit code 66.
class MissingData : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user asked for the end while data was loaded or made. Exit code 130.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sgdbench
