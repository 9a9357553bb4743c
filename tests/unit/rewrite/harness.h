// Runs a page through scanner and splicer as a server would, for the rewriter's tests.
#pragma once

#include <iterator>
#include <map>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../asides.h"
#include "base/gzip.h"
#include "personalize/rewrite/compressed_page.h"
#include "personalize/rewrite/plan.h"
#include "personalize/rewrite/rewrite.h"

namespace personalize::testing {

// What each slot shows; slots that are not named keep their default content.
using Fills = std::map<std::string, std::string>;

struct Rewritten {
  std::string html;
  std::vector<Splice> splices;    // without their data
  std::vector<std::string> data;  // of each
  std::uint32_t doubts[std::size(all_doubts) + 1] = {};
};

// Collects what a splicer sends of `page`, and checks that every byte is passed or dropped once.
class Output final : public SpliceOutput {
 public:
  explicit Output(std::string_view page) : page_(page) {}

  void pass(std::uint64_t begin, std::uint64_t end) override {
    advance(begin, end);
    asides_.to(html) += page_.substr(begin, end - begin);
  }
  void drop(std::uint64_t begin, std::uint64_t end) override { advance(begin, end); }
  void insert(const SlotHtml& content) override { asides_.to(html) += content.text; }
  void begin_aside(std::uint32_t number) override { asides_.begin(number); }
  void end_aside() override { asides_.end(); }
  void put_aside(std::uint32_t number) override { asides_.put(number, html); }

  std::string html;
  bool in_order = true;

 private:
  void advance(std::uint64_t begin, std::uint64_t end) {
    in_order = in_order && begin == position_ && begin < end && end <= page_.size();
    position_ = end;
  }

  std::string_view page_;
  std::uint64_t position_ = 0;
  Asides<std::string> asides_;
};

class Filler final : public SlotFiller {
 public:
  Filler(const std::vector<std::string>& names, const Fills& fills)
      : names_(names), fills_(fills) {}

  Fill fill(const Splice& splice, SlotHtml& html) noexcept override {
    auto found = fills_.find(names_[splice.slot]);
    if (found == fills_.end()) {
      ++defaults;
      return Fill::none;
    }
    html.text = found->second;
    return Fill::content;
  }
  bool keeps_default(SlotId slot) noexcept override { return fills_.count(names_[slot]) == 0; }

  unsigned defaults = 0;

 private:
  const std::vector<std::string>& names_;
  const Fills& fills_;
};

// Gives a page's plan, made of chunks that end at the given offsets.
inline std::pmr::string make_plan(const SlotMatcher& matcher, const Scanner::Limits& limits,
                                  std::string_view page, const std::vector<std::size_t>& cuts,
                                  std::pmr::memory_resource* memory) {
  PlanScan scan(matcher, limits, false, memory);
  std::size_t from = 0;
  for (std::size_t to : cuts) {
    scan.scan(page.substr(from, to - from), false);
    from = to;
  }
  scan.scan(page.substr(from), true);
  // On the heap: what is read as a plan is aligned.
  std::pmr::string plan(std::pmr::new_delete_resource());
  scan.write(plan);
  return plan;
}

// Gives a compressed page for the plan, made of the same chunks.
inline std::pmr::string compress(const PagePlan& plan, std::string_view page,
                                 const std::vector<std::size_t>& cuts,
                                 std::pmr::memory_resource* memory) {
  PageCompressor compressor(plan, 1, memory);
  std::size_t from = 0;
  for (std::size_t to : cuts) {
    compressor.add(page.substr(from, to - from));
    from = to;
  }
  compressor.add(page.substr(from));
  std::pmr::string bytes(std::pmr::new_delete_resource());
  compressor.write(bytes);
  return bytes;
}

// Collects what a splicer sends of a compressed page, as one gzip member.
class GzipOutput final : public SpliceOutput {
 public:
  explicit GzipOutput(const CompressedPage& page)
      : joiner_(page, &memory_), gzip(GzipJoiner::head()) {}

