#include "workloads/data/fashion_mnist.h"

#include <cstdlib>
#include <vector>

#include "workloads/data/error.h"
#include "workloads/data/input_file.h"

namespace sgdbench {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> folders() {
  std::vector<std::string> roots;
  if (const std::string data = environment("SGDBENCH_DATA"); !data.empty()) roots.push_back(data);
  const std::string home = environment("HOME");
  std::string xdg = environment("XDG_DATA_HOME");
  if (xdg.empty() && !home.empty()) xdg = home + "/.local/share";
  if (!xdg.empty()) roots.push_back(xdg + "/sgdbench");
  std::vector<std::string> found;
  for (const std::string& root : roots) {
    found.push_back(root + "/fashion-mnist");
    found.push_back(root);
  }
  found.emplace_back("/usr/share/datasets/fashion-mnist");
  found.emplace_back("/usr/share/dataset-fashion-mnist");
  return found;
}

}  // namespace

std::string find_fashion_mnist() {
  for (const std::string& folder : folders())
    for (const char* file : {"/train-images-idx3-ubyte", "/train-images-idx3-ubyte.gz"})
      if (is_readable_file(folder + file)) return folder + file;
  throw MissingData(
      "fashion-mnist is not installed; get it with: apt-get install dataset-fashion-mnist "
      "(or put its four files into the folder that SGDBENCH_DATA names)");
}

}  // namespace sgdbench
