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

// The databases of one configuration, mapped into memory. A file may be replaced by renaming a new
// one over it and reloading. One that shrinks in place takes the process down, as any mapped file
// does.
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

  // What the databases hold for one address.
  struct Place {
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    std::array<std::uint32_t, max> record = {none, none};  // offset in each database
  };
  // Looks an address up; an IPv4 address inside an IPv6 one as IPv4. Finds nothing for other
  // families (a Unix socket) and for nullptr.
  Place find(const sockaddr* address) const noexcept;

  // Returns a field of Root::geo from the first database that knows it. Strings live as long as the
  // database. Missing if it is not known, or the file is damaged there.
  Value get(const Place& place, Field field) const noexcept;

 private:
  struct Database;
  std::array<std::unique_ptr<Database>, max> databases_;
  std::size_t size_ = 0;
};

}  // namespace personalize
