// JSON of a profile, and the flat bytes that it is kept in: whatever they are, reading them ends
// and stays within them.
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/values/exact_number.h"
#include "base/values/json/json.h"
#include "personalize/base/document.h"
#include "personalize/sources/sources.h"

using namespace personalize;

namespace {

// Looks at everything, as far as `budget` goes: damaged bytes may refer to one thing many times.
std::size_t visit(const Value& value, std::size_t& budget) {
  std::size_t seen = value.kind() == Kind::string   ? std::string(value.as_string()).size()
                     : value.kind() == Kind::number ? std::string(value.exact_text()).size()
                                                    : 1;
  for (std::uint32_t i = 0; i < value.size() && budget > 0; ++i) {
    --budget;
    std::string key(value.key_at(i));
    value.find(key);
    seen += visit(value.at(i), budget);
  }
  return seen;
}

// A number with a text is one that its nearest double is not, and equal to itself alone.
void check_numbers(const Value& value) {
  if (value.kind() == Kind::number && !value.exact_text().empty()) {
    const Value read = exact_number(value.exact_text());
    if (read.exact_text() != value.exact_text() || !relates(value, Relation::equal, read) ||
        relates(value, Relation::equal, Value::number(value.as_number()))) {
      std::abort();
    }
  }
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    check_numbers(value.at(i));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::size_t budget = 10000;
  visit(Value::document(bytes), budget);

  std::pmr::monotonic_buffer_resource memory;
  DocumentBuilder builder(&memory);
  if (!decode_json(bytes, builder)) return 0;
  std::string document(builder.finish());
  budget = 10000;
  Value root = Value::document(document);
  visit(root, budget);
  check_numbers(root);

  // A copy of what was read is the same bytes but for the place of things, so it is as long.
  DocumentBuilder again(&memory);
  again.copy(root);
  std::string copied(again.finish());
  DocumentBuilder third(&memory);
  third.copy(Value::document(copied));
  if (third.finish() != copied) std::abort();

  // Damaged: one byte is another.
  for (std::size_t i = 0; i < document.size() && i < 64; ++i) {
    char was = document[i];
    document[i] = static_cast<char>(was ^ static_cast<char>(1 + i * 37));
    budget = 1000;
    visit(Value::document(document), budget);
    document[i] = was;
  }
  return 0;
}
