#include "nginx/request/hold.h"

#include <algorithm>

namespace personalize {

namespace {

// How long what stands before a slot waits with it (ms): Redis mostly answers sooner, and the page
// is then one write instead of two.
constexpr ngx_msec_t head_wait = 2;

}  // namespace

Hold::Hold(ngx_http_request_t* r, Documents& documents) noexcept : r_(r), documents_(documents) {
  documents.set_listener(*this);
  timer_.data = this;
  timer_.log = r->connection->log;
  timer_.handler = [](ngx_event_t* event) { static_cast<Hold*>(event->data)->on_timer(); };
  wake_.data = this;
  wake_.log = r->connection->log;
  wake_.handler = [](ngx_event_t* event) { static_cast<Hold*>(event->data)->resume(); };
}

bool Hold::wait_in_phase(const SourceSet& needs, ngx_msec_t longest,
                         const PageElement* element) noexcept {
  if (!documents_.is_pending(needs) && (element == nullptr || !element->is_pending())) {
    return false;
  }
  if (held_ == Held::request) {
    return true;
  }
  if (before_ >= longest) {
    give_up();
    return false;
  }
  needs_ = needs;
  element_ = element;
  begin(Held::request, longest, longest - before_);
  // Notices a client that goes away; its request then ends.
  r_->read_event_handler = ngx_http_test_reading;
  r_->write_event_handler = ngx_http_request_empty_handler;
  return ngx_handle_read_event(r_->connection->read, 0) == NGX_OK;
}

void Hold::hold_page(HeldPage& page, ngx_msec_t longest) noexcept {
  r_->connection->buffered |= hold_bit;
  if (held_ == Held::nothing) {
    page_ = &page;
    begin(Held::page, longest, std::min(longest - before_, head_wait));
  }
}

void Hold::begin(Held what, ngx_msec_t longest, ngx_msec_t delay) noexcept {
  held_ = what;
  longest_ = longest;
  held_since_ = ngx_current_msec;
  was_held_ = true;
  ngx_add_timer(&timer_, delay);
}

void Hold::release() noexcept {
  page_ = nullptr;
  if (wake_.posted) {
    ngx_delete_posted_event(&wake_);
  }
  if (held_ == Held::nothing) {
    return;
  }
  if (held_ == Held::page) {
    r_->connection->buffered &= ~hold_bit;
  }
  before_ = time();
  held_ = Held::nothing;
  if (timer_.timer_set) {
    ngx_del_timer(&timer_);
  }
}

void Hold::give_up() noexcept {
  ++times_exceeded_;
  documents_.give_up();
}

ngx_msec_t Hold::time() const noexcept {
  return held_ == Held::nothing ? before_ : before_ + (ngx_current_msec - held_since_);
}

void Hold::on_document() noexcept {
  const bool is_waiting = held_ != Held::nothing || page_ != nullptr;
  if (is_waiting && !is_awaited()) {
    ngx_post_event(&wake_, &ngx_posted_events);
  }
}

void Hold::on_timer() noexcept {
  if (held_ == Held::page && time() < longest_) {
    page_->stop_gathering();
    ngx_add_timer(&timer_, longest_ - time());
  } else {
    give_up();
  }
  resume();
}

void Hold::resume() noexcept {
  ngx_http_set_log_request(r_->connection->log, r_);
  if (held_ == Held::request) {
    resume_request();
  } else {
    resume_page();
  }
}

// Enters the phase again, which finds that nothing is pending. May end the request.
void Hold::resume_request() noexcept {
  ngx_connection_t* c = r_->connection;
  release();
  r_->read_event_handler = ngx_http_block_reading;
  r_->write_event_handler = ngx_http_core_run_phases;
  ngx_http_core_run_phases(r_);
  ngx_http_run_posted_requests(c);
}

// ngx_http_output_filter() does not reach a filter after postpone, so that the page's own filter is
// called; NGINX's writer then sends what there is.
void Hold::resume_page() noexcept {
  ngx_connection_t* c = r_->connection;
  if (page_->resume() == NGX_ERROR) {
    c->error = 1;
  }
  ngx_post_event(c->write, &ngx_posted_events);
}

}  // namespace personalize
