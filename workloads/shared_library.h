// A library that is opened when it is first needed, so that a run which does not need it does not
// wait for the loader: some bring dozens of others with them. Their headers give the types.
#pragma once

#include <dlfcn.h>

#include <string>
#include <utility>

#include "workloads/names.h"

namespace sgdbench {

/// Open until the program ends: functions once found stay valid, whatever threads they started.
/// Thread safety: immutable after construction.
class SharedLibrary {
 public:
  /// `name` as the loader knows it (libm.so.6), `needed_for` as it stands in "needed for …", and
  /// the `package` that brings it. Throws UsageError with all three where it can't be opened.
  SharedLibrary(std::string name, std::string needed_for, std::string package)
      : name_(std::move(name)),
        needed_for_(std::move(needed_for)),
        package_(std::move(package)),
        handle_(::dlopen(name_.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) complain();
  }

  /// The function of this name and type; throws UsageError where the library has none.
  template <class Function>
  Function* function(const char* symbol) const {
    void* const found = ::dlsym(handle_, symbol);
    if (!found) complain();
    return reinterpret_cast<Function*>(found);
  }

 private:
  [[noreturn]] void complain() const {
    const char* const why = ::dlerror();
    throw UsageError("can't use " + name_ + ", needed for " + needed_for_ + " (" +
                     (why ? why : "no reason given") + "): on Debian, apt-get install " + package_);
  }

  std::string name_, needed_for_, package_;
  void* handle_;
};

}  // namespace sgdbench
