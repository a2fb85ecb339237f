// JSON into a tree, and run.json, as report_json() writes it, into records. Values go through the
// text of a cell, so that JSON and CSV can't be read differently.
#include "results/reading/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "results/fields.h"
#include "results/reading/parts.h"

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

namespace {

using Tree = JsonTree;

Place place_of(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
          before.size() - line_start + 1};
}

Tree parse(std::string_view text, std::string_view name) try {
  return parse_json(text);
} catch (const BadJson& error) {
  refuse(name, place_of(text, error.byte), error.what());
}

/// What stands in a cell of the CSV; nothing for lists and objects.
std::optional<std::string> cell_text(const Tree& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_structured()) return std::nullopt;
  return value.dump();
}

RunRecord read_run(const Tree& entry, std::size_t number, std::string_view name) {
  const auto refuse_entry = [&](std::string_view what) {
    refuse(name, {}, fmt::format("benchmarks[{}]{}", number, what));
  };
  if (!entry.is_object()) refuse_entry(" is no object");
  for (const auto* column : {"config_id", "status"})
    if (!entry.contains(column))
      refuse_entry(fmt::format(" has no {}; this is not a report of sgdbench", column));
  RunRecord run;
  for (const auto& field : run_fields()) {
    const auto value = entry.find(std::string(field.name));
    if (value == entry.end()) continue;
    const auto text = cell_text(*value);
    if (!text || !field.set(run, *text))
      refuse_entry(fmt::format(".{} can't be {}: {}", field.name, text.value_or("a list or object"),
                               field.meaning));
  }
  check_record(run, {}, name);
  if (run.run_id.empty()) run.run_id = fmt::format("{}-{}", run.config_id, run.repeat);
  return run;
}

}  // namespace

std::vector<RunRecord> read_json(std::string_view text, std::string_view name) {
  const Tree report = parse(text, name);
  const auto entries = report.find("benchmarks");
  if (entries == report.end() || !entries->is_array())
    refuse(name, {}, "there is no list of benchmarks; write the report with `json`");
  check_run_count(entries->size(), name);
  std::vector<RunRecord> runs;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    runs.push_back(read_run((*entries)[i], i, name));
    if (!ids.insert(runs.back().run_id).second)
      refuse(name, {}, fmt::format("run {} is there twice", runs.back().run_id));
  }
  if (runs.empty()) refuse(name, {}, "its list of benchmarks is empty; was nothing run?");
  return runs;
}

}  // namespace sgdbench
