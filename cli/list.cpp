// `sgdbench list`: the tables of everything that has a name.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "backends/backend.h"
#include "backends/protocols/protocol.h"
#include "cli/files.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/reports.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

struct Item {
  std::string name, summary, parameters;
  std::string why_not;  ///< "" where it is available
};

std::vector<Item> backend_items() {
  std::vector<Item> items;
  for (const auto& row : backend_catalog()) {
    Configuration configuration;
    configuration.spec.backend = row.name;
    items.push_back({std::string(row.name), with_option_names(row.summary),
                     fmt::format("{}", fmt::join(options_for(configuration, "--backend"), " ")),
                     with_option_names(row.unavailable())});
  }
  return items;
}

/// What all take that train anything goes without saying.
std::vector<Item> workload_items() {
  std::map<std::string_view, std::vector<std::string_view>> takers;
  std::ptrdiff_t trained = 0;
  for (const auto& row : workload_catalog()) {
    Configuration configuration;
    configuration.workload.workload = row.name;
    for (const auto option : options_for(configuration, "--workload"))
      takers[option].push_back(row.name);
    trained += row.trains;
  }
  std::vector<Item> items;
  for (const auto& row : workload_catalog()) {
    auto& item = items.emplace_back();
    item.name = row.name;
    item.summary = with_option_names(row.summary);
    for (const auto& [option, names] : takers)
      if (std::ssize(names) < trained && std::count(names.begin(), names.end(), row.name) > 0)
        (item.parameters += item.parameters.empty() ? "" : " ") += option;
  }
  return items;
}

std::vector<Item> data_items() {
  std::vector<Item> items;
  for (const auto& row : data_catalog())
    items.push_back({std::string(row.name), with_option_names(row.summary),
                     std::string(row.parameters),
                     with_option_names(why_no_source(std::string(row.name)))});
  return items;
}

std::vector<Item> kernel_items() {
  std::vector<Item> items;
  for (const auto& row : kernel_catalog())
    items.push_back({std::string(row.name), with_option_names(row.summary), "",
                     with_option_names(row.why_not)});
  return items;
}

/// Tables of a name and a summary, all of it always there.
template <class Table>
std::vector<Item> plain_items(const Table& table) {
  std::vector<Item> items;
  for (const auto& row : table)
    items.push_back({std::string(row.name), with_option_names(row.summary), "", ""});
  return items;
}

/// Tables that have a form besides; one that is the mere name says nothing.
template <class Table>
std::vector<Item> formed_items(const Table& table) {
  std::vector<Item> items;
  for (const auto& row : table)
    items.push_back({std::string(row.name), with_option_names(row.summary),
                     row.form == row.name ? "" : std::string(row.form), ""});
  return items;
}

struct Listing {
  std::string_view name;
  std::vector<Item> (*items)();
};

const std::vector<Listing>& listings() {
  static const std::vector<Listing> table{
      {"backends", backend_items},
      {"workloads", workload_items},
      {"data", data_items},
      {"rules", [] { return plain_items(rule_catalog()); }},
      {"protocols", [] { return formed_items(protocol_catalog()); }},
      {"schedules", [] { return plain_items(schedule_catalog()); }},
      {"policies", [] { return formed_items(staleness_policy_catalog()); }},
      {"distributions", [] { return formed_items(distribution_catalog()); }},
      {"kernels", kernel_items},
  };
  return table;
}

std::string as_table(const std::vector<Listing>& wanted) {
  std::string text;
  for (const auto& listing : wanted) {
    TextTable table({std::string(listing.name), "available"}, {1});
    for (const auto& item : listing.items()) {
      auto about = item.summary;
      if (!item.parameters.empty()) about += fmt::format(" [{}]", item.parameters);
      if (!item.why_not.empty()) about = item.why_not + "; " + about;
      table.add_note({item.name, item.why_not.empty() ? "yes" : "no"}, about);
    }
    text += fmt::format("{}{}", text.empty() ? "" : "\n", table.text());
  }
  return text;
}

std::string as_csv(const std::vector<Listing>& wanted) {
  std::string text = "kind,name,available,reason,parameters,summary\n";
  for (const auto& listing : wanted)
    for (const auto& item : listing.items())
      text += fmt::format("{},{},{},{},{},{}\n", listing.name, csv_cell(item.name),
                          item.why_not.empty(), csv_cell(item.why_not), csv_cell(item.parameters),
                          csv_cell(item.summary));
  return text;
}

std::string as_json(const std::vector<Listing>& wanted) {
  nlohmann::ordered_json all;
  for (const auto& listing : wanted) {
    auto& rows = all[std::string(listing.name)] = nlohmann::ordered_json::array();
    for (const auto& item : listing.items())
      rows.push_back({{"name", item.name},
                      {"available", item.why_not.empty()},
                      {"reason", item.why_not},
                      {"parameters", item.parameters},
                      {"summary", item.summary}});
  }
  return all.dump(2) + '\n';
}

constexpr Format<std::vector<Listing>> kListFormats[] = {
    {"table", as_table}, {"csv", as_csv}, {"json", as_json}};

}  // namespace

int list_verb(const Invocation& invocation) {
  const auto& format =
      find_by_name(kListFormats, "format", invocation.given.text("--format", kListFormats[0].name));
  auto wanted = listings();
  if (!invocation.positionals.empty())
    wanted = {find_by_name(listings(), "list", invocation.positionals.front())};
  print(format.render(wanted));
  return 0;
}

}  // namespace sgdbench
