// Holds a request, or the page that answers it, until documents have come or its time is over.
#pragma once

#include "nginx/platform/ngx.h"
#include "nginx/request/documents/documents.h"

namespace personalize {

// In `connection->buffered`: output waits here. No other module uses this bit.
constexpr unsigned hold_bit = 0x40;

// The page that a hold keeps back, or that has more to send when documents have come.
class HeldPage {
 public:
  // Sends what stands before the slot that is waited for.
  virtual void stop_gathering() noexcept = 0;
  // Goes on with the page, and may hold it again.
  virtual ngx_int_t resume() noexcept = 0;

 protected:
  ~HeldPage() = default;
};

class Hold final : private DocumentListener {
 public:
  // Both must outlive this; becomes the listener of `documents`.
  Hold(ngx_http_request_t* r, Documents& documents) noexcept;
  ~Hold() { release(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  // For a phase handler: returns whether the request must wait in its phase for `needs`. If so, the
  // phase is entered again when they, and those of an element, have come, or when the request has
  // been held for `longest` ms in all.
  bool wait_in_phase(const SourceSet& needs, ngx_msec_t longest,
                     const PageElement* element = nullptr) noexcept;

  // Says which documents hold_page() and watch() wait for: those, and those of an element.
  void set_page_needs(const SourceSet& needs, const PageElement* element) noexcept {
    needs_ = needs;
    element_ = element;
  }
  // Holds the page until then; does nothing if it is held. What stands before the slot is held with
  // it for a moment only.
  void hold_page(HeldPage& page, ngx_msec_t longest) noexcept;

  // Goes on with a page that is not held when those documents have come, however long that takes.
  void watch(HeldPage& page) noexcept { page_ = &page; }

  // Ends the hold and the watch; does nothing if there is neither.
  void release() noexcept;

  // Gives up on documents that are not there, because the request was held long enough.
  void give_up() noexcept;

  // Returns how long the request has been held so far, in ms.
  ngx_msec_t time() const noexcept;

  // For counters.
  bool was_held() const noexcept { return was_held_; }
  std::uint32_t times_exceeded() const noexcept { return times_exceeded_; }

 private:
  enum class Held : std::uint8_t { nothing, request, page };

  // DocumentListener
  void on_document() noexcept override;

  bool is_awaited() const noexcept {
    return documents_.is_pending(needs_) || (element_ != nullptr && element_->is_pending());
  }
  void begin(Held what, ngx_msec_t longest, ngx_msec_t delay) noexcept;
  void on_timer() noexcept;
  void resume() noexcept;
  void resume_request() noexcept;
  void resume_page() noexcept;

  ngx_http_request_t* r_;
  Documents& documents_;
  HeldPage* page_ = nullptr;              // while a page is held or watched
  SourceSet needs_;                       // what is waited for
  const PageElement* element_ = nullptr;  // whose documents are waited for, too
  ngx_event_t timer_{};
  ngx_event_t wake_{};  // posted when documents have come
  Held held_ = Held::nothing;
  ngx_msec_t longest_ = 0;
  ngx_msec_t held_since_ = 0;
  ngx_msec_t before_ = 0;  // ms in holds that are over
  bool was_held_ = false;
  std::uint32_t times_exceeded_ = 0;
};

}  // namespace personalize
