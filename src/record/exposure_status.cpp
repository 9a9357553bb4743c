#include "personalize/record/exposure_status.h"

#include <charconv>

#include "record/quoted.h"

namespace personalize {

namespace {

void append_number(std::uint64_t number, std::pmr::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
}

}  // namespace

void append_exposures_prometheus(const std::vector<ExposureCount>& counts, std::pmr::string& out) {
  out +=
      "# HELP personalize_exposures_total Page views in which a variant of an experiment decided "
      "something.\n"
      "# TYPE personalize_exposures_total counter\n";
  for (const auto& count : counts) {
    out += "personalize_exposures_total{experiment=";
    append_quoted(count.experiment, out);
    out += ",variant=";
    append_quoted(count.variant, out);
    out += "} ";
    append_number(count.views, out);
    out += '\n';
  }
}

void append_exposures_json(const std::vector<ExposureCount>& counts, std::pmr::string& out) {
  out += '{';
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const bool is_first = i == 0 || counts[i].experiment != counts[i - 1].experiment;
    if (is_first) {
      out += i == 0 ? "" : "},";
      append_quoted(counts[i].experiment, out);
      out += ":{";
    } else {
      out += ',';
    }
    append_quoted(counts[i].variant, out);
    out += ':';
    append_number(counts[i].views, out);
  }
  out += counts.empty() ? "}" : "}}";
}

}  // namespace personalize
