#include "nginx/request/filters/compressed_body.h"

#include <algorithm>
#include <new>

#include "base/text/ascii.h"
#include "nginx/platform/buffers.h"
#include "nginx/platform/memory.h"
#include "nginx/request/personalization.h"
#include "nginx/worker.h"

namespace personalize {

namespace {

// Tells our buffers from others.
void* const tag = &ngx_http_personalize_inflate_filter_module;

// So much of a page is looked at before its head is sent: as it came, and inflated.
constexpr std::size_t longest_kept = 65536;
constexpr std::size_t block_size = 32768;
constexpr unsigned most_blocks = 16;

bool is_of_control(const ngx_buf_t& buffer) noexcept {
  return buffer.flush != 0 || buffer.last_buf != 0 || buffer.last_in_chain != 0;
}

// Whether a compressor has flushed what it had so far (an empty stored block): somebody is meant to
// see it before the rest comes.
bool ends_with_flush(std::string_view bytes) noexcept {
  return ascii::ends_with(bytes, std::string_view("\0\0\xff\xff", 4));
}

}  // namespace

CompressedBody::CompressedBody(ngx_http_request_t* r, ngx_msec_t longest, bool may_be_file,
                               const Next& next, std::pmr::memory_resource* memory)
    : r_(r),
      next_(next),
      longest_(longest),
      reader_(memory),
      file_reader_(r, take_read),
      may_be_file_(may_be_file),
      kept_(memory) {
  timer_.bind<&CompressedBody::on_timer>(*this, r->connection->log);
}

void CompressedBody::write_head(ngx_http_request_t* r) noexcept {
  r->gzip_vary = 1;
  r->headers_out.content_encoding->hash = 0;
  r->headers_out.content_encoding = nullptr;
  ngx_http_clear_content_length(r);
  ngx_http_clear_accept_ranges(r);
  ngx_http_weak_etag(r);
}

ngx_int_t CompressedBody::filter(ngx_chain_t* in) noexcept {
  if (may_be_file_) {
    may_be_file_ = false;
    if (begin_with_file(in) == NGX_ERROR) {
      return NGX_ERROR;
    }
  }
  return state_ == State::as_it_came ? next_.body(r_, in) : file_reader_.read(in);
}

ngx_int_t CompressedBody::take_read(ngx_http_request_t* r, ngx_chain_t* in) noexcept {
  try {
    return static_cast<CompressedBody*>(
               ngx_http_get_module_ctx(r, ngx_http_personalize_inflate_filter_module))
        ->take(in);
  } catch (const std::bad_alloc&) {
    return NGX_ERROR;
  }
}

// A page whose plan is there is known to be whole. Its head leaves at once, as that of text; where
// its plan is all that the rewriter needs, the file is not even read.
ngx_int_t CompressedBody::begin_with_file(const ngx_chain_t* in) {
  Personalization* personalization = Personalization::find_begun(r_);
  if (personalization == nullptr || !personalization->is_page() ||
      !personalization->page().is_known_file(in)) {
    return NGX_OK;
  }
  write_head(r_);
  if (send_head() == NGX_ERROR) {
    return NGX_ERROR;
  }
  state_ = personalization->page().takes_compressed_file() ? State::as_it_came : State::inflated;
  return NGX_OK;
}

ngx_int_t CompressedBody::send_head() {
  const ngx_int_t rc = next_.header(r_);
  return rc == NGX_ERROR || rc > NGX_OK || r_->header_only ? NGX_ERROR : NGX_OK;
}

ngx_int_t CompressedBody::take(ngx_chain_t* in) {
  if (state_ == State::as_it_came) {
    return next_.body(r_, in);
  }
  for (; in != nullptr && state_ == State::undecided; in = in->next) {
    keep(*in->buf);
  }
  if (state_ == State::inflated) {
    if (ngx_chain_add_copy(r_->pool, &in_, in) != NGX_OK) {
      return NGX_ERROR;
    }
    return inflate();
  }
  while (inflate_kept()) {
  }
  if (reader_.state() == GzipReader::State::broken) {
    return decide(State::as_it_came);
  }
  const bool is_over = (has_last_buf_ || has_last_in_chain_) && read_ == kept_.size();
  if (is_over && reader_.state() != GzipReader::State::whole) {
    return decide(State::as_it_came);  // it is cut off, or nothing came at all
  }
  return is_over || !is_worth_waiting() ? decide(State::inflated) : NGX_OK;
}

// Keeps a copy, so that buffers go back to whoever reads the page: with few buffers it would
// otherwise never send more.
void CompressedBody::keep(ngx_buf_t& buffer) {
  // An upstream whose output is not buffered flushes whatever it has; one that dies, at the end.
  is_pushed_ = is_pushed_ || (buffer.flush && ngx_buf_size(&buffer) == 0 && !kept_.empty());
  kept_.append(reinterpret_cast<const char*>(buffer.pos), buffer.last - buffer.pos);
  take_all(buffer);
  has_flush_ = has_flush_ || buffer.flush;
  has_last_buf_ = has_last_buf_ || buffer.last_buf;
  has_last_in_chain_ = has_last_in_chain_ || buffer.last_in_chain;
}

bool CompressedBody::is_worth_waiting() {
  if (kept_.empty()) {
    return true;  // nothing can be told yet, and nothing be seen
  }
  const bool is_whole = reader_.state() == GzipReader::State::whole;
  const bool is_long = kept_.size() >= longest_kept || read_ < kept_.size();
  if (is_whole || is_long || is_pushed_ || ends_with_flush(kept_) || longest_ == 0) {
    return false;
  }
  if (!timer_.is_set()) {
    timer_.start(longest_);
  }
  return true;
}

// The head leaves, and what was held back with it.
ngx_int_t CompressedBody::decide(State state) {
  timer_.stop();
  state_ = state;
  if (state == State::inflated) {
    write_head(r_);
  } else {
    refuse();
  }
  if (send_head() == NGX_ERROR) {
    return NGX_ERROR;
  }
  return state == State::inflated ? inflate() : pass_on();
}

ngx_int_t CompressedBody::pass_on() {
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r_->pool));
  ngx_chain_t* link = ngx_alloc_chain_link(r_->pool);
  if (buffer == nullptr || link == nullptr) {
    return NGX_ERROR;
  }
  const ngx_str_t bytes = ngx_view(kept_);
  buffer->memory = bytes.len != 0;
  buffer->pos = buffer->start = bytes.data;
  buffer->last = buffer->end = bytes.data + bytes.len;
  buffer->flush = has_flush_;
  buffer->last_buf = has_last_buf_;
  buffer->last_in_chain = has_last_in_chain_;
  buffer->sync = bytes.len == 0;
  link->buf = buffer;
  link->next = nullptr;
  return next_.body(r_, link);
}

