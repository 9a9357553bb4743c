#include "render/fields/deadline.h"

#include <unicode/timezone.h>

#include <algorithm>
#include <cmath>

#include "base/numbers/date.h"
#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr double day_seconds = 86400;

// Returns whether a date has a zone: 2026-11-20T08:30Z and 2026-11-20 08:30+01:00 do.
bool names_zone(std::string_view date) {
  constexpr std::size_t date_length = 10;
  return date.size() > date_length &&
         date.find_first_of("Zz+-", date_length) != std::string_view::npos;
}

// Reads HH:MM as seconds since midnight.
std::optional<double> read_time_of_day(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.size() - colon != 3) {
    return std::nullopt;
  }
  const auto hour = read_integer<unsigned>(text.substr(0, colon));
  const auto minute = read_integer<unsigned>(text.substr(colon + 1));
  if (!hour || !minute || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  return *hour * 3600.0 + *minute * 60.0;
}

std::string whole(double number) {
  return std::to_string(static_cast<std::int64_t>(number));
}

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

struct Deadline::Zone {
  std::unique_ptr<icu::TimeZone> icu;

  // Returns the seconds by which its clocks are ahead of UTC.
  double offset(double now) const {
    std::int32_t standard = 0;
    std::int32_t saving = 0;
    UErrorCode status = U_ZERO_ERROR;
    icu->getOffset(now * 1000, 0, standard, saving, status);
    return U_FAILURE(status) != 0 ? 0 : (standard + saving) / 1000.0;
  }
};

Deadline::Deadline(Kind kind) : kind_(kind) {}
Deadline::Deadline(Deadline&&) noexcept = default;
Deadline::~Deadline() = default;

std::optional<Deadline> Deadline::read(std::string_view text) {
  auto rest = ascii::trim(text);
  const Value value = Value::string(rest);
  if (const auto seconds = read_instant(value)) {
    Deadline deadline(Kind::moment);
    deadline.seconds_ = *seconds;
    deadline.is_local_ = rest.size() > 4 && rest[4] == '-' && !names_zone(rest);
    return deadline;
  }

  const auto word = ascii::take_until(rest, ' ');
  rest = ascii::trim(rest);
  if (word == "evergreen") {
    const auto duration = parse_duration(rest);
    if (!duration || *duration <= 0) {
      return std::nullopt;
    }
    Deadline deadline(Kind::evergreen);
    deadline.seconds_ = *duration;
    return deadline;
  }
  if (word != "daily") {
    return std::nullopt;
  }
  const auto seconds = read_time_of_day(ascii::take_until(rest, ' '));
  if (!seconds) {
    return std::nullopt;
  }
  Deadline deadline(Kind::daily);
  deadline.seconds_ = *seconds;
  if (const auto name = ascii::trim(rest); !name.empty()) {
    std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(
        icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())))));
    if (!zone || *zone == icu::TimeZone::getUnknown()) {
      return std::nullopt;
    }
    deadline.zone_ = std::make_unique<Zone>(Zone{std::move(zone)});
  }
  return deadline;
}

Deadline Deadline::read(std::string_view text, const Where& where) {
  auto deadline = read(text);
  if (!deadline) {
    auto rest = ascii::trim(text);
    const bool is_daily = ascii::take_until(rest, ' ') == "daily";
    rest = ascii::trim(rest);
    const auto time = ascii::take_until(rest, ' ');
    if (is_daily && read_time_of_day(time)) {
      throw ConfigError(where, "unknown time zone " + quoted(ascii::trim(rest)) + " in deadline " +
                                   quoted(text) +
                                   ": write its name in the IANA database, as in Europe/Warsaw");
    }
    if (is_daily && !time.empty()) {
      throw ConfigError(where, quoted(time) + " is no time of the day in deadline " + quoted(text) +
                                   ": write it as in 14:00");
    }
    throw ConfigError(where,
                      quoted(text) +
                          " is not a deadline: write a date, as in 2026-11-20T18:00 (by the "
                          "visitor's clock) or 2026-11-20T18:00:00+01:00, or \"daily 14:00\" "
                          "or \"daily 14:00 Europe/Warsaw\", or \"evergreen 2h\"");
  }
  return std::move(*deadline);
}

std::int64_t Deadline::at_ms(const DeadlineClock& clock) const {
  double at = 0;
  switch (kind_) {
    case Kind::moment:
      at = seconds_ - (is_local_ ? clock.offset : 0);
      break;
    case Kind::daily: {
      const double offset = zone_ ? zone_->offset(clock.now) : clock.offset;
      const double local = clock.now + offset;
      const double today = std::floor(local / day_seconds) * day_seconds + seconds_;
      at = (today > local ? today : today + day_seconds) - offset;
      // Clocks may be changed before it comes.
      at += zone_ ? offset - zone_->offset(at) : 0;
      break;
    }
    case Kind::evergreen:
      // It is known to the minute, and the visitor gets no less than what was promised.
      at = (clock.first_shown ? *clock.first_shown + 60 : clock.now) + seconds_;
      break;
  }
  return static_cast<std::int64_t>(at * 1000);
}

std::optional<std::int64_t> Deadline::left(const DeadlineClock& clock) const {
  // Nobody waits for longer; and this keeps numbers from documents within what fits.
  constexpr double longest = 1e10;
  if (!(std::fabs(clock.now) < longest) || !(std::fabs(clock.offset) < longest) ||
      !(std::fabs(seconds_) < longest)) {
    return std::nullopt;
  }
  return at_ms(clock) - static_cast<std::int64_t>(clock.now * 1000);
}

void Deadline::add(const DeadlineClock& clock, std::int64_t left, const Labels& labels,
                   DocumentBuilder& builder) const {
  const auto put = [&](std::string_view member, std::string_view text) {
    builder.key(member);
    builder.string(text);
  };
  // Of a visitor who has not seen it yet, the browser knows when they do.
  const bool has_begun = kind_ != Kind::evergreen || clock.first_shown;
  const std::string spec = (has_begun ? std::to_string(at_ms(clock)) : "0") +
                           (kind_ == Kind::daily ? " 86400000 " : " 0 ") +
                           (kind_ == Kind::evergreen ? whole(seconds_ * 1000) : "0");

  const std::int64_t seconds = std::max<std::int64_t>(0, left) / 1000;
  const std::int64_t days = seconds / 86400;
  const std::int64_t hours = seconds / 3600 % 24;
  const std::int64_t minutes = seconds / 60 % 60;
  builder.begin_object();
  put("spec", spec);
  put("now", whole(clock.now * 1000));
  put("left", std::to_string(std::max<std::int64_t>(0, left)));
  put("duration", "P" + std::to_string(days) + "DT" + std::to_string(hours) + "H" +
                      std::to_string(minutes) + "M" + std::to_string(seconds % 60) + "S");
  if (left <= 0) {
    builder.key("passed");
    builder.boolean(true);
  }
  builder.key("parts");
  builder.begin_array();
  const auto part = [&](std::string_view unit, const std::string& count, std::string_view label) {
    builder.begin_object();
    put("unit", unit);
    put("count", count);
    put("name", find_label(labels, label));
    if (unit == "86400" && days == 0) {
      builder.key("zero");
      builder.boolean(true);
    }
    builder.end();
  };
  part("86400", std::to_string(days), "days");
  part("3600", two_digits(hours), "hours");
  part("60", two_digits(minutes), "minutes");
  part("1", two_digits(seconds % 60), "seconds");
  builder.end();
  builder.end();
}

}  // namespace personalize
