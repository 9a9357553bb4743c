#include "personalize/claims/code_pool.h"

#include <algorithm>
#include <limits>

#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/text.h"
#include "personalize/claims/claim_keys.h"

namespace personalize {

namespace {

constexpr std::string_view usage = ": write for example \"code pool=codes:summer\"";

// Returns whether what the attribute says is the shop's and not the visitor's to choose. A browser
// says what device it is.
bool is_of_shop(Root root) noexcept {
  return root == Root::source || root == Root::page || root == Root::geo ||
         root == Root::experiment || root == Root::segment;
}

void read_key(std::string_view text, const Statement& statement, AttributeTable& attributes,
              CodePool& pool) {
  pool.key = KeyTemplate(text, attributes, statement.where);
  pool.name = pool.key.head() == text ? text : std::string_view();
  // Redis takes a brace alone for a character; who writes one has forgotten the other.
  const auto open = std::count(pool.name.begin(), pool.name.end(), '{');
  const auto close = std::count(pool.name.begin(), pool.name.end(), '}');
  if (!pool.name.empty() && (!is_pool_key(pool.name) || open != close)) {
    throw ConfigError(statement.where,
                      "invalid pool " + quoted(text) +
                          ": a key has at most 512 bytes, and braces only around a hash tag, as in "
                          "codes:{eu}");
  }
  for (const AttributeId id : pool.key.attributes()) {
    if (!is_of_shop(attributes[id].root)) {
      throw ConfigError(statement.where,
                        "the key of a pool cannot have " + quoted(attributes[id].spelling) +
                            ", by which visitors would choose the list that codes are taken of");
    }
  }
}

std::int64_t read_keep(std::string_view text, const Statement& statement) {
  // Days are meant, and without a unit it would be seconds.
  const bool has_unit = !text.empty() && !ascii::is_digit(text.back());
  const auto ms = has_unit ? parse_time(text) : std::nullopt;
  constexpr std::int64_t ms_per_s = 1000;
  if (!ms || *ms < ms_per_s || *ms / ms_per_s > std::numeric_limits<std::int32_t>::max()) {
    throw ConfigError(statement.where,
                      "invalid value \"keep=" + std::string(text) +
                          "\": it is a time with its unit, such as 365d; without keep= a visitor "
                          "claims once and for all");
  }
  return *ms / ms_per_s;
}

}  // namespace

CodePool read_code_pool(const Statement& statement, AttributeTable& attributes) {
  CodePool pool;
  pool.where = statement.where;
  bool has_key = false;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    std::string_view value = statement.words[i];
    const auto name = ascii::take_until(value, '=');
    if (name == "pool" && !has_key && !value.empty()) {
      has_key = true;
      read_key(value, statement, attributes, pool);
    } else if (name == "keep" && pool.keep_s == 0) {
      pool.keep_s = read_keep(value, statement);
    } else {
      throw ConfigError(statement.where, "unknown, empty or duplicate parameter " +
                                             quoted(statement.words[i]) + " of code" +
                                             std::string(usage) +
                                             "; a code that is the same for everybody is \"set "
                                             "code\"");
    }
  }
  if (!has_key) {
    throw ConfigError(statement.where, "code lacks pool=" + std::string(usage));
  }
  return pool;
}

}  // namespace personalize
