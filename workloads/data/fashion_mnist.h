// Where the Fashion-MNIST files are, so that `fashion-mnist` works as a name.
#pragma once

#include <string>

namespace sgdbench {

/// The training images, searched in this order: $SGDBENCH_DATA, $XDG_DATA_HOME/sgdbench (default
/// ~/.local/share/sgdbench), each also with a folder fashion-mnist in it, then where Debian's
/// package puts them. Throws MissingData with the command that installs that package.
std::string find_fashion_mnist();

}  // namespace sgdbench
