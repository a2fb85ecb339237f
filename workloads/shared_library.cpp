#include "workloads/shared_library.h"

#include <dlfcn.h>

#include <utility>

#include "workloads/names.h"

namespace sgdbench {
namespace {

std::string loader_error() {
  const char* const text = ::dlerror();
  return text ? text : "no reason given";
}

}  // namespace

SharedLibrary::SharedLibrary(std::string name, std::string needed_for, std::string package)
    : name_(std::move(name)),
      needed_for_(std::move(needed_for)),
      package_(std::move(package)),
      handle_(::dlopen(name_.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!handle_) complain(loader_error());
}

void* SharedLibrary::find(const char* symbol) const {
  void* const found = ::dlsym(handle_, symbol);
  if (!found) complain(loader_error());
  return found;
}

void SharedLibrary::complain(const std::string& what) const {
  throw UsageError("can't use " + name_ + ", needed for " + needed_for_ + " (" + what +
                   "): on Debian, apt-get install " + package_);
}

}  // namespace sgdbench
