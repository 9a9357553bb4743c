#include "nginx/config/site/chosen_pools.h"

#include <algorithm>
#include <string>

#include "base/text/text.h"

namespace personalize {

namespace {

// Finds what a browser sends among what an attribute is made of.
class SentParts {
 public:
  SentParts(const SiteDeclarations& declared, const AttributeTable& attributes,
            const std::vector<Source>& sources)
      : declared_(declared), attributes_(attributes), sources_(sources) {}

  // Returns the name of an attribute that a browser sends; "" if there is none. `depth` counts what
  // is between: names that lead to each other are refused elsewhere.
  std::string find(const Attribute& attribute, unsigned depth = 0) {
    constexpr unsigned most = 16;
    if (attribute.root == Root::cookie || attribute.field == Field::request_arg ||
        attribute.field == Field::request_header) {
      return attribute.spelling;
    }
    if (depth == most) {
      return {};
    }
    switch (attribute.root) {
      case Root::source: {
        auto documents = attribute.others;
        documents.push_back(attribute.index);
        return find_first(documents, [&](std::uint32_t document) {
          return find_first(sources_[document].key.attributes(), [&](AttributeId id) {
            const Attribute part = attributes_[id];
            return find(part, depth + 1);
          });
        });
      }
      case Root::segment:
        return find_in(declared_.segments[attribute.index].statements, depth);
      case Root::value:
        return find_in(declared_.values[attribute.index].statements, depth);
      default:
        return {};
    }
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

  std::string find_in(const std::vector<Statement>& statements, unsigned depth) {
    return find_first(statements, [&](const Statement& statement) {
      const auto found = find_first(statement.words,
                                    [&](const std::string& word) { return find_in(word, depth); });
      return found.empty() ? find_in(statement.block, depth) : found;
    });
  }

  // Reads `cookie.a` and `${cookie.a | default b}` as attributes, and any other word as none.
  std::string find_in(const std::string& word, unsigned depth) {
    const std::size_t begin = word.compare(0, 2, "${") == 0 ? 2 : 0;
    const auto name = word.substr(begin, word.find_first_of(" |}", begin) - begin);
    if (!attributes_.knows_root(name)) {
      return {};
    }
    try {
      const Attribute part = attributes_[attributes_.intern(name, {})];
      return find(part, depth + 1);
    } catch (const ConfigError&) {
      return {};
    }
  }

  const SiteDeclarations& declared_;
  AttributeTable attributes_;  // its own: what is only asked for is not to be looked up
  const std::vector<Source>& sources_;
};

}  // namespace

void refuse_chosen_pool(const CodePool& pool, const SiteDeclarations& declared,
                        const AttributeTable& attributes, const std::vector<Source>& sources) {
  const auto used = pool.key.attributes();
  if (used.empty()) {
    return;
  }
  SentParts parts(declared, attributes, sources);
  for (const AttributeId id : used) {
    const std::string sent = parts.find(attributes[id]);
    if (!sent.empty()) {
      throw ConfigError(pool.where, "the key of a pool cannot have " +
                                        quoted(attributes[id].spelling) + ", which depends on " +
                                        quoted(sent) +
                                        ": by that visitors would choose the list that codes are "
                                        "taken of");
    }
  }
}

}  // namespace personalize
