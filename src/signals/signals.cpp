#include "personalize/signals/signals.h"

#include <array>
#include <new>

#include "base/ascii.h"
#include "signals/cookies.h"
#include "signals/request_fields.h"

namespace personalize {

namespace {

constexpr std::array<std::string_view, 7> weekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};

std::string_view device_name(Device device) {
  switch (device) {
    case Device::desktop:
      return "desktop";
    case Device::mobile:
      return "mobile";
    case Device::tablet:
      return "tablet";
    case Device::bot:
      return "bot";
    case Device::unknown:
      break;
  }
  return {};
}

// A string of which nothing is left says nothing: a header that did not come, a referer without
// host.
Value known(std::string_view s) {
  return s.empty() ? Value() : Value::string(s);
}

Value known(std::optional<std::string_view> s) {
  return s ? Value::string(*s) : Value();
}

}  // namespace

std::optional<std::string_view> find_cookie(RequestView& request, std::string_view name) noexcept {
  std::optional<std::string_view> found;
  for_each_cookie(request, name, [&](std::string_view value) {
    found = value;
    return true;
  });
  return found;
}

Device Signals::device() noexcept {
  if (!device_) {
    device_ = classify_device(request_.header("user-agent"), request_.header("sec-ch-ua-mobile"));
  }
  return *device_;
}

Value Signals::read(const Attribute& attribute) noexcept {
  try {
    switch (attribute.root) {
      case Root::visitor:
        return read_visitor(attribute.field);
      case Root::cookie:
        return known(find_cookie(request_, attribute.name));
      case Root::request:
        return read_request(attribute);
      case Root::variable:
        return known(request_.variable(attribute.index));
      case Root::geo:
        return read_geo(attribute.field);
      case Root::device:
        return known(device_name(device()));
      case Root::time:
        return read_time(attribute.field);
      case Root::segment:
      case Root::experiment:
      case Root::feature:
      case Root::consent:
      case Root::page:
      case Root::session:
      case Root::source:
        break;
    }
  } catch (const std::bad_alloc&) {
    // Nothing is known of what cannot be written down.
  }
  return {};
}

Value Signals::read_visitor(Field field) const noexcept {
  switch (field) {
    case Field::id:
      return known(visitor_.id);
    case Field::is_new:
      return Value::boolean(visitor_.is_new);
    case Field::verified:
      return Value::boolean(visitor_.verified);
    default:
      return {};
  }
}

Value Signals::read_request(const Attribute& attribute) {
  switch (attribute.field) {
    case Field::url: {
      const auto host = request_.header("host");
      return known(page_url(request_.scheme(), host.empty() ? request_.host() : host,
                            request_.target(), memory_));
    }
    case Field::path:
      return known(request_.path());
    case Field::host:
      return known(host_name(request_.host(), memory_));
    case Field::method:
      return known(request_.method());
    case Field::scheme:
      return known(request_.scheme());
    case Field::referer:
      return known(request_.header("referer"));
    case Field::referer_host:
      return known(url_host(request_.header("referer"), memory_));
    case Field::language:
      return known(preferred_language(request_.header("accept-language"), memory_));
    case Field::argument:
      return known(find_argument(request_.arguments(), attribute.name, memory_));
    case Field::header:
      return known(request_.header(attribute.name));
    default:
      return {};
  }
}

Value Signals::read_geo(Field field) noexcept {
  if (geo_ == nullptr || geo_->size() == 0) {
    return {};
  }
  if (!place_) {
    place_ = geo_->find(request_.client_address());
  }
  return geo_->get(*place_, field);
}

Value Signals::read_time(Field field) {
  const auto now_ms = request_.now_ms();
  if (field == Field::now) {
    const auto seconds = now_ms / 1000;
    return Value::number(static_cast<double>(seconds));
  }

  const auto timezone = read_geo(Field::timezone);
  const auto zone = timezone.kind() == Kind::string ? timezone.as_string() : std::string_view();
  if (field == Field::offset) {
    return Value::number(zones_.offset_s(zone, now_ms));
  }
  const auto time = zones_.at(zone, now_ms);
  switch (field) {
    case Field::hour:
      return Value::number(time.hour);
    case Field::weekday:
      return Value::string(weekdays[time.weekday]);
    case Field::date:
      return Value::string(write_date(time, memory_));
    default:
      return {};
  }
}

}  // namespace personalize
