// One source, a file or a generator, into a Dataset.
#pragma once

#include <string>
#include <string_view>

#include "workloads/data/catalog.h"

namespace sgdbench {

/// The path that `source` stands for: itself, or where fashion-mnist is installed; empty for a
/// generator. Throws UsageError for an unknown name and MissingData where there is no such file.
std::string resolve_path(std::string_view source);

}  // namespace sgdbench
