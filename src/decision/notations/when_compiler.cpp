#include "decision/notations/when_compiler.h"

#include <json/value.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/text/text.h"
#include "base/values/json/json_file.h"
#include "decision/notations/json_compiler.h"
#include "decision/notations/when_line.h"

namespace personalize::decision {

bool WhenCompiler::knows(const Statement& statement) {
  const std::string& word = statement.words.at(0);
  return word == "when" || word == "unless" || word == "any" || word == "all" ||
         word == "element" || word == "json";
}

void WhenCompiler::compile(const Statement& statement) {
  const std::string& word = statement.words.at(0);
  if (word == "any" || word == "all") {
    block(statement, word == "any" ? Op::any : Op::all);
  } else if (word == "element") {
    element(statement);
  } else if (word == "json") {
    json(statement);
  } else {
    const auto index = conditions_.next();
    compile_when_line(statement, {saved_groups_, in_element_}, conditions_, attributes_,
                      dependencies_);
    if (!in_element_ && stays(index)) {
      std::string text;
      std::for_each(statement.words.begin() + 1, statement.words.end(),
                    [&](const auto& part) { text += std::to_string(part.size()) + ":" + part; });
      conditions_.share(index, std::move(text));
    }
  }
}

// Returns whether the condition at `index`, the last one, is about attributes alone, whose values
// stay as long as the request: not about an element of the page, or an item of a list. The others
// that conditions ask for are remembered anyway, and are noted as used.
bool WhenCompiler::stays(std::uint32_t index) const {
  const auto& nodes = conditions_.nodes();
  return nodes[index].subject == Subject::attribute &&
         std::all_of(nodes.begin() + index, nodes.end(), [&](const Node& node) {
           if (node.subject == Subject::attribute) {
             const Attribute& attribute = attributes_[node.from];
             return attribute.root != Root::item && !direct_needs(attribute).test(element_need);
           }
           return node.subject == Subject::current || node.subject == Subject::member;
         });
}

void WhenCompiler::block(const Statement& statement, Op op) {
  const std::string& word = statement.words[0];
  if (statement.words.size() > 1) {
    throw ConfigError(statement.where, quoted(word) + " takes only a block: write \"" + word +
                                           " { when …; when …; }\"");
  }
  Node group;
  group.op = op;
  open_block(statement, group);
}

// element LIST { … }: inside the block, names are those of members of the list's elements.
void WhenCompiler::element(const Statement& statement) {
  if (statement.words.size() != 2) {
    throw ConfigError(statement.where,
                      "\"element\" takes a list and a block: write \"element cart.lines { when "
                      "category = shoes; when qty >= 2; }\"");
  }
  Node group;
  look_at_name(group, statement.words[1], statement.where, in_element_, conditions_, attributes_,
               dependencies_);
  group.op = Op::some_element;
  const bool outside = std::exchange(in_element_, true);
  open_block(statement, group);
  in_element_ = outside;
}

void WhenCompiler::open_block(const Statement& statement, const Node& group) {
  const std::string& word = statement.words[0];
  if (statement.block.empty()) {
    throw ConfigError(statement.where, quoted(word) + " is empty: write conditions into its block");
  }
  if (nesting_ == max_nesting) {
    throw ConfigError(statement.where,
                      "blocks nest deeper than " + std::to_string(max_nesting) +
                          ": put inner conditions into a personalize_segment of their own");
  }

  const auto index = conditions_.open(group);
  ++nesting_;
  for (const auto& inner : statement.block) {
    if (!knows(inner) || (in_element_ && inner.words[0] == "json")) {
      throw ConfigError(inner.where, quoted(inner.words[0]) + " cannot stand inside " +
                                         quoted(word) +
                                         ": conditions are when, unless, any, all, element" +
                                         (in_element_ ? "" : " and json"));
    }
    compile(inner);
  }
  --nesting_;
  conditions_.close(index);
}

// A file of groups holds them by id, or is what GrowthBook's SDK endpoint answers.
void WhenCompiler::json(const Statement& statement) {
  constexpr std::string_view groups = "groups=";
  const auto& words = statement.words;
  const bool has_groups = words.size() == 3 && words[2].substr(0, groups.size()) == groups;
  if (words.size() != 2 && !has_groups) {
    throw ConfigError(statement.where,
                      "\"json\" takes one file: write \"json FILE\" or \"json FILE groups=FILE\"");
  }
  Json::Value file;
  const Json::Value* saved_groups = saved_groups_;
  if (has_groups) {
    const std::string path = words[2].substr(groups.size());
    file = read_json_file(path, statement.where);
    if (!file.isObject()) {
      throw ConfigError(statement.where, quoted(path) +
                                             " must be an object of groups by id, as in "
                                             "{\"grp_1\": [\"a\", \"b\"]}");
    }
    saved_groups = file["savedGroups"].isObject() ? &file["savedGroups"] : &file;
  }
  compile_json_file(words[1], saved_groups, conditions_, attributes_, dependencies_,
                    statement.where);
}

}  // namespace personalize::decision
