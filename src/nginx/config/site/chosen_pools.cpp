#include "nginx/config/site/chosen_pools.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

// Returns whether a browser says what the NGINX variable has.
bool is_sent(std::string_view variable) {
  constexpr std::string_view heads[] = {"cookie_", "arg_", "http_"};
  constexpr std::string_view names[] = {"args", "query_string", "request_uri", "request"};
  const std::string name = ascii::lowered(variable);
  return is_one_of(name, names) ||
         std::any_of(std::begin(heads), std::end(heads),
                     [&](std::string_view head) { return ascii::starts_with(name, head); });
}

// Returns whether a browser says what the attribute is: at once, or on the first page of a session.
bool is_sent(const Attribute& attribute) {
  switch (attribute.root) {
    case Root::cookie:
    case Root::campaign:
      return true;
    case Root::variable:
      return is_sent(attribute.name);
    default:
      break;
  }
  constexpr Field fields[] = {Field::request_arg,          Field::request_header,
                              Field::request_url,          Field::request_referer,
                              Field::request_referer_host, Field::session_args,
                              Field::session_utm_source,   Field::session_utm_medium,
                              Field::session_utm_campaign, Field::session_referer_host};
  return std::find(std::begin(fields), std::end(fields), attribute.field) != std::end(fields);
}

// Finds what a browser sends among what an attribute is made of.
class SentParts {
 public:
  SentParts(const Program& program, const AttributeTable& attributes,
            const std::vector<Source>& sources)
      : program_(program), attributes_(attributes), sources_(sources) {}

  // Returns what it is, as a message says it; "" if there is nothing.
  std::string find(AttributeId id) {
    if (!seen_.insert(id).second) {
      return {};
    }
    const Attribute& attribute = attributes_[id];
    if (is_sent(attribute)) {
      return quoted(attribute.spelling);
    }
    if (attribute.root == Root::source) {
      return find_in_keys(attribute);
    }
    const auto deciding = program_.deciding(id, attribute);
    if (deciding.is_forcible) {
      return "what a cookie of variants or the page's address says";
    }
    return find_first(deciding.attributes, [&](AttributeId part) { return find(part); });
  }

 private:
  template <class Range, class Find>
  static std::string find_first(const Range& range, Find find) {
    for (const auto& one : range) {
      std::string found = find(one);
      if (!found.empty()) {
        return found;
      }
    }
    return {};
  }

  std::string find_in_keys(const Attribute& attribute) {
    auto documents = attribute.others;
    documents.push_back(attribute.index);
    return find_first(documents, [&](std::uint32_t document) {
      return document < sources_.size() ? find_first(sources_[document].key.attributes(),
                                                     [&](AttributeId id) { return find(id); })
                                        : std::string();
    });
  }

  const Program& program_;
  const AttributeTable& attributes_;
  const std::vector<Source>& sources_;
  std::set<AttributeId> seen_;
};

}  // namespace

void refuse_chosen_pool(const CodePool& pool, const Program& program,
                        const AttributeTable& attributes, const std::vector<Source>& sources) {
  for (const AttributeId id : pool.key.attributes()) {
    const std::string sent = SentParts(program, attributes, sources).find(id);
    if (!sent.empty()) {
      throw ConfigError(pool.where, "the key of a pool cannot have " +
                                        quoted(attributes[id].spelling) + ", which depends on " +
                                        sent +
                                        ": by that visitors would choose the list that codes are "
                                        "taken of");
    }
  }
}

}  // namespace personalize
