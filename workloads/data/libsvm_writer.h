// A data set as text that other programs read.
//
// Every number is written as the shortest decimal that reads back as the same float, so that
// writing and reading give the same checksum. The columns of a row must ascend, as they do in what
// load_source() returns.
#pragma once

#include <functional>
#include <string_view>

#include "workloads/data/matrix.h"

namespace sgdbench {

/// Takes the text in pieces of about a megabyte, in order.
using TextSink = std::function<void(std::string_view)>;

/// One "label index:value …" line per row: non-zeros only, indices from 1.
void write_libsvm(const Dataset& data, const TextSink& sink);

/// A header line "label,x1,x2,…", then one line per row with the label first and every feature.
void write_csv(const Dataset& data, const TextSink& sink);

}  // namespace sgdbench
