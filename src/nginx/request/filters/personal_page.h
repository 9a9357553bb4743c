// The page that answers a request, from its head to its last byte: what of it is known already, how
// it is read and sent, and the slots on its way.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "nginx/platform/event_timer.h"
#include "nginx/request/counting/audience.h"
#include "nginx/request/facts.h"
#include "nginx/request/filters/file_reader.h"
#include "nginx/request/filters/page_stream.h"
#include "nginx/request/filters/slot_contents.h"
#include "nginx/request/filters/visual_contents.h"
#include "nginx/request/hold.h"
#include "nginx/request/plans/page_plans.h"
#include "nginx/request/plans/untouched_file.h"

namespace personalize {

class PersonalPage final : private SlotFiller, private HeldPage {
 public:
  // All must outlive this; `memory` is the request's. `send_read` finds this again, and calls
  // send().
  PersonalPage(ngx_http_request_t* r, RequestFacts& facts, Audience& audience, Hold& hold,
               VisualContents& visual, SlotContents& slots, FileReader::Next send_read,
               std::pmr::memory_resource* memory);

  // Called when the response's head is there: it is a page to personalize, by this location.
  void accept(const LocationConf& location) noexcept;
  // Forgets the page: the response is passed on as it is.
  void give_up() noexcept;
  bool is_accepted() const noexcept { return location_ != nullptr; }
  // Returns for how long (ms) it can be held.
  ngx_msec_t longest_wait() const noexcept;

  // Called when all filters in front have seen the head. Returns whether it is to wait for what
  // comes first of the body; find_plan() is then called with that.
  bool awaits_body() noexcept;
  bool is_awaiting_body() const noexcept { return file_.is_expected(); }
  void find_plan(const ngx_chain_t* in) noexcept;

  // Called by the inflate filter for a page that comes compressed. Returns whether that may be a
  // file, which is then passed as it is, and its head waits for what comes first of the body.
  bool awaits_compressed_body() noexcept { return file_.expect(); }
  // Called with that. Returns whether it is a file of which is known that it can be inflated.
  bool is_known_file(const ngx_chain_t* in) noexcept;
  // Called when the head is sent. Returns whether the file goes on to the body filter as it is.
  bool takes_compressed_file() const noexcept {
    return compressed_file_.has_value() && has_stream() && stream_->is_compressed();
  }

  // Called when the head is about to be sent. Returns whether the body is known to pass unchanged.
  bool is_unchanged() const noexcept;
  // Opens the page's way through the body filter, in which what is inserted carries these nonces.
  // Throws bad_alloc.
  void open_stream(const Nonces& nonces, ngx_http_output_body_filter_pt next);
  // Called when the filters behind have seen the head: how the body is sent depends on them.
  void settle_encoding() noexcept;
  bool has_stream() const noexcept { return stream_.has_value(); }
  // Returns whether the body goes through filter(): also a file that nobody has read for a page
  // whose stream could not be opened.
  bool filters_body() const noexcept { return stream_.has_value() || may_be_file_; }
  // The body filter's work.
  ngx_int_t filter(ngx_chain_t* in) noexcept { return reader_.read(in); }
  // Sends what the reader has read.
  ngx_int_t send(ngx_chain_t* in) noexcept;

  // Returns the value of $personalize_plan; "" for what is no page.
  std::string_view plan_result() const noexcept;
  // Counts what became of a page that has a stream, when the request is over.
  void record() noexcept;

 private:
  // SlotFiller
  void expect(const Splice& splice, bool is_utf8) noexcept override;
  Fill fill(const Splice& splice, SlotHtml& html) noexcept override;
  bool keeps_default(SlotId slot) noexcept override;
  // HeldPage
  void stop_gathering() noexcept override { stream_->stop_gathering(); }
  ngx_int_t resume() noexcept override { return send(nullptr); }

  void choose_matcher() noexcept;
  Charset charset() const noexcept;
  PagePlans::Place place_of(const ngx_buf_t& file, bool is_gzip) const noexcept;
  void send_compressed() noexcept;
  void send_file() noexcept;
  void wait_for_more() noexcept;
  void on_pause() noexcept;
  SourceSet needs_of(SlotId slot) const noexcept;
  bool can_be_late(const Splice& splice) const noexcept;
  void record_doubts() noexcept;

  ngx_http_request_t* r_;
  RequestFacts& facts_;
  Audience& audience_;
  Hold& hold_;
  VisualContents& visual_;
  SlotContents& slots_;
  std::pmr::memory_resource* memory_;

  const LocationConf* location_ = nullptr;  // nullptr where the response is no page of ours
  const SlotMatcher* matcher_ = nullptr;    // nullptr before it is chosen
  PageEnd end_;
  UntouchedFile file_;
  FileReader reader_;
  PagePlans plans_;
  std::optional<PagePlans::Place> compressed_file_;  // that the inflate filter reads
  bool may_be_file_ = false;                         // what comes of the body
  bool awaits_default_ = false;  // whether default content stays will be known with documents
  std::optional<PageStream> stream_;
  EventTimer pause_timer_;
  std::optional<std::uint64_t> slots_ns_;  // that the slots took; nothing if it is not measured
};

}  // namespace personalize
