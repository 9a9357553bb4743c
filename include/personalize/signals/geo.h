// Where the client is, from MaxMind DB files (https://maxmind.github.io/MaxMind-DB/) with the names
// of GeoIP2 and GeoLite2.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "personalize/attributes/attribute.h"
#include "personalize/base/value.h"

namespace personalize {

class GeoFile;

// The databases of one configuration, read into memory that the processes forked after open()
// share: whatever becomes of the files does them no harm. update() takes up files that have
// changed.
class GeoDatabases {
 public:
  static constexpr std::size_t max = 2;  // places and autonomous systems

  GeoDatabases();
  ~GeoDatabases();
  GeoDatabases(GeoDatabases&&) noexcept;
  GeoDatabases& operator=(GeoDatabases&&) noexcept;

  // Adds a file. Throws ConfigError if there is no such file, it is not a MaxMind DB, or it is one
  // too many.
  void open(const std::string& path, const Where& where);
  std::size_t size() const { return size_; }

  // The outcome of update() for one file.
  enum class Change : std::uint8_t {
    none,
    reading,  // update() is to be called again in some milliseconds
    loaded,   // all processes use the new file
    refused,  // problem() says why; the one before stays
  };

  // Checks one of the size() files for changes. Each process calls it about once a second; one of
  // them reads a changed file, in small pieces. A file is taken up once it has not changed for two
  // seconds. `now_ms` is of any steady clock.
  Change update(std::size_t file, std::int64_t now_ms) noexcept;
  const std::string& path(std::size_t file) const noexcept;
  // Returns why update() refused a file; lives until it is called again.
  const char* problem(std::size_t file) const noexcept;

  // What the databases hold for one address.
  struct Place {
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    std::array<std::uint32_t, max> record = {none, none};  // offset in each database
    std::array<std::uint32_t, max> version = {};           // of the databases' contents
  };
  // Looks an address up; an IPv4 address inside an IPv6 one as IPv4. Finds nothing for other
  // families (a Unix socket) and for nullptr.
  Place find(const sockaddr* address) const noexcept;

  // Returns a field of Root::geo from the first database that knows it. Strings are readable as
  // long as this; what they say may change when the file has been updated twice. Missing if it is
  // not known, the file is damaged there, or has been updated twice since find().
  Value get(const Place& place, Field field) const noexcept;

 private:
  std::array<std::unique_ptr<GeoFile>, max> files_;
  std::size_t size_ = 0;
};

}  // namespace personalize
