#include "personalize/record/switch_status.h"

#include <string_view>

#include "record/quoted.h"

namespace personalize {

namespace {

template <typename Visit>
void for_each_set(const std::vector<std::string>& names, const Switches& switches, Visit visit) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (switches.get(i) != Switch::unset) {
      visit(names[i], switches.get(i) == Switch::on);
    }
  }
}

}  // namespace

void append_switches_prometheus(const std::vector<std::string>& names, const Switches& switches,
                                std::pmr::string& out) {
  out +=
      "# HELP personalize_switch What pz:switches turns on (1) and off (0).\n"
      "# TYPE personalize_switch gauge\n";
  for_each_set(names, switches, [&](std::string_view name, bool is_on) {
    out += "personalize_switch{name=";
    append_quoted(name, out);
    out += is_on ? "} 1\n" : "} 0\n";
  });
}

void append_switches_json(const std::vector<std::string>& names, const Switches& switches,
                          std::pmr::string& out) {
  out += '{';
  bool first = true;
  for_each_set(names, switches, [&](std::string_view name, bool is_on) {
    out += first ? "" : ",";
    first = false;
    append_quoted(name, out);
    out += is_on ? ":\"on\"" : ":\"off\"";
  });
  out += '}';
}

}  // namespace personalize
