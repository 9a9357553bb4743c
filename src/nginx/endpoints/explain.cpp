#include "nginx/endpoints/explain.h"

#include <json/writer.h>

#include "nginx/endpoints/inquiry.h"
#include "nginx/request/request.h"
#include "nginx/request/response.h"
#include "nginx/worker.h"
#include "personalize/decision/explain.h"

namespace personalize {

namespace {

ngx_int_t send_json(ngx_http_request_t* r, ngx_uint_t status, const Json::Value& json) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "  ";
  builder["precision"] = 15;
  const std::string text = Json::writeString(builder, json) + "\n";
  if (!add_header(r, "Cache-Control", "no-store") ||
      !add_header(r, "X-Content-Type-Options", "nosniff")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  return send_body(r, "application/json", copy_to_pool(r->pool, text), status);
}

// The first word of a location configuration that a module of NGINX's own keeps to itself, or the
// one that its command sets; nullptr where there is no such module. That word is null in each of
// the modules below where nothing is configured.
const void* setting(ngx_conf_t* cf, void** location_confs, std::string_view module,
                    std::string_view command) {
  for (ngx_uint_t i = 0; cf->cycle->modules[i] != nullptr; ++i) {
    const ngx_module_t& one = *cf->cycle->modules[i];
    if (one.name == nullptr || module != one.name) {
      continue;
    }
    for (const ngx_command_t* c = one.commands; c->name.len != 0; ++c) {
      if (view(c->name) == command) {
        const auto* conf = static_cast<const char*>(location_confs[one.ctx_index]);
        return conf + c->offset;
      }
    }
  }
  return nullptr;
}

bool is_set(const void* word) {
  return word != nullptr && *static_cast<void* const*>(word) != nullptr;
}

bool is_restricted(ngx_conf_t* cf, void** location_confs) {
  const void* rules = setting(cf, location_confs, "ngx_http_access_module", "allow");
  bool has_rules = false;
  // For IPv4, IPv6 and Unix sockets.
  for (std::size_t i = 0; rules != nullptr && i < 3; ++i) {
    has_rules = has_rules || is_set(static_cast<void* const*>(rules) + i);
  }
  const void* uri = setting(cf, location_confs, "ngx_http_auth_request_module", "auth_request");
  return has_rules ||
         is_set(setting(cf, location_confs, "ngx_http_auth_basic_module", "auth_basic")) ||
         (uri != nullptr && static_cast<const ngx_str_t*>(uri)->len != 0);
}

}  // namespace

void warn_of_open_explanations(ngx_conf_t* cf, const MainConf& main) {
  for (const auto& explain : main.explains) {
    if (!is_restricted(cf, explain.location_confs)) {
      log_config_error(cf, explain.where,
                       "personalize_explain tells everybody what is known of any visitor: write "
                       "for example \"allow 127.0.0.1; deny all;\" into its location",
                       NGX_LOG_WARN);
    }
  }
}

std::string Personalization::origin_of(const Attribute& attribute) {
  if (attribute.root == Root::source) {
    const Document& document = documents_[attribute.index];
    return "document " + site_.sources[attribute.index].name + ": " +
           std::string(to_string(document.state));
  }
  if (forcing_ && attribute.root == Root::geo && !forcing_->country().empty()) {
    return "preview";
  }
  if (inquiry_->is_given(attribute)) {
    return "argument";
  }
  if (forcing_ && attribute.root == Root::time && forcing_->now_ms()) {
    return "preview";
  }
  return std::string(personalize::origin_of(attribute.root));
}

void Personalization::explain_documents(Json::Value& out) {
  Json::Value& documents = out["documents"] = Json::Value(Json::arrayValue);
  bool complete = true;
  for (const auto& document : documents_) {
    if (!site_.all_needs[document.source]) {
      continue;
    }
    const Source& source = site_.sources[document.source];
    Json::Value entry(Json::objectValue);
    entry["source"] = source.name;
    entry["at"] = source.where.file + ":" + std::to_string(source.where.line);
    const bool asked = document.state != Lookup::idle;
    entry["state"] = asked ? std::string(to_string(document.state)) : "not asked for";
    std::pmr::string key(&memory_);
    if (site_.expand_key(document.source, *this, request_.now_ms() / 1000, key)) {
      entry["key"] = std::string(key);
    }
    complete = complete && document.state != Lookup::timeout && document.state != Lookup::error;
    documents.append(std::move(entry));
  }
  // Whether all that could be known is.
  out["complete"] = complete;
}

void Personalization::explain(Json::Value& out) {
  stop_waiting();
  decision_.reset();
  identify();

  Json::Value& request = out["request"] = Json::Value(Json::objectValue);
  request["uri"] = std::string(request_.target());
  request["host"] = std::string(request_.host());
  request["method"] = std::string(request_.method());
  request["time"] = static_cast<Json::Int64>(request_.now_ms() / 1000);
  Json::Value& visitor = out["visitor"] = Json::Value(Json::objectValue);
  visitor["id"] = visitor_.id.empty() ? Json::Value() : Json::Value(std::string(visitor_.id));
  visitor["new"] = visitor_.is_new;
  visitor["verified"] = visitor_.verified;
  if (forcing_) {
    Json::Value& preview = out["preview"] = Json::Value(Json::objectValue);
    preview["expires"] = static_cast<Json::Int64>(preview_expires_s_);
    for (auto rest = forcing_->items(); !rest.empty();) {
      preview["forced"].append(std::string(take_preview_item(rest)));
    }
  }
  explain_documents(out);

  const ServerConf& configuration = server();
  WidgetDelivery delivery;
  delivery.endpoint = configuration.endpoint;
  const auto renders = [&](CampaignId id) {
    std::pmr::string html(&memory_);
    return site_.contents[id].render(*this, *main_conf(r_).locale, delivery,
                                     site_.program->campaign_name(id), assets_, html);
  };
  personalize::explain({*site_.program,
                        site_.attributes,
                        configuration.segments,
                        configuration.campaigns,
                        configuration.experiments,
                        decision_,
                        *this,
                        {&state_, &worker().switches.of(site_.number),
                         sticky_ ? &*sticky_ : nullptr, forcing_ ? &*forcing_ : nullptr},
                        &memory_,
                        [this](const Attribute& attribute) { return origin_of(attribute); },
                        renders},
                       out);
}

ngx_int_t serve_explanation(ngx_http_request_t* r) {
  if (r != r->main) {
    return NGX_HTTP_NOT_FOUND;
  }
  if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
    return NGX_HTTP_NOT_ALLOWED;
  }
  try {
    Personalization* asked = Personalization::find(r);
    if (asked == nullptr) {
      const ngx_int_t rc = ngx_http_discard_request_body(r);
      if (rc != NGX_OK) {
        return rc;
      }
      auto* memory = make_in_pool<PoolMemory>(r->pool, r->pool);
      auto* inquiry = make_in_pool<Inquiry>(r->pool, r, memory);
      if (!inquiry->error().empty()) {
        Json::Value error(Json::objectValue);
        error["error"] = std::string(inquiry->error());
        return send_json(r, NGX_HTTP_BAD_REQUEST, error);
      }
      asked = Personalization::inquire(r, *inquiry);
      if (asked == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
      }
      asked->start_lookups(inquiry->server().site->all_needs);
    }
    if (!asked->is_inquiry()) {
      return NGX_HTTP_NOT_FOUND;  // an internal redirect of a page
    }
    if (asked->wait_in_phase(asked->site().all_needs, location_conf(r).wait)) {
      ++r->main->count;  // what is returned here gives one back
      return NGX_DONE;
    }
    Json::Value out(Json::objectValue);
    asked->explain(out);
    return send_json(r, NGX_HTTP_OK, out);
  } catch (const std::exception&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
