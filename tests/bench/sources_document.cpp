// What a fill costs (JSON to document), and what reading a value from a document costs.
#include <chrono>
#include <cstdio>
#include <memory_resource>
#include <string>

#include "base/values/json/json.h"
#include "personalize/sources/sources.h"

namespace {

using namespace personalize;
using Clock = std::chrono::steady_clock;

// An ordinary profile of 600 bytes.
const std::string profile =
    R"({"id":"3f2a9c1e","name":"Małgorzata","tier":"gold","clv":61250.5,"orders":23,"vip":true,)"
    R"("last_order":"2026-10-02T11:20:00Z","cart":{"items":3,"value":249.99,"currency":"PLN"},)"
    R"("address":{"city":"Łódź","country":"PL","postal":"90-001"},"affinity":{"category":["shoes",)"
    R"("jackets","bags"],"brand":["Aldo","Wrangler"]},"recommended":[{"id":"sku-1001","title":)"
    R"("Trail shoe","price":349.0,"image":"/img/1001.webp"},{"id":"sku-1002","title":"Rain jacket",)"
    R"("price":499.0,"image":"/img/1002.webp"}],"segments":["returning","newsletter"],)"
    R"("consent":true,"seen":["sku-1","sku-2","sku-3"]})";

template <typename Function>
double nanoseconds(int rounds, Function function) {
  const auto begin = Clock::now();
  for (int i = 0; i < rounds; ++i) {
    function();
  }
  const std::chrono::duration<double, std::nano> time = Clock::now() - begin;
  return time.count() / rounds;
}

}  // namespace

int main() {
  char buffer[16384];
  std::size_t size = 0;
  const double decode = nanoseconds(200000, [&] {
    std::pmr::monotonic_buffer_resource memory(buffer, sizeof(buffer));
    DocumentBuilder builder(&memory);
    decode_json(profile, builder);
    size = builder.finish().size();
  });
  std::printf("decode %zu bytes of JSON into %zu: %.0f ns\n", profile.size(), size, decode);

  DocumentBuilder builder(std::pmr::get_default_resource());
  decode_json(profile, builder);
  const auto document = builder.finish();
  double sum = 0;
  const double read = nanoseconds(
      2000000, [&] { sum += Value::document(document).find("cart").find("value").as_number(); });
  std::printf("read cart.value: %.0f ns (%.0f)\n", read, sum);
}
