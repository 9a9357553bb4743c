#include "decision/growthbook/attribute_mapping.h"

#include <algorithm>
#include <utility>

namespace personalize::decision {

namespace {

// The names of attributes in GrowthBook's SDKs and its documentation.
const std::map<std::string, std::string> known_names = {
    {"id", "visitor.id"},
    {"deviceId", "visitor.id"},
    {"anonymousId", "visitor.id"},
    {"url", "request.url"},
    {"path", "request.path"},
    {"host", "request.host"},
    {"referrer", "request.referer"},
    {"language", "request.language"},
    {"deviceType", "device.type"},
    {"country", "geo.country"},
    {"region", "geo.region"},
    {"city", "geo.city"},
    {"continent", "geo.continent"},
    {"timezone", "geo.timezone"},
    {"utmSource", "request.arg.utm_source"},
    {"utmMedium", "request.arg.utm_medium"},
    {"utmCampaign", "request.arg.utm_campaign"},
    {"utmTerm", "request.arg.utm_term"},
    {"utmContent", "request.arg.utm_content"},
};

}  // namespace

AttributeMapping::AttributeMapping(std::map<std::string, std::string> mapping,
                                   AttributeTable& attributes, Where where)
    : mapping_(std::move(mapping)), attributes_(attributes), where_(std::move(where)) {
  mapping_.insert(known_names.begin(), known_names.end());
}

std::optional<AttributeId> AttributeMapping::find(const std::string& name) {
  for (auto end = name.size(); end != std::string::npos && end > 0;
       end = name.rfind('.', end - 1)) {
    const auto found = mapping_.find(name.substr(0, end));
    if (found == mapping_.end()) {
      continue;
    }
    const std::string rest = name.substr(end);
    const AttributeId id = attributes_.intern(found->second, where_);
    const Root root = attributes_[id].root;
    if (rest.empty()) {
      return id;
    }
    if (root == Root::source || root == Root::feature) {
      return attributes_.intern(found->second + rest, where_);
    }
    break;  // there is nothing inside a string
  }
  if (attributes_.knows_root(name)) {
    try {
      return attributes_.intern(name, where_);
    } catch (const ConfigError&) {
      // The root is one of ours, the rest is not.
    }
  }
  if (std::find(unknown_.begin(), unknown_.end(), name) == unknown_.end()) {
    unknown_.push_back(name);
  }
  return std::nullopt;
}

}  // namespace personalize::decision
