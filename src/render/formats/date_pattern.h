// Dates in a form of one's own, as strftime() and Liquid write it: '%d.%m.%Y'.
//
//   %Y 2026  %y 26     %m 01-12  %B November  %b Nov
//   %d 01-31 %e " 1"   %A Friday %a Fri       %j day of the year
//   %H 00-23 %I 01-12  %M 00-59  %S 00-59     %p AM, PM      %% %
//
// A `-` after the % takes zeros and blanks away: %-d. Names are those of the locale.
#pragma once

#include <memory_resource>
#include <string_view>

#include "render/formats/formats.h"

namespace personalize {

// What a pattern shows of a moment.
enum class PatternUse : unsigned char { invalid, day, clock };

// Returns whether the pattern shows the time of day; invalid if it has an unknown code, or none.
PatternUse use_of(std::string_view pattern) noexcept;

// Appends the moment as the pattern, which is valid, has it.
void append_moment(const Moment& moment, std::string_view pattern, const Locale::Formats& formats,
                   std::pmr::string& out);

}  // namespace personalize
