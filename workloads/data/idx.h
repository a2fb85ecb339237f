// IDX files, the format of the MNIST family: a magic number, sizes in big-endian order, bytes.
//
//   images  00 00 08 03  count  height  width   one byte per pixel
//   labels  00 00 08 01  count                  one byte per image
//
// A pair is named by its images file; the labels file stands beside it and is called the same with
// "labels-idx1" for "images-idx3" (or "labels.idx1" for "images.idx3"), with or without ".gz".
// Pixels become byte/255, in [0, 1]. The sizes are checked against the bytes that are really there
// and the memory that is free before anything is allocated. Images are dense, all pixels kept;
// those so narrow that the padding of a dense row would be most of it (1 × 1 to 2 × 3) are sparse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "workloads/data/input_file.h"
#include "workloads/data/storage.h"
#include "workloads/parallel.h"

namespace sgdbench {

bool looks_like_idx(std::string_view content);

/// Throws BadData, or MissingData if the labels file is missing. Adds the bytes of both files to
/// `bytes_read`.
Examples read_idx_pair(const InputFile& images, std::uint64_t& bytes_read,
                       const ParallelFor& parallel, const ReadLimits& limits = {});

/// The labels file beside these images; none where there is none, or the name is of no pair.
std::optional<std::string> labels_of(const std::string& images);

/// The images file of the t10k pair that stands beside a train pair; none if `images` is no train
/// file or stands alone.
std::optional<std::string> test_images_beside(const std::string& images);

/// The training images of Fashion-MNIST, so that `fashion-mnist` works as a name; searched in this
/// order: $SGDBENCH_DATA, $XDG_DATA_HOME/sgdbench (default
/// ~/.local/share/sgdbench), each also with a folder fashion-mnist in it, then where Debian's
/// package puts them. Throws MissingData with the command that installs that package.
std::string find_fashion_mnist();

}  // namespace sgdbench
