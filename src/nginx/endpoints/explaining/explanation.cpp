#include "nginx/endpoints/explaining/explanation.h"

#include <json/value.h>
#include <algorithm>

#include "nginx/endpoints/claiming/explained_claims.h"
#include "nginx/endpoints/explaining/explained_lists.h"
#include "nginx/endpoints/explaining/explained_visual.h"
#include "nginx/request/visitor/kept_offers.h"
#include "personalize/decision/explain.h"

namespace personalize {

Explanation::Explanation(ngx_http_request_t* r)
    : r_(r),
      memory_(r->pool),
      inquiry_(r, &memory_),
      facts_(r, inquiry_.server(), inquiry_, &memory_, Identity::Issue::no),
      hold_(r, facts_.documents()) {
  facts_.decision().keep_outcomes();
  facts_.documents().keep_outcomes();
  facts_.set_page(inquiry_.page());
  if (inquiry_.visitor()) {
    facts_.identity().assume(*inquiry_.visitor());
  }
  if (const auto person = inquiry_.person()) {
    facts_.identity().assume_person(*person);
  }
  // Once the cookies are read, since the caps in them are counted by the real time.
  if (facts_.forcing() != nullptr && facts_.forcing()->now_ms()) {
    inquiry_.pretend(*facts_.forcing()->now_ms());
  }
}

bool Explanation::waits_for_documents() noexcept {
  const SourceSet& needs = facts_.site().all_needs;
  if (!is_started_) {
    is_started_ = true;
    facts_.settle_person();
    facts_.documents().start(needs);
    imagine_element();
  }
  return hold_.wait_in_phase(needs, location_conf(r_).wait, facts_.documents().entered());
}

void Explanation::imagine_element() noexcept {
  if (inquiry_.element().empty()) {
    return;
  }
  try {
    facts_.documents().imagine(inquiry_.element());
  } catch (const std::bad_alloc&) {
    // Nothing is known of it.
  }
}

void Explanation::write(Json::Value& out) {
  facts_.documents().give_up();
  facts_.decision().reset();

  write_request(out);
  write_documents(out);
  if (facts_.site().visual) {
    explain_visual(facts_, out["visual"] = Json::Value(Json::arrayValue));
  }
  if (!facts_.site().chains.empty()) {
    explain_lists(facts_.site(), facts_.documents(), out["recommendations"]);
  }

  const ServerConf& server = facts_.server();
  const Site& site = facts_.site();
  WidgetDelivery delivery;
  delivery.endpoint = server.endpoint;
  ExplainedClaims claims(r_, facts_, out["claims"] = Json::Value(Json::arrayValue));
  delivery.claims = &claims;
  const auto renders = [&](CampaignId id) {
    std::pmr::string html(&memory_);
    unsigned assets = 0;
    claims.set_campaign(id);
    OfferFacts facts(facts_, id);
    return site.contents[id].render(facts, facts_.locale(), delivery, assets, html);
  };
  for (CampaignId id = 0; id < site.program->campaign_count(); ++id) {
    if (site.program->is_claimed(id)) {
      renders(id);
    }
  }
  personalize::explain(
      {*site.program, site.attributes, server.segments, server.campaigns, server.experiments,
       facts_.decision(), facts_, facts_.inputs(), &memory_,
       [this](const Attribute& attribute) { return origin_of(attribute); }, renders},
      out);
}

void Explanation::write_request(Json::Value& out) {
  Json::Value& request = out["request"] = Json::Value(Json::objectValue);
  request["uri"] = std::string(inquiry_.target());
  request["host"] = std::string(inquiry_.host());
  request["method"] = std::string(inquiry_.method());
  request["time"] = static_cast<Json::Int64>(inquiry_.now_ms() / 1000);

  const Visitor& known = facts_.identity().visitor();
  Json::Value& visitor = out["visitor"] = Json::Value(Json::objectValue);
  visitor["id"] = known.id.empty() ? Json::Value() : Json::Value(std::string(known.id));
  visitor["new"] = known.is_new;
  visitor["verified"] = known.verified;
  if (facts_.server().person != nullptr) {
    write_person(out);
  }

  if (facts_.forcing() != nullptr) {
    Json::Value& preview = out["preview"] = Json::Value(Json::objectValue);
    preview["expires"] = static_cast<Json::Int64>(facts_.preview().grant->expires_s);
    for (auto rest = facts_.forcing()->items(); !rest.empty();) {
      preview["forced"].append(std::string(take_preview_item(rest)));
    }
  }
}

void Explanation::write_person(Json::Value& out) {
  const Person& known = facts_.identity().person();
  Json::Value& person = out["person"] = Json::Value(Json::objectValue);
  person["id"] = known.is_known() ? Json::Value(std::string(known.id)) : Json::Value();
  if (known.is_known()) {
    person["key"] = std::string(known.key);
  }
}

void Explanation::write_documents(Json::Value& out) {
  Json::Value& documents = out["documents"] = Json::Value(Json::arrayValue);
  bool is_complete = true;
  for (std::size_t i = 0; i < facts_.documents().size(); ++i) {
    const auto& of_elements = facts_.site().all_element_documents;
    const bool is_of_element =
        std::find(of_elements.begin(), of_elements.end(), i) != of_elements.end();
    if (!(facts_.site().all_needs[i] || is_of_element) || facts_.site().chain(i) != nullptr) {
      continue;
    }
    const Source& source = facts_.site().sources[i];
    const Lookup state = facts_.documents().state(i);
    Json::Value entry(Json::objectValue);
    entry["source"] = source.name;
    entry["at"] = source.where.text();
    entry["state"] = state == Lookup::idle ? "not asked for" : std::string(to_string(state));
    if (is_of_element) {
      entry["of"] = "each element";
    }
    std::pmr::string key(&memory_);
    if (facts_.documents().expand_key(i, key)) {
      // A learned list has several keys; what it is of stands in lines.
      const bool is_learned = source.type == SourceType::gathered;
      std::replace(key.begin(), key.end(), '\n', is_learned ? ' ' : '\n');
      entry[is_learned ? "list" : "key"] = std::string(key);
    }
    is_complete = is_complete && state != Lookup::timeout && state != Lookup::error;
    documents.append(std::move(entry));
  }
  // False if some document is missing because Redis failed or was late.
  out["complete"] = is_complete;
}

// Describes where the value of an attribute comes from.
std::string Explanation::origin_of(const Attribute& attribute) {
  if (attribute.root == Root::source) {
    const auto document = [&](std::uint32_t source) {
      return "document " + facts_.site().sources[source].name + ": " +
             std::string(to_string(facts_.documents().state(source)));
    };
    std::string origin = document(attribute.index);
    for (const std::uint32_t other : attribute.others) {
      origin += ", or " + document(other);
    }
    return origin;
  }
  const Forcing* forcing = facts_.forcing();
  if (forcing != nullptr && attribute.root == Root::geo && !forcing->country().empty()) {
    return "preview";
  }
  if (inquiry_.is_given(attribute)) {
    return "argument";
  }
  if (forcing != nullptr && attribute.root == Root::time && forcing->now_ms()) {
    return "preview";
  }
  return std::string(personalize::origin_of(attribute.root));
}

}  // namespace personalize
