// A page compressed once, in stretches between which the content of slots can stand.
//
//   PageCompressor   bytes of the page → what is kept
//   CompressedPage   what is kept → stretches
//   GzipJoiner       stretches and content of slots → one gzip member (RFC 1952)
//
// Each stretch is DEFLATE (RFC 1951) that ends with a byte and refers to nothing outside of it, so
// that whatever stands between stretches may differ from visitor to visitor. What is put between
// them stands as it is, but for what a template repeats: the length of the response tells nothing
// of whether a visitor's values are like something that the request or the page says.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/slot_html.h"
#include "personalize/rewrite/plan.h"

namespace personalize {

class ContentDeflater;
class Deflater;

// A compressed page as it is kept: a view of bytes that PageCompressor::write() made in a process
// of this build.
class CompressedPage {
 public:
  // Returns nullopt if the bytes are not whole and undamaged, or not of this plan's page. They are
  // aligned as `new` does it, and outlive the page.
  static std::optional<CompressedPage> read(std::string_view bytes, const PagePlan& plan,
                                            std::pmr::memory_resource* memory);

 private:
  friend class PageCompressor;
  friend class GzipJoiner;

  struct Header {
    std::uint64_t checksum;  // of all that follows
    std::uint64_t page_size;
    std::uint64_t stretch_count;
  };
  // Bytes of the page from `page_begin` to where the next stretch begins.
  struct Stretch {
    std::uint64_t page_begin;
    std::uint64_t bytes_begin;  // in the compressed bytes
    std::uint64_t crc;
    std::uint64_t crc_append;  // zlib's operator: appends so many bytes to a CRC
  };

  CompressedPage(const Header* header, const Stretch* stretches, std::string_view bytes) noexcept
      : header_(header), stretches_(stretches), bytes_(bytes) {}

  // Return the end of stretch `i` in the page, and in the compressed bytes.
  std::uint64_t page_end(std::size_t i) const noexcept;
  std::uint64_t bytes_end(std::size_t i) const noexcept;

  const Header* header_;
  const Stretch* stretches_;
  std::string_view bytes_;  // of all stretches, one after the other
};

// Compresses a page for its plan.
class PageCompressor {
 public:
  // Cuts where the plan may cut. `level`: zlib's, 1 to 9. Throws bad_alloc, as add() and write()
  // do.
  PageCompressor(const PagePlan& plan, int level, std::pmr::memory_resource* memory);
  ~PageCompressor();

  // Compresses the next bytes of the page.
  void add(std::string_view bytes);

  // Call it after the last bytes. Appends what is kept to `out`, which is empty.
  void write(std::pmr::string& out);

  // Returns then whether a client gets much more of it than of the page compressed as a whole:
  // one whose slots are close together repeats itself from stretch to stretch.
  bool is_fragmented() const noexcept;

 private:
  void finish_stretch();
  void count_whole();

  std::pmr::vector<std::uint64_t> cuts_;
  std::size_t next_cut_ = 0;
  std::unique_ptr<Deflater> deflater_;
  std::unique_ptr<Deflater> whole_;  // the same page as a whole, to compare with
  std::pmr::string whole_bytes_;     // of that; only their number matters
  std::uint64_t whole_size_ = 0;
  std::pmr::vector<CompressedPage::Stretch> stretches_;
  std::pmr::string bytes_;
  std::uint64_t begin_ = 0;  // of the present stretch, in the page
  std::uint64_t position_ = 0;
  std::uint64_t bytes_begin_ = 0;
  std::uint64_t crc_ = 0;
};

// Joins stretches of one page and content into a gzip member: head(), then pass() and insert() in
// the order in which they are sent, then tail().
class GzipJoiner {
 public:
  // Both must outlive this, and what is to be sent lives as long as they and the content. Throws
  // what `memory` throws, as insert() and tail() do.
  GzipJoiner(const CompressedPage& page, std::pmr::memory_resource* memory) noexcept
      : page_(page), memory_(memory) {}

  static std::string_view head() noexcept;
  // Bytes [begin, end) of the page, which begin and end where the plan may cut.
  std::string_view pass(std::uint64_t begin, std::uint64_t end) noexcept;

  // Appends to `pieces` what is to be sent of a slot's content.
  void insert(const SlotHtml& html, std::pmr::vector<std::string_view>& pieces);

  std::string_view tail() const;

 private:
  std::size_t find(std::uint64_t begin) noexcept;
  void insert_stored(std::string_view content, std::pmr::vector<std::string_view>& pieces);

  const CompressedPage& page_;
  std::pmr::memory_resource* memory_;
  ContentDeflater* contents_ = nullptr;  // in memory_
  std::size_t next_ = 0;                 // the stretch after the one that was passed last
  std::uint32_t crc_ = 0;
  std::uint64_t size_ = 0;  // so far, as the client inflates it
};

}  // namespace personalize
