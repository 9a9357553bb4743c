#include <algorithm>

#include "personalize/widgets/widgets.h"
#include "widgets/widget.h"

namespace personalize {

void add_default_rules(Declaration& campaign) {
  const auto& statements = campaign.statements;
  const auto find = [&](std::string_view word) {
    return std::find_if(statements.begin(), statements.end(),
                        [&](const Statement& s) { return s.words.at(0) == word; });
  };
  const auto shows = find("widget");
  if (shows == statements.end() || shows->words.size() != 2) {
    return;
  }
  for (const auto& widget : widgets()) {
    if (widget.name != shows->words[1]) {
      continue;
    }
    const Where where = shows->where;
    // A `cap …` replaces the widget's cap; a `stop after=dismiss …` what stops after the same
    // event.
    for (const auto& rule : widget.default_rules) {
      const bool is_said =
          std::any_of(statements.begin(), statements.end(), [&](const Statement& s) {
            const bool any_event = rule[0] != "stop";
            return s.words[0] == rule[0] && (any_event || std::find(s.words.begin(), s.words.end(),
                                                                    rule[1]) != s.words.end());
          });
      if (!is_said) {
        campaign.statements.push_back({where, {rule.begin(), rule.end()}, {}});
      }
    }
    return;
  }
}

}  // namespace personalize
