#include "results/reading/json_tree.h"

#include <cmath>
#include <string>
#include <vector>

namespace sgdbench {
namespace {

/// The handler of the library's events. Pointers to open values stay valid: nothing is added to a
/// container while a value in it is open.
class TreeBuilder {
 public:
  explicit TreeBuilder(const JsonElementTaker& take) : take_(take) {}

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(std::int64_t value) { return put(value); }
  bool number_unsigned(std::uint64_t value) { return put(value); }
  bool number_float(double value, const std::string&) { return put(value); }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(JsonTree::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(JsonTree::object()); }
  bool start_array(std::size_t) { return open(JsonTree::array()); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    member_ = &(*open_.back())[name];
    return true;
  }
  bool end_object() {
    close();
    const bool is_element = open_.size() == 2 && open_[1]->is_array() && open_[0]->is_object();
    if (is_element && take_ && take_(open_[1]->back())) open_[1]->erase(open_[1]->size() - 1);
    return true;
  }
  [[noreturn]] bool parse_error(std::size_t byte, const std::string&,
                                const JsonTree::exception& error) {
    constexpr int kOutOfRange = 406;
    throw BadJson(error.id == kOutOfRange ? "a number in this JSON is too large"
                                          : "this is no JSON from here on; is the file cut off?",
                  byte);
  }

  JsonTree root;

 private:
  JsonTree* add(JsonTree&& value) {
    if (open_.empty()) return &(root = std::move(value));
    auto& parent = *open_.back();
    if (parent.is_object()) return &(*member_ = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool put(JsonTree value) {
    add(std::move(value));
    return true;
  }
  bool open(JsonTree value) {
    if (open_.size() == kDeepestJson) throw BadJson("this JSON is nested too deeply", 0);
    open_.push_back(add(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  const JsonElementTaker& take_;
  std::vector<JsonTree*> open_;
  JsonTree* member_ = nullptr;  ///< of the open object, named and not there yet
};

}  // namespace

JsonTree parse_json(std::string_view text, const JsonElementTaker& take) {
  TreeBuilder builder(take);
  JsonTree::sax_parse(text, &builder);
  return std::move(builder.root);
}

JsonTree parse_json(std::FILE* file, const JsonElementTaker& take) {
  TreeBuilder builder(take);
  JsonTree::sax_parse(file, &builder);
  return std::move(builder.root);
}

std::optional<std::uint64_t> whole_number(const JsonTree& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (!value.is_number_float()) return std::nullopt;
  constexpr double kBeyond = 18446744073709551616.0;  // 2⁶⁴
  const auto number = value.get<double>();
  if (!(number >= 0 && number < kBeyond) || number != std::floor(number)) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

}  // namespace sgdbench
