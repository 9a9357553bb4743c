// Runs a page through scanner and splicer as a server would, for the rewriter's tests.
#pragma once

#include <iterator>
#include <map>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/rewrite/rewrite.h"

namespace personalize::testing {

// What each slot shows; slots that are not named keep their default content.
using Fills = std::map<std::string, std::string>;

struct Rewritten {
  std::string html;
  std::vector<Splice> splices;
  std::uint32_t doubts[std::size(all_doubts) + 1] = {};
};

// Collects what a splicer sends of `page`, and checks that every byte is passed or dropped once.
class Output final : public SpliceOutput {
 public:
  explicit Output(std::string_view page) : page_(page) {}

  void pass(std::uint64_t begin, std::uint64_t end) override {
    advance(begin, end);
    html += page_.substr(begin, end - begin);
  }
  void drop(std::uint64_t begin, std::uint64_t end) override { advance(begin, end); }
  void insert(std::string_view text) override { html += text; }

  std::string html;
  bool in_order = true;

 private:
  void advance(std::uint64_t begin, std::uint64_t end) {
    in_order = in_order && begin == position_ && begin < end && end <= page_.size();
    position_ = end;
  }

  std::string_view page_;
  std::uint64_t position_ = 0;
};

class Filler final : public SlotFiller {
 public:
  Filler(const std::vector<std::string>& names, const Fills& fills)
      : names_(names), fills_(fills) {}

  Fill fill(SlotId slot, std::string_view& html) noexcept override {
    auto found = fills_.find(names_[slot]);
    if (found == fills_.end()) {
      ++defaults;
      return Fill::none;
    }
    html = found->second;
    return Fill::content;
  }
  bool keeps_default(SlotId slot) noexcept override { return fills_.count(names_[slot]) == 0; }

  unsigned defaults = 0;

 private:
  const std::vector<std::string>& names_;
  const Fills& fills_;
};

// A page cut at the given offsets. Fails by returning an html that names what went wrong.
inline Rewritten rewrite_in_chunks(const SlotMatcher& matcher,
                                   const std::vector<std::string>& names, const Fills& fills,
                                   std::string_view page, const std::vector<std::size_t>& cuts,
                                   const Scanner::Limits& limits = {}) {
  std::pmr::monotonic_buffer_resource memory;
  Scanner scanner(matcher, limits, &memory);
  Splicer splicer(&memory);
  Output output(page);
  Filler filler(names, fills);
  Rewritten result;

  std::uint64_t settled = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    bool last = i == cuts.size();
    std::size_t to = last ? page.size() : cuts[i];
    // A chunk of its own, so that a sanitizer sees what is read beyond it or after it.
    std::optional<std::string> chunk(std::string(page.substr(from, to - from)));
    std::pmr::vector<Splice> splices;
    scanner.scan(*chunk, last, splices);
    chunk.reset();
    for (const Splice& splice : splices) {
      if (splice.begin < settled) result.html += "[splice before what was settled]";
      if (splice.end != Splice::open_end && splice.end > to)
        result.html += "[splice beyond the page]";
      splicer.add(splice);
      result.splices.push_back(splice);
    }
    if (scanner.settled() < settled) result.html += "[settled goes back]";
    settled = settle_defaults(scanner, filler);
    if (settled > to) result.html += "[settled beyond the page]";
    splicer.advance(settled, filler, output);
    from = to;
  }
  if (settled != page.size()) result.html += "[not settled at the end]";
  if (splicer.position() != page.size()) result.html += "[not all sent]";
  if (!output.in_order) result.html += "[not in order]";
  result.html += output.html;
  for (Doubt doubt : all_doubts) {
    result.doubts[static_cast<std::size_t>(doubt)] = scanner.doubts(doubt);
  }
  return result;
}

}  // namespace personalize::testing
