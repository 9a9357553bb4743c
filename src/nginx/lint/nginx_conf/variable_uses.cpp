#include "nginx/lint/nginx_conf/variable_uses.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

// Evaluated when the response is over.
constexpr std::string_view late_directives[] = {"log_format", "access_log", "add_trailer"};

constexpr std::string_view early_directives[] = {"set",
                                                 "if",
                                                 "rewrite",
                                                 "return",
                                                 "limit_req_zone",
                                                 "limit_conn_zone",
                                                 "auth_basic",
                                                 "auth_basic_user_file"};

constexpr std::string_view defining_directives[] = {"map", "split_clients"};

// These lead a request on to another location, where it stays personal.
constexpr std::string_view leading_directives[] = {
    "try_files",   "index", "random_index",    "auth_request",  "mirror",
    "post_action", "ssi",   "add_before_body", "add_after_body"};

bool is_own(std::string_view name) {
  return ascii::starts_with(name, own_prefix);
}

const TextDirective* find(const std::vector<TextDirective>& block, std::string_view name) {
  const auto found = std::find_if(block.begin(), block.end(), [&](const TextDirective& directive) {
    return directive.words.front() == name;
  });
  return found == block.end() ? nullptr : &*found;
}

bool is_switched_on(const std::vector<TextDirective>& block, std::string_view name,
                    bool inherited) {
  const TextDirective* directive = find(block, name);
  return directive == nullptr ? inherited : directive->words.back() == "on";
}

bool is_switched_on_inside(const std::vector<TextDirective>& block, std::string_view name) {
  return is_switched_on(block, name, false) ||
         std::any_of(block.begin(), block.end(), [&](const TextDirective& directive) {
           return is_switched_on_inside(directive.block, name);
         });
}

bool leads_on(const TextDirective& directive) {
  const auto& words = directive.words;
  if (words.front() == "rewrite") {
    return words.back() != "break" && words.back() != "redirect" && words.back() != "permanent";
  }
  if (words.front() == "error_page") {
    return std::any_of(words.begin() + 1, words.end(),
                       [](std::string_view word) { return word.substr(0, 1) == "="; });
  }
  return is_one_of(words.front(), leading_directives);
}

bool leads_on_inside(const std::vector<TextDirective>& block) {
  return std::any_of(block.begin(), block.end(), [](const TextDirective& directive) {
    return leads_on(directive) || leads_on_inside(directive.block);
  });
}

// Returns whether the directives of a block itself do, which what is inside inherits.
bool leads_on_itself(const std::vector<TextDirective>& block) {
  return std::any_of(block.begin(), block.end(), leads_on);
}

// Returns whether a personal request may be led from one location to another.
bool leads_personal(const std::vector<TextDirective>& server, bool personalized) {
  const bool any = personalized || is_switched_on_inside(server, "personalize");
  return any && leads_on_inside(server);
}

// Returns whether a location is reached only from others.
bool is_inner(const TextDirective& location) {
  return location.words.back().substr(0, 1) == "@" || find(location.block, "internal") != nullptr;
}

// Returns whether requests are held for the variable by this personalize_before_upstream; nullptr
// if there is none.
bool is_held_by(const TextDirective* directive, const std::string& variable) {
  if (directive == nullptr) {
    return false;
  }
  const auto& words = directive->words;
  return words.back() == "on" ||
         std::any_of(words.begin() + 1, words.end(), [&](std::string_view word) {
           const auto names = variables_in(word);
           return std::find(names.begin(), names.end(), variable) != names.end();
         });
}

bool is_held_inside(const std::vector<TextDirective>& block, const std::string& variable) {
  return is_held_by(find(block, "personalize_before_upstream"), variable) ||
         std::any_of(block.begin(), block.end(), [&](const TextDirective& directive) {
           return is_held_inside(directive.block, variable);
         });
}

class UseFinder {
 public:
  std::vector<VariableUse> find_all(const std::vector<TextDirective>& configuration) {
    for (const auto& directive : configuration) {
      if (directive.words.front() == "http") {
        find_definitions(directive.block);
        walk(directive.block, {});
      }
    }
    return std::move(uses_);
  }

 private:
  struct Scope {
    int server = -1;
    bool in_location = false;
    bool personalized = false;
    bool may_be_idle = true;  // not meant to be off, nor reached by requests that are personal
    const TextDirective* hold = nullptr;  // the personalize_before_upstream that holds
  };

