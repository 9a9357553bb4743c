#include "nginx/request/filters/page_stream.h"

#include <algorithm>
#include <new>

#include "nginx/config/configuration.h"
#include "nginx/platform/buffers.h"
#include "nginx/platform/core_conf.h"
#include "nginx/request/filters/file_reader.h"
#include "nginx/request/hold.h"

namespace personalize {

namespace {

// Tells our buffers from others.
const ngx_buf_tag_t tag = &ngx_http_personalize_module;

template <class T>
T* allocate(ngx_pool_t* pool) {
  void* p = ngx_pcalloc(pool, sizeof(T));
  if (p == nullptr) {
    throw std::bad_alloc();
  }
  return static_cast<T*>(p);
}

template <class T>
T* take_or_allocate(T*& free, ngx_pool_t* pool) {
  if (free == nullptr) {
    return allocate<T>(pool);
  }
  T* object = free;
  free = object->next;
  ngx_memzero(object, sizeof(T));
  return object;
}

template <class T>
void put_back(T*& free, T& object) noexcept {
  object.next = free;
  free = &object;
}

}  // namespace

PageStream::PageStream(ngx_http_request_t* r, const SlotMatcher& matcher,
                       const Scanner::Limits& limits, Charset charset, SlotFiller& filler,
                       std::pmr::memory_resource* memory, ngx_http_output_body_filter_pt next)
    : r_(r),
      filler_(filler),
      next_(next),
      scanner_(std::in_place, matcher, limits, memory),
      splicer_(memory),
      found_(memory),
      joined_pieces_(memory),
      is_utf8_(charset == Charset::utf8) {
  if (charset != Charset::unknown) {
    scanner_->ignore_meta_charset();
  }
}

PageStream::PageStream(ngx_http_request_t* r, const PagePlan& plan, Charset charset,
                       SlotFiller& filler, std::pmr::memory_resource* memory,
                       ngx_http_output_body_filter_pt next)
    : r_(r),
      filler_(filler),
      next_(next),
      plan_(&plan),
      splicer_(memory),
      found_(memory),
      joined_pieces_(memory),
      is_utf8_(charset == Charset::utf8) {
  for (std::size_t i = 0; i < plan.splice_count(); ++i) {
    add(plan.splice(i));
  }
  // Each splice has a piece of the page before it, the head of a block, and content.
  next_batch_ = std::clamp<std::size_t>(3 * plan.splice_count() + 4, next_batch_, 256);
}

void PageStream::add(const Splice& splice) {
  if (!splice.data.empty()) {
    filler_.expect(splice, is_utf8_at(splice.begin));
  }
  splicer_.add(splice);
}

void PageStream::compress(const CompressedPage& page) {
  emit_memory(GzipJoiner::head());
  joiner_.emplace(page, joined_pieces_.get_allocator().resource());
}

bool PageStream::is_utf8_at(std::uint64_t position) const noexcept {
  return is_utf8_ || (plan_ != nullptr ? plan_->says_utf8_before(position)
                                       : scanner_->says_utf8_before(position));
}

ngx_int_t PageStream::filter(ngx_chain_t* in) noexcept {
  try {
    if (in == nullptr && keeps_pushed_) {
      push_again();
    }
    bool is_pushed = false;
    for (; in != nullptr; in = in->next) {
      is_pushed = is_pushed || in->buf->flush;
      take(in->buf);
    }
    // Somebody is meant to see it before the rest comes.
    if (is_pushed && awaits() == Scanner::Awaited::place) {
      stop_waiting();
    }
    const bool was_held = held_;
    emit();
    if (!held_) {
      keep_tail();
    }
    gathers_ = held_ && (gathers_ || !was_held);
    return gathers_ ? NGX_AGAIN : send();
  } catch (const std::bad_alloc&) {
    return NGX_ERROR;
  }
}

void PageStream::stop_gathering() noexcept {
  if (!gathers_) {
    return;
  }
  try {
    flush();
    gathers_ = false;
  } catch (const std::bad_alloc&) {
    // It waits with the slot.
  }
}

void PageStream::take(ngx_buf_t* buffer) {
  Segment* segment = take_or_allocate(free_segments_, r_->pool);
  auto size = static_cast<std::uint64_t>(ngx_buf_size(buffer));
  if (joiner_ && size != 0) {
    // The bytes are not needed, whatever they are: the file, which may be compressed, or text.
    take_all(*buffer);
    size = received_ == 0 ? plan_->page_size() : 0;
    is_in_file_ = true;
  }
  segment->begin = received_;
  segment->end = received_ + size;
  segment->recycled = buffer->recycled;
  segment->flush = buffer->flush;
  segment->sync = buffer->sync;
  segment->last_buf = buffer->last_buf;
  segment->last_in_chain = buffer->last_in_chain;
  if (size != 0 && !joiner_) {
    // A buffer with data stays with us until its bytes are taken; an empty one may be used anew by
    // its owner while its flags wait here.
    segment->bytes = take_or_allocate(free_bytes_, r_->pool);
    segment->bytes->buffer = buffer;
    segment->data = ngx_buf_in_memory(buffer) ? buffer->pos : nullptr;
    is_in_file_ = segment->data == nullptr;
    if (is_in_file_ && !text_.empty()) {
      segment->data = ngx_view(text_).data;
    }
  }
  received_ = segment->end;
  *tail_ = segment;
  tail_ = &segment->next;

  scan(*segment);
}

void PageStream::scan(const Segment& segment) {
  if (plan_ != nullptr) {
    settled_ = received_;
    return;
  }
  if (segment.bytes != nullptr && segment.data == nullptr) {
    // Bytes in a file, which nobody read for us: nothing can be found in them or after them.
    scanning_ = false;
  }
  if (scanning_) {
    const std::string_view bytes(reinterpret_cast<const char*>(segment.data),
                                 segment.end - segment.begin);
    scanner_->scan(bytes, segment.last_buf, found_);
    take_found();
    scanning_ = !scanner_->finished();
  }
  if (!scanning_) {
    splicer_.close_at(settled_);
    settled_ = received_;
  }
}

void PageStream::take_found() {
  for (const auto& splice : found_) {
    add(splice);
  }
  found_.clear();
}

void PageStream::stop_waiting() noexcept {
  try {
    scanner_->stop_waiting(found_);
    take_found();
  } catch (const std::bad_alloc&) {
    found_.clear();  // the defaults stay
  }
}

void PageStream::emit() {
  if (scanning_ && plan_ == nullptr) {
    settled_ = settle_defaults(*scanner_, filler_);
  }
  held_ = !splicer_.advance(settled_, filler_, *this);
  finish_passed();
}

// Bytes that only wait for more of the page are copied, so that their buffers go back to whoever
// reads the page: with few buffers it would otherwise never send more.
void PageStream::keep_tail() {
  const std::uint64_t position = splicer_.position();
  bool has_flush = false;
  for (Segment* segment = head_; segment != nullptr; segment = segment->next) {
    has_flush = has_flush || segment->flush;
    segment->flush = false;
    if (segment->bytes == nullptr || segment->bytes->buffer == nullptr ||
        segment->data == nullptr) {
      continue;
    }
    const std::uint64_t begin = std::max(position, segment->begin);
    const std::size_t size = segment->end - begin;
    Bytes* kept = take_or_allocate(free_bytes_, r_->pool);
    kept->copy = static_cast<u_char*>(ngx_pnalloc(r_->pool, size));
    if (kept->copy == nullptr) {
      throw std::bad_alloc();
    }
    ngx_memcpy(kept->copy, segment->data + (begin - segment->begin), size);

    finish_bytes(*segment);
    segment->bytes = kept;
    segment->data = kept->copy;
    segment->begin = begin;
  }
  if (has_flush) {
    flush();
  }
  keeps_pushed_ = head_ != nullptr && (keeps_pushed_ || has_flush);
}

// The flush that came with what is kept has been passed on before it: another one goes with it.
void PageStream::push_again() noexcept {
  for (Segment* segment = head_; segment != nullptr; segment = segment->next) {
    segment->flush = segment->flush || segment->next == nullptr;
  }
}

void PageStream::flush() {
  Segment control{};
  control.flush = true;
  emit_control(control);
}

ngx_int_t PageStream::send() {
  ngx_chain_t* out = out_.first;
  const unsigned ours = hold_bit | reading_bit;
  if (out == nullptr && (r_->connection->buffered & ~ours) == 0) {
    // All of it is kept here, and nobody behind has anything to send: NGINX's last filter takes a
    // call without either for an error.
    return held_ ? NGX_AGAIN : NGX_OK;
  }

  if (file_pieces_ > 1) {
    push_when_uncorked();
    file_pieces_ = 0;
  }
  const ngx_int_t rc = next_(r_, out);

  ngx_chain_t** last = &busy_;
  while (*last != nullptr) {
    last = &(*last)->next;
  }
  *last = out;
  out_ = {};
  collect_sent();
  // As other filters tell that they still have something to send.
  return rc == NGX_OK && held_ ? NGX_AGAIN : rc;
}

// NGINX corks a socket before it sends a file, and uncorks it afterwards. What is left of the last
// piece would then wait until the client has confirmed the small pieces before it, for up to 40 ms.
// The option takes effect when the socket is uncorked; NGINX does not know of it, since it would
// take it back before it corks the socket again.
void PageStream::push_when_uncorked() noexcept {
  const ngx_connection_t* c = r_->connection;
  if (core_loc_conf(r_).tcp_nodelay && c->tcp_nopush != NGX_TCP_NOPUSH_DISABLED) {
    const int on = 1;
    // A socket of another kind has nothing that would have to be pushed.
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
}

// Gives back what the next filter has taken, in order.
void PageStream::collect_sent() noexcept {
  while (busy_ != nullptr && ngx_buf_size(busy_->buf) == 0) {
    ngx_chain_t* link = busy_;
    busy_ = link->next;
    auto* piece = reinterpret_cast<Piece*>(link->buf);
    if (piece->bytes != nullptr && --piece->bytes->outstanding == 0 && piece->bytes->finished) {
      release(*piece->bytes);
    }
    if (ngx_buf_in_memory(&piece->buffer) || piece->buffer.in_file) {
      // Whoever holds an empty control buffer cannot be told from one that is done with it, so that
      // only those with data are used again.
      link->next = free_;
      free_ = link;
    }
  }
}

void PageStream::pass(std::uint64_t begin, std::uint64_t end) {
  consume(begin, end, [this](Segment& segment, std::uint64_t from, std::uint64_t to) {
    emit_bytes(segment, from, to);
  });
}

void PageStream::drop(std::uint64_t begin, std::uint64_t end) {
  consume(begin, end, [](Segment&, std::uint64_t, std::uint64_t) {});
}

void PageStream::insert(const SlotHtml& html) {
  if (joiner_) {
    emit_compressed({0, 0, html});
  } else {
    emit_memory(html.text);
  }
}

// Returns the innermost one that is being set aside; nullptr if none is.
PageStream::Aside* PageStream::open_aside() const noexcept {
  Aside* aside = asides_;
  while (aside != nullptr && !aside->is_open) {
    aside = aside->next;
  }
  return aside;
}

void PageStream::begin_aside(std::uint32_t number) {
  void* room = ngx_palloc(r_->pool, sizeof(Aside));
  if (room == nullptr) {
    throw std::bad_alloc();
  }
  const auto memory = joined_pieces_.get_allocator();
  asides_ = new (room) Aside{asides_, number, true, {}, decltype(Aside::uncompressed)(memory)};
}

void PageStream::end_aside() {
  open_aside()->is_open = false;
}

void PageStream::put_aside(std::uint32_t number) {
  Aside** link = &asides_;
  while ((*link)->number != number) {
    link = &(*link)->next;
  }
  const Aside& aside = **link;
  *link = aside.next;
  pieces().add(aside.pieces);
  for (const Uncompressed& part : aside.uncompressed) {
    emit_compressed(part);
  }
}

template <class Emit>
void PageStream::consume(std::uint64_t begin, std::uint64_t end, Emit emit) {
  while (begin < end) {
    Segment& segment = *head_;
    if (segment.end <= begin) {
      finish_head();
      continue;
    }
    const std::uint64_t to = std::min(end, segment.end);
    emit(segment, begin, to);
    begin = to;
    if (to == segment.end) {
      finish_bytes(segment);
    }
  }
}

// What a segment's flags say is said after its bytes, and after what is inserted behind them.
void PageStream::finish_passed() {
  const std::uint64_t position = splicer_.position();
  while (head_ != nullptr && head_->end <= position) {
    const bool is_last = head_->last_buf || head_->last_in_chain;
    if (held_ && is_last && head_->end == position) {
      break;
    }
    finish_head();
  }
}

void PageStream::finish_head() {
  Segment* segment = head_;
  finish_bytes(*segment);
  if (segment->last_buf && joiner_) {
    emit_memory(joiner_->tail());
  }
  if (segment->flush || segment->sync || segment->last_buf || segment->last_in_chain) {
    emit_control(*segment);
  }
  head_ = segment->next;
  if (head_ == nullptr) {
    tail_ = &head_;
  }
  put_back(free_segments_, *segment);
}

void PageStream::finish_bytes(Segment& segment) noexcept {
  if (segment.bytes == nullptr) {
    return;
  }
  segment.bytes->finished = true;
  if (segment.bytes->outstanding == 0) {
    release(*segment.bytes);
  }
  segment.bytes = nullptr;
}

void PageStream::release(Bytes& bytes) noexcept {
  if (bytes.buffer != nullptr) {
    take_all(*bytes.buffer);
  } else {
    ngx_pfree(r_->pool, bytes.copy);
  }
  put_back(free_bytes_, bytes);
}

void PageStream::emit_memory(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  Piece* piece = new_piece();
  set_bytes(piece->buffer, bytes);
  link(piece, pieces());
}

// A checksum and what content refers to are of what is sent, in its order.
void PageStream::emit_compressed(const Uncompressed& part) {
  if (Aside* aside = open_aside()) {
    aside->uncompressed.push_back(part);
    return;
  }
  if (part.begin != part.end) {
    return emit_memory(joiner_->pass(part.begin, part.end));
  }
  joined_pieces_.clear();
  joiner_->insert(part.html, joined_pieces_);
  for (const std::string_view piece : joined_pieces_) {
    emit_memory(piece);
  }
}

void PageStream::emit_bytes(Segment& segment, std::uint64_t begin, std::uint64_t end) {
  if (joiner_) {
    return emit_compressed({begin, end, {}});
  }
  Piece* piece = new_piece();
  ngx_buf_t& buffer = piece->buffer;
  if (segment.data != nullptr) {
    const char* data = reinterpret_cast<const char*>(segment.data) + (begin - segment.begin);
    set_bytes(buffer, {data, end - begin});
  } else {
    buffer.in_file = 1;
    ++file_pieces_;
    buffer.file = segment.bytes->buffer->file;
    buffer.file_pos = segment.bytes->buffer->file_pos + static_cast<off_t>(begin - segment.begin);
    buffer.file_last = segment.bytes->buffer->file_pos + static_cast<off_t>(end - segment.begin);
  }
  buffer.recycled = segment.recycled;
  piece->bytes = segment.bytes;
  ++segment.bytes->outstanding;
  link(piece, pieces());
}

void PageStream::emit_control(const Segment& segment) {
  Piece* piece = new_piece();
  piece->buffer.flush = segment.flush;
  // The end of an included part may have come with data, and now stands alone: without data or one
  // of the other flags, NGINX takes a buffer for an error.
  piece->buffer.sync = segment.sync || !(segment.flush || segment.last_buf);
  piece->buffer.last_buf = segment.last_buf;
  piece->buffer.last_in_chain = segment.last_in_chain;
  link(piece, out_);
}

// Pieces are made several at a time: NGINX looks for room in all blocks of a pool for each.
PageStream::Piece* PageStream::new_piece() {
  Piece* piece;
  if (free_ != nullptr) {
    piece = reinterpret_cast<Piece*>(free_->buf);
    free_ = free_->next;
  } else {
    if (batch_left_ == 0) {
      batch_ = static_cast<Piece*>(ngx_palloc(r_->pool, next_batch_ * sizeof(Piece)));
      if (batch_ == nullptr) {
        throw std::bad_alloc();
      }
      batch_left_ = next_batch_;
    }
    piece = batch_++;
    --batch_left_;
  }
  ngx_memzero(piece, sizeof(Piece));
  piece->buffer.tag = tag;
  return piece;
}

void PageStream::link(Piece* piece, Pieces& pieces) noexcept {
  piece->link = {&piece->buffer, nullptr};
  pieces.add({&piece->link, &piece->link});
}

PageStream::Pieces& PageStream::pieces() noexcept {
  Aside* aside = open_aside();
  return aside == nullptr ? out_ : aside->pieces;
}

}  // namespace personalize
