// A library that is opened when it is first needed, so that a run which does not need it does not
// wait for the loader: some bring dozens of others with them. Their headers give the types.
#pragma once

#include <string>

namespace sgdbench {

/// Open until the program ends: functions once found stay valid, whatever threads they started.
/// Thread safety: immutable after construction.
class SharedLibrary {
 public:
  /// `name` as the loader knows it (libm.so.6), `needed_for` as it stands in "needed for …", and
  /// the `package` that brings it. Throws UsageError with all three where it can't be opened.
  SharedLibrary(std::string name, std::string needed_for, std::string package);

  /// The function of this name and type; throws UsageError where the library has none.
  template <class Function>
  Function* function(const char* symbol) const {
    return reinterpret_cast<Function*>(find(symbol));
  }

 private:
  void* find(const char* symbol) const;
  [[noreturn]] void complain(const std::string& what) const;

  std::string name_, needed_for_, package_;
  void* handle_;
};

}  // namespace sgdbench