  // Which variables are made of ours; until none is added, since one may be made of another.
  void find_definitions(const std::vector<TextDirective>& http) {
    for (bool added = true; added;) {
      added = false;
      for (const auto& directive : http) {
        if (directive.words.size() != 3 ||
            !is_one_of(directive.words.front(), defining_directives)) {
          continue;
        }
        const auto defined = variables_in(directive.words[2]);
        if (defined.size() != 1) {
          continue;
        }
        auto& sources = made_of_[defined.front()];
        const std::size_t before = sources.size();
        add_sources(directive.words[1], sources);
        for (const auto& line : directive.block) {
          for (const auto& word : line.words) {
            add_sources(word, sources);
          }
        }
        added = added || sources.size() != before;
      }
    }
  }

  void add_sources(std::string_view word, std::set<std::string>& sources) const {
    for (const auto& name : variables_in(word)) {
      if (is_own(name)) {
        sources.insert(name);
      } else if (const auto known = made_of_.find(name); known != made_of_.end()) {
        sources.insert(known->second.begin(), known->second.end());
      }
    }
  }

  // A block, and what is found out about it once somebody asks: it may be a large one.
  class Around {
   public:
    explicit Around(const std::vector<TextDirective>& block) : block_(block) {}

    const std::vector<TextDirective>& block() const { return block_; }
    bool is_personalized_inside() {
      return ask(is_personalized_, [&] { return is_switched_on_inside(block_, "personalize"); });
    }
    bool leads_on() {
      return ask(leads_on_, [&] { return leads_on_itself(block_); });
    }

   private:
    template <class Find>
    static bool ask(std::optional<bool>& known, Find find) {
      if (!known) {
        known = find();
      }
      return *known;
    }

    const std::vector<TextDirective>& block_;
    std::optional<bool> is_personalized_, leads_on_;
  };

  void walk(const std::vector<TextDirective>& block, Scope scope) {
    scope.personalized = is_switched_on(block, "personalize", scope.personalized);
    const bool is_meant = scope.in_location && find(block, "personalize") != nullptr;
    scope.may_be_idle = scope.may_be_idle && !is_meant;
    const TextDirective* hold = find(block, "personalize_before_upstream");
    scope.hold = hold != nullptr ? hold : scope.hold;
    Around around(block);
    for (const auto& directive : block) {
      const std::string_view name = directive.words.front();
      if (is_own(name) || is_one_of(name, late_directives) ||
          is_one_of(name, defining_directives)) {
        continue;
      }
      find_uses(directive, around, scope);
      if (!directive.block.empty()) {
        Scope inner = scope;
        inner.server = name == "server" ? servers_++ : scope.server;
        inner.in_location = scope.in_location || name == "location";
        const bool is_led_to =
            (name == "server" &&
             (around.leads_on() || leads_personal(directive.block, scope.personalized))) ||
            (name == "location" && is_inner(directive));
        inner.may_be_idle = scope.may_be_idle && !is_led_to;
        walk(directive.block, inner);
      } else if (name == "server" && scope.server < 0 && directive.words.size() == 1) {
        ++servers_;
      }
    }
  }

  void find_uses(const TextDirective& directive, Around& around, const Scope& scope) {
    for (std::size_t i = 1; i < directive.words.size(); ++i) {
      for (const auto& name : variables_in(directive.words[i])) {
        if (is_own(name)) {
          add_use(directive, around, scope, name, "");
        } else if (const auto known = made_of_.find(name); known != made_of_.end()) {
          for (const auto& variable : known->second) {
            add_use(directive, around, scope, variable, name);
          }
        }
      }
    }
  }

  void add_use(const TextDirective& directive, Around& around, const Scope& scope,
               const std::string& variable, const std::string& by_way_of) {
    VariableUse use;
    use.variable = variable;
    use.by_way_of = by_way_of;
    use.directive = directive.words.front();
    use.where = directive.where();
    use.time = is_one_of(use.directive, early_directives) ? VariableUse::Time::early
                                                          : VariableUse::Time::upstream;
    use.server = scope.server;
    use.personalized =
        scope.personalized || (!scope.in_location && around.is_personalized_inside());
    use.idle = scope.may_be_idle && !use.personalized && !around.is_personalized_inside();
    use.held = is_held_by(scope.hold, variable) ||
               (!scope.in_location && is_held_inside(around.block(), variable));
    uses_.push_back(std::move(use));
  }

  std::map<std::string, std::set<std::string>> made_of_;
  std::vector<VariableUse> uses_;
  int servers_ = 0;
};

}  // namespace

std::vector<VariableUse> find_variable_uses(const std::vector<TextDirective>& configuration) {
  return UseFinder().find_all(configuration);
}

}  // namespace personalize
