#include <algorithm>
#include <new>

#include "base/checksum.h"
#include "personalize/rewrite/plan.h"

namespace personalize {

namespace {

// Sets the ends of splices that were found before their end was, as Splicer::add() does.
void close_splices(std::pmr::vector<Splice>& splices, std::uint64_t page_size) {
  for (std::size_t i = 0; i < splices.size(); ++i) {
    Splice& open = splices[i];
    if (open.closes || open.end != Splice::open_end) {
      continue;
    }
    const auto end = std::find_if(
        splices.begin() + static_cast<std::ptrdiff_t>(i), splices.end(),
        [&](const Splice& other) { return other.closes && other.first == open.first; });
    const bool is_closed = end != splices.end();
    open.end = std::max(open.begin, is_closed ? end->begin : page_size);
    open.last = is_closed ? end->last : ~std::uint32_t{0};
  }
  splices.erase(std::remove_if(splices.begin(), splices.end(),
                               [](const Splice& splice) { return splice.closes; }),
                splices.end());
}

}  // namespace

std::optional<PagePlan> PagePlan::read(std::string_view bytes) noexcept {
  if (bytes.size() < sizeof(Header)) {
    return std::nullopt;
  }
  const auto* header = reinterpret_cast<const Header*>(bytes.data());
  const std::uint64_t size =
      sizeof(Header) + std::uint64_t{header->splice_count} * sizeof(KeptSplice) + header->data_size;
  if (size != bytes.size() || !is_sealed(bytes)) {
    return std::nullopt;
  }
  return PagePlan(header, reinterpret_cast<const KeptSplice*>(header + 1));
}

Splice PagePlan::splice(std::size_t i) const noexcept {
  const KeptSplice& kept = splices_[i];
  return {kept.begin,
          kept.end,
          kept.slot,
          kept.first,
          kept.last,
          kept.is_default != 0,
          false,
          {data_ + kept.data_begin, kept.data_size},
          {data_ + kept.data_begin + kept.data_size, kept.original_size},
          {data_ + kept.data_begin + kept.data_size + kept.original_size, kept.ends_size},
          false,
          static_cast<Splice::Move>(kept.move),
          kept.element,
          kept.name_size};
}

std::pmr::vector<std::uint64_t> PagePlan::cuts(std::pmr::memory_resource* memory) const {
  std::pmr::vector<std::uint64_t> cuts(memory);
  cuts.reserve(3 * splice_count());
  for (std::size_t i = 0; i < splice_count(); ++i) {
    cuts.push_back(splices_[i].begin);
    cuts.push_back(splices_[i].end);
    cuts.push_back(splices_[i].begin + splices_[i].name_size);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

PlanScan::PlanScan(const SlotMatcher& matcher, const Scanner::Limits& limits, bool ignores_meta,
                   std::pmr::memory_resource* memory)
    : scanner_(matcher, limits, memory), splices_(memory) {
  if (ignores_meta) {
    scanner_.ignore_meta_charset();
  }
}

void PlanScan::scan(std::string_view bytes, bool last) {
  scanned_ += bytes.size();
  if (!scanner_.finished()) {
    scanner_.scan(bytes, last, splices_);
  }
  if (scanner_.lacks_memory()) {
    throw std::bad_alloc();
  }
}

void PlanScan::write(std::pmr::string& out) {
  close_splices(splices_, scanned_);
  PagePlan::Header header{};
  header.page_size = scanned_;
  header.utf8_from = scanner_.says_utf8_from();
  for (const Doubt doubt : all_doubts) {
    header.doubts[static_cast<std::size_t>(doubt)] = scanner_.doubts(doubt);
  }
  header.splice_count = static_cast<std::uint32_t>(splices_.size());
  for (const Splice& splice : splices_) {
    header.data_size += static_cast<std::uint32_t>(splice.data.size() + splice.original.size() +
                                                   splice.ends.size());
  }
  out.append(reinterpret_cast<const char*>(&header), sizeof(header));
  std::uint32_t data_begin = 0;
  for (const Splice& splice : splices_) {
    const auto data_size = static_cast<std::uint32_t>(splice.data.size());
    const auto original_size = static_cast<std::uint32_t>(splice.original.size());
    const auto ends_size = static_cast<std::uint32_t>(splice.ends.size());
    const PagePlan::KeptSplice kept = {splice.begin,
                                       splice.end,
                                       splice.slot,
                                       splice.first,
                                       splice.last,
                                       splice.is_default,
                                       static_cast<std::uint16_t>(splice.move),
                                       data_begin,
                                       data_size,
                                       original_size,
                                       ends_size,
                                       splice.element,
                                       splice.name_size};
    out.append(reinterpret_cast<const char*>(&kept), sizeof(kept));
    data_begin += data_size + original_size + ends_size;
  }
  for (const Splice& splice : splices_) {
    out.append(splice.data);
    out.append(splice.original);
    out.append(splice.ends);
  }
  seal(out);
}

}  // namespace personalize