// Inflates what there is, and sends it on, as far as the next filter takes it.
ngx_int_t CompressedBody::inflate() {
  if (is_blocked_ && busy_ != nullptr) {
    if (next_.body(r_, nullptr) == NGX_ERROR) {
      return NGX_ERROR;
    }
    ngx_chain_update_chains(r_->pool, &free_, &busy_, &out_, tag);
    last_out_ = &out_;
  }
  // The filters behind have something to send, and may have given all blocks back.
  bool must_call = !is_blocked_ && (busy_ != nullptr || r_->connection->buffered != 0);
  for (;;) {
    is_blocked_ = false;
    while (inflate_kept() || inflate_next()) {
    }
    if (!is_blocked_) {
      finish_block();
    }
    if (out_ == nullptr && !must_call) {
      return busy_ != nullptr ? NGX_AGAIN : NGX_OK;
    }
    const ngx_int_t rc = next_.body(r_, out_);
    if (rc == NGX_ERROR) {
      return rc;
    }
    ngx_chain_update_chains(r_->pool, &free_, &busy_, &out_, tag);
    last_out_ = &out_;
    must_call = false;
    if (!is_blocked_) {
      return rc;
    }
  }
}

// Goes on with what was kept; false if there is nothing to do, or no room to write to.
bool CompressedBody::inflate_kept() {
  if (read_ < kept_.size()) {
    std::string_view rest = std::string_view(kept_).substr(read_);
    const bool goes_on = inflate_bytes(rest);
    read_ = kept_.size() - rest.size();
    return goes_on;
  }
  if (state_ == State::inflated && (has_flush_ || has_last_buf_ || has_last_in_chain_)) {
    finish_block();
    emit(has_flush_, has_last_buf_, has_last_in_chain_);
    has_flush_ = has_last_buf_ = has_last_in_chain_ = false;
  }
  return false;
}

