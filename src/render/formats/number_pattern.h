// How numbers are written in one language, read off what ICU writes when the configuration is read,
// so that a request needs no ICU for it: that takes a tenth of the time.
#pragma once

#include <unicode/numberformatter.h>

#include <array>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/value.h"

namespace personalize {

class NumberPattern {
 public:
  // Reads what `formatter` writes. It must round halves up (away from zero), and give zero no sign.
  explicit NumberPattern(icu::number::LocalizedNumberFormatter formatter);

  // Appends a finite number, with as many decimals as the formatter gives it.
  void append(const Value& n, std::pmr::string& out) const { append(n, least_, most_, out); }
  // The same with so many decimals.
  void append(const Value& n, std::size_t decimals, std::pmr::string& out) const {
    append(n, decimals, decimals, out);
  }

 private:
  struct Affixes {
    std::string before, after;
  };

  // A decimal number, rounded to the decimals that are shown.
  struct Decimal;

  void append(const Value& n, std::size_t least, std::size_t most, std::pmr::string& out) const;
  void append_with_icu(const Value& n, std::size_t least, std::size_t most,
                       std::pmr::string& out) const;
  bool append_text(std::string_view number, std::size_t least, std::size_t most,
                   std::pmr::string& out) const;
  void append_decimal(Decimal& decimal, std::size_t least, std::size_t most,
                      std::pmr::string& out) const;
  void append_integer(const Decimal& decimal, std::pmr::string& out) const;
  void append_digit(char digit, std::pmr::string& out) const;
  void read(const icu::number::LocalizedNumberFormatter& formatter);
  static Affixes read_affixes(const icu::number::FormattedNumber& formatted);
  void read_groups(const icu::number::LocalizedNumberFormatter& formatter,
                   const icu::number::FormattedNumber& sample);
  bool writes_like_icu() const;

  Affixes positive_, negative_;
  std::string point_, group_;
  std::array<std::string, 10> digits_;
  bool has_ascii_digits_ = false;
  std::size_t group_size_ = 0, further_group_size_ = 0;  // from the right; 0: there are none
  std::size_t least_grouped_ = 0;                        // digits of the shortest grouped number
  std::size_t least_ = 0, most_ = 0;                     // decimals
  // Kept for languages that write in a way that is not known here.
  std::optional<icu::number::LocalizedNumberFormatter> icu_;
};

}  // namespace personalize
