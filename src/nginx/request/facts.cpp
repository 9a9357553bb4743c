#include "nginx/request/facts.h"

#include <utility>

#include "base/values/member.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

std::optional<Forcing> make_forcing(const PreviewCookie& preview, const Program& program,
                                    std::pmr::memory_resource* memory) {
  return preview.grant
             ? std::optional<Forcing>(std::in_place, preview.grant->items, program, memory)
             : std::nullopt;
}

std::optional<StickyVariants> make_sticky(const Site& site, RequestView& request, StickyGate& gate,
                                          std::pmr::memory_resource* memory) {
  return site.sticky.empty() ? std::nullopt
                             : std::optional<StickyVariants>(std::in_place, request, gate, memory);
}

// What exports write for what they do not know is as good as nothing: the next of merged sources
// may know it.
bool is_unknown(const Value& value) noexcept {
  return value.is_absent() || (value.kind() == Kind::string && value.as_string().empty());
}

}  // namespace

RequestFacts::RequestFacts(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                           std::pmr::memory_resource* memory, Identity::Issue issue)
    : r_(r),
      server_(server),
      request_(request),
      memory_(memory),
      identity_(r, server, request, memory, issue),
      preview_(read_preview_cookie(server, request, memory)),
      forcing_(make_forcing(preview_, *site().program, memory)),
      state_(memory),
      browser_state_(memory),
      person_memory_(memory),
      sticky_(make_sticky(site(), request, *this, memory)),
      decision_(*site().program, *this, memory, inputs()),
      documents_(r, site(), request, identity_, *this, decision_, *this, memory),
      values_(site().attributes.size(), memory),
      is_read_(site().attributes.size(), false, memory) {
  read_state();
}

// What a browser has of others is nobody's any more. What it gathered before it was known who is
// here still counts on this page, and is taken over when the page is over.
void RequestFacts::read_state() noexcept {
  if ((!site().keeps_state && server_.person == nullptr) || !identity_.has_consent()) {
    return;
  }
  try {
    if (server_.person != nullptr) {
      read_for_ = identity_.person().id;
      sign_in_ = SignIn(r_, server_, request_, identity_, memory_);
    }
    if (sticky_) {
      sticky_->expect_person(identity_.person().id);
    }
    if (site().keeps_state) {
      state_.read(find_cookie(request_, VisitorState::cookie_name).value_or(std::string_view()),
                  request_.now_ms());
    }
    if (sign_in_.is_of_others()) {
      state_.forget_campaigns();
      state_.set_sequence(0);  // as of a browser without the cookie, which is to forget it
    } else if (sign_in_.is_changing() && state_.is_known()) {
      state_.set_sequence(state_.sequence() + 1);
    }
    browser_state_ = state_;
  } catch (const std::bad_alloc&) {
    state_.forget_campaigns();
  }
}

void RequestFacts::settle_person() noexcept {
  if (server_.person != nullptr) {
    identity_.settle_person();
    if (identity_.person().id != read_for_) {
      read_state();
    }
  }
}

void RequestFacts::on_person(const Value& document) noexcept {
  if (!identity_.person().is_known()) {
    return;
  }
  try {
    read_person(document, request_.now_ms(), person_memory_);
    VisitorState& known = person_memory_.state;
    const bool is_taken_over =
        sign_in_.state() != SignIn::State::signing_in || server_.person->merges.caps;
    if (is_taken_over) {
      known.join(browser_state_);
    }
    known.set_sequence(browser_state_.sequence());
    state_ = known;
    if (sticky_) {
      sticky_->take_person(identity_.person().id, person_memory_.variants);
    }
  } catch (const std::bad_alloc&) {
    state_ = VisitorState(memory_);
  }
}

bool RequestFacts::is_person_lost() const noexcept {
  if (!site().person) {
    return false;
  }
  const Lookup state = documents_.state(*site().person);
  return state > Lookup::fetched && state != Lookup::missing;
}

bool RequestFacts::is_person_too_large() const noexcept {
  return site().person && documents_.state(*site().person) == Lookup::too_large;
}

DecisionInputs RequestFacts::inputs() noexcept {
  const std::uint32_t number = site().number;
  return {&state_,   &worker().switches.of(number), sticky(),
          forcing(), &identity_.regex_budget(),     &worker().weights.of(number)};
}

const Locale& RequestFacts::locale() noexcept {
  const MainConf& main = main_conf(r_);
  std::optional<std::string_view> wanted;
  if (main.locale_variable) {
    wanted = request_.variable(static_cast<std::uint32_t>(*main.locale_variable));
  }
  return main.locales.choose(wanted.value_or(std::string_view()),
                             request_.header("accept-language"));
}

void RequestFacts::set_page(const PageValues& page) noexcept {
  page_ = page;
  documents_.page_is_known();
  decision_.reset();
}

