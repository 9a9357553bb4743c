#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <string_view>

#include "base/text/text.h"
#include "personalize/decision/program.h"

namespace personalize {

namespace {

constexpr std::string_view experiment_root = "experiment.";

// What is compared between campaigns that make offers.
struct Offer {
  const Declaration* campaign = nullptr;
  std::string slot;
  std::string terms;  // discount and price
  std::string times;  // schedule, hours, weekdays
  std::string reason;
  bool has_end = false;
  bool is_kept = true;
  std::map<std::string, std::string> arms;     // the variants of experiments that it is for
  const Statement* timed_condition = nullptr;  // one that asks for the time
};

// Returns the words as one string, which is the same only for the same words.
std::string key_of(const Statement& statement) {
  std::string text;
  for (const auto& word : statement.words) {
    text += word + '\0';
  }
  return text;
}

const Statement* condition_on_time(const Statement& statement) {
  for (const auto& inner : statement.block) {
    if (const Statement* found = condition_on_time(inner)) {
      return found;
    }
  }
  const bool is_condition = statement.words[0] == "when" || statement.words[0] == "unless";
  const bool asks_time =
      is_condition && statement.words.size() > 1 && statement.words[1].substr(0, 5) == "time.";
  return asks_time ? &statement : nullptr;
}

// Notes `when experiment.NAME = VARIANT`.
void read_arm(const Statement& statement, Offer& offer) {
  const auto& words = statement.words;
  const bool is_arm = words.size() == 4 && words[0] == "when" && words[2] == "=" &&
                      words[1].compare(0, experiment_root.size(), experiment_root) == 0;
  if (is_arm) {
    offer.arms.emplace(words[1], words[3]);
  }
}

// Returns whether an experiment decides which of the two a visitor gets: chance is fair.
bool are_arms(const Offer& a, const Offer& b) {
  return std::any_of(a.arms.begin(), a.arms.end(), [&](const auto& arm) {
    const auto found = b.arms.find(arm.first);
    return found != b.arms.end() && found->second != arm.second;
  });
}

// Returns whether the text promises less to pay: "20 % off", "save {{value.rate}}%".
bool promises_discount(std::string_view text) {
  static const std::regex promise(
      R"((\d|\}\})\s?(%|€|EUR|\$|£|PLN|zł)\s?)"
      R"((off|discount|rabat|de r(e|é)duction|zni(z|ż)k|sconto|descuento|korting|cheaper|less|taniej))"
      R"(|(save|rabat|zni(z|ż)k|discount of|spare|-)\s?(\d+|\{\{[^}]*\}\})\s?%)",
      std::regex::icase | std::regex::optimize);
  return std::regex_search(text.begin(), text.end(), promise);
}

// Returns the statement whose text makes an offer that no rule of offers applies to; nullptr if
// there is none. What visitors claim is theirs anyway.
const Statement* hidden_offer(const Declaration& campaign) {
  const Statement* found = nullptr;
  for (const auto& statement : campaign.statements) {
    const auto& words = statement.words;
    if (words[0] == "code" ||
        (words[0] == "set" && words.size() == 3 &&
         (words[1] == "discount" || words[1] == "price" || words[1] == "prizes"))) {
      return nullptr;
    }
    const bool is_text =
        words[0] == "set" && words.size() == 3 && (words[1] == "text" || words[1] == "title");
    if (found == nullptr && is_text && promises_discount(words[2])) {
      found = &statement;
    }
  }
  return found;
}

Offer read_offer(const Declaration& campaign) {
  Offer offer;
  offer.campaign = &campaign;
  for (const auto& statement : campaign.statements) {
    const auto& word = statement.words.at(0);
    if (word == "slot") {
      offer.slot = key_of(statement);
    } else if (word == "schedule" || word == "hours" || word == "weekdays") {
      offer.times += key_of(statement);
      offer.has_end = offer.has_end || word == "schedule";
    } else if (word == "set" && statement.words.size() == 3) {
      const auto& field = statement.words[1];
      if (field == "reason") {
        offer.reason = statement.words[2];
      } else if (field == "discount" || field == "price") {
        offer.terms += key_of(statement);
      }
    } else if (word == "keep" && statement.words.size() == 2) {
      offer.is_kept = statement.words[1] != "off";
    } else if (offer.timed_condition == nullptr) {
      offer.timed_condition = condition_on_time(statement);
    }
    read_arm(statement, offer);
  }
  return offer;
}

}  // namespace

std::vector<OfferWarning> doubtful_offers(const std::vector<Declaration>& campaigns) {
  std::vector<Offer> offers;
  for (const auto& campaign : campaigns) {
    Offer offer = read_offer(campaign);
    if (!offer.terms.empty()) {
      offers.push_back(std::move(offer));
    }
  }

  std::vector<OfferWarning> warnings;
  for (const auto& campaign : campaigns) {
    if (const Statement* statement = hidden_offer(campaign)) {
      warnings.push_back(
          {statement->where,
           "campaign " + quoted(campaign.name) + " promises a discount in its " +
               statement->words[1] +
               ": whoever has seen it does not keep it, and nobody learns why it differs from "
               "another's; write \"set discount\" and \"set reason\""});
    }
  }
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Offer& offer = offers[i];
    if (offer.timed_condition != nullptr && !offer.has_end && offer.is_kept) {
      warnings.push_back(
          {offer.timed_condition->where,
           "campaign " + quoted(offer.campaign->name) +
               " makes an offer for a time and has no schedule: who has seen the offer keeps it "
               "for as long as the campaign stands; write \"schedule from=… until=…\", and "
               "\"hours\" or \"weekdays\" in place of a condition on " +
               quoted(offer.timed_condition->words[1])});
    }
    for (std::size_t j = 0; j < i; ++j) {
      const Offer& other = offers[j];
      if (other.slot == offer.slot && other.times == offer.times && other.reason == offer.reason &&
          other.terms != offer.terms && !are_arms(offer, other)) {
        warnings.push_back(
            {offer.campaign->where,
             "campaigns " + quoted(other.campaign->name) + " and " + quoted(offer.campaign->name) +
                 " make different offers in one slot, differ only by who is asking, and give the "
                 "same reason: say in \"set reason\" of each why it is this visitor's"});
      }
    }
  }
  return warnings;
}

}  // namespace personalize
