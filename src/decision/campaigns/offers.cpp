#include <string>

#include "base/text/text.h"
#include "personalize/decision/program.h"

namespace personalize {

namespace {

// What is compared between campaigns that make offers.
struct Offer {
  const Declaration* campaign = nullptr;
  std::string slot;
  std::string terms;  // discount and price
  std::string times;  // schedule, hours, weekdays
  std::string reason;
  bool has_end = false;
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
    } else if (offer.timed_condition == nullptr) {
      offer.timed_condition = condition_on_time(statement);
    }
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
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Offer& offer = offers[i];
    if (offer.timed_condition != nullptr && !offer.has_end) {
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
          other.terms != offer.terms) {
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
