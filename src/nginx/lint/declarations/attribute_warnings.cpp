#include "nginx/lint/declarations/attribute_warnings.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

namespace {

// Returns the types that pages of the server have; nothing if a variable says some.
std::optional<std::set<std::string>> types_of_pages(const MainConf& main,
                                                    const ServerConf& server) {
  std::set<std::string> types;
  for (const auto& [location, of] : main.locations) {
    if (of != &server || location->page == nullptr || !location->page->has("type")) {
      continue;
    }
    const auto type = location->page->constant_type();
    if (!type) {
      return std::nullopt;
    }
    types.emplace(*type);
  }
  return types;
}

// Calls visit(statement, words) for each condition among the statements and inside their blocks:
// the words from the attribute on.
template <class Visit>
void for_each_condition(const std::vector<Statement>& statements, Visit visit) {
  for (const Statement& statement : statements) {
    const auto& words = statement.words;
    for (auto word = words.begin(); word != words.end(); ++word) {
      if (*word == "when" || *word == "unless") {
        const auto end = std::find_if(word + 1, words.end(), [](const std::string& other) {
          return other == "when" || other == "unless";
        });
        visit(statement, std::vector<std::string>(word + 1, end));
      }
    }
    for_each_condition(statement.block, visit);
  }
}

template <class Visit>
void for_each_condition(const ServerConf& server, Visit visit) {
  for (const auto* declarations :
       {&server.segments, &server.values, &server.groups, &server.campaigns, &server.chains,
        &server.experiments.experiments, &server.experiments.holdouts}) {
    for (const Declaration& declaration : *declarations) {
      for_each_condition(declaration.statements, visit);
    }
  }
}

// `page.type = wishlist` where all locations say the types of their pages, and none says that.
void warn_of_page_types(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  const auto types = types_of_pages(main, server);
  if (!types || types->empty()) {
    return;
  }
  std::set<std::string> warned;
  for_each_condition(
      server, [&](const Statement& statement, const std::vector<std::string>& words) {
        constexpr std::string_view attributes[] = {"page.type", "session.last_page_type"};
        if (words.size() < 3 || !is_one_of(words[0], attributes) ||
            (words[1] != "=" && words[1] != "in")) {
          return;
        }
        for (auto word = words.begin() + 2; word != words.end(); ++word) {
          const bool is_constant = word->compare(0, 2, "${") != 0;
          if (is_constant && types->count(*word) == 0 &&
              warned.insert(statement.where.text() + *word).second) {
            warn(cf, statement.where,
                 quoted(words[0]) + " is never " + quoted(*word) +
                     ": no personalize_page of this server says type=" + *word + ", but " +
                     list_names(*types));
          }
        }
      });
}

bool sets(const Declaration& campaign, std::string_view field) {
  return std::any_of(campaign.statements.begin(), campaign.statements.end(),
                     [&](const Statement& statement) {
                       return statement.words.size() > 1 && statement.words[0] == "set" &&
                              statement.words[1] == field;
                     });
}

bool says(const Declaration& campaign, std::string_view word) {
  return std::any_of(campaign.statements.begin(), campaign.statements.end(),
                     [&](const Statement& statement) { return statement.words[0] == word; });
}

// What is in a fragment, or in an operator's widget, is the operator's matter.
bool has_own_content(const MainConf& main, const Declaration& campaign) {
  const auto widget =
      std::find_if(campaign.statements.begin(), campaign.statements.end(),
                   [](const Statement& statement) { return statement.words[0] == "widget"; });
  return widget == campaign.statements.end() ||
         std::any_of(main.widgets.begin(), main.widgets.end(),
                     [&](const Declaration& own) { return own.name == widget->words[1]; });
}

// Returns why it can never happen to the campaign; nullptr if it can.
const char* why_never(Field field, const Declaration& campaign) {
  if (field == Field::campaign_claimed && !says(campaign, "code") && !sets(campaign, "code") &&
      !sets(campaign, "prizes")) {
    return "it has no code, as by \"set code SUMMER\" or \"code pool=codes:summer\"";
  }
  if (field == Field::campaign_clicked && !sets(campaign, "link") && !sets(campaign, "items")) {
    return "there is nothing to click in it, as by \"set link /sale\"";
  }
  return nullptr;
}

void warn_of_campaign_events(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  const auto& attributes = server.site->attributes;
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    const Attribute& attribute = attributes[id];
    if (attribute.root != Root::campaign || attribute.index >= server.campaigns.size()) {
      continue;
    }
    const Declaration& campaign = server.campaigns[attribute.index];
    const char* why =
        has_own_content(main, campaign) ? nullptr : why_never(attribute.field, campaign);
    if (why != nullptr) {
      warn(cf, attribute.where,
           "attribute " + quoted(attribute.spelling) + " is always missing: campaign " +
               quoted(campaign.name) + " is never " +
               (attribute.field == Field::campaign_claimed ? "claimed" : "clicked") + ", since " +
               why);
    }
  }
}

bool begins(const std::string& parameter, std::string_view head) {
  return ascii::starts_with(parameter, head);
}

// Returns the parameters but for the visitors.
std::set<std::string> what_is_read(const SourceDeclaration& source) {
  std::set<std::string> parameters;
  std::copy_if(source.parameters.begin(), source.parameters.end(),
               std::inserter(parameters, parameters.end()),
               [](const std::string& parameter) { return !begins(parameter, "if="); });
  return parameters;
}

bool is_merged(const MainConf& main, const std::string& name) {
  return std::any_of(main.sources.begin(), main.sources.end(), [&](const auto& source) {
    return std::any_of(source.parameters.begin(), source.parameters.end(),
                       [&](const std::string& parameter) {
                         const std::string list =
                             begins(parameter, "merge=") ? "," + parameter.substr(6) + "," : "";
                         return list.find("," + name + ",") != std::string::npos;
                       });
  });
}

}  // namespace

void warn_of_attributes(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  warn_of_page_types(cf, main, server);
  warn_of_campaign_events(cf, main, server);
}

void warn_of_twin_sources(ngx_conf_t* cf, const MainConf& main) {
  const auto& sources = main.sources;
  for (auto source = sources.begin(); source != sources.end(); ++source) {
    const auto twin = std::find_if(sources.begin(), source, [&](const SourceDeclaration& other) {
      return what_is_read(other) == what_is_read(*source);
    });
    if (twin != source && !(is_merged(main, twin->name) && is_merged(main, source->name))) {
      warn(cf, source->where,
           "source " + quoted(source->name) + " reads what source " + quoted(twin->name) +
               " reads, for " + (source->parameters == twin->parameters ? "the same" : "other") +
               " visitors, and has a name of its own: attributes " + twin->name +
               ".… know nothing of it. One source is enough, or a third one with merge=" +
               twin->name + "," + source->name + " that has either");
    }
  }
}

}  // namespace personalize
