#include "personalize/signals/geo.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <cstring>

namespace personalize {

struct GeoDatabases::Database {
  MMDB_s mmdb = {};
  bool open = false;

  Database() = default;
  ~Database() {
    // If opening failed, the library has released everything but left its pointers.
    if (open) {
      MMDB_close(&mmdb);
    }
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
};

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
  auto database = std::make_unique<Database>();
  // An empty file cannot be mapped, which the library would report as a failure to read it.
  struct stat file = {};
  const bool empty =
      stat(path.c_str(), &file) == 0 && (!S_ISREG(file.st_mode) || file.st_size == 0);
  const int status = empty ? MMDB_UNKNOWN_DATABASE_FORMAT_ERROR
                           : MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database->mmdb);
  if (status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR) {
    const int error = errno;
    throw ConfigError(where, "cannot open \"" + path + "\": " + std::strerror(error) +
                                 "; download a database with geoipupdate, or correct the path");
  }
  if (status != MMDB_SUCCESS) {
    throw ConfigError(where,
                      "\"" + path + "\" is not a MaxMind DB file (" + MMDB_strerror(status) +
                          "); a GeoLite2 or GeoIP2 file in .mmdb format is needed, unpacked");
  }
  database->open = true;
  databases_[size_++] = std::move(database);
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
    int error = MMDB_SUCCESS;
    const auto found = MMDB_lookup_sockaddr(&databases_[i]->mmdb, address, &error);
    if (error == MMDB_SUCCESS && found.found_entry) {
      place.record[i] = found.entry.offset;
    }
  }
  return place;
}

Value GeoDatabases::get(const Place& place, Field field) const noexcept {
  for (std::size_t i = 0; i < size_; i++) {
    if (place.record[i] != Place::none) {
      const Value value = find_field(databases_[i]->mmdb, place.record[i], field);
      if (!value.is_missing()) {
        return value;
      }
    }
  }
  return {};
}

}  // namespace personalize
