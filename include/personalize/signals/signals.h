// Signals: what is known from a request alone, without a look-up.
//
//   visitor.id new verified     see visitor.h
//   cookie.NAME                 the first cookie of that name, without double quotes around it
//   cookie.NAME.path            what is inside it, decoded; see cookie_value.h
//   request.url                 the page's address as the client wrote it
//   request.path host method scheme referer
//   request.referer_host        in lower case, without port
//   request.language            the language that Accept-Language prefers, without region and in
//                               lower case: "pl" for "pl-PL,pl;q=0.9,en;q=0.8"
//   request.arg.NAME            the first of that name, decoded as a form is (+ is a space)
//   request.header.NAME
//   var.NAME                    an NGINX variable
//   geo.*                       see geo.h; latitude, longitude and asn are numbers, in_eu a boolean
//   device.type                 "mobile", "tablet", "desktop" or "bot"
//   time.now                    seconds since 1970, a number
//   time.hour weekday date      a number from 0 to 23, "monday" … "sunday", "2026-11-20"; in the
//                               visitor's time zone (geo.timezone), or else the server's
//   time.offset                 by how many seconds that zone's clock is ahead of UTC
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>

#include "personalize/attributes/attribute.h"
#include "personalize/base/value.h"
#include "personalize/signals/device.h"
#include "personalize/signals/device_cache.h"
#include "personalize/signals/geo.h"
#include "personalize/signals/local_time.h"
#include "personalize/signals/request_view.h"
#include "personalize/signals/visitor.h"

namespace personalize {

// Returns the first cookie called `name`, which is case-sensitive, in the request's Cookie headers.
std::optional<std::string_view> find_cookie(RequestView& request, std::string_view name) noexcept;

// Returns how many cookies of that name there are: a browser sends one for each domain and path.
std::size_t count_cookies(RequestView& request, std::string_view name) noexcept;

// The signals of one request.
class Signals {
 public:
  // All arguments must outlive this; `geo`, `bots` and `devices` may be nullptr. `memory` is the
  // request's and takes values that have to be made (a decoded argument, a date).
  Signals(RequestView& request, const Visitor& visitor, const GeoDatabases* geo, TimeZones& zones,
          std::pmr::memory_resource* memory, const BotRules* bots = nullptr,
          DeviceCache* devices = nullptr) noexcept
      : request_(request),
        visitor_(visitor),
        geo_(geo),
        zones_(zones),
        memory_(memory),
        bots_(bots),
        devices_(devices) {}

  // Returns the value of an attribute of a root in the list above. Missing if it is not known, or
  // memory runs out. Values are not remembered: that is up to the caller. The address is looked up
  // and the User-Agent read only once.
  Value read(const Attribute& attribute) noexcept;

  Device device() noexcept;

 private:
  Value read_visitor(Field field) const noexcept;
  Value read_request(const Attribute& attribute);
  Value read_time(Field field);
  Value read_geo(Field field) noexcept;

  RequestView& request_;
  const Visitor& visitor_;
  const GeoDatabases* geo_;
  TimeZones& zones_;
  std::pmr::memory_resource* memory_;
  const BotRules* bots_;
  DeviceCache* devices_;
  std::optional<GeoDatabases::Place> place_;
  std::optional<Device> device_;
};

}  // namespace personalize
