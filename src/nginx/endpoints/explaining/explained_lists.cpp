#include "nginx/endpoints/explaining/explained_lists.h"

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

// Returns what an element of a learned list says of itself; null for one of another list.
Json::Value learned_of(const Site& site, const Documents& documents, const Chain::Step& step,
                       const Candidate& candidate) {
  const Attribute& list = site.attributes[step.list];
  if (list.root != Root::source || site.sources[list.index].type != SourceType::gathered) {
    return {};
  }
  Json::Value learned(Json::objectValue);
  const Value element = documents.value(list.index).at(candidate.place);
  for (std::uint32_t i = 0; i < element.size(); ++i) {
    if (element.at(i).kind() == Kind::number) {
      learned[std::string(element.key_at(i))] = element.at(i).as_number();
    }
  }
  return learned;
}

void explain_candidates(const Site& site, const Documents& documents, const Chain& chain,
                        const Candidates& candidates, Json::Value& out) {
  for (const Candidate& candidate : candidates.all()) {
    const bool is_pinned = candidate.step == Candidate::no_step;
    Json::Value one(Json::objectValue);
    one["item"] = std::string(candidate.id);
    one["from"] = is_pinned ? "pin" : chain.steps[candidate.step].text;
    one["outcome"] = std::string(to_string(candidate.outcome));
    if (!is_pinned) {
      one["weight"] = candidate.weight;
      Json::Value learned = learned_of(site, documents, chain.steps[candidate.step], candidate);
      if (!learned.isNull()) {
        one["learned"] = std::move(learned);
      }
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
      one["list"] = Json::Value(Json::arrayValue);
      for (const std::uint32_t number : candidates->chosen()) {
        one["list"].append(std::string(candidates->all()[number].id));
      }
      one["steps"] = Json::Value(Json::arrayValue);
      explain_steps(chain, *candidates, one["steps"]);
      one["candidates"] = Json::Value(Json::arrayValue);
      explain_candidates(site, documents, chain, *candidates, one["candidates"]);
    }
    out.append(std::move(one));
  }
}

}  // namespace personalize
