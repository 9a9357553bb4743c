// Lines of events: whatever they hold, a report can be written of them, its JSON is JSON, and its
// page has no markup but its own.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/report/reading.h"
#include "report/analysis/findings.h"
#include "report/output/writers.h"

using namespace personalize::report;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Settings settings;
  settings.by = {"geo.country", "segments"};
  settings.covariate = "age";
  settings.winsorize = 0.9;
  settings.ratios = {
      {"basket", {"purchase", QuantityName::Kind::value}, {"purchase", QuantityName::Kind::count}}};
  EventStore store(settings);
  Event event;
  std::string scratch;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
    // In memory of exactly its size.
    const std::vector<char> copy(line.begin(), line.end());
    if (read_event_line({copy.data(), copy.size()}, event, scratch) == nullptr) {
      store.take(event);
    }
  }
  const auto findings = analyze(store, settings);
  text_report(findings, settings);
  simdjson::dom::parser parser;
  if (parser.parse(json_report(findings, settings)).error() != simdjson::SUCCESS) {
    std::abort();
  }
  if (html_report(findings, settings).find("<script") != std::string::npos) {
    std::abort();
  }
  return 0;
}
