// How one language writes numbers, money, dates and words, through ICU.
#pragma once

#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"
#include "personalize/render/locale.h"

namespace personalize {

class NumberPattern;

// The forms among which `plural` chooses (Unicode CLDR, plural rules).
enum class PluralForm : unsigned char { zero, one, two, few, many, other };
constexpr std::size_t plural_form_count = 6;

// A moment of a calendar and a clock, without a time zone.
struct Moment {
  int year, month, day;  // month and day from 1
  int second = 0;        // of the day
};

// What of a moment is written.
enum class MomentPart : unsigned char { date, time, date_time };
constexpr std::size_t moment_part_count = 3;

// Returns which day of the week it is; 0 is Sunday.
int weekday_of(const Moment& day);
// Returns the same moment with a day of its month, and a second of its day: 1970-01-32 is
// 1970-02-01.
Moment normalized(const Moment& moment);

enum class DateStyle : unsigned char { short_, medium, long_, full };
constexpr std::size_t date_style_count = 4;

// Formatters are made once: making one takes a thousand times as long as using it.
class Locale::Formats {
 public:
  Formats(std::string_view tag, std::string_view currency, const Where& where);
  ~Formats();
  Formats(const Formats&) = delete;
  Formats& operator=(const Formats&) = delete;

  // Append UTF-8. `n` is a finite number.
  void number(const Value& n, std::optional<std::size_t> decimals, std::pmr::string& out) const;
  void percent(const Value& n, std::optional<std::size_t> decimals, std::pmr::string& out) const;
  void money(const Value& n, std::pmr::string& out) const;
  // `currency` is an ISO 4217 code, in any case. Returns false, and appends nothing, if it is not
  // one.
  bool money(const Value& n, std::string_view currency, std::pmr::string& out) const;
  // Makes ready for a currency that values will have.
  void prepare(std::string_view currency) const { find_currency(currency); }
  void date(const Moment& moment, MomentPart part, DateStyle style, std::pmr::string& out) const;
  // Return the name of a month (from 1) and of a weekday (0 is Sunday), as they stand in a date.
  std::string_view month(int month, bool is_short) const;
  std::string_view weekday(int weekday, bool is_short) const;
  void upper(std::string_view text, std::pmr::string& out) const;
  void lower(std::string_view text, std::pmr::string& out) const;
  // `decimals` are those that are shown: "1.0 points" has another form than "1 point".
  PluralForm plural(double n, std::size_t decimals) const;
  // Returns the form of 1st, 2nd, 3rd.
  PluralForm ordinal(double n) const;

  // Returns the language in ISO 639-1: "pl".
  const std::string& language() const { return language_; }
  // Return what they were made with: "pl-PL", "PLN".
  const std::string& tag() const { return tag_; }
  const std::string& currency() const { return currency_; }

 private:
  struct Icu;

  const NumberPattern* find_currency(std::string_view currency) const;

  std::unique_ptr<Icu> icu_;
  std::string tag_, currency_, language_;
};

// Returns whether it is an ISO 4217 code in capital letters.
bool is_currency(std::string_view code);

}  // namespace personalize
