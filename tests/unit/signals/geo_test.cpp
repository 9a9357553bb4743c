// Look-ups in database files that scripts/make-mmdb writes.
#include "personalize/signals/geo.h"

#include <arpa/inet.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

#include "assert_values.h"
#include "fake_request.h"
#include "personalize/signals/signals.h"
#include "suite.h"

using namespace personalize;

namespace {

const Where here = {"nginx.conf", 5};

const auto all_fields = fields_of(Root::geo);

constexpr char places[] = R"({
  "192.0.2.0/24": {"country": "PL", "continent": "EU", "in_eu": true, "city": "Gdańsk",
                   "region": "22", "postal": "80-001", "latitude": 54.35, "longitude": 18.65,
                   "timezone": "Europe/Warsaw"},
  "198.51.100.0/24": {"country": "IN", "registered_country": "DE", "timezone": "Asia/Kolkata"},
  "203.0.113.0/24": {"registered_country": "US"},
  "2001:db8::/32": {"country": "RO", "in_eu": true}
})";

constexpr char systems[] = R"({"192.0.2.0/24": {"asn": 4294967295, "organization": "Example"},
                               "203.0.113.7/32": {"asn": 64496, "city": "Elsewhere"}})";

class Files {
 public:
  Files() {
    char name[] = "/tmp/personalize-geo-XXXXXX";
    directory_ = mkdtemp(name);
    make("places", places);
    make("systems", systems);
  }
  ~Files() {
    for (const char* name : {"places", "systems", "damaged"}) {
      std::remove(path(name).c_str());
    }
    rmdir(directory_.c_str());
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
  }

 private:
  void make(const std::string& name, const char* description) const {
    const std::string tests = __FILE__;
    const std::string script = tests.substr(0, tests.rfind("/tests/unit/")) + "/scripts/make-mmdb";
    FILE* pipe = popen(("'" + script + "' " + path(name)).c_str(), "w");
    assert_non_null(pipe);
    std::fputs(description, pipe);
    assert_int_equal(pclose(pipe), 0);
  }

  std::string directory_;
};

Files* files;

int make_files(void**) {
  files = new Files;
  return 0;
}

int remove_files(void**) {
  delete files;
  return 0;
}

// A socket address of either family.
class Address {
 public:
  explicit Address(const char* text) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage_);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage_);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
      v4->sin_family = AF_INET;
    } else {
      assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
      v6->sin6_family = AF_INET6;
    }
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }

 private:
  sockaddr_storage storage_ = {};
};

GeoDatabases open(std::initializer_list<const char*> names) {
  GeoDatabases databases;
  for (const char* name : names) {
    databases.open(files->path(name), here);
  }
  return databases;
}

Value get(const GeoDatabases& databases, const char* address, Field field) {
  return databases.get(databases.find(Address(address).get()), field);
}

void every_field_is_found(void**) {
  const auto databases = open({"places"});
  const char* a = "192.0.2.77";
  assert_text(get(databases, a, Field::geo_country).as_string(), "PL");
  assert_text(get(databases, a, Field::geo_continent).as_string(), "EU");
  assert_text(get(databases, a, Field::geo_region).as_string(), "22");
  assert_text(get(databases, a, Field::geo_city).as_string(), "Gdańsk");
  assert_text(get(databases, a, Field::geo_postal).as_string(), "80-001");
  assert_text(get(databases, a, Field::geo_timezone).as_string(), "Europe/Warsaw");
  assert_true(get(databases, a, Field::geo_latitude).as_number() == 54.35);
  assert_true(get(databases, a, Field::geo_longitude).as_number() == 18.65);
  assert_true(get(databases, a, Field::geo_in_eu).as_boolean());
  assert_true(get(databases, a, Field::geo_asn).is_missing());
}

