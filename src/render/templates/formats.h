// How one language writes numbers, money, dates and words, through ICU.
#pragma once

#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"
#include "personalize/render/locale.h"

namespace personalize {

// The forms among which `plural` chooses (Unicode CLDR, plural rules).
enum class PluralForm : unsigned char { zero, one, two, few, many, other };
constexpr std::size_t plural_form_count = 6;

// A calendar day, without a time zone.
struct Day {
  int year, month, day;  // month and day from 1
};

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
  void number(const Value& n, std::pmr::string& out) const;
  void money(const Value& n, std::pmr::string& out) const;
  void date(const Day& day, DateStyle style, std::pmr::string& out) const;
  void upper(std::string_view text, std::pmr::string& out) const;
  void lower(std::string_view text, std::pmr::string& out) const;
  PluralForm plural(double n) const;

  // Returns the language in ISO 639-1: "pl".
  const std::string& language() const { return language_; }
  // Return what they were made with: "pl-PL", "PLN".
  const std::string& tag() const { return tag_; }
  const std::string& currency() const { return currency_; }

 private:
  struct Icu;
  std::unique_ptr<Icu> icu_;
  std::string tag_, currency_, language_;
};

}  // namespace personalize