// Goes on with what came after that.
bool CompressedBody::inflate_next() {
  if (in_ == nullptr || read_ < kept_.size()) {
    return false;
  }
  ngx_buf_t& buffer = *in_->buf;
  std::string_view rest(reinterpret_cast<const char*>(buffer.pos), buffer.last - buffer.pos);
  if (!rest.empty() && !inflate_bytes(rest)) {
    buffer.pos = buffer.last - rest.size();
    return false;
  }
  buffer.pos = buffer.last - rest.size();
  if (!rest.empty()) {
    return true;
  }
  take_all(buffer);
  if (is_of_control(buffer)) {
    finish_block();
    emit(buffer.flush, buffer.last_buf, buffer.last_in_chain);
  }
  in_ = in_->next;
  return true;
}

// Inflates into one block; false if there is none.
bool CompressedBody::inflate_bytes(std::string_view& bytes) {
  if (reader_.state() == GzipReader::State::broken) {
    bytes = {};
    return true;
  }
  if (!take_block()) {
    is_blocked_ = true;
    return false;
  }
  const std::size_t written = reader_.read(bytes, reinterpret_cast<char*>(block_->last),
                                           static_cast<std::size_t>(block_->end - block_->last));
  block_->last += written;
  if (block_->last == block_->end) {
    finish_block();
  }
  if (reader_.state() == GzipReader::State::broken && state_ == State::inflated) {
    worker().log(Counter::passed_encoding, r_->connection->log,
                 "a compressed page is damaged, and ends where it is: ", view(r_->unparsed_uri));
  }
  return true;
}

bool CompressedBody::take_block() {
  if (block_ != nullptr) {
    return true;
  }
  if (free_ != nullptr) {
    ngx_chain_t* link = free_;
    block_ = link->buf;
    free_ = link->next;
    ngx_free_chain(r_->pool, link);
    block_->flush = 0;
    block_->pos = block_->last = block_->start;
    return true;
  }
  if (blocks_ == most_blocks) {
    return false;
  }
  block_ = ngx_create_temp_buf(r_->pool, block_size);
  if (block_ == nullptr) {
    throw std::bad_alloc();
  }
  block_->tag = tag;
  block_->recycled = 1;
  ++blocks_;
  return true;
}

// Hands on what is written of a block.
void CompressedBody::finish_block() {
  if (block_ == nullptr || block_->last == block_->pos) {
    return;
  }
  ngx_chain_t* link = ngx_alloc_chain_link(r_->pool);
  if (link == nullptr) {
    throw std::bad_alloc();
  }
  link->buf = block_;
  link->next = nullptr;
  *last_out_ = link;
  last_out_ = &link->next;
  block_ = nullptr;
}

void CompressedBody::emit(bool flush, bool last_buf, bool last_in_chain) {
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r_->pool));
  ngx_chain_t* link = ngx_alloc_chain_link(r_->pool);
  if (buffer == nullptr || link == nullptr) {
    throw std::bad_alloc();
  }
  buffer->flush = flush;
  buffer->last_buf = last_buf;
  buffer->last_in_chain = last_in_chain;
  buffer->sync = !flush && !last_buf;
  link->buf = buffer;
  link->next = nullptr;
  *last_out_ = link;
  last_out_ = &link->next;
}

// A page is not personalized then; a part of a page is only passed on.
void CompressedBody::refuse() noexcept {
  // NGINX's own gunzip, where it is on, would give the response up: it lets pass what the client is
  // said to take.
  r_->gzip_tested = 1;
  r_->gzip_ok = 1;
  if (r_ == r_->main) {
    if (Personalization* personalization = Personalization::find_begun(r_)) {
      personalization->refuse_page(Refusal::encoding);
    }
  }
}

// The upstream takes its time over the rest. What there is leaves; NGINX's writer then sends it.
void CompressedBody::on_timer() noexcept {
  // NGINX forgets contexts when another response is sent in the place of this one.
  if (ngx_http_get_module_ctx(r_, ngx_http_personalize_inflate_filter_module) != this) {
    return;
  }
  ngx_connection_t* c = r_->connection;
  ngx_http_set_log_request(c->log, r_);
  try {
    if (decide(State::inflated) == NGX_ERROR) {
      c->error = 1;
    }
  } catch (const std::bad_alloc&) {
    c->error = 1;
  }
  ngx_post_event(c->write, &ngx_posted_events);
}

}  // namespace personalize
