// A page, or a part of one, that comes compressed with gzip: inflates it on its way to the filters
// that need text, or passes it on as it came if that cannot be done.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>

#include "base/gzip.h"
#include "nginx/platform/event_timer.h"
#include "nginx/platform/ngx.h"
#include "nginx/request/filters/file_reader.h"

namespace personalize {

// What the head says must be known before a byte of the body is sent, so that it waits with the
// body's beginning: until that is seen to be whole, or it is long, or the upstream has flushed it,
// or for a time. Most pages are here at once. One that breaks only behind what was sent ends there,
// as it does in a browser.
class CompressedBody {
 public:
  struct Next {
    ngx_http_output_header_filter_pt header;
    ngx_http_output_body_filter_pt body;
  };

  // `r` must have this as its context of the inflate filter, as long as the response is sent.
  // `memory` is its pool's. The head waits for at most `longest` ms after the first bytes.
  // `may_be_file`: the body may come as a file that nobody has read.
  CompressedBody(ngx_http_request_t* r, ngx_msec_t longest, bool may_be_file, const Next& next,
                 std::pmr::memory_resource* memory);

  // Says in a response's head that it is not compressed.
  static void write_head(ngx_http_request_t* r) noexcept;

  // A body filter's work.
  ngx_int_t filter(ngx_chain_t* in) noexcept;

 private:
  enum class State : std::uint8_t { undecided, inflated, as_it_came };

  static ngx_int_t take_read(ngx_http_request_t* r, ngx_chain_t* in) noexcept;
  ngx_int_t begin_with_file(const ngx_chain_t* in);
  ngx_int_t send_head();
  ngx_int_t take(ngx_chain_t* in);
  void keep(ngx_buf_t& buffer);
  bool is_worth_waiting();
  ngx_int_t decide(State state);
  void refuse() noexcept;
  ngx_int_t pass_on();
  ngx_int_t inflate();
  bool inflate_kept();
  bool inflate_next();
  bool inflate_bytes(std::string_view& bytes);
  bool take_block();
  void finish_block();
  void emit(bool flush, bool last_buf, bool last_in_chain);
  void on_timer() noexcept;

  ngx_http_request_t* r_;
  Next next_;
  ngx_msec_t longest_;
  EventTimer timer_;
  GzipReader reader_;
  FileReader file_reader_;
  bool may_be_file_;
  State state_ = State::undecided;

  std::pmr::string kept_;   // what came before it was decided
  std::size_t read_ = 0;    // of that
  bool is_pushed_ = false;  // what is kept is to be sent now
  bool has_flush_ = false, has_last_buf_ = false, has_last_in_chain_ = false;  // behind it

  ngx_chain_t* in_ = nullptr;   // what came after that and is not read yet
  ngx_buf_t* block_ = nullptr;  // what is being written to
  unsigned blocks_ = 0;
  ngx_chain_t* free_ = nullptr;
  ngx_chain_t* busy_ = nullptr;  // sent to the next filter and not yet written
  ngx_chain_t* out_ = nullptr;
  ngx_chain_t** last_out_ = &out_;
  bool is_blocked_ = false;  // all blocks are busy
};

}  // namespace personalize
