#include "nginx/request/filters/refusal.h"

namespace personalize {

std::string_view to_string(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
      return "";
    case Refusal::off:
      return "off";
    case Refusal::status:
      return "status";
    case Refusal::type:
      return "type";
    case Refusal::charset:
      return "charset";
    case Refusal::encoding:
      return "encoding";
  }
  return "";
}

std::optional<Counter> counter_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
    case Refusal::off:
      return std::nullopt;
    case Refusal::status:
      return Counter::passed_status;
    case Refusal::type:
      return Counter::passed_type;
    case Refusal::charset:
      return Counter::passed_charset;
    case Refusal::encoding:
      return Counter::passed_encoding;
  }
  return std::nullopt;
}

}  // namespace personalize
