#include "personalize/record/counters.h"

#include <string_view>

#include "personalize/rewrite/rewrite.h"
#include "personalize/sources/sources.h"

namespace personalize {

namespace {

// A line of counters.def.
struct Line {
  Metric family;           // without a name in the line of a counter
  std::string_view value;  // of the counter's label

  constexpr bool is_family() const noexcept { return !family.name.empty(); }
};

using Unit = Metric::Unit;

constexpr Line lines[] = {
#define FAMILY(name, label, unit, help) \
  {{#name, help, {label}, Metric::Kind::counter, Unit::unit}, {}},
#define COUNTER(enumerator, value) {{}, value},
#include "personalize/record/counters.def"
#undef FAMILY
#undef COUNTER
};

// Returns whether there is a family before each counter, at least one counter in each family, and a
// value for each label: a family without a label has one counter, without a value.
constexpr bool are_well_formed() {
  const Metric* family = nullptr;
  std::size_t counters = 0;
  for (const Line& line : lines) {
    if (line.is_family()) {
      if (family != nullptr && counters == 0) {
        return false;
      }
      family = &line.family;
      counters = 0;
      continue;
    }
    ++counters;
    if (family == nullptr || line.value.empty() != (family->label_count() == 0) ||
        (line.value.empty() && counters > 1)) {
      return false;
    }
  }
  return counters != 0;
}
static_assert(are_well_formed());

}  // namespace

std::optional<Counter> counter_of(Lookup outcome) noexcept {
  switch (outcome) {
    case Lookup::hit:
      return Counter::lookup_hit;
    case Lookup::stale:
      return Counter::lookup_stale;
    case Lookup::fetched:
      return Counter::lookup_fetched;
    case Lookup::missing:
      return Counter::lookup_missing;
    case Lookup::too_large:
      return Counter::lookup_too_large;
    case Lookup::invalid:
      return Counter::lookup_invalid;
    case Lookup::wrong_type:
      return Counter::lookup_wrong_type;
    case Lookup::error:
      return Counter::lookup_error;
    case Lookup::timeout:
      return Counter::lookup_timeout;
    case Lookup::idle:
    case Lookup::pending:
      break;
  }
  return std::nullopt;
}

std::optional<Counter> counter_of(Doubt doubt) noexcept {
  switch (doubt) {
    case Doubt::end_uncertain:
      return Counter::doubt_end_uncertain;
    case Doubt::foster_parent:
      return Counter::doubt_foster_parent;
    case Doubt::content_too_long:
      return Counter::doubt_content_too_long;
    case Doubt::token_too_long:
      return Counter::doubt_token_too_long;
    case Doubt::not_html:
      return Counter::doubt_not_html;
    case Doubt::charset:
      return Counter::doubt_charset;
    case Doubt::amp:
      return Counter::doubt_amp;
    case Doubt::too_many_elements:
      return Counter::doubt_too_many_elements;
    case Doubt::none:
      break;
  }
  return std::nullopt;
}

void CounterSnapshot::add(const Counters& counters) noexcept {
  for (std::size_t i = 0; i < counter_count; i++) {
    values_[i] += counters.get(static_cast<Counter>(i));
  }
}

void CounterSnapshot::write(MetricsWriter& writer) const {
  std::size_t next = 0;
  for (const Line& line : lines) {
    if (line.is_family()) {
      writer.begin(line.family);
    } else {
      writer.add({line.value}, values_[next++]);
    }
  }
}

}  // namespace personalize
