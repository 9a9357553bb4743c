// What the module knows and does for one request: who asks, the documents looked up, the decision,
// and the content of slots.
//
// Made once for a main request, and found again after internal redirects and error pages, which
// forget every module's context.
#pragma once

#include <list>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "nginx/config/configuration.h"
#include "nginx/request/lookups.h"
#include "nginx/request/page_stream.h"
#include "nginx/request/request_adapter.h"
#include "nginx/request/sticky_variants.h"
#include "personalize/decision/forcing.h"
#include "personalize/record/counters.h"

namespace Json {
class Value;
}

namespace personalize {

class Inquiry;

// Why a response of a personalised location is passed on as it is.
enum class Refusal : std::uint8_t {
  none,
  off,  // the location that answered is not personalised
  status,
  type,
  charset,   // bytes of the page would be mistaken for markup
  encoding,  // compressed, and nobody inflated it
};
// As $personalize_result tells it.
std::string_view to_string(Refusal refusal) noexcept;

class Personalization final : private Facts, private SlotFiller, private StickyGate {
 public:
  // nullptr where there is none yet.
  static Personalization* find(ngx_http_request_t* r) noexcept;
  // nullptr where memory is out. The location must be active.
  static Personalization* obtain(ngx_http_request_t* r) noexcept;

  // Of what a request to personalize_explain asks about; found again by find(). nullptr where
  // memory is out, or the request has another one.
  static Personalization* inquire(ngx_http_request_t* r, Inquiry& inquiry) noexcept;

  // `inquiry`: in place of the request, nothing is counted and nobody is given an id.
  Personalization(ngx_http_request_t* r, const Site& site, Inquiry* inquiry = nullptr);
  ~Personalization();
  Personalization(const Personalization&) = delete;
  Personalization& operator=(const Personalization&) = delete;

  // Takes the headers off the request that ask for a part of a page or for a newer one.
  void hide_conditions() noexcept;
  // Gives them back, where the response turned out not to be a page.
  void restore_conditions() noexcept;

  // Reads what the location says of its page, now that the response's headers are there.
  void read_page(const LocationConf& location) noexcept;

  // Looks up what the location may need and was not asked for yet.
  void start_lookups(const SourceSet& needs) noexcept;

  // Whether the request has to be held in its phase until these documents are there; the phase is
  // entered again by itself then, or when `longest` is over.
  bool wait_in_phase(const SourceSet& awaited, ngx_msec_t longest) noexcept;

  // The Set-Cookie value that ends a preview whose time is over; "" where there is none.
  std::string_view preview_cookie() noexcept;

  // Of an inquiry: adds the whole decision with its reasons to a JSON object. Throws bad_alloc.
  bool is_inquiry() const noexcept { return inquiry_ != nullptr; }
  const Site& site() const noexcept { return site_; }
  void explain(Json::Value& out);

  // From the header filters: this response is a page to be personalised, in this location; its
  // charset is UTF-8, or another one in which ASCII means ASCII.
  void accept_page(const LocationConf& location, bool is_utf8) noexcept;
  void refuse_page(Refusal why) noexcept;
  const LocationConf* page_location() const noexcept { return page_location_; }

  // Whether the location, which an internal redirect may change, lets this visitor be recognised.
  // Asking twice is cheap.
  bool has_consent() noexcept;

  // The Set-Cookie value that gives a new visitor the id; "" where there is nothing to give.
  std::string_view visitor_cookie() noexcept;
  // The same of the variants that the visitor is to keep.
  std::string_view variants_cookie() noexcept;

  // The Set-Cookie value that brings the visitor's state up to date; "" where it is.
  std::string_view state_cookie() noexcept;

  // The page's way through the body filter, in which what is inserted carries these nonces.
  void open_stream(const Nonces& nonces, ngx_http_output_body_filter_pt next);
  bool has_stream() const noexcept { return stream_.has_value(); }
  ngx_int_t filter(ngx_chain_t* in) noexcept;

  // For variables and the log.
  const Visitor& visitor() noexcept;
  // Comma-separated; throw bad_alloc.
  void list_segments(std::pmr::string& out);
  void list_variants(std::pmr::string& out);
  void list_campaigns(std::pmr::string& out);
  void list_sources(std::pmr::string& out);
  // The name of the visitor's variant, whose use is an exposure; nothing outside of the experiment.
  std::optional<std::string_view> variant(ExperimentId id) noexcept;
  // Where an experiment of a features payload redirects this page to; nothing where to nowhere.
  bool write_redirect(std::pmr::string& out);
  const Program& program() const noexcept { return *site_.program; }
  std::string_view result() const noexcept;
  ngx_msec_t wait_time() const noexcept;

