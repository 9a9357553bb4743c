// Nanoseconds that each signal of a request costs. The argument, if any, is a database file for the
// geo fields, with 192.0.2.1 in it.
#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory_resource>
#include <string>

#include "../unit/signals/fake_request.h"
#include "personalize/signals/signals.h"

namespace {

using namespace personalize;

constexpr int rounds = 200'000;
constexpr int repeats = 5;

volatile unsigned sink;  // keeps results from being optimised away

// The best of several runs.
template <typename Run>
void measure(const char* what, Run run) {
  double best = 1e9;
  for (int repeat = 0; repeat < repeats; repeat++) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; i++) {
      sink = sink + run();
    }
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    best = std::min(best, time.count() / rounds);
  }
  std::printf("%-28s %7.0f ns\n", what, best);
}

}  // namespace

int main(int argc, char** argv) {
  const Where here = {"bench", 1};
  VisitorOptions options;
  options.cookie = "vid";
  const VisitorCookie cookie(options, {std::string(64, 'k')}, here);
  std::pmr::string pair;
  cookie.set_cookie("qX3kP0aVb8cN5tYw2LrZ_g", true, pair);

  FakeRequest request;
  request.cookies = {"_ga=GA1.2.1234567890.1234567890; cart=3f2a; " +
                     std::string(pair.substr(0, pair.find(';'))) + "; theme=dark"};
  request.arguments_ = "utm_source=mail&utm_campaign=summer+sale%21";
  request.headers = {
      {"accept-language", "pl-PL,pl;q=0.9,en-US;q=0.8,en;q=0.7"},
      {"referer", "https://www.google.com/"},
      {"user-agent",
       "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, "
       "like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36"}};
  request.now = 1795209299123;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
  request.address = reinterpret_cast<const sockaddr*>(&address);

  char buffer[256];
  measure("visitor cookie, signed", [&] {
    std::pmr::monotonic_buffer_resource memory(buffer, sizeof(buffer));
    Visitor visitor;
    return static_cast<unsigned>(cookie.read(request, &memory, visitor));
  });
  measure("visitor issued and signed", [&] {
    std::pmr::monotonic_buffer_resource memory(buffer, sizeof(buffer));
    Visitor visitor;
    cookie.issue(&memory, visitor);
    std::pmr::string out(&memory);
    out.reserve(192);
    return static_cast<unsigned>(cookie.set_cookie(visitor.id, true, out));
  });

  GeoDatabases geo;
  if (argc > 1) {
    geo.open(argv[1], here);
  }
  AttributeTable table;
  TimeZones zones;
  const Visitor visitor;
  for (const char* name :
       {"cookie.theme", "request.language", "request.referer_host", "request.arg.utm_campaign",
        "device.type", "geo.country", "geo.city", "time.hour", "time.date"}) {
    const Attribute attribute = table[table.intern(name, here)];
    measure(name, [&] {
      std::pmr::monotonic_buffer_resource memory(buffer, sizeof(buffer));
      Signals signals(request, visitor, &geo, zones, &memory);
      return static_cast<unsigned>(signals.read(attribute).kind());
    });
  }
  return 0;
}
