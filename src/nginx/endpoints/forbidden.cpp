#include "nginx/endpoints/forbidden.h"

#include <json/writer.h>

#include "base/text/ascii.h"
#include "base/text/form.h"
#include "nginx/request/facts.h"
#include "nginx/request/headers/response.h"
#include "nginx/request/hold.h"
#include "nginx/request/request_adapter.h"

namespace personalize {

namespace {

constexpr int most_campaigns = 32;

std::string_view reason(CampaignOutcome why) noexcept {
  const bool is_capped = why == CampaignOutcome::capped || why == CampaignOutcome::group_capped;
  return is_capped ? "capped" : "stopped";
}

// The question of a browser: which campaigns may not be shown any more. What is kept of a person is
// in Redis, so that the answer may have to wait.
class Question {
 public:
  explicit Question(ngx_http_request_t* r)
      : r_(r),
        memory_(r->pool),
        request_(r),
        facts_(r, server_conf(r), request_, &memory_, Identity::Issue::no),
        hold_(r, facts_.documents()) {}

  bool waits_for_person() noexcept {
    facts_.settle_person();
    if (!facts_.identity().person().is_known() || !facts_.site().person) {
      return false;
    }
    const SourceSet needs = SourceSet().set(*facts_.site().person);
    if (!is_started_) {
      is_started_ = true;
      facts_.documents().start(needs);
    }
    return hold_.wait_in_phase(needs, location_conf(r_).wait);
  }

  // Throws bad_alloc.
  Json::Value find_forbidden() {
    Json::Value forbidden(Json::objectValue);
    if (facts_.forcing() != nullptr) {
      return forbidden;  // a preview shows what it forces
    }
    const Program& program = *facts_.site().program;
    std::string_view arguments = view(r_->args);
    for (int count = 0; !arguments.empty() && count < most_campaigns; ++count) {
      std::string_view value = ascii::take_until(arguments, '&');
      if (ascii::take_until(value, '=') != "c") {
        continue;
      }
      const std::string_view name = decode_argument(value, &memory_);
      if (const auto why = facts_.decision().forbidden(program.campaign(name))) {
        forbidden[std::string(name)] = std::string(reason(*why));
      }
    }
    return forbidden;
  }

 private:
  ngx_http_request_t* r_;
  PoolMemory memory_;
  RequestAdapter request_;
  RequestFacts facts_;
  Hold hold_;
  bool is_started_ = false;
};

// Throws bad_alloc.
ngx_int_t answer(ngx_http_request_t* r) {
  auto* question = find_in_pool<Question>(r->pool);
  if (question == nullptr) {
    question = make_in_pool<Question>(r->pool, r);
  }
  if (question->waits_for_person()) {
    ++r->main->count;  // finalizing the request with NGX_DONE takes one
    return NGX_DONE;
  }
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "";
  const std::string text = Json::writeString(builder, question->find_forbidden());
  if (!add_header(r, "Cache-Control", "no-store") ||
      !add_header(r, "X-Content-Type-Options", "nosniff")) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  return send_body(r, "application/json", copy_to_pool(r->pool, text));
}

}  // namespace

ngx_int_t serve_forbidden(ngx_http_request_t* r) {
  try {
    return answer(r);
  } catch (const std::exception&) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

}  // namespace personalize
