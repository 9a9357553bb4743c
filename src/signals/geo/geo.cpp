#include "personalize/signals/geo.h"

#include <maxminddb.h>
#include <netinet/in.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "signals/geo/geo_file.h"

namespace personalize {

namespace {

// The paths of fields in GeoIP2's records.
// https://dev.maxmind.com/geoip/docs/databases/city-and-country#binary-databases
using Path = std::array<const char*, 4>;
constexpr Path country = {"country", "iso_code"};
constexpr Path continent = {"continent", "code"};
constexpr Path region = {"subdivisions", "0", "iso_code"};
constexpr Path city = {"city", "names", "en"};
constexpr Path postal = {"postal", "code"};
constexpr Path latitude = {"location", "latitude"};
constexpr Path longitude = {"location", "longitude"};
constexpr Path time_zone = {"location", "time_zone"};
constexpr Path in_eu = {"country", "is_in_european_union"};
constexpr Path registered_country = {"registered_country", "iso_code"};
constexpr Path registered_in_eu = {"registered_country", "is_in_european_union"};
constexpr Path asn = {"autonomous_system_number"};

// Returns the value at a path; missing if it is of a kind that is not used here, or the file is
// damaged. The library checks every read against the file's size.
Value value_at(const MMDB_s& mmdb, std::uint32_t record, const Path& path) {
  MMDB_entry_s entry = {&mmdb, record};
  MMDB_entry_data_s data;
  if (MMDB_aget_value(&entry, &data, path.data()) != MMDB_SUCCESS || !data.has_data) {
    return {};
  }
  switch (data.type) {
    case MMDB_DATA_TYPE_UTF8_STRING:
      return data.data_size == 0 ? Value() : Value::string({data.utf8_string, data.data_size});
    case MMDB_DATA_TYPE_DOUBLE:
      return std::isfinite(data.double_value) ? Value::number(data.double_value) : Value();
    case MMDB_DATA_TYPE_UINT16:
      return Value::number(data.uint16);
    case MMDB_DATA_TYPE_UINT32:
      return Value::number(data.uint32);
    case MMDB_DATA_TYPE_BOOLEAN:
      return Value::boolean(data.boolean);
    default:
      return {};
  }
}

Value value_of_kind(const MMDB_s& mmdb, std::uint32_t record, const Path& path, Kind kind) {
  const Value value = value_at(mmdb, record, path);
  return value.kind() == kind ? value : Value();
}

// Databases set the flag only if it is true, so that it can be denied only of a country that is
// known.
Value find_in_eu(const MMDB_s& mmdb, std::uint32_t record) {
  const bool located = !value_at(mmdb, record, country).is_missing();
  if (!located && value_at(mmdb, record, registered_country).is_missing()) {
    return {};
  }
  const Value flag = value_at(mmdb, record, located ? in_eu : registered_in_eu);
  return Value::boolean(flag.kind() == Kind::boolean && flag.as_boolean());
}

Value find_field(const MMDB_s& mmdb, std::uint32_t record, Field field) {
  switch (field) {
    case Field::geo_country:
      return value_of_kind(mmdb, record, country, Kind::string);
    case Field::geo_continent:
      return value_of_kind(mmdb, record, continent, Kind::string);
    case Field::geo_region:
      return value_of_kind(mmdb, record, region, Kind::string);
    case Field::geo_city:
      return value_of_kind(mmdb, record, city, Kind::string);
    case Field::geo_postal:
      return value_of_kind(mmdb, record, postal, Kind::string);
    case Field::geo_latitude:
      return value_of_kind(mmdb, record, latitude, Kind::number);
    case Field::geo_longitude:
      return value_of_kind(mmdb, record, longitude, Kind::number);
    case Field::geo_timezone:
      return value_of_kind(mmdb, record, time_zone, Kind::string);
    case Field::geo_in_eu:
      return find_in_eu(mmdb, record);
    case Field::geo_asn:
      return value_of_kind(mmdb, record, asn, Kind::number);
    default:
      return {};
  }
}

// Extracts the IPv4 address from an IPv4-mapped IPv6 one (RFC 4291 section 2.5.5.2), which is how a
// dual-stack socket reports its clients.
bool unmap(const sockaddr* address, sockaddr_in& v4) {
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof(v6));
  if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    return false;
  }
  v4 = {};
  v4.sin_family = AF_INET;
  std::memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, sizeof(v4.sin_addr));
  return true;
}

}  // namespace

GeoDatabases::GeoDatabases() = default;
GeoDatabases::~GeoDatabases() = default;
GeoDatabases::GeoDatabases(GeoDatabases&&) noexcept = default;
GeoDatabases& GeoDatabases::operator=(GeoDatabases&&) noexcept = default;

void GeoDatabases::open(const std::string& path, const Where& where) {
  if (size_ == max) {
    throw ConfigError(where, "more than " + std::to_string(max) +
                                 " personalize_geoip files: one for places and one for autonomous "
                                 "systems are enough");
  }
  auto file = std::make_unique<GeoFile>(path);
  if (!file->load()) {
    const int error = errno;
    if (*file->problem() == '\0') {
      throw ConfigError(where, "cannot open \"" + path + "\": " + std::strerror(error) +
                                   "; download a database with geoipupdate, or correct the path");
    }
    throw ConfigError(where,
                      "\"" + path + "\" is not a MaxMind DB file (" + file->problem() +
                          "); a GeoLite2 or GeoIP2 file in .mmdb format is needed, unpacked");
  }
  files_[size_++] = std::move(file);
}

GeoDatabases::Change GeoDatabases::update(std::size_t file, std::int64_t now_ms) noexcept {
  switch (files_[file]->update(now_ms)) {
    case GeoFile::Update::none:
      return Change::none;
    case GeoFile::Update::reading:
      return Change::reading;
    case GeoFile::Update::loaded:
      return Change::loaded;
    case GeoFile::Update::refused:
      return Change::refused;
  }
  return Change::none;
}

const std::string& GeoDatabases::path(std::size_t file) const noexcept {
  return files_[file]->path();
}

const char* GeoDatabases::problem(std::size_t file) const noexcept {
  return files_[file]->problem();
}

GeoDatabases::Place GeoDatabases::find(const sockaddr* address) const noexcept {
  Place place;
  if (address == nullptr || (address->sa_family != AF_INET && address->sa_family != AF_INET6)) {
    return place;
  }
  sockaddr_in v4;
  if (address->sa_family == AF_INET6 && unmap(address, v4)) {
    address = reinterpret_cast<const sockaddr*>(&v4);
  }
  for (std::size_t i = 0; i < size_; i++) {
    place.version[i] = files_[i]->version();
    const MMDB_s* database = files_[i]->contents(place.version[i]);
    if (database == nullptr) {
      continue;
    }
    int error = MMDB_SUCCESS;
    const auto found = MMDB_lookup_sockaddr(database, address, &error);
    if (error == MMDB_SUCCESS && found.found_entry) {
      place.record[i] = found.entry.offset;
    }
  }
  return place;
}

Value GeoDatabases::get(const Place& place, Field field) const noexcept {
  for (std::size_t i = 0; i < size_; i++) {
    const MMDB_s* database =
        place.record[i] != Place::none ? files_[i]->contents(place.version[i]) : nullptr;
    if (database != nullptr) {
      const Value value = find_field(*database, place.record[i], field);
      if (!value.is_missing()) {
        return value;
      }
    }
  }
  return {};
}

}  // namespace personalize
