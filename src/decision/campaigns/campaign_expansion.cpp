#include <algorithm>
#include <set>
#include <string>

#include "base/text/text.h"
#include "decision/notations/when_compiler.h"
#include "personalize/decision/campaign_declarations.h"

namespace personalize {

namespace {

using decision::WhenCompiler;

const Declaration* find(const std::vector<Declaration>& declarations, const std::string& name) {
  const auto found = std::find_if(declarations.begin(), declarations.end(),
                                  [&](const Declaration& one) { return one.name == name; });
  return found == declarations.end() ? nullptr : &*found;
}

// Returns what a statement of a campaign takes the place of in another one.
std::string kind_of(const Statement& statement) {
  const std::string& word = statement.words[0];
  if (WhenCompiler::knows(statement)) {
    return "conditions";
  }
  if (word == "widget" || word == "fragment" || word == "content") {
    return "content";
  }
  if (word == "set") {
    return statement.words.size() > 1 ? word + " " + statement.words[1] : word;
  }
  if (word == "stop") {
    const auto after = std::find_if(statement.words.begin(), statement.words.end(),
                                    [](auto& one) { return one.compare(0, 6, "after=") == 0; });
    return after == statement.words.end() ? word : word + " " + *after;
  }
  return word;
}

class Expansion {
 public:
  Expansion(const std::vector<Declaration>& campaigns, const std::vector<Declaration>& groups)
      : campaigns_(campaigns), groups_(groups) {
    for (const auto& group : groups) {
      check(group);
    }
  }

  Declaration expand(const Declaration& campaign) const {
    return with_groups(like(campaign, {campaign.name}));
  }

 private:
  // Adds the statements of the campaigns that it is like. `names` are those on the way here.
  Declaration like(const Declaration& campaign, std::vector<std::string> names) const {
    Declaration result{campaign.where, campaign.name, {}};
    const Statement* line = nullptr;
    for (const auto& statement : campaign.statements) {
      if (statement.words[0] != "like") {
        result.statements.push_back(statement);
        continue;
      }
      if (line != nullptr) {
        throw ConfigError(statement.where,
                          "\"like\" is duplicate in campaign " + quoted(campaign.name) +
                              ": keep one of them, and let that campaign be like the other");
      }
      line = &statement;
    }
    if (line == nullptr) {
      return result;
    }
    const Declaration* other = line->words.size() == 2 ? find(campaigns_, line->words[1]) : nullptr;
    if (other == nullptr) {
      throw ConfigError(
          line->where, line->words.size() == 2
                           ? "unknown campaign " + quoted(line->words[1]) + " in \"like\"" + known()
                           : "\"like\" takes the name of another campaign");
    }
    if (std::find(names.begin(), names.end(), other->name) != names.end()) {
      throw ConfigError(line->where, "campaign " + quoted(campaign.name) + " is like " +
                                         quoted(other->name) + ", which is like itself by that");
    }
    names.push_back(other->name);

    std::set<std::string> own;
    for (const auto& statement : result.statements) {
      own.insert(kind_of(statement));
    }
    auto inherited = like(*other, std::move(names)).statements;
    if (result.statements.empty()) {
      throw ConfigError(line->where, "campaign " + quoted(campaign.name) + " is all like " +
                                         quoted(other->name) +
                                         ", which is shown in its place: write into it what is "
                                         "different, such as \"when\" or \"set\"");
    }
    inherited.erase(
        std::remove_if(inherited.begin(), inherited.end(),
                       [&](const Statement& one) { return own.count(kind_of(one)) != 0; }),
        inherited.end());
    result.statements.insert(result.statements.begin(), inherited.begin(), inherited.end());
    return result;
  }

  std::string known() const {
    return campaigns_.size() > 20 ? std::string()
                                  : ": declared are " + list_names(campaigns_, [](const auto& one) {
                                      return std::string_view(one.name);
                                    });
  }

  Declaration with_groups(Declaration campaign) const {
    std::vector<Statement> statements;
    std::set<std::string> own;
    for (const auto& statement : campaign.statements) {
      own.insert(statement.words[0]);
    }
    for (auto& statement : campaign.statements) {
      const bool is_group = statement.words[0] == "group" && statement.words.size() > 1;
      const Declaration* group = is_group ? find(groups_, statement.words[1]) : nullptr;
      if (group == nullptr) {
        statements.push_back(std::move(statement));
      } else {
        add_group(*group, std::move(statement), own, statements);
      }
    }
    campaign.statements = std::move(statements);
    return campaign;
  }

  static void add_group(const Declaration& group, Statement line, const std::set<std::string>& own,
                        std::vector<Statement>& out) {
    const bool has_limits = line.words.size() > 2;
    for (const auto& statement : group.statements) {
      const auto& word = statement.words[0];
      if (WhenCompiler::knows(statement)) {
        out.push_back(statement);
      } else if (word == "cap") {
        if (has_limits) {
          throw ConfigError(line.where, "group " + quoted(group.name) + " has its limits in " +
                                            statement.where.text() + ": write \"group " +
                                            group.name + "\"");
        }
        line.words.insert(line.words.end(), statement.words.begin() + 1, statement.words.end());
      } else if (own.count(word) == 0) {
        out.push_back(statement);
      }
    }
    // Without limits nothing is counted together.
    if (line.words.size() > 2) {
      out.push_back(std::move(line));
    }
  }

  void check(const Declaration& group) const {
    constexpr std::string_view once[] = {"cap", "schedule", "hours", "weekdays"};
    if (find(groups_, group.name) != &group) {
      throw ConfigError(group.where, "group " + quoted(group.name) + " is duplicate");
    }
    if (group.statements.empty()) {
      throw ConfigError(group.where, "group " + quoted(group.name) +
                                         " is empty: write conditions or a cap into it, which "
                                         "apply to all campaigns with \"group " +
                                         group.name + "\"");
    }
    std::set<std::string> seen;
    for (const auto& statement : group.statements) {
      const auto& word = statement.words[0];
      if (is_one_of(word, once) && !seen.insert(word).second) {
        throw ConfigError(statement.where, quoted(word) + " is duplicate in group " +
                                               quoted(group.name) + ": keep one of them");
      }
    }
  }

  const std::vector<Declaration>& campaigns_;
  const std::vector<Declaration>& groups_;
};

}  // namespace

std::vector<Declaration> expand_campaigns(const std::vector<Declaration>& campaigns,
                                          const std::vector<Declaration>& groups) {
  const Expansion expansion(campaigns, groups);
  std::vector<Declaration> expanded;
  expanded.reserve(campaigns.size());
  for (const auto& campaign : campaigns) {
    expanded.push_back(expansion.expand(campaign));
  }
  return expanded;
}

}  // namespace personalize