  void pass(std::uint64_t begin, std::uint64_t end) override { take({begin, end, {}}); }
  void drop(std::uint64_t, std::uint64_t) override {}
  void insert(const SlotHtml& html) override { take({0, 0, html}); }
  void begin_aside(std::uint32_t number) override { asides_.begin(number); }
  void end_aside() override { asides_.end(); }
  void put_aside(std::uint32_t number) override {
    asides_.put(number, parts_);
    join();
  }
  void end() { gzip += joiner_.tail(); }

 private:
  struct Part {
    std::uint64_t begin, end;
    SlotHtml html;
  };

  void take(const Part& part) {
    asides_.to(parts_).push_back(part);
    join();
  }
  void join() {
    for (const Part& part : parts_) {
      if (part.begin != part.end) gzip += joiner_.pass(part.begin, part.end);
      std::pmr::vector<std::string_view> pieces(&memory_);
      joiner_.insert(part.html, pieces);
      for (const auto piece : pieces) {
        gzip += piece;
      }
    }
    parts_.clear();
  }

  std::pmr::monotonic_buffer_resource memory_;
  GzipJoiner joiner_;
  std::vector<Part> parts_;  // to be joined
  Asides<std::vector<Part>> asides_;

 public:
  std::string gzip;
};

// Inflates one gzip member; tells instead if it is not whole, or its checksum is wrong.
inline std::string inflate(std::string_view gzip) {
  std::pmr::monotonic_buffer_resource memory;
  GzipReader reader(&memory);
  std::string out;
  while (!gzip.empty() && reader.state() != GzipReader::State::broken) {
    char buffer[4096];
    out.append(buffer, reader.read(gzip, buffer, sizeof(buffer)));
  }
  return reader.state() == GzipReader::State::whole ? out : "[not gzip]";
}

// What becomes of a page by its plan, sent as it is and compressed; tells instead what went wrong.
inline std::string rewrite_by_plan(const SlotMatcher& matcher,
                                   const std::vector<std::string>& names, const Fills& fills,
                                   std::string_view page, const std::vector<std::size_t>& cuts,
                                   const Scanner::Limits& limits = {}) {
  std::pmr::monotonic_buffer_resource memory;
  const auto plan_bytes = make_plan(matcher, limits, page, cuts, &memory);
  const auto plan = PagePlan::read(plan_bytes);
  if (!plan || plan->page_size() != page.size()) return "[no plan]";
  const auto page_bytes = compress(*plan, page, cuts, &memory);
  const auto compressed = CompressedPage::read(page_bytes, *plan, &memory);
  if (!compressed) return "[no compressed page]";

  Output output(page);
  GzipOutput gzip(*compressed);
  for (SpliceOutput* to :
       {static_cast<SpliceOutput*>(&output), static_cast<SpliceOutput*>(&gzip)}) {
    Splicer splicer(&memory);
    Filler filler(names, fills);
    for (std::size_t i = 0; i < plan->splice_count(); ++i) {
      splicer.add(plan->splice(i));
    }
    // A page that is compressed comes whole, others as they are read.
    if (to == &output) {
      for (const std::size_t cut : cuts) {
        splicer.advance(std::min(cut, page.size()), filler, *to);
      }
    }
    splicer.advance(page.size(), filler, *to);
    if (splicer.position() != page.size()) return "[not all sent]";
  }
  gzip.end();
  if (!output.in_order) return "[not in order]";
  return inflate(gzip.gzip) == output.html ? output.html : "[compressed differs]";
}

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
      result.splices.back().data = {};
      result.data.emplace_back(splice.data);
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
  const std::string planned = rewrite_by_plan(matcher, names, fills, page, cuts, limits);
  if (planned != result.html) result.html += "[by its plan: " + planned + "]";
  for (Doubt doubt : all_doubts) {
    result.doubts[static_cast<std::size_t>(doubt)] = scanner.doubts(doubt);
  }
  return result;
}

}  // namespace personalize::testing
