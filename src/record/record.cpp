#include "personalize/record/record.h"

#include <exception>
#include <iterator>
#include <string_view>

namespace personalize {

namespace {

enum class Unit : std::uint8_t { things, milliseconds };

// A metric of Prometheus: `personalize_NAME_total`, with one label where it has several counters.
struct Family {
  std::string_view name;
  std::string_view label;  // "" for none
  std::string_view help;
  Unit unit = Unit::things;
};

constexpr Family families[] = {
    {"pages", "result", "Pages of personalised locations, by whether a slot was filled."},
    {"passed", "reason", "Responses of personalised locations passed on as they were."},
    {"slots", "result", "Slots that a page came to, by what was put into them."},
    {"doubts", "reason", "Slots or pages left alone because the markup was not certain."},
    {"lookups", "outcome", "Documents that requests asked for, by what became of them."},
    {"held_pages", "", "Pages that waited for a document at a slot."},
    {"held_seconds", "", "Time that pages waited for documents.", Unit::milliseconds},
    {"wait_exceeded", "", "Pages that went on without a document after personalize_wait."},
    {"held_overflow", "", "Pages that went on without a document since too much waited behind it."},
    {"visitors", "state", "Visitor cookies, by what they were worth."},
    {"beacons", "result", "Reports of runtime scripts, by whether they were taken."},
    {"events", "event", "What visitors did with campaigns, as runtime scripts report it."},
    {"session_writes", "result",
     "Commands about visitors' sessions, by whether they went to Redis and it obeyed."},
    {"redis_connections", "event", "Connections to Redis."},
    {"redis_commands", "", "Commands sent to Redis."},
    {"redis_failures", "reason", "Commands that Redis did not answer as it should."},
    {"redis_topology", "event", "What a cluster or sentinels told of where data is."},
    {"redis_breaker", "event", "Changes of the circuit breaker, and commands that it kept back."},
    {"cache_stores", "result", "Documents given to the shared cache."},
    {"cache_invalidations", "scope",
     "Documents thrown away because Redis said so, and times that all of them were in doubt."},
    {"log_suppressed", "", "Log messages left out because there were too many of their kind."},
};

struct Entry {
  Counter counter;
  std::string_view family;
  std::string_view value;  // of the label; "" where the family has none
};

// In the order of Counter; those of a family stand together, in the order of families.
constexpr Entry entries[] = {
    {Counter::page_personalized, "pages", "personalized"},
    {Counter::page_default, "pages", "default"},
    {Counter::passed_status, "passed", "status"},
    {Counter::passed_type, "passed", "type"},
    {Counter::passed_charset, "passed", "charset"},
    {Counter::passed_encoding, "passed", "encoding"},
    {Counter::passed_memory, "passed", "memory"},
    {Counter::slot_filled, "slots", "filled"},
    {Counter::slot_default, "slots", "default"},
    {Counter::slot_unrendered, "slots", "unrendered"},
    {Counter::doubt_end_uncertain, "doubts", "end_uncertain"},
    {Counter::doubt_foster_parent, "doubts", "foster_parent"},
    {Counter::doubt_content_too_long, "doubts", "content_too_long"},
    {Counter::doubt_token_too_long, "doubts", "token_too_long"},
    {Counter::doubt_not_html, "doubts", "not_html"},
    {Counter::lookup_hit, "lookups", "hit"},
    {Counter::lookup_stale, "lookups", "stale"},
    {Counter::lookup_fetched, "lookups", "fetched"},
    {Counter::lookup_missing, "lookups", "missing"},
    {Counter::lookup_too_large, "lookups", "too_large"},
    {Counter::lookup_invalid, "lookups", "invalid"},
    {Counter::lookup_wrong_type, "lookups", "wrong_type"},
    {Counter::lookup_error, "lookups", "error"},
    {Counter::lookup_timeout, "lookups", "timeout"},
    {Counter::held_page, "held_pages", ""},
    {Counter::held_ms, "held_seconds", ""},
    {Counter::wait_exceeded, "wait_exceeded", ""},
    {Counter::held_too_much, "held_overflow", ""},
    {Counter::visitor_known, "visitors", "known"},
    {Counter::visitor_issued, "visitors", "issued"},
    {Counter::visitor_malformed, "visitors", "malformed"},
    {Counter::visitor_forged, "visitors", "forged"},
    {Counter::visitor_without_consent, "visitors", "without_consent"},
    {Counter::beacon_accepted, "beacons", "accepted"},
    {Counter::beacon_refused, "beacons", "refused"},
    {Counter::event_impression, "events", "impression"},
    {Counter::event_click, "events", "click"},
    {Counter::event_dismiss, "events", "dismiss"},
    {Counter::event_conversion, "events", "conversion"},
    {Counter::session_sent, "session_writes", "sent"},
    {Counter::session_refused, "session_writes", "refused"},
    {Counter::session_failed, "session_writes", "failed"},
    {Counter::redis_connected, "redis_connections", "connected"},
    {Counter::redis_connection_lost, "redis_connections", "lost"},
    {Counter::redis_command, "redis_commands", ""},
    {Counter::redis_timeout, "redis_failures", "timeout"},
    {Counter::redis_error_reply, "redis_failures", "error"},
    {Counter::redis_redirected, "redis_topology", "redirected"},
    {Counter::redis_topology_changed, "redis_topology", "changed"},
    {Counter::breaker_opened, "redis_breaker", "opened"},
    {Counter::breaker_refused, "redis_breaker", "refused"},
    {Counter::cache_stored, "cache_stores", "stored"},
    {Counter::cache_no_room, "cache_stores", "no_room"},
    {Counter::cache_invalidated, "cache_invalidations", "document"},
    {Counter::cache_invalidated_all, "cache_invalidations", "all"},
    {Counter::log_suppressed, "log_suppressed", ""},
};

// The tables agree with the enumeration and with each other.
constexpr bool tables_agree() {
  std::size_t next = 0;
  for (const Family& family : families) {
    const std::size_t first = next;
    while (next < std::size(entries) && entries[next].family == family.name) {
      if (entries[next].counter != static_cast<Counter>(next) ||
          entries[next].value.empty() != family.label.empty()) {
        return false;
      }
      next++;
    }
    if (next == first || (family.label.empty() && next != first + 1)) {
      return false;
    }
  }
  return next == std::size(entries);
}
static_assert(std::size(entries) == counter_count && tables_agree());

// Calls `visit(family, first entry, past the last entry)` for each family.
template <typename Visit>
void for_each_family(Visit visit) {
  const Entry* entry = std::begin(entries);
  for (const Family& family : families) {
    const Entry* first = entry;
    while (entry != std::end(entries) && entry->family == family.name) {
      entry++;
    }
    visit(family, first, entry);
  }
}

void append_number(std::pmr::string& out, std::uint64_t n) {
  char digits[20];
  char* begin = std::end(digits);
  do {
    *--begin = static_cast<char>('0' + n % 10);
    n /= 10;
  } while (n != 0);
  out.append(begin, std::end(digits));
}

void append_amount(std::pmr::string& out, std::uint64_t n, Unit unit) {
  if (unit == Unit::things) {
    append_number(out, n);
    return;
  }
  append_number(out, n / 1000);
  const auto thousandths = n % 1000;
  out += '.';
  out += static_cast<char>('0' + thousandths / 100);
  out += static_cast<char>('0' + thousandths / 10 % 10);
  out += static_cast<char>('0' + thousandths % 10);
}

// Names, labels and help texts hold nothing that either format would have to escape.
void append_prometheus(const CounterSnapshot& counters, std::pmr::string& out) {
  for_each_family([&](const Family& family, const Entry* first, const Entry* last) {
    const auto append_name = [&] {
      out.append("personalize_").append(family.name).append("_total");
    };
    out.append("# HELP ");
    append_name();
    out.append(" ").append(family.help).append("\n# TYPE ");
    append_name();
    out.append(" counter\n");
    for (const Entry* entry = first; entry != last; entry++) {
      append_name();
      if (!family.label.empty()) {
        out.append("{").append(family.label).append("=\"").append(entry->value).append("\"}");
      }
      out += ' ';
      append_amount(out, counters[entry->counter], family.unit);
      out += '\n';
    }
  });
}

void append_json(const CounterSnapshot& counters, std::pmr::string& out) {
  char separator = '{';
  for_each_family([&](const Family& family, const Entry* first, const Entry* last) {
    out += separator;
    separator = ',';
    out.append("\"").append(family.name).append("\":");
    if (family.label.empty()) {
      append_amount(out, counters[first->counter], family.unit);
      return;
    }
    char inner_separator = '{';
    for (const Entry* entry = first; entry != last; entry++) {
      out += inner_separator;
      inner_separator = ',';
      out.append("\"").append(entry->value).append("\":");
      append_amount(out, counters[entry->counter], family.unit);
    }
    out += '}';
  });
  out += '}';
}

template <typename Append>
bool append_or_restore(const CounterSnapshot& counters, std::pmr::string& out, Append append) {
  const auto before = out.size();
  try {
    append(counters, out);
    return true;
  } catch (const std::exception&) {
    out.resize(before);
    return false;
  }
}

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

bool write_prometheus(const CounterSnapshot& counters, std::pmr::string& out) noexcept {
  return append_or_restore(counters, out, append_prometheus);
}

bool write_json(const CounterSnapshot& counters, std::pmr::string& out) noexcept {
  return append_or_restore(counters, out, append_json);
}

}  // namespace personalize