void the_union_is_that_of_the_country_then_of_the_registration(void**) {
  const auto databases = open({"places"});
  assert_true(get(databases, "198.51.100.1", Field::geo_in_eu).kind() == Kind::boolean);
  assert_false(get(databases, "198.51.100.1", Field::geo_in_eu).as_boolean());
  assert_true(get(databases, "203.0.113.1", Field::geo_in_eu).kind() == Kind::boolean);
  assert_true(get(databases, "203.0.113.1", Field::geo_country).is_missing());
  assert_true(get(databases, "10.0.0.1", Field::geo_in_eu).is_missing());
}

void two_files_complete_each_other(void**) {
  const auto databases = open({"places", "systems"});
  assert_int_equal(databases.size(), 2);
  assert_text(get(databases, "192.0.2.1", Field::geo_country).as_string(), "PL");
  assert_true(get(databases, "192.0.2.1", Field::geo_asn).as_number() == 4294967295.0);
  assert_text(get(databases, "203.0.113.7", Field::geo_city).as_string(), "Elsewhere");
  assert_true(get(databases, "198.51.100.1", Field::geo_asn).is_missing());
  for (const Field field : all_fields) {
    assert_false(get(databases, "192.0.2.1", field).is_missing());
  }
}

void addresses_of_every_family_are_borne(void**) {
  const auto databases = open({"places"});
  assert_text(get(databases, "2001:db8::1", Field::geo_country).as_string(), "RO");
  assert_text(get(databases, "::ffff:192.0.2.1", Field::geo_country).as_string(), "PL");
  for (const char* unknown : {"10.0.0.1", "::1", "::", "fe80::1", "255.255.255.255"}) {
    for (const Field field : all_fields) {
      assert_true(get(databases, unknown, field).is_missing());
    }
  }
  sockaddr_un local = {};
  local.sun_family = AF_UNIX;
  const auto place = databases.find(reinterpret_cast<const sockaddr*>(&local));
  assert_true(databases.get(place, Field::geo_country).is_missing());
  assert_true(databases.get(databases.find(nullptr), Field::geo_country).is_missing());
}

void what_is_no_database_names_the_remedy(void**) {
  GeoDatabases databases;
  assert_config_error(databases.open(files->path("absent"), here), "No such file");
  assert_config_error(databases.open(files->path("absent"), here), "geoipupdate");
  files->write("damaged", "");
  assert_config_error(databases.open(files->path("damaged"), here), "not a MaxMind DB");
  files->write("damaged", std::string(5000, 'x'));
  assert_config_error(databases.open(files->path("damaged"), here), "not a MaxMind DB");
  assert_config_error(databases.open(files->path(""), here), "");
  assert_int_equal(databases.size(), 0);

  databases.open(files->path("places"), here);
  databases.open(files->path("systems"), here);
  assert_config_error(databases.open(files->path("places"), here), "more than 2");
}

// Flips bytes of a good file: whatever is read from it, nothing goes wrong.
void damaged_files_do_no_harm(void**) {
  const auto good = files->read("places");
  std::mt19937 random(7);
  unsigned opened = 0;
  for (int round = 0; round < 3000; round++) {
    auto bytes = good;
    for (int i = 0; i < 1 + round % 8; i++) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    files->write("damaged", bytes);
    GeoDatabases databases;
    try {
      databases.open(files->path("damaged"), here);
    } catch (const ConfigError&) {
      continue;
    }
    opened++;
    for (const char* address : {"192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"}) {
      for (const Field field : all_fields) {
        const auto value = get(databases, address, field);
        if (value.kind() == Kind::string) {
          // Reads every byte, so that a sanitizer sees those beyond the file.
          const std::string copy(value.as_string());
          assert_true(copy.size() <= good.size());
        }
      }
    }
  }
  assert_true(opened > 1000);
}

