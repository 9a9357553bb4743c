// Slots and campaigns: why each won or lost.
#include <algorithm>
#include <string>

#include "base/values/ecmascript.h"
#include "decision/experiments/bucketing.h"
#include "decision/explain/explainer.h"
#include "decision/notations/when_compiler.h"
#include "personalize/decision/forcing.h"

namespace personalize::decision {

namespace {

std::string_view per_name(Per per) {
  switch (per) {
    case Per::view:
      return "view";
    case Per::session:
      return "session";
    case Per::day:
      return "day";
    case Per::week:
      return "week";
    case Per::lifetime:
      return "lifetime";
  }
  return "";
}

std::string limit(const Cap& cap) {
  return std::to_string(cap.most) + "/" + std::string(per_name(cap.per));
}

std::string number(double n) {
  NumberBuffer buffer;
  return std::string(number_text(n, buffer));
}

Json::Value history_of(const CampaignHistory& past) {
  Json::Value out(Json::objectValue);
  out["total"] = past.total;
  out["session"] = past.session;
  out["day"] = past.day;
  out["week"] = past.week;
  const std::pair<const char*, std::uint32_t> times[] = {{"last_shown", past.shown},
                                                         {"dismissed", past.dismissed},
                                                         {"clicked", past.clicked},
                                                         {"converted", past.converted}};
  for (const auto& [name, minute] : times) {
    if (minute != 0) {
      out[name] = Json::UInt64{minute} * 60;
    }
  }
  return out;
}

// Returns the offer as it is written.
Json::Value offer_of(const Declaration& campaign) {
  Json::Value out(Json::objectValue);
  for (const auto& statement : campaign.statements) {
    const bool is_set = statement.words[0] == "set" && statement.words.size() == 3;
    if (is_set && (statement.words[1] == "discount" || statement.words[1] == "price" ||
                   statement.words[1] == "reason")) {
      out[statement.words[1]] = explained_text(statement.words[2]);
    }
  }
  return out;
}

}  // namespace

Json::Value Explainer::slots() {
  Decision& decision = explained_.decision;
  const auto& names = compiled_.campaigns.slot_names;
  for (SlotId slot = 0; slot < names.size(); ++slot) {
    // A campaign that cannot be rendered makes way for the next, as in a page.
    CampaignId winner = decision.winner(slot);
    while (winner != no_campaign && !explained_.renders(winner)) {
      decision.skip(winner);
      winner = decision.winner(slot);
    }
  }

  Json::Value out(Json::arrayValue);
  for (SlotId slot = 0; slot < names.size(); ++slot) {
    Json::Value entry(Json::objectValue);
    const CampaignId winner = decision.winner(slot);
    entry["slot"] = names[slot];
    entry["winner"] =
        winner == no_campaign ? Json::Value() : Json::Value(compiled_.campaigns.all[winner].name);
    Json::Value& campaigns = entry["campaigns"] = Json::Value(Json::arrayValue);
    for (const CampaignId id : compiled_.campaigns.slots[slot].campaigns) {
      campaigns.append(campaign(id));
    }
    out.append(std::move(entry));
  }
  return out;
}

Json::Value Explainer::campaign(CampaignId id) {
  const auto& campaign = compiled_.campaigns.all[id];
  const Declaration& declaration = explained_.campaigns[id];
  Json::Value out(Json::objectValue);
  out["campaign"] = campaign.name;
  out["at"] = declaration.where.text();
  out["priority"] = campaign.priority;
  out["outcome"] = std::string(to_string(explained_.decision.outcome(id)));
  out["reason"] = reason(id);
  out["conditions_hold"] = evaluator_.holds(campaign.root);
  out["conditions"] = conditions(declaration.statements, campaign.root, WhenCompiler::knows);
  if (const CampaignHistory* past = history(id)) {
    out["history"] = history_of(*past);
  }
  if (campaign.rules.is_offer) {
    out["offer"] = offer_of(declaration);
    if (!campaign.keep_while.empty()) {
      out["offer"]["keep_while"] = keep_while(id);
    }
    const Value kept = explained_.decision.kept_offer(id);
    if (!kept.is_missing()) {
      out["offer"]["kept"] = values_.write(kept);
    }
  }
  return out;
}

// Returns the conditions under which the offer stays, with their results.
Json::Value Explainer::keep_while(CampaignId id) {
  Json::Value out(Json::arrayValue);
  auto node = compiled_.campaigns.all[id].keep_while.begin();
  for (const auto& statement : explained_.campaigns[id].statements) {
    if (statement.words[0] != "keep_while") {
      continue;
    }
    Json::Value& entry = out.append(Json::Value(Json::objectValue));
    std::string text;
    for (auto word = statement.words.begin() + 1; word != statement.words.end(); ++word) {
      text += (text.empty() ? "" : " ") + *word;
    }
    entry["condition"] = explained_text(text);
    entry["holds"] = evaluator_.holds(*node++);
  }
  return out;
}

const CampaignHistory* Explainer::history(CampaignId id) const noexcept {
  return explained_.decision.history(id);
}

std::string Explainer::reason(CampaignId id) {
  const auto& campaign = compiled_.campaigns.all[id];
  Decision& decision = explained_.decision;
  const Forcing* forcing = explained_.inputs.forcing;
  if (forcing != nullptr && forcing->campaign(id)) {
    return "forced by a preview";
  }
  switch (decision.outcome(id)) {
    case CampaignOutcome::undecided:
      return "its slot was not decided";
    case CampaignOutcome::shown:
      return decision.is_kept_offer(id) ? "an offer that the visitor has seen stays"
                                        : "the first of its slot whose rules and conditions hold";
    case CampaignOutcome::outranked: {
      const CampaignId winner = decision.winner(campaign.slot);
      if (winner == no_campaign) {
        return "another campaign won the slot";
      }
      const auto& other = compiled_.campaigns.all[winner];
      return "campaign \"" + other.name + "\" won the slot: " +
             (forcing != nullptr && forcing->campaign(winner) ? "it is forced by a preview"
              : other.priority > campaign.priority
                  ? "its priority is " + std::to_string(other.priority)
                  : "of the same priority, it is declared first");
    }
    case CampaignOutcome::unrendered:
      return "it would have won, and has nothing to show";
    case CampaignOutcome::switched_off:
      return switch_of(id) == Switch::off ? "pz:switches has campaign:" + campaign.name + " off"
                                          : "\"enabled off\", and pz:switches says nothing else";
    case CampaignOutcome::out_of_time:
      return time_reason(id);
    case CampaignOutcome::stopped:
      return stop_reason(id);
    case CampaignOutcome::capped:
      return cap_reason(id);
    case CampaignOutcome::group_capped:
      return group_reason(id);
    case CampaignOutcome::other_offer:
      return "the visitor has seen another offer in this slot, which stays";
    case CampaignOutcome::held_out: {
      const ecmascript::Text visitor(explained_.facts.get(compiled_.visitor_id), explained_.memory);
      const auto n = hash(campaign.rules.holdout_seed, visitor.view(), 2);
      return "the visitor is held out: hash " + number(n.value_or(0)) + " is below " +
             number(campaign.rules.holdout);
    }
    case CampaignOutcome::not_met:
      return "not all of its conditions hold";
  }
  return "";
}

std::string Explainer::time_reason(CampaignId id) {
  const auto& rules = compiled_.campaigns.all[id].rules;
  return rules.schedule.holds(compiled_.clock.read(explained_.facts))
             ? "the visitor's local time is outside its hours or weekdays"
             : "the present is outside its schedule";
}

std::string Explainer::stop_reason(CampaignId id) {
  const CampaignHistory* past = history(id);
  for (const Stop& stop : compiled_.campaigns.all[id].rules.stops) {
    if (past == nullptr || past->last(stop.after) == 0) {
      continue;
    }
    switch (stop.after) {
      case CampaignEvent::dismiss:
        return "the visitor dismissed it";
      case CampaignEvent::click:
        return "the visitor clicked it";
      case CampaignEvent::conversion:
        return "the visitor converted";
      case CampaignEvent::claim:
        return "the visitor claimed what it gives";
      case CampaignEvent::answer:
        return "the visitor answered its questions";
      case CampaignEvent::impression:
        break;
    }
  }
  return "something that the visitor did stops it";
}

std::string Explainer::cap_reason(CampaignId id) {
  const CampaignHistory* past = history(id);
  for (const Cap& cap : compiled_.campaigns.all[id].rules.caps) {
    if (past != nullptr && past->impressions(cap.per) >= cap.most) {
      return "shown " + std::to_string(past->impressions(cap.per)) + " times, and its cap is " +
             limit(cap);
    }
  }
  return "its cap is reached";
}

std::string Explainer::group_reason(CampaignId id) {
  std::string text;
  for (const std::uint32_t index : compiled_.campaigns.all[id].groups) {
    const auto& group = compiled_.campaigns.groups[index];
    text += text.empty() ? "" : "; ";
    text += "group \"" + group.name + "\" reached its limit";
    for (const Cap& cap : group.caps) {
      text += " " + limit(cap);
    }
    for (const CampaignId member : group.members) {
      if (member != id && explained_.decision.outcome(member) == CampaignOutcome::shown) {
        text += ", and campaign \"" + compiled_.campaigns.all[member].name + "\" is in this view";
      }
    }
  }
  return text;
}

}  // namespace personalize::decision
