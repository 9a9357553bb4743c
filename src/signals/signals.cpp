#include "personalize/signals/signals.h"

#include <new>

#include "base/text/ascii.h"
#include "base/text/form.h"
#include "personalize/signals/accept_language.h"
#include "signals/cookie_value.h"
#include "signals/cookies.h"
#include "signals/request_fields.h"

namespace personalize {

namespace {

Value device_value(Device device) {
  return device == Device::unknown
             ? Value()
             : Value::string(device_words[static_cast<std::size_t>(device) - 1]);
}

// Returns a value; missing for an empty string: the header was not sent, the referer has no host.
Value known(std::string_view s) {
  return s.empty() ? Value() : Value::string(s);
}

Value known(std::optional<std::string_view> s) {
  return s ? Value::string(*s) : Value();
}

// Returns the value of cookie.NAME. `wordpress_logged_in_*` is the first cookie whose name begins
// with `wordpress_logged_in_`, since such names end in what differs from site to site.
std::optional<std::string_view> find_named_cookie(RequestView& request,
                                                  std::string_view name) noexcept {
  if (name.empty() || name.back() != '*') {
    return find_cookie(request, name);
  }
  name.remove_suffix(1);
  std::optional<std::string_view> found;
  for_each_cookie_of(
      request, [name](std::string_view one) { return one.substr(0, name.size()) == name; },
      [&](std::string_view value) {
        found = value;
        return true;
      });
  return found;
}

// Returns the value of cookie.NAME or cookie.NAME.path. A name may itself contain dots: the longest
// one that there is a cookie of is meant.
Value read_cookie(RequestView& request, std::string_view name, std::pmr::memory_resource* memory) {
  if (const auto whole = find_named_cookie(request, name)) {
    return Value::string(*whole);
  }
  for (auto dot = name.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = name.rfind('.', dot - 1)) {
    if (const auto cookie = find_named_cookie(request, name.substr(0, dot))) {
      return find_in_cookie(*cookie, name.substr(dot + 1), memory);
    }
  }
  return {};
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

std::size_t count_cookies(RequestView& request, std::string_view name) noexcept {
  std::size_t count = 0;
  for_each_cookie(request, name, [&](std::string_view) {
    ++count;
    return false;
  });
  return count;
}

Device Signals::device() noexcept {
  if (!device_) {
    static const BotRules none;
    const BotRules& rules = bots_ == nullptr ? none : *bots_;
    const auto user_agent = request_.header("user-agent");
    const auto mobile = request_.header("sec-ch-ua-mobile");
    device_ = devices_ == nullptr ? classify_device(user_agent, mobile, rules)
                                  : devices_->classify(user_agent, mobile, rules);
  }
  return *device_;
}

Value Signals::read(const Attribute& attribute) noexcept {
  try {
    switch (attribute.root) {
      case Root::visitor:
        return read_visitor(attribute.field);
      case Root::cookie:
        return read_cookie(request_, attribute.name, memory_);
      case Root::request:
        return read_request(attribute);
      case Root::variable:
        return known(request_.variable(attribute.index));
      case Root::geo:
        return read_geo(attribute.field);
      case Root::device:
        return device_value(device());
      case Root::time:
        return read_time(attribute.field);
      default:
        break;
    }
  } catch (const std::bad_alloc&) {
    // Without memory for it, the value is missing.
  }
  return {};
}

Value Signals::read_visitor(Field field) const noexcept {
  switch (field) {
    case Field::visitor_id:
      return known(visitor_.id);
    case Field::visitor_new:
      return Value::boolean(visitor_.is_new);
    case Field::visitor_verified:
      return Value::boolean(visitor_.verified);
    default:
      return {};
  }
}

Value Signals::read_request(const Attribute& attribute) {
  switch (attribute.field) {
    case Field::request_url: {
      const auto host = request_.header("host");
      return known(page_url(request_.scheme(), host.empty() ? request_.host() : host,
                            request_.target(), memory_));
    }
    case Field::request_path:
      return known(local_path(request_.path()));
    case Field::request_host:
      return known(host_name(request_.host(), memory_));
    case Field::request_method:
      return known(request_.method());
    case Field::request_scheme:
      return known(request_.scheme());
    case Field::request_referer:
      return known(request_.header("referer"));
    case Field::request_referer_host:
      return known(url_host(request_.header("referer"), memory_));
    case Field::request_language:
      return known(preferred_language(request_.header("accept-language"), memory_));
    case Field::request_arg:
      return known(find_argument(request_.arguments(), attribute.name, memory_));
    case Field::request_header:
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
  if (field == Field::time_now) {
    const auto seconds = now_ms / 1000;
    return Value::number(static_cast<double>(seconds));
  }

  const auto timezone = read_geo(Field::geo_timezone);
  const auto zone = timezone.kind() == Kind::string ? timezone.as_string() : std::string_view();
  if (field == Field::time_offset) {
    return Value::number(zones_.offset_s(zone, now_ms));
  }
  const auto time = zones_.at(zone, now_ms);
  switch (field) {
    case Field::time_hour:
      return Value::number(time.hour);
    case Field::time_weekday:
      return Value::string(weekday_words[time.weekday]);
    case Field::time_date:
      return Value::string(write_date(time, memory_));
    default:
      return {};
  }
}

}  // namespace personalize
