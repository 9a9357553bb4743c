#include "decision/timing/schedule.h"

#include <limits>
#include <string>

#include "base/numbers/date.h"
#include "base/text/text.h"

namespace personalize::decision {

namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

double number_or_unknown(const Value& value) {
  return value.kind() == Kind::number ? value.as_number() : not_known;
}

// Returns whether the date has a zone: 2026-11-20T08:30Z and 2026-11-20 08:30+01:00 do.
bool names_zone(std::string_view text) {
  constexpr std::size_t date_length = 10;
  return text.size() > date_length &&
         text.find_first_of("Zz+-", date_length) != std::string_view::npos;
}

Moment read_moment(std::string_view text, const Where& where) {
  const bool is_date = text.size() > 4 && text[4] == '-';
  const auto seconds = is_date ? read_instant(Value::string(text)) : std::nullopt;
  if (!seconds) {
    throw ConfigError(where, quoted(text) +
                                 " is not a date: write it as in 2026-11-20, 2026-11-20T08:30 "
                                 "(by the visitor's clock) or 2026-11-20T08:30:00+01:00");
  }
  return {*seconds, !names_zone(text)};
}

double seconds_on(const Moment& moment, const Clock& clock) {
  return moment.is_local ? clock.now + clock.offset : clock.now;
}

}  // namespace

ClockAttributes ClockAttributes::intern(AttributeTable& attributes, const Where& where) {
  return {attributes.intern("time.now", where), attributes.intern("time.offset", where)};
}

Clock ClockAttributes::read(Facts& facts) const noexcept {
  return {number_or_unknown(facts.get(now)), number_or_unknown(facts.get(offset))};
}

bool Schedule::holds(const Clock& clock) const noexcept {
  // An unknown time, NaN, fails both.
  return (!from || seconds_on(*from, clock) >= from->seconds) &&
         (!until || seconds_on(*until, clock) < until->seconds);
}

Schedule read_schedule(const Statement& statement) {
  constexpr std::string_view from = "from=";
  constexpr std::string_view until = "until=";
  const std::string usage =
      ": write for example \"schedule from=2026-11-20T00:00:00+01:00 "
      "until=2026-12-01T00:00:00+01:00\"";
  Schedule schedule;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    const std::string_view word = statement.words[i];
    const bool is_from = word.substr(0, from.size()) == from;
    if (!is_from && word.substr(0, until.size()) != until) {
      throw ConfigError(statement.where, "unknown parameter " + quoted(word) +
                                             " of schedule; it takes from= and until=" + usage);
    }
    auto& moment = is_from ? schedule.from : schedule.until;
    if (moment) {
      throw ConfigError(statement.where, "schedule: " + std::string(is_from ? from : until) +
                                             " is duplicate: keep one of them");
    }
    moment = read_moment(word.substr(is_from ? from.size() : until.size()), statement.where);
  }
  if (!schedule.from && !schedule.until) {
    throw ConfigError(statement.where, "schedule is empty" + usage);
  }
  const bool comparable =
      schedule.from && schedule.until && schedule.from->is_local == schedule.until->is_local;
  if (comparable && schedule.from->seconds >= schedule.until->seconds) {
    throw ConfigError(statement.where,
                      "schedule ends before it begins: from= must be earlier "
                      "than until=");
  }
  return schedule;
}

}  // namespace personalize::decision
