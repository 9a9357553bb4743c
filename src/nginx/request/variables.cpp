#include "nginx/request/variables.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "nginx/config/site/variable_needs.h"
#include "nginx/request/personalization.h"

namespace personalize {

namespace {

// Appends the variable's value; nothing for an empty one. Throws bad_alloc.
using Writer = void (*)(Personalization& personalization, std::pmr::string& out);

void append_name(std::pmr::string& out, std::string_view name) {
  if (!out.empty()) {
    out += ',';
  }
  out += name;
}

void write_visitor(Personalization& p, std::pmr::string& out) {
  p.facts().identity().note_use();
  out += p.facts().identity().visitor().id;
}

void write_segments(Personalization& p, std::pmr::string& out) {
  const Program& program = *p.facts().site().program;
  for (SegmentId id = 0; id < program.segment_count(); ++id) {
    if (p.facts().decision().segment(id)) {
      append_name(out, program.segment_name(id));
    }
  }
}

void write_variants(Personalization& p, std::pmr::string& out) {
  const Program& program = *p.facts().site().program;
  for (ExperimentId id = 0; id < program.experiment_count(); ++id) {
    const Value variant = p.facts().decision().variant(id);
    if (!variant.is_missing()) {
      append_name(out, program.experiment_name(id));
      out += '=';
      out += variant.as_string();
    }
  }
}

void write_campaigns(Personalization& p, std::pmr::string& out) {
  const Program& program = *p.facts().site().program;
  for (SlotId slot = 0; slot < program.slots().size(); ++slot) {
    const CampaignId campaign = p.campaign(slot);
    if (campaign != no_campaign) {
      append_name(out, program.campaign_name(campaign));
    }
  }
  for (const CampaignId campaign : p.campaigns_at_elements()) {
    append_name(out, program.campaign_name(campaign));
  }
}

// Writes the address to which an experiment of a features payload redirects this page. That is an
// exposure.
void write_redirect(Personalization& p, std::pmr::string& out) {
  p.facts().decision().redirect(out);
  p.note_exposures();
}

void write_sources(Personalization& p, std::pmr::string& out) {
  const Documents& documents = p.facts().documents();
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (documents.state(i) != Lookup::idle) {
      append_name(out, p.facts().site().sources[i].name);
      out += '=';
      out += to_string(documents.state(i));
    }
  }
  // Of those of elements each outcome once.
  const std::vector<Source>& sources = p.facts().site().sources;
  std::pmr::vector<std::pair<std::uint32_t, Lookup>> told(p.memory());
  documents.each_of_elements([&](std::uint32_t source, Lookup state) {
    const auto one = std::make_pair(source, state);
    if (std::find(told.begin(), told.end(), one) == told.end()) {
      told.push_back(one);
    }
  });
  std::sort(told.begin(), told.end());
  for (const auto& [source, state] : told) {
    append_name(out, sources[source].name);
    out += '=';
    out += to_string(state);
  }
}

void write_result(Personalization& p, std::pmr::string& out) {
  out += p.result();
}

void write_plan(Personalization& p, std::pmr::string& out) {
  out += p.page().plan_result();
}

// Seconds with milliseconds, as $request_time.
void write_wait_time(Personalization& p, std::pmr::string& out) {
  u_char text[NGX_TIME_T_LEN + sizeof(".000")];
  const ngx_msec_t ms = p.hold().time();
  const u_char* end = ngx_sprintf(text, "%T.%03M", static_cast<time_t>(ms / 1000), ms % 1000);
  out.append(reinterpret_cast<const char*>(text), static_cast<std::size_t>(end - text));
}

// What a variable reveals: something about the visitor, so that a response made with it is that
// visitor's, or how the request went.
enum class About : std::uint8_t { visitor, request };

struct Variable {
  ngx_str_t name;
  Writer write;
  About about;
};

const Variable variables[] = {
    {ngx_string("personalize_visitor"), write_visitor, About::visitor},
    {ngx_string("personalize_segments"), write_segments, About::visitor},
    {ngx_string("personalize_campaigns"), write_campaigns, About::visitor},
    {ngx_string("personalize_variants"), write_variants, About::visitor},
    {ngx_string("personalize_redirect"), write_redirect, About::visitor},
    {ngx_string("personalize_sources"), write_sources, About::visitor},
    {ngx_string("personalize_result"), write_result, About::request},
    {ngx_string("personalize_wait_time"), write_wait_time, About::request},
    {ngx_string("personalize_plan"), write_plan, About::request},
};

// Returns nullptr if nothing of the request is personalized, or the variable has to be empty.
Personalization* find_personalization(ngx_http_request_t* r, About about) {
  Personalization* found =
      location_conf(r->main).is_active() ? Personalization::obtain(r) : Personalization::find(r);
  const bool is_withheld = found != nullptr && about == About::visitor && !found->reveal();
  return is_withheld ? nullptr : found;
}

ngx_int_t get(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t data) {
  *value = {};
  Personalization* personalization = find_personalization(r, variables[data].about);
  if (personalization == nullptr) {
    value->not_found = 1;
    return NGX_OK;
  }
  try {
    std::pmr::string out(personalization->memory());
    variables[data].write(*personalization, out);
    const std::string_view kept = copy_to_pool(r->pool, out);
    value->data = ngx_view(kept).data;
    value->len = static_cast<unsigned>(kept.size());
    value->valid = 1;
    return NGX_OK;
  } catch (const std::bad_alloc&) {
    return NGX_ERROR;
  }
}

// Sets the name of the visitor's variant, whose use is an exposure; not found if the visitor is not
// in the experiment. `data` is the variable's whole name.
ngx_int_t get_variant(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t data) {
  *value = {};
  value->not_found = 1;
  Personalization* personalization = find_personalization(r, About::visitor);
  if (personalization == nullptr) {
    return NGX_OK;
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): NGINX hands the pointer over as a number.
  const auto* whole = reinterpret_cast<const ngx_str_t*>(data);
  const auto name = view(*whole).substr(variant_prefix.size());
  RequestFacts& facts = personalization->facts();
  const auto id = experiment_of_variable(*facts.site().program, name);
  if (!id) {
    return NGX_OK;
  }
  const Value variant = facts.decision().use_variant(*id);
  personalization->note_exposures();
  if (!variant.is_missing()) {
    const std::string_view text = variant.as_string();
    value->data = ngx_view(text).data;  // lives as long as the configuration
    value->len = static_cast<unsigned>(text.size());
    value->not_found = 0;
    value->valid = 1;
  }
  return NGX_OK;
}

}  // namespace

ngx_int_t add_variables(ngx_conf_t* cf) {
  for (uintptr_t i = 0; i < sizeof(variables) / sizeof(variables[0]); ++i) {
    ngx_str_t name = variables[i].name;
    // Their values change as documents arrive.
    ngx_http_variable_t* variable = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (variable == nullptr) {
      return NGX_ERROR;
    }
    variable->get_handler = get;
    variable->data = i;
  }
  ngx_str_t prefix = ngx_view(variant_prefix);
  ngx_http_variable_t* variants =
      ngx_http_add_variable(cf, &prefix, NGX_HTTP_VAR_NOCACHEABLE | NGX_HTTP_VAR_PREFIX);
  if (variants == nullptr) {
    return NGX_ERROR;
  }
  variants->get_handler = get_variant;
  return NGX_OK;
}

}  // namespace personalize
