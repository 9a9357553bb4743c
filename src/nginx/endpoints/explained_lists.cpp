#include "nginx/endpoints/explained_lists.h"

#include <json/value.h>

#include <string>

namespace personalize {

namespace {

void explain_steps(const Chain& chain, const Candidates& candidates, Json::Value& out) {
  for (std::uint32_t i = 0; i < chain.steps.size(); ++i) {
    Json::UInt gave = 0;
    Json::UInt listed = 0;
    for (const Candidate& candidate : candidates.all()) {
      const bool is_of_step = candidate.step == i;
      gave += is_of_step ? 1 : 0;
      listed += is_of_step && candidate.outcome == Candidate::Outcome::listed ? 1 : 0;
    }
    Json::Value step(Json::objectValue);
    step["try"] = chain.steps[i].text;
    step["gave"] = gave;
    step["listed"] = listed;
    out.append(std::move(step));
  }
}

void explain_candidates(const Chain& chain, const Candidates& candidates, Json::Value& out) {
  for (const Candidate& candidate : candidates.all()) {
    const bool is_pinned = candidate.step == Candidate::no_step;
    Json::Value one(Json::objectValue);
    one["item"] = std::string(candidate.id);
    one["from"] = is_pinned ? "pin" : chain.steps[candidate.step].text;
    one["outcome"] = std::string(to_string(candidate.outcome));
    if (!is_pinned) {
      one["weight"] = candidate.weight;
    }
    out.append(std::move(one));
  }
}

}  // namespace

void explain_lists(const Site& site, Documents& documents, Json::Value& out) {
  for (const Chain& chain : site.chains) {
    Json::Value one(Json::objectValue);
    one["recommendation"] = chain.name;
    one["at"] = chain.where.text();
    one["items"] = documents.list(chain.source).size();
    if (const Candidates* candidates = documents.recommendations().candidates(chain.source)) {
      one["steps"] = Json::Value(Json::arrayValue);
      explain_steps(chain, *candidates, one["steps"]);
      one["candidates"] = Json::Value(Json::arrayValue);
      explain_candidates(chain, *candidates, one["candidates"]);
    }
    out.append(std::move(one));
  }
}

}  // namespace personalize