// A later second of the clock that update() is given.
GeoDatabases::Change updated(GeoDatabases& databases, std::int64_t from_ms) {
  auto change = databases.update(0, from_ms);
  for (int i = 0; i < 1000 && change == GeoDatabases::Change::none; i++) {
    change = databases.update(0, from_ms + i * 10);
  }
  while (change == GeoDatabases::Change::reading) {
    change = databases.update(0, from_ms);
  }
  return change;
}

void a_file_that_changed_is_taken_up(void**) {
  using Change = GeoDatabases::Change;
  files->write("changing", files->read("places"));
  auto databases = open({"changing"});
  assert_true(updated(databases, 0) == Change::none);
  const auto before = databases.find(Address("203.0.113.7").get());
  assert_true(databases.get(before, Field::geo_asn).is_missing());

  // Truncated in place, which a mapped file does not survive.
  const auto good = files->read("systems");
  files->write("changing", good.substr(0, good.size() / 2));
  assert_true(databases.update(0, 20000) == Change::none);  // it may still be growing
  assert_true(updated(databases, 20000) == Change::refused);
  assert_string_equal(databases.problem(0), "it has no metadata, or is truncated");
  assert_true(updated(databases, 30000) == Change::none);
  assert_text(get(databases, "192.0.2.9", Field::geo_city).as_string(), "Gdańsk");
  files->write("changing", "");
  assert_true(updated(databases, 40000) == Change::refused);
  assert_text(get(databases, "192.0.2.9", Field::geo_city).as_string(), "Gdańsk");

  files->write("changing", good);
  assert_true(updated(databases, 50000) == Change::loaded);
  assert_true(get(databases, "203.0.113.7", Field::geo_asn).as_number() == 64496);
  assert_true(get(databases, "192.0.2.9", Field::geo_country).is_missing());
  // What was found before is still that of the earlier file, until its memory is used again.
  assert_true(databases.get(before, Field::geo_asn).is_missing());
  const auto second = databases.find(Address("203.0.113.7").get());
  files->write("changing", files->read("places"));
  assert_true(updated(databases, 60000) == Change::loaded);
  assert_true(databases.get(second, Field::geo_asn).as_number() == 64496);
  assert_true(databases.get(before, Field::geo_country).is_missing());
  assert_text(get(databases, "192.0.2.9", Field::geo_city).as_string(), "Gdańsk");
  std::remove(files->path("changing").c_str());
  assert_true(updated(databases, 70000) == Change::none);
  assert_text(get(databases, "192.0.2.9", Field::geo_city).as_string(), "Gdańsk");
}

void signals_look_up_once(void**) {
  const auto databases = open({"places"});
  const Address address("192.0.2.9");
  FakeRequest request;
  request.address = address.get();
  request.now = 1795209299000;  // 2026-11-20T21:14:59Z
  const Visitor visitor;
  TimeZones zones;
  std::pmr::monotonic_buffer_resource memory;
  Signals signals(request, visitor, &databases, zones, &memory);
  AttributeTable table;
  const auto read = [&](const char* name) { return signals.read(table[table.intern(name, here)]); };

  assert_text(read("geo.city").as_string(), "Gdańsk");
  assert_text(read("geo.country").as_string(), "PL");
  assert_true(read("time.hour").as_number() == 22);
  assert_text(read("time.weekday").as_string(), "friday");
  assert_text(read("time.date").as_string(), "2026-11-20");
  assert_int_equal(request.address_reads, 1);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(every_field_is_found),
    cmocka_unit_test(the_union_is_that_of_the_country_then_of_the_registration),
    cmocka_unit_test(two_files_complete_each_other),
    cmocka_unit_test(addresses_of_every_family_are_borne),
    cmocka_unit_test(what_is_no_database_names_the_remedy),
    cmocka_unit_test(damaged_files_do_no_harm),
    cmocka_unit_test(a_file_that_changed_is_taken_up),
    cmocka_unit_test(signals_look_up_once),
};
const Suite suite(__FILE__, tests, make_files, remove_files);

}  // namespace
