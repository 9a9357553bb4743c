// One page on its way through the body filter: NGINX's buffers in, the same bytes with slots filled
// out, without copying what only passes by. Where the slots are, a scan of the bytes tells, or the
// page's plan.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "nginx/platform/ngx.h"
#include "personalize/rewrite/charset.h"
#include "personalize/rewrite/compressed_page.h"
#include "personalize/rewrite/plan.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize {

class PageStream final : private SpliceOutput {
 public:
  // All must outlive this; memory is the pool's of `r`.
  // `charset` is what the response's header says.
  PageStream(ngx_http_request_t* r, const SlotMatcher& matcher, const Scanner::Limits& limits,
             Charset charset, SlotFiller& filler, std::pmr::memory_resource* memory,
             ngx_http_output_body_filter_pt next);

  // Opens it for a page whose plan is known: its bytes need not be in memory. The plan must outlive
  // this.
  PageStream(ngx_http_request_t* r, const PagePlan& plan, Charset charset, SlotFiller& filler,
             std::pmr::memory_resource* memory, ngx_http_output_body_filter_pt next);

  // Takes the page's bytes from here, and not from the file that comes as one buffer. Call it
  // before the first filter(); `text` must outlive this.
  void take_text(std::string_view text) noexcept { text_ = text; }

  // Sends these compressed bytes in place of the page's, as one gzip member. The page comes as one
  // buffer. Call it before the first filter(); `page` must outlive this.
  void compress(const CompressedPage& page);
  bool is_compressed() const noexcept { return joiner_.has_value(); }

  // A body filter's work: takes `in` (NULL to go on with what is held) and sends what can be sent.
  ngx_int_t filter(ngx_chain_t* in) noexcept;

  // A slot is pending and holds the response.
  bool is_held() const noexcept { return held_; }

  // What stands before a slot that holds the response is gathered here at first: mostly the slot is
  // filled in a moment, and the page then leaves in one write. After this it leaves without it.
  void stop_gathering() noexcept;

  // Returns what the page is held back for, that may come or not.
  Scanner::Awaited awaits() const noexcept {
    return scanning_ && scanner_ ? scanner_->awaits() : Scanner::Awaited::nothing;
  }
  // Goes on without. Call filter() then.
  void stop_waiting() noexcept;

  // Returns how many bytes in memory wait behind the slot.
  std::uint64_t held_bytes() const noexcept {
    return is_in_file_ ? 0 : received_ - splicer_.position();
  }

  // Whether a browser reads the page as UTF-8, as far as the page says so before the slot that is
  // being filled.
  bool is_utf8() const noexcept { return is_utf8_at(splicer_.position()); }

  // See Scanner::doubts().
  std::uint32_t doubts(Doubt doubt) const noexcept {
    return plan_ != nullptr ? plan_->doubts(doubt) : scanner_->doubts(doubt);
  }

 private:
  // Memory that bytes of the page stand in: an incoming buffer or a copy of ours. It is given back
  // when no more pieces will be made of it and all that were made are sent.
  struct Bytes {
    Bytes* next;        // among the free
    ngx_buf_t* buffer;  // NULL for a copy
    u_char* copy;
    std::uint32_t outstanding;
    bool finished;
  };

  // What one incoming buffer brought: bytes [begin, end) of the page, then what its flags say.
  struct Segment {
    Segment* next;
    Bytes* bytes;  // NULL once they are taken, and where there are none
    u_char* data;  // of `begin`; NULL where the bytes are in a file only
    std::uint64_t begin, end;
    bool recycled, flush, sync, last_buf, last_in_chain;
  };

  // An outgoing buffer; the first member, so that NGINX's pointer to it leads back here.
  struct Piece {
    ngx_buf_t buffer;
    ngx_chain_t link;
    Bytes* bytes;  // NULL for inserted content and for control
  };

  // Outgoing buffers in their order.
  struct Pieces {
    ngx_chain_t* first = nullptr;
    ngx_chain_t* last = nullptr;

    void add(const Pieces& more) noexcept {
      if (more.first != nullptr) {
        (first == nullptr ? first : last->next) = more.first;
        last = more.last;
      }
    }
  };

  // Something of a page that is sent compressed: what precedes it is not known yet.
  struct Uncompressed {
    std::uint64_t begin, end;  // of the page; empty for content
    SlotHtml html;
  };

  // An element that goes to a later place of the page.
  struct Aside {
    Aside* next;
    std::uint32_t number;
    bool is_open;
    Pieces pieces;
    std::pmr::vector<Uncompressed> uncompressed;
  };

  // SpliceOutput
  void pass(std::uint64_t begin, std::uint64_t end) override;
  void drop(std::uint64_t begin, std::uint64_t end) override;
  void insert(const SlotHtml& html) override;
  void begin_aside(std::uint32_t number) override;
  void end_aside() override;
  void put_aside(std::uint32_t number) override;

  bool is_utf8_at(std::uint64_t position) const noexcept;
  void add(const Splice& splice);
  void take(ngx_buf_t* buffer);
  void scan(const Segment& segment);
  void take_found();
  void emit();
  void keep_tail();
  void push_again() noexcept;
  void flush();
  ngx_int_t send();
  void push_when_uncorked() noexcept;

  template <class Emit>
  void consume(std::uint64_t begin, std::uint64_t end, Emit emit);
  void finish_head();
  void finish_passed();
  void finish_bytes(Segment& segment) noexcept;
  void release(Bytes& bytes) noexcept;
  void collect_sent() noexcept;

  void emit_bytes(Segment& segment, std::uint64_t begin, std::uint64_t end);
  void emit_compressed(const Uncompressed& part);
  void emit_memory(std::string_view bytes);
  void emit_control(const Segment& segment);
  Piece* new_piece();
  static void link(Piece* piece, Pieces& pieces) noexcept;
  Aside* open_aside() const noexcept;
  Pieces& pieces() noexcept;

  ngx_http_request_t* r_;
  SlotFiller& filler_;
  ngx_http_output_body_filter_pt next_;
  const PagePlan* plan_ = nullptr;
  std::optional<Scanner> scanner_;  // without a plan
  std::string_view text_;
  std::optional<GzipJoiner> joiner_;  // if the page is sent compressed
  Splicer splicer_;
  std::pmr::vector<Splice> found_;
  std::pmr::vector<std::string_view> joined_pieces_;  // of one content; keeps its room

  Segment* head_ = nullptr;  // segments not yet finished
  Segment** tail_ = &head_;
  Segment* free_segments_ = nullptr;  // used again: a page can come in very many small pieces
  Bytes* free_bytes_ = nullptr;

  Pieces out_;                   // not yet sent to the next filter
  Aside* asides_ = nullptr;      // the one that was begun last first
  ngx_chain_t* busy_ = nullptr;  // sent to the next filter and not yet written
  ngx_chain_t* free_ = nullptr;  // data pieces that can be used again
  Piece* batch_ = nullptr;       // pieces that were never used
  std::size_t batch_left_ = 0;
  std::size_t next_batch_ = 8;

  std::uint64_t received_ = 0;
  std::uint64_t settled_ = 0;
  bool is_utf8_;
  bool scanning_ = true;
  bool is_in_file_ = false;  // what was received last
  bool held_ = false;
  bool keeps_pushed_ = false;      // a part of what is kept was meant to be seen at once
  std::uint32_t file_pieces_ = 0;  // from files, to be sent
  bool gathers_ = false;
};

}  // namespace personalize
