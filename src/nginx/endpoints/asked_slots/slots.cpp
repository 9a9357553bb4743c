#include "nginx/endpoints/asked_slots/slots.h"

#include "nginx/endpoints/asked_slots/as_page.h"
#include "nginx/endpoints/asked_slots/slots_arguments.h"
#include "nginx/endpoints/own_pages.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/personalization.h"
#include "nginx/request/told_decisions.h"
#include "personalize/render/json_text.h"

namespace personalize {

namespace {

// Throws bad_alloc.
ngx_int_t send_json(ngx_http_request_t* r, std::string_view json, ngx_uint_t status) {
  return add_header(r, "Cache-Control", "private, no-store") &&
                 add_header(r, "X-Content-Type-Options", "nosniff")
             ? send_body(r, "application/json", copy_to_pool(r->pool, json), status)
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

// Throws bad_alloc.
ngx_int_t refuse(ngx_http_request_t* r, std::string_view why, ngx_int_t status) {
  PoolMemory memory(r->pool);
  std::pmr::string out(&memory);
  JsonText(out).begin_object().key("error").string(why).end_object();
  out += '\n';
  return send_json(r, out, static_cast<ngx_uint_t>(status));
}

// Browsers say from where they ask. What says nothing is an app or a server.
bool is_of_other_site(const ngx_http_request_t* r, RequestView& request) noexcept {
  const bool says = !request.header("sec-fetch-site").empty() || !request.header("origin").empty();
  // An address that a visitor types in is not another site's.
  return says && request.header("sec-fetch-site") != "none" && !is_from_own_page(r, request);
}

// The slots that are asked for, as far as they can be told of: where there is no element, there is
// nothing to decide by, and no attribute to change. Throws bad_alloc.
std::pmr::vector<SlotId> find_slots(const SlotsQuestion& question, const Site& site,
                                    std::pmr::memory_resource* memory) {
  const Program& program = *site.program;
  std::pmr::vector<SlotId> found(memory);
  const auto add = [&](SlotId slot) {
    if (slot != no_slot && site.is_content(slot)) {
      found.push_back(slot);
    }
  };
  if (question.slots.empty()) {
    for (SlotId slot = 0; slot < program.slots().size(); ++slot) {
      add(slot);
    }
  }
  for (const auto name : question.slots) {
    add(program.slot(name));
  }
  return found;
}

// Throws bad_alloc.
void write_answer(Personalization& personalization, const LocationConf& location,
                  std::pmr::string& out) {
  RequestFacts& facts = personalization.facts();
  JsonText json(out);
  json.begin_object().key("slots").begin_object();
  if (location.is_active()) {
    for (const SlotId slot :
         find_slots(*personalization.slots_question(), facts.site(), facts.memory())) {
      personalization.write_slot(slot, out);
    }
  }
  json.end_object();
  write_variants(facts, json.key("variants"));
  const auto state = personalization.told_state();
  json.key("state").value(state ? Value::number(*state) : Value::null());
  if (location.is_active()) {
    if (location.tells_state != 0 && !location.slot_places.empty()) {
      json.key("places").raw(location.slot_places);
    }
    personalization.write_visual(json, out);
  }
  json.end_object();
  out += '\n';
}

// Throws bad_alloc.
ngx_int_t answer(ngx_http_request_t* r, Personalization& personalization) {
  LocationConf& location = location_conf(r);
  const SlotsQuestion& question = *personalization.slots_question();
  if (question.visitor && visitor_rule(r, server_conf(r)) != question.vouched_by) {
    return refuse(r, "the page's visitors are others than those of the endpoint",
                  NGX_HTTP_FORBIDDEN);
  }
  if (location.is_active()) {
    RequestFacts& facts = personalization.facts();
    if (!personalization.is_answering_slots()) {
      facts.set_page(location.page != nullptr ? location.page->read(r) : PageValues());
      personalization.answer_slots();
      personalization.start(location);
    }
    SourceSet needs = personalization.visual_needs();
    for (const SlotId slot : find_slots(question, facts.site(), facts.memory())) {
      needs |= facts.site().slot_needs[slot];
    }
    if (personalization.hold().wait_in_phase(needs, location.wait)) {
      ++r->main->count;  // finalizing the request with NGX_DONE takes one
      return NGX_DONE;
    }
  } else {
    personalization.answer_slots();
  }
  std::pmr::string out(personalization.memory());
  write_answer(personalization, location, out);
  return send_json(r, out, NGX_HTTP_OK);
}

ngx_int_t answer_asked_slots(ngx_http_request_t* r) {
  Personalization* personalization = Personalization::find(r);
  try {
    return personalization == nullptr ? NGX_HTTP_INTERNAL_SERVER_ERROR
                                      : answer(r, *personalization);
  } catch (const std::bad_alloc&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

// Throws bad_alloc.
ngx_int_t ask(ngx_http_request_t* r) {
  auto* memory = make_in_pool<PoolMemory>(r->pool, r->pool);
  RequestAdapter request(r);
  if (is_of_other_site(r, request)) {
    return refuse(r, "only pages of this site may ask", NGX_HTTP_FORBIDDEN);
  }
  auto* question = make_in_pool<SlotsQuestion>(r->pool, memory);
  std::string why;
  const ngx_int_t status = read_slots_arguments(view(r->args), visitor_rule(r, server_conf(r)),
                                                request, memory, *question, why);
  if (status != NGX_OK) {
    return refuse(r, why, status);
  }
  if (!set_target(r, question->path)) {
    return refuse(r, "path= is no address of a page", NGX_HTTP_BAD_REQUEST);
  }
  return run_as_page(r, make_in_pool<Personalization>(r->pool, r, question));
}

}  // namespace

ngx_int_t serve_slots(ngx_http_request_t* r) {
  if (r != r->main) {
    return NGX_HTTP_NOT_FOUND;
  }
  const Personalization* known = Personalization::find(r);
  if (known != nullptr && known->slots_question() != nullptr) {
    return NGX_HTTP_NOT_FOUND;  // reached by an internal redirect of a page that was asked about
  }
  try {
    return ask(r);
  } catch (const std::bad_alloc&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

// An error page, which may be a location of its own, is sent as it is.
void prepare_slots(ngx_http_request_t* r, Personalization& personalization) noexcept {
  personalization.hide_conditions(false);
  if (r->err_status == 0) {
    r->content_handler = answer_asked_slots;
  }
}

}  // namespace personalize
