#include "personalize/rewrite/compressed_page.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "base/checksum.h"
#include "base/deflate.h"
#include "rewrite/plan/content_deflater.h"

namespace personalize {

namespace {

const Bytef* bytef(std::string_view bytes) {
  return reinterpret_cast<const Bytef*>(bytes.data());
}

void write_little_endian(char* to, std::uint32_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    to[i] = static_cast<char>(value >> (8 * i));
  }
}

// Returns bytes in `memory`, all of them 0.
char* allocate_zeros(std::size_t size, std::pmr::memory_resource* memory) {
  auto* bytes = static_cast<char*>(memory->allocate(size, 1));
  std::fill_n(bytes, size, '\0');
  return bytes;
}

}  // namespace

// --- What is kept ---

std::optional<CompressedPage> CompressedPage::read(std::string_view bytes, const PagePlan& plan,
                                                   std::pmr::memory_resource* memory) {
  if (bytes.size() < sizeof(Header)) {
    return std::nullopt;
  }
  const auto* header = reinterpret_cast<const Header*>(bytes.data());
  const std::size_t room = (bytes.size() - sizeof(Header)) / sizeof(Stretch);
  if (header->stretch_count > room || header->page_size != plan.page_size() || !is_sealed(bytes)) {
    return std::nullopt;
  }
  const auto* stretches = reinterpret_cast<const Stretch*>(header + 1);
  const std::size_t table = sizeof(Header) + header->stretch_count * sizeof(Stretch);
  const CompressedPage page(header, stretches, bytes.substr(table));
  const auto is_stretch = [&](std::uint64_t cut) {
    return cut == plan.page_size() ||
           std::binary_search(
               stretches, stretches + header->stretch_count, Stretch{cut, 0, 0, 0},
               [](const Stretch& a, const Stretch& b) { return a.page_begin < b.page_begin; });
  };
  const auto cuts = plan.cuts(memory);
  return std::all_of(cuts.begin(), cuts.end(), is_stretch) ? std::optional(page) : std::nullopt;
}

std::uint64_t CompressedPage::page_end(std::size_t i) const noexcept {
  return i + 1 < header_->stretch_count ? stretches_[i + 1].page_begin : header_->page_size;
}

std::uint64_t CompressedPage::bytes_end(std::size_t i) const noexcept {
  return i + 1 < header_->stretch_count ? stretches_[i + 1].bytes_begin : bytes_.size();
}

// --- Compressing ---

PageCompressor::PageCompressor(const PagePlan& plan, int level, std::pmr::memory_resource* memory)
    : cuts_(plan.cuts(memory)),
      deflater_(std::make_unique<Deflater>(level)),
      whole_(cuts_.empty() ? nullptr : std::make_unique<Deflater>(level)),
      whole_bytes_(memory),
      stretches_(memory),
      bytes_(memory) {}

PageCompressor::~PageCompressor() = default;

void PageCompressor::add(std::string_view bytes) {
  if (whole_ != nullptr) {
    whole_->add(bytes, whole_bytes_);
    count_whole();
  }
  while (!bytes.empty()) {
    while (next_cut_ < cuts_.size() && cuts_[next_cut_] <= position_) {
      finish_stretch();
      ++next_cut_;
    }
    std::size_t size = bytes.size();
    if (next_cut_ < cuts_.size()) {
      size = std::min<std::uint64_t>(size, cuts_[next_cut_] - position_);
    }
    const std::string_view piece = bytes.substr(0, size);
    deflater_->add(piece, bytes_);
    crc_ = crc32_z(crc_, bytef(piece), piece.size());
    position_ += size;
    bytes.remove_prefix(size);
  }
}

// There is none between two cuts at the same place.
void PageCompressor::finish_stretch() {
  if (position_ == begin_) {
    return;
  }
  deflater_->finish_stretch(bytes_);
  stretches_.push_back(
      {begin_, bytes_begin_, crc_, crc32_combine_gen(static_cast<z_off_t>(position_ - begin_))});
  begin_ = position_;
  bytes_begin_ = bytes_.size();
  crc_ = 0;
}

void PageCompressor::count_whole() {
  whole_size_ += whole_bytes_.size();
  whole_bytes_.clear();
}