bool RequestFacts::is_decidable(std::string_view experiment) noexcept {
  const Program& program = *site().program;
  for (const ExperimentId id : site().sticky) {
    if (program.experiment_name(id) == experiment) {
      return documents_.is_complete(program.experiment_needs(id));
    }
  }
  return false;
}

Value RequestFacts::get(AttributeId id) noexcept {
  const Attribute& attribute = site().attributes[id];
  switch (attribute.root) {
    case Root::source:
      return source_value(attribute);
    case Root::recommend:
      return find_member(documents_.list(attribute.index), attribute.path);
    case Root::item:
      return {};  // of a list that is being made; nobody asks here
    case Root::segment:
      return Value::boolean(decision_.segment(attribute.index));
    case Root::experiment:
      return decision_.use_variant(attribute.index);
    case Root::feature:
      return find_member(decision_.use_feature(attribute.index), attribute.path);
    case Root::value:
      return decision_.value(attribute.index);
    case Root::consent:
      return Value::boolean(identity_.has_consent());
    case Root::page:
      return page_[attribute.index];
    case Root::campaign:
      return campaign_value(attribute);
    case Root::slot:
      return element_value(attribute);
    case Root::session:
      return find_place(session_value(attribute), attribute.path);
    case Root::visitor:
      identity_.visitor();
      if (attribute.field == Field::visitor_id) {
        identity_.note_use();
      }
      return identity_.has_consent() ? identity_.signals().read(attribute) : Value();
    case Root::person: {
      const Person& person = identity_.person();
      return person.is_known() ? Value::string(person.id) : Value();
    }
    case Root::geo:
      // A preview forces the country alone: the rest of geo.* is missing then.
      if (forcing_ && !forcing_->country().empty()) {
        return attribute.field == Field::geo_country ? Value::string(forcing_->country()) : Value();
      }
      [[fallthrough]];
    default:
      if (!is_read_[id]) {
        values_[id] = identity_.signals().read(attribute);
        is_read_[id] = true;
      }
      return values_[id];
    case Root::variable:
      // NGINX keeps those that stay; others change on the way of the request.
      return identity_.signals().read(attribute);
  }
}

// The cookie has minutes.
Value RequestFacts::campaign_value(const Attribute& attribute) noexcept {
  if (!identity_.has_consent()) {
    return {};
  }
  static const CampaignHistory nothing;
  const CampaignHistory* known = state_.find(site().program->campaign_key(attribute.index));
  const CampaignHistory& history = known == nullptr ? nothing : *known;
  const auto time = [](std::uint32_t minutes) {
    return minutes == 0 ? Value() : Value::number(60.0 * minutes);
  };
  switch (attribute.field) {
    case Field::campaign_shown:
      return Value::number(history.total);
    case Field::campaign_first_shown:
      return time(history.first);
    case Field::campaign_last_shown:
      return time(history.shown);
    case Field::campaign_clicked:
      return time(history.clicked);
    case Field::campaign_dismissed:
      return time(history.dismissed);
    case Field::campaign_claimed:
      return time(history.claimed);
    case Field::campaign_converted:
      return time(history.converted);
    default:
      return {};
  }
}

Value RequestFacts::element_value(const Attribute& attribute) noexcept {
  const PageElement* element = documents_.entered();
  if (element == nullptr) {
    return {};
  }
  const auto value = element->data.value(attribute.place, element->is_utf8);
  return value ? Value::string(*value) : Value();
}

Value RequestFacts::source_value(const Attribute& attribute) noexcept {
  if (!identity_.has_consent()) {
    return {};
  }
  Value value = find_place(documents_.value(attribute.index), attribute.path);
  for (const std::uint32_t other : attribute.others) {
    if (!is_unknown(value)) {
      break;
    }
    value = find_place(documents_.value(other), attribute.path);
  }
  return value;
}

// Bots have no session. Everybody else has one, if only with this page.
Value RequestFacts::session_value(const Attribute& attribute) noexcept {
  if (site().session == nullptr || !identity_.has_consent() || identity_.is_bot()) {
    return {};
  }
  try {
    const SessionOptions& options = *site().session;
    SessionView session{options,
                        session_start(),
                        session_page(page_, &options.names),
                        request_.now_ms() / 1000,
                        {}};
    for (std::size_t part = 0; part < options.names.parts(); ++part) {
      const std::size_t source = *site().first_of_session + part;
      session.documents[part] = {documents_.state(source), documents_.value(source)};
    }
    return read_session(attribute, session);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

const SessionStart& RequestFacts::session_start() {
  if (!session_start_) {
    const SessionOptions* options = site().session;
    session_start_ =
        read_session_start(request_, memory_, options == nullptr ? nullptr : &options->names);
  }
  return *session_start_;
}

}  // namespace personalize
