#include "nginx/request/counting/visit_record.h"

#include "nginx/request/counting/lessons.h"
#include "nginx/request/counting/page_views.h"
#include "nginx/request/visitor/kept_offers.h"
#include "nginx/worker.h"
#include "personalize/record/person_commands.h"

namespace personalize {

void VisitRecord::keep_view(const SlotContents& slots) noexcept {
  const SessionOptions* session = facts_.site().session;
  const bool has_offers = slots.filled() != 0 && facts_.site().program->keeps_offers();
  const bool is_wanted = session != nullptr || is_learning() || has_offers;
  if (!is_wanted || !audience_.is_page_view()) {
    return;
  }
  if (session != nullptr) {
    keep_session(*session);
  }
  learn_view(r_, facts_.server(), facts_.request(), facts_.identity(), page());
  if (has_offers) {
    keep_offers(slots);
  }
}

// Nothing is bought by asking: no application has said that there is such an order.
SessionPage VisitRecord::page(const SessionNames* names) noexcept {
  SessionPage page = session_page(facts_.page(), names);
  if (question_ != nullptr) {
    page.order = page.order_value = page.order_items = {};
  }
  return page;
}

void VisitRecord::keep_session(const SessionOptions& options) noexcept {
  try {
    keep_page_view(r_, options,
                   {facts_.identity().owner().id, facts_.request().now_ms() / 1000,
                    facts_.session_start(), page(&options.names)});
  } catch (const std::bad_alloc&) {
    count(Counter::session_refused);
  }
}

// What was offered stays as it was: the next page reads it.
void VisitRecord::keep_offers(const SlotContents& slots) noexcept {
  try {
    std::pmr::vector<std::string_view> offers(facts_.memory());
    for (SlotId slot = 0; slot < facts_.site().program->slots().size(); ++slot) {
      const CampaignId campaign = slots.shown(slot);
      if (campaign != no_campaign) {
        const std::string_view offer = new_offer(facts_, campaign, facts_.memory());
        if (!offer.empty()) {
          offers.push_back(offer);
        }
      }
    }
    personalize::keep_offers(
        r_, {facts_.identity().owner().id, facts_.request().now_ms() / 1000, {}, {}}, offers);
  } catch (const std::bad_alloc&) {
    count(Counter::session_refused);
  }
}

void VisitRecord::keep_person(bool takes_over) noexcept {
  const Person& person = facts_.identity().person();
  if (!person.is_known() || !facts_.site().person || !facts_.may_keep()) {
    return;
  }
  try {
    const std::int64_t now_ms = facts_.request().now_ms();
    PersonCommands commands(person.key, now_ms, facts_.memory());
    takes_over = takes_over && facts_.sign_in().state() == SignIn::State::signing_in;
    if (takes_over) {
      PersonCommands caps(person.key, now_ms, facts_.memory());
      if (facts_.server().person->merges.caps) {
        caps.merge(facts_.browser_state(), facts_.state());
      }
      worker().persons.take_over(merge(), facts_.sign_in().occasion(), caps.finish());
    }
    if (audience_.is_page_view() && !facts_.is_person_lost()) {
      if (facts_.site().keeps_state && (facts_.state().is_outdated() || takes_over)) {
        commands.activity(facts_.state().session_start());
      }
      commands.remove(facts_.outdated_fields());
    } else if (audience_.is_page_view() && facts_.is_person_too_large()) {
      commands.forget();  // it cannot be read any more, and would grow
    }
    if (facts_.sticky() != nullptr) {
      commands.variants(facts_.sticky()->new_of_person());
    }
    worker().persons.write(commands.finish());
  } catch (const std::bad_alloc&) {
    count(Counter::session_refused);
  }
}

PersonMerge VisitRecord::merge() noexcept {
  const SessionPage page = session_page(facts_.page());
  PersonMerge merge;
  merge.session = facts_.site().session;
  merge.what = facts_.server().person->merges;
  const Visitor& visitor = facts_.identity().visitor();
  if (visitor.is_known()) {
    merge.visitor = visitor.id;
  } else {
    merge.what = {false, merge.what.caps, false, false};  // Redis has nothing of it
  }
  merge.person = facts_.identity().person().key;
  merge.now_s = facts_.request().now_ms() / 1000;
  merge.keep_answers_s = facts_.site().forms.empty() ? 0 : facts_.site().forms.keep_s();
  merge.item = page.item;
  merge.category = page.category;
  return merge;
}

}  // namespace personalize
