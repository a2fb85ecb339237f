#include "results/journal_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "results/fields.h"
#include "results/reading/json_tree.h"
#include "results/reports.h"

namespace sgdbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "sgdbench-journal-1";

struct JsonOf {
  Json operator()(std::monostate) const { return nullptr; }
  template <class T>
  Json operator()(const T& value) const {
    return value;
  }
};

Json to_json(const Value& value) {
  return std::visit(JsonOf{}, value);
}

/// The text of a cell, as Field::set takes it; nothing for what is no cell.
std::optional<std::string> to_cell(const JsonTree& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return to_text(Value{value.get<bool>()});
  if (value.is_number_unsigned()) return to_text(Value{value.get<std::uint64_t>()});
  if (value.is_number_float()) return to_text(Value{value.get<double>()});
  return std::nullopt;
}

template <class Row, class Part>
bool set_cell(const Field<Row, Part>& field, Part& part, const JsonTree& value) {
  const auto text = to_cell(value);
  return text && field.set(part, *text);
}

/// An array for each column; `row_of(i)` is the i-th row.
template <class Row, class Part, class RowOf>
Json columns(std::span<const Field<Row, Part>> fields, std::size_t rows, RowOf row_of) {
  Json all = Json::object();
  for (const auto& field : fields) {
    if (!field.set) continue;
    Json& column = all[std::string(field.name)] = Json::array();
    for (std::size_t i = 0; i < rows; ++i) column.push_back(to_json(field.get(row_of(i))));
  }
  return all;
}

template <class Row, class Part>
bool read_columns(const JsonTree& line, std::string_view name,
                  std::span<const Field<Row, Part>> fields, std::vector<Part>& parts) {
  const auto all = line.find(std::string(name));
  if (all == line.end()) return true;
  if (!all->is_object()) return false;
  std::optional<std::size_t> rows;
  for (const auto& field : fields) {
    const auto column = all->find(std::string(field.name));
    if (!field.set || column == all->end()) continue;
    if (!column->is_array() || column->size() != rows.value_or(column->size())) return false;
    rows = column->size();
    parts.resize(*rows);
    for (std::size_t i = 0; i < *rows; ++i)
      if (!set_cell(field, parts[i], (*column)[i])) return false;
  }
  return true;
}

std::string dump(const Json& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::optional<JsonTree> parse_object(std::string_view line) try {
  auto json = parse_json(line);
  return json.is_object() ? std::optional(std::move(json)) : std::nullopt;
} catch (const BadJson&) {
  return std::nullopt;
}

}  // namespace

std::string journal_line(const RunRecord& row) {
  Json line = Json::object();
  for (const auto& field : run_fields()) {
    auto value = to_json(field.get(row));
    if (!value.is_null()) line[std::string(field.name)] = std::move(value);
  }
  line["curve"] = columns(curve_fields(), row.curve.size(), [&](std::size_t i) {
    return CurveRow{row, i};
  });
  line["staleness"] = columns(staleness_fields(), row.staleness.size(), [&](std::size_t i) {
    return StalenessRow{row, row.staleness[i]};
  });
  line["per_worker"] = columns(worker_fields(), row.per_worker.size(), [&](std::size_t i) {
    return WorkerRow{row, row.per_worker[i]};
  });
  if (!row.trials.empty())
    line["trials"] = columns(tuning_fields(), row.trials.size(),
                             [&](std::size_t i) -> const TuningTrial& { return row.trials[i]; });
  return dump(line);
}

std::optional<RunRecord> parse_journal_line(std::string_view text) {
  const auto line = parse_object(text);
  if (!line) return std::nullopt;
  RunRecord row;
  for (const auto& field : run_fields()) {
    const auto value = line->find(std::string(field.name));
    if (value != line->end() && field.set && !set_cell(field, row, *value)) return std::nullopt;
  }
  if (!read_columns(*line, "curve", curve_fields(), row.curve) ||
      !read_columns(*line, "staleness", staleness_fields(), row.staleness) ||
      !read_columns(*line, "per_worker", worker_fields(), row.per_worker) ||
      !read_columns(*line, "trials", tuning_fields(), row.trials) || row.run_id.empty())
    return std::nullopt;
  return row;
}

std::string journal_header(const std::vector<std::string>& config_ids) {
  return dump({{"schema", kSchema}, {"configurations", config_ids}});
}

std::optional<std::vector<std::string>> parse_journal_header(std::string_view text) {
  const auto line = parse_object(text);
  if (!line || line->value("schema", JsonTree()) != kSchema) return std::nullopt;
  const auto ids = line->value("configurations", JsonTree::array());
  std::vector<std::string> config_ids;
  for (const auto& id : ids) {
    if (!id.is_string()) return std::nullopt;
    config_ids.push_back(id.get<std::string>());
  }
  return config_ids;
}

bool begins_journal(std::string_view text) {
  const auto header = journal_header({});
  const auto common = header.find('[');
  return text.size() > header.find(kSchema) &&
         text.substr(0, common) ==
             std::string_view(header).substr(0, std::min(common, text.size()));
}

}  // namespace sgdbench
