// Until when an offer holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/config_error.h"
#include "personalize/base/document.h"
#include "widgets/labels.h"

namespace personalize {

// The time of a request, as time.now and time.offset tell it; and when the visitor has first seen
// the campaign, if that is known. Seconds, since 1970 UTC.
struct DeadlineClock {
  double now;
  double offset;
  std::optional<double> first_shown;
};

class Deadline {
 public:
  // Reads a point in time (base/numbers/date.h; without a zone it is on the visitor's clock),
  // "daily HH:MM [ZONE]", or "evergreen TIME", which begins when the visitor first sees the
  // campaign. Nothing if the text is none of them.
  static std::optional<Deadline> read(std::string_view text);
  // The same for a configuration. Throws ConfigError.
  static Deadline read(std::string_view text, const Where& where);

  Deadline(Deadline&&) noexcept;
  ~Deadline();

  // Returns how many milliseconds are left; 0 or less if it has passed, nothing if the time is not
  // known.
  std::optional<std::int64_t> left(const DeadlineClock& clock) const;

  // Adds the object that the partial `clock` shows.
  //
  //   spec     "AT EVERY EVERGREEN", in milliseconds: "AT 0 0", "AT 86400000 0", or "AT 0
  //            EVERGREEN", where AT is 0 before the visitor has seen it
  //   now, left     milliseconds
  //   duration      "P1DT2H3M4S"
  //   passed   true if nothing is left
  //   parts    [{unit, count, name, zero}] of days, hours, minutes and seconds; the days are `zero`
  //            if there are none
  void add(const DeadlineClock& clock, std::int64_t left, const Labels& labels,
           DocumentBuilder& builder) const;

 private:
  struct Zone;  // a time zone of ICU
  enum class Kind : unsigned char { moment, daily, evergreen };

  explicit Deadline(Kind kind);

  std::int64_t at_ms(const DeadlineClock& clock) const;

  Kind kind_;
  bool is_local_ = false;       // moment: on the visitor's clock
  double seconds_ = 0;          // moment: since 1970; daily: since midnight; evergreen: how long
  std::unique_ptr<Zone> zone_;  // daily: if named
};

}  // namespace personalize