void PageCompressor::write(std::pmr::string& out) {
  finish_stretch();
  if (whole_ != nullptr) {
    whole_->finish_stretch(whole_bytes_);
    count_whole();
  }
  CompressedPage::Header header{};
  header.page_size = position_;
  header.stretch_count = stretches_.size();
  out.reserve(sizeof(header) + stretches_.size() * sizeof(CompressedPage::Stretch) + bytes_.size());
  out.append(reinterpret_cast<const char*>(&header), sizeof(header));
  out.append(reinterpret_cast<const char*>(stretches_.data()),
             stretches_.size() * sizeof(CompressedPage::Stretch));
  out += bytes_;
  seal(out);
}

bool PageCompressor::is_fragmented() const noexcept {
  constexpr std::uint64_t little = 1400;  // a segment of TCP
  return whole_ != nullptr && bytes_.size() > whole_size_ + whole_size_ / 2 + little;
}

// --- Joining ---

std::string_view GzipJoiner::head() noexcept {
  // Compressed by DEFLATE, no name, no time, by an unknown system.
  static constexpr char bytes[] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, '\xff'};
  return {bytes, sizeof(bytes)};
}

// What is dropped is left out, so that the next stretch is not always the next one; what is moved
// comes later.
std::size_t GzipJoiner::find(std::uint64_t begin) noexcept {
  const bool is_behind = next_ == 0 || page_.page_end(next_ - 1) <= begin;
  std::size_t i = is_behind ? next_ : 0;
  while (i < page_.header_->stretch_count && page_.stretches_[i].page_begin < begin) {
    ++i;
  }
  return i;
}

std::string_view GzipJoiner::pass(std::uint64_t begin, std::uint64_t end) noexcept {
  const std::size_t first = find(begin);
  std::size_t after = first;
  for (; after < page_.header_->stretch_count && page_.page_end(after) <= end; ++after) {
    const CompressedPage::Stretch& stretch = page_.stretches_[after];
    crc_ = static_cast<std::uint32_t>(crc32_combine_op(crc_, stretch.crc, stretch.crc_append));
  }
  next_ = after;
  if (after == first) {
    return {};
  }
  size_ += end - begin;
  const std::uint64_t bytes_begin = page_.stretches_[first].bytes_begin;
  return page_.bytes_.substr(bytes_begin, page_.bytes_end(after - 1) - bytes_begin);
}

void GzipJoiner::insert(const SlotHtml& html, std::pmr::vector<std::string_view>& pieces) {
  if (html.text.empty()) {
    return;
  }
  crc_ = static_cast<std::uint32_t>(crc32_z(crc_, bytef(html.text), html.text.size()));
  if (html.constant_count != 0 && contents_ == nullptr) {
    constexpr std::size_t alignment = alignof(ContentDeflater);
    contents_ =
        new (memory_->allocate(sizeof(ContentDeflater), alignment)) ContentDeflater(memory_);
  }
  const auto compressed = contents_ == nullptr ? std::nullopt : contents_->compress(html, size_);
  if (compressed) {
    pieces.push_back(*compressed);
  } else {
    insert_stored(html.text, pieces);
  }
  size_ += html.text.size();
}

// In blocks of what is not compressed.
void GzipJoiner::insert_stored(std::string_view content,
                               std::pmr::vector<std::string_view>& pieces) {
  constexpr std::size_t longest_block = 65535;
  constexpr std::size_t head_size = 5;
  while (!content.empty()) {
    const std::string_view block = content.substr(0, longest_block);
    char* head = allocate_zeros(head_size, memory_);
    const auto size = static_cast<std::uint32_t>(block.size());
    write_little_endian(head + 1, size, 2);
    write_little_endian(head + 3, ~size, 2);
    pieces.emplace_back(head, head_size);
    pieces.push_back(block);
    content.remove_prefix(block.size());
  }
}

std::string_view GzipJoiner::tail() const {
  constexpr std::size_t tail_size = 10;
  char* tail = allocate_zeros(tail_size, memory_);
  tail[0] = 3;  // the last block, with nothing in it
  write_little_endian(tail + 2, crc_, 4);
  write_little_endian(tail + 6, static_cast<std::uint32_t>(size_), 4);
  return {tail, tail_size};
}

}  // namespace personalize