  // Counts what became of the request; once, when it is over.
  void record() noexcept;

  std::pmr::memory_resource* memory() noexcept { return &memory_; }

 private:
  struct Hidden {
    ngx_table_elt_t* ngx_http_headers_in_t::*place;
    ngx_table_elt_t* header;
  };

  // One source's document, waited for.
  struct Document final : public LookupWaiter {
    Personalization* owner = nullptr;
    std::uint32_t source = 0;
    Lookup state = Lookup::idle;
    Value value;

    void on_document(Lookup outcome, std::string_view bytes) noexcept override;
  };

  // Facts
  Value get(AttributeId id) noexcept override;
  // SlotFiller
  Fill fill(SlotId slot, std::string_view& html) noexcept override;
  // StickyGate
  bool is_settled(std::string_view experiment) noexcept override;
  bool may_remember() noexcept override { return has_consent(); }

  static Personalization* make(ngx_http_request_t* r, const Site& site, Inquiry* inquiry) noexcept;
  // Counts, but for an inquiry.
  void tally(Counter counter, std::uint64_t n = 1) const noexcept;
  const ServerConf& server() const noexcept;
  std::string origin_of(const Attribute& attribute);
  void explain_documents(Json::Value& out);

  std::optional<Forcing> read_preview();
  Fill fill_slot(SlotId slot, std::string_view& html) noexcept;
  Fill add_badge(std::string_view& html) noexcept;

  void identify() noexcept;
  bool has_secure_cookies() noexcept;
  void start_lookup(std::uint32_t source) noexcept;
  void settle(Document& document, Lookup outcome, std::string_view bytes) noexcept;
  bool is_pending(const SourceSet& needs) const noexcept;
  bool is_page_view() noexcept;
  void record_session() noexcept;
  Value session_value(Field field) noexcept;
  // How the session began, if with this page. Throws bad_alloc.
  const SessionStart& session_start();
  void note_exposures() noexcept;
  // Documents that are not there now are not waited for any more.
  void stop_waiting() noexcept;

  // What is held until documents are there: nothing, the request before it goes to the upstream, or
  // the page at a slot.
  enum class Hold : std::uint8_t { none, request, page };

  ngx_msec_t longest_wait() const noexcept;
  void hold(Hold what, ngx_msec_t longest) noexcept;
  void on_timer() noexcept;
  void resume() noexcept;
  void resume_request() noexcept;
  void resume_page() noexcept;
  void release_hold() noexcept;

  ngx_http_request_t* r_;
  const Site& site_;
  PoolMemory memory_;
  RequestAdapter adapter_;
  Inquiry* inquiry_;      // nullptr for a request of its own
  RequestView& request_;  // one of the two
  Visitor visitor_;
  bool identified_ = false;
  std::optional<bool> consent_;
  const Consent* asked_consent_ = nullptr;  // what said so
  // The visitor is new, and this one's rules gave it an id.
  const VisitorCookie* issued_by_ = nullptr;
  bool is_preview_void_ = false;  // its cookie counts no more
  std::int64_t preview_expires_s_ = 0;
  std::optional<Forcing> forcing_;  // by a preview
  bool has_badge_ = false;
  Signals signals_;
  VisitorState state_;
  std::optional<StickyVariants> sticky_;  // where the site has sticky experiments
  Decision decision_;
  std::pmr::vector<Value> values_;  // of signals, by AttributeId
  std::pmr::vector<bool> known_;
  PageValues page_;
  bool page_known_ = false;
  std::optional<SessionStart> session_start_;   // as if the session began with this page
  std::pmr::vector<Document> documents_;        // by source
  std::pmr::vector<std::string_view> exposed_;  // by experiment: the variant that was used
  std::pmr::vector<CampaignId> shown_;          // by slot
  std::pmr::vector<std::uint32_t> times_;       // by slot: how often it was shown
  std::pmr::list<std::pmr::string> contents_;   // of slots
  std::pmr::vector<Hidden> hidden_;

  const LocationConf* page_location_ = nullptr;
  std::optional<PageStream> stream_;
  bool is_utf8_ = true;
  Refusal refusal_ = Refusal::none;
  SourceSet needs_;   // what the location may need
  SourceSet wanted_;  // what is waited for
  WidgetDelivery delivery_;
  unsigned assets_ = 0;  // in the page so far
  std::uint32_t filled_ = 0;

  ngx_event_t timer_{};  // lets the head go, then ends the wait
  ngx_event_t wake_{};   // goes on after documents came
  ngx_msec_t held_since_ = 0;
  ngx_msec_t waited_ = 0;
  Hold holding_ = Hold::none;
};

}  // namespace personalize
