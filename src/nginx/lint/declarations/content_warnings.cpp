#include "nginx/lint/declarations/content_warnings.h"

#include <algorithm>
#include <string>

#include "base/text/ascii.h"
#include "base/text/nearest.h"
#include "base/text/text.h"
#include "nginx/lint/declarations/hole_warnings.h"
#include "nginx/lint/declarations/literal_doubts.h"
#include "personalize/rewrite/page_ends.h"

namespace personalize {

namespace {

bool is_declared_slot(const MainConf& main, std::string_view name) {
  return std::any_of(main.locations.begin(), main.locations.end(), [&](const auto& entry) {
    const auto* slots = entry.location->slots;
    return slots != nullptr &&
           std::any_of(slots->begin(), slots->end(),
                       [&](const SlotDeclaration& slot) { return slot.name == name; });
  });
}

// A page may have a slot of any name, by data-pz-slot.
void warn_of_slot(ngx_conf_t* cf, const MainConf& main, const Statement& statement) {
  const std::string& name = statement.words[1];
  if (name.find_first_of(".#[>* ") != std::string::npos && !is_declared_slot(main, name)) {
    warn(cf, statement.where,
         "slot " + quoted(name) + " is in no page but by data-pz-slot=" + quoted(name) +
             ": for what a selector finds write personalize_slot NAME " + quoted(name) +
             "; into server or location, and \"slot NAME;\" here");
    return;
  }
  const std::string lowered = ascii::lowered(name);
  const auto place = nearest_name(lowered, page_ends);
  if (!place.empty() && name != place && !is_declared_slot(main, name)) {
    warn(cf, statement.where,
         "slot " + quoted(name) + " is in no page but by data-pz-slot=" + quoted(name) +
             ": the place of every page is called " + quoted(place));
  }
}

// Of `when ATTRIBUTE OPERATOR VALUE…` each value that is hardly meant as it is written.
void warn_of_condition(ngx_conf_t* cf, const Site& site, const Statement& statement) {
  for (const auto& inner : statement.block) {
    warn_of_condition(cf, site, inner);
  }
  const auto& words = statement.words;
  const auto when = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word == "when" || word == "unless";
  });
  if (when == words.end() || words.end() - when < 4) {
    return;
  }
  for (auto value = when + 3; value != words.end(); ++value) {
    const auto doubt =
        doubt_of_literal(*(when + 1), *(when + 2), *value, site.attributes, site.forms);
    if (!doubt.empty()) {
      warn(cf, statement.where, doubt);
      return;
    }
  }
}

// Of `VALUE when ATTRIBUTE … unless ATTRIBUTE …` each condition.
void warn_of_value(ngx_conf_t* cf, const Site& site, const Statement& line) {
  const auto begins = [](const std::string& word) { return word == "when" || word == "unless"; };
  auto word = std::find_if(line.words.begin(), line.words.end(), begins);
  while (word != line.words.end()) {
    const auto end = std::find_if(word + 1, line.words.end(), begins);
    warn_of_condition(cf, site, {line.where, {word, end}, {}});
    word = end;
  }
}

void warn_of_conditions(ngx_conf_t* cf, const ServerConf& server) {
  for (const auto& value : server.values) {
    for (const auto& line : value.statements) {
      warn_of_value(cf, *server.site, line);
    }
  }
  for (const auto* declarations : {&server.segments, &server.campaigns, &server.chains,
                                   &server.experiments.experiments, &server.experiments.holdouts}) {
    for (const auto& declaration : *declarations) {
      for (const auto& statement : declaration.statements) {
        const auto& word = statement.words.front();
        if (word == "when" || word == "unless" || word == "any" || word == "all" ||
            word == "element" || word == "boost") {
          warn_of_condition(cf, *server.site, statement);
        }
      }
    }
  }
}

}  // namespace

void warn_of_contents(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  warn_of_conditions(cf, server);
  warn_of_holes(cf, main, server);
  const bool has_currencies = main.locales.has_several_currencies();
  const Site& site = *server.site;
  for (CampaignId id = 0; id < site.contents.size(); ++id) {
    const Declaration& campaign = server.campaigns[id];
    for (const auto& statement : campaign.statements) {
      if (statement.words.front() == "slot") {
        warn_of_slot(cf, main, statement);
      }
    }
    const Content& content = site.contents[id];
    for (const auto& [where, message] : content.warnings(static_cast<double>(ngx_time()))) {
      warn(cf, where, message);
    }
    if (has_currencies && content.shows_locale_money()) {
      warn(cf, campaign.where,
           "campaign " + quoted(campaign.name) +
               " shows amounts without a currency, which takes that of personalize_locale, and "
               "converts nothing: 49 is 49 of each. Say which it is, as in {{price | money "
               "currency}}, \"currency\" of items, or \"49.00 EUR\"");
    }
  }
}

}  // namespace personalize
