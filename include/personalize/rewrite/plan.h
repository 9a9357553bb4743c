// Page plans: what a scan has found in bytes that are the same for everybody, kept so that nobody
// scans them again.
//
//   PlanScan   bytes of the page → what is kept
//   PagePlan   what is kept → splices
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/rewrite/rewrite.h"

namespace personalize {

// Differs between builds that find other splices in a page, or keep them in another way.
constexpr std::uint8_t plan_format = 3;

// A plan as it is kept: a view of bytes that PlanScan::write() made in a process of this build.
class PagePlan {
 public:
  // Returns nullopt if the bytes are not a whole and undamaged plan. They are aligned as `new` does
  // it, and outlive the plan.
  static std::optional<PagePlan> read(std::string_view bytes) noexcept;

  std::uint64_t page_size() const noexcept { return header_->page_size; }

  // Returns the splices of the page, in the order in which the scan found them. The end of each is
  // known.
  std::size_t splice_count() const noexcept { return header_->splice_count; }
  Splice splice(std::size_t i) const noexcept;

  // The same as Scanner's, of the whole page.
  bool says_utf8_before(std::uint64_t offset) const noexcept {
    return header_->utf8_from <= offset;
  }
  std::uint32_t doubts(Doubt doubt) const noexcept {
    return header_->doubts[static_cast<std::size_t>(doubt)];
  }

  // Returns the offsets at which a splice begins or ends, or what marks a moved element stands, in
  // their order, each once: between two of them the page is never cut.
  std::pmr::vector<std::uint64_t> cuts(std::pmr::memory_resource* memory) const;

 private:
  friend class PlanScan;

  struct Header {
    std::uint64_t checksum;  // of all that follows
    std::uint64_t page_size;
    std::uint64_t utf8_from;
    std::array<std::uint32_t, std::size(all_doubts) + 1> doubts;
    std::uint32_t splice_count;
    std::uint32_t data_size;  // of what stands behind the splices
  };
  struct KeptSplice {
    std::uint64_t begin;
    std::uint64_t end;
    SlotId slot;
    std::uint32_t first;
    std::uint32_t last;
    std::uint16_t is_default;
    std::uint16_t move;
    std::uint32_t data_begin;  // in what stands behind the splices
    std::uint32_t data_size;
    std::uint32_t original_size;  // behind its data
    std::uint32_t ends_size;      // behind that
    std::uint32_t element;
    std::uint32_t name_size;
  };

  PagePlan(const Header* header, const KeptSplice* splices) noexcept
      : header_(header),
        splices_(splices),
        data_(reinterpret_cast<const char*>(splices + header->splice_count)) {}

  const Header* header_;
  const KeptSplice* splices_;
  const char* data_;  // of elements
};

// Scans a page for its plan. Nobody waits for a slot of this page, so that the end of all default
// content is known when it is over.
class PlanScan {
 public:
  // `matcher` and `memory` must outlive it. `ignores_meta`: see Scanner::ignore_meta_charset().
  // Throws what `memory` throws, as scan() and write() do.
  PlanScan(const SlotMatcher& matcher, const Scanner::Limits& limits, bool ignores_meta,
           std::pmr::memory_resource* memory);

  // Scans the next bytes; `last` says that the page ends with them.
  void scan(std::string_view bytes, bool last);

  // Call it after the last bytes. Appends the plan to `out`, which is empty.
  void write(std::pmr::string& out);

 private:
  Scanner scanner_;
  std::pmr::vector<Splice> splices_;
  std::uint64_t scanned_ = 0;
};

}  // namespace personalize
