#include "nginx/request/counting/lessons.h"

#include <array>
#include <new>
#include <optional>

#include "nginx/worker.h"
#include "personalize/base/item_ids.h"

namespace personalize {

namespace {

std::string_view country_of(Identity& identity) noexcept {
  static const Attribute country = [] {
    Attribute attribute;
    attribute.root = Root::geo;
    attribute.field = Field::geo_country;
    return attribute;
  }();
  const Value value = identity.signals().read(country);
  return value.kind() == Kind::string ? value.as_string() : std::string_view();
}

// Returns whether the visitor counts at all. Where ids are signed, one without a signature is new.
bool counts(ngx_http_request_t* r, Identity& identity) noexcept {
  const Visitor& visitor = identity.owner();
  MainConf& main = main_conf(r);
  if (!visitor.is_known() || identity.is_bot()) {
    return false;
  }
  if (main.newcomers.admit(main.newcomer_rule, visitor.id, r->connection->sockaddr)) {
    return true;
  }
  count(Counter::lesson_over_budget);
  return false;
}

// What most lessons take.
struct Room {
  std::array<std::byte, 2048> bytes;
  std::pmr::monotonic_buffer_resource arena{bytes.data(), bytes.size()};
};

// Completes the lesson, whose items are known, and has it learned.
void teach(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
           Identity& identity, Lesson& lesson) {
  if (lesson.items.empty()) {
    return;
  }
  lesson.visitor = identity.owner().id;
  if (!worker().learner->shared().admit(lesson.visitor)) {
    count(Counter::lesson_over_budget);
    return;
  }
  lesson.has_limit = is_limited(main_conf(r).newcomer_rule, r->connection->sockaddr);
  lesson.address = identity_of(*r->connection->sockaddr);
  Learner& learner = *worker().learner;
  if (learner.options().by_country) {
    lesson.country = country_of(identity);
  }
  lesson.now_ms = request.now_ms();
  if (server.site->session != nullptr) {
    lesson.session_s = server.site->session->timeout_s;
  }
  learner.learn(lesson);
}

std::optional<LessonKind> kind_of(std::string_view metric) noexcept {
  if (metric == "purchase") {
    return LessonKind::order;
  }
  return metric == "add_to_cart" ? std::optional(LessonKind::cart) : std::nullopt;
}

}  // namespace

bool is_learning() noexcept {
  return worker().learner != nullptr;
}

void learn_view(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                Identity& identity, const SessionPage& page) noexcept {
  if (!is_learning()) {
    return;
  }
  if (!page.order_items.empty()) {
    learn_conversion(r, server, request, identity, "purchase", page.order_items);
  }
  if (page.item.empty() || !counts(r, identity)) {
    return;
  }
  try {
    Room room;
    Lesson lesson(&room.arena);
    lesson.kind = LessonKind::view;
    lesson.items.emplace_back(page.item, page.category, page.brand);
    teach(r, server, request, identity, lesson);
  } catch (const std::bad_alloc&) {
    count(Counter::lesson_dropped);
  }
}

void learn_conversion(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                      Identity& identity, std::string_view metric,
                      std::string_view items) noexcept {
  const auto kind = kind_of(metric);
  if (!is_learning() || !kind || items.empty() || !counts(r, identity)) {
    return;
  }
  try {
    Room room;
    Lesson lesson(&room.arena);
    lesson.kind = *kind;
    for (const std::string_view id : item_ids(items, &room.arena)) {
      if (lesson.items.size() < most_lesson_items) {
        lesson.items.emplace_back(id, "", "");
      }
    }
    teach(r, server, request, identity, lesson);
  } catch (const std::bad_alloc&) {
    count(Counter::lesson_dropped);
  }
}

}  // namespace personalize
