#include "personalize/base/document.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace personalize {

namespace {

constexpr std::uint32_t header_size = 8;
constexpr std::uint32_t cell_size = 12;
constexpr std::uint32_t key_size = 8;
constexpr std::uint32_t member_size = key_size + cell_size;
constexpr std::uint32_t root_offset = header_size;

// A kind of cells beside the values of Kind: a number that a double cannot hold.
constexpr std::uint8_t exact_number_cell = 7;
static_assert(exact_number_cell > static_cast<std::uint8_t>(Kind::object));

// Levels of a copied value; what nests deeper becomes null.
constexpr unsigned deepest = 64;

// The format is little-endian, like every processor that the module is built for.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

std::uint32_t read32(const char* p) {
  std::uint32_t n;
  std::memcpy(&n, p, sizeof(n));
  return n;
}

void write32(char* p, std::uint32_t n) {
  std::memcpy(p, &n, sizeof(n));
}

double read_double(const char* p) {
  double n;
  std::memcpy(&n, p, sizeof(n));
  return n;
}

bool fits(std::uint64_t offset, std::uint64_t bytes, std::uint32_t size) {
  return offset <= size && bytes <= size - offset;
}

// Where the text of a cell lies; nothing for one without. `is_plain` is false for one that is no
// scalar.
struct TextPlace {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool is_plain = true;
};
TextPlace text_of_cell(const char* cell, std::uint32_t end) {
  const std::uint32_t offset = read32(cell + 4);
  const std::uint32_t length = read32(cell + 8);
  switch (static_cast<std::uint8_t>(*cell)) {
    case static_cast<std::uint8_t>(Kind::null):
    case static_cast<std::uint8_t>(Kind::boolean):
    case static_cast<std::uint8_t>(Kind::number):
      return {};
    case static_cast<std::uint8_t>(Kind::string):
      return {offset, offset + length, fits(offset, length, end)};
    case exact_number_cell:
      return {offset - static_cast<std::uint32_t>(sizeof(double)), offset + length,
              offset >= sizeof(double) && fits(offset, length, end)};
    default:
      return {0, 0, false};
  }
}

// Returns the place in a record of its `i`th member.
std::uint32_t place_of(const Record& record, std::uint32_t i) {
  std::uint32_t place = 0;
  for (std::uint32_t before = i + 1;; ++place) {
    before -= record.values[place].is_missing() ? 0 : 1;
    if (before == 0) {
      return place;
    }
  }
}

// Appends an object, whose members begin at `offset`, with its texts, as its bytes are: nothing but
// offsets changes. Returns where its members are now; 0, and appends nothing, if a member is no
// scalar, its texts are far away from it, or there are more than `room` bytes.
std::uint32_t append_plain_object(const char* document, std::uint32_t offset, std::uint32_t count,
                                  std::size_t room, std::pmr::string& out) {
  std::uint32_t begin = offset;
  std::uint64_t texts = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const char* member = document + offset + std::size_t{i} * member_size;
    const std::uint32_t key = read32(member);
    const std::uint32_t key_length = read32(member + 4);
    const TextPlace text = text_of_cell(member + key_size, offset);
    if (!text.is_plain || !fits(key, key_length, offset)) {
      return 0;
    }
    texts += key_length + (text.end - text.begin);
    begin = std::min(begin, key);
    begin = text.end == 0 ? begin : std::min(begin, text.begin);
  }
  const std::size_t size = offset - begin + std::size_t{count} * member_size;
  if (offset - begin > texts || size > room ||
      out.size() + size > std::numeric_limits<std::uint32_t>::max()) {
    return 0;
  }
  // Modulo 2^32, as offsets are.
  const auto moved = static_cast<std::uint32_t>(out.size()) - begin;
  out.append(document + begin, size);
  const std::uint32_t members = offset + moved;
  for (std::uint32_t i = 0; i < count; ++i) {
    char* member = out.data() + members + std::size_t{i} * member_size;
    write32(member, read32(member) + moved);
    const auto kind = static_cast<std::uint8_t>(member[key_size]);
    if (kind == static_cast<std::uint8_t>(Kind::string) || kind == exact_number_cell) {
      write32(member + key_size + 4, read32(member + key_size + 4) + moved);
    }
  }
  return members;
}

}  // namespace

Value Value::document(std::string_view bytes) noexcept {
  if (bytes.size() < root_offset + cell_size ||
      bytes.size() > std::numeric_limits<std::uint32_t>::max()) {
    return {};
  }
  if (read32(bytes.data()) != document_magic || read32(bytes.data() + 4) != bytes.size()) {
    return {};
  }
  return cell(bytes.data(), static_cast<std::uint32_t>(bytes.size()), root_offset);
}

Value Value::object(const Record& record) noexcept {
  std::uint32_t members = 0;
  for (std::uint32_t i = 0; i < record.names->count; ++i) {
    members += record.values[i].is_missing() ? 0 : 1;
  }
  Value v(Kind::object);
  v.pointer_ = reinterpret_cast<const char*>(&record);
  v.node_ = {0, members};
  v.is_list_ = true;
  return v;
}

// The caller has checked that the cell itself is within the document. What it refers to must lie
// before `end`, which is where the container of the cell begins: so every step inwards shortens the
// reach, and a damaged document cannot have a cycle.
Value Value::cell(const char* document, std::uint32_t end, std::uint64_t offset) noexcept {
  const char* p = document + offset;
  const std::uint32_t a = read32(p + 4);
  const std::uint32_t b = read32(p + 8);
  if (*p == exact_number_cell) {
    return exact_number(document, end, a, b);
  }

  const auto kind = static_cast<Kind>(*p);
  switch (kind) {
    case Kind::null:
      return null();
    case Kind::boolean:
      return boolean(a != 0 || b != 0);
    case Kind::number: {
      const double n = read_double(p + 4);
      return std::isfinite(n) ? number(n) : Value();
    }
    case Kind::string:
      return fits(a, b, end) ? string({document + a, b}) : Value();
    case Kind::array:
    case Kind::object: {
      const std::uint64_t width = kind == Kind::array ? cell_size : member_size;
      if (!fits(a, b * width, end)) {
        return {};
      }
      Value v(kind);
      v.pointer_ = document;
      v.node_ = {a, b};
      return v;
    }
    default:
      return {};
  }
}

Value Value::exact_number(const char* document, std::uint32_t end, std::uint32_t offset,
                          std::uint32_t length) noexcept {
  if (offset < sizeof(double) || length == 0 || !fits(offset, length, end)) {
    return {};
  }
  const char* text = document + offset;
  const double nearest = read_double(text - sizeof(double));
  return std::isnan(nearest) ? Value() : number(nearest, {text, length});
}

// Returns the number of bytes from the document's beginning to the end of this array or object.
std::uint64_t Value::extent() const noexcept {
  const std::uint64_t width = kind_ == Kind::array ? cell_size : member_size;
  return node_.offset + node_.count * width;
}

std::string_view Value::key(std::uint64_t member) const noexcept {
  const std::uint32_t offset = read32(pointer_ + member);
  const std::uint32_t length = read32(pointer_ + member + 4);
  return fits(offset, length, node_.offset) ? std::string_view(pointer_ + offset, length)
                                            : std::string_view();
}

Value Value::at(std::uint32_t i) const noexcept {
  if (i >= size()) {
    return {};
  }
  if (const Record* members = record()) {
    return members->values[place_of(*members, i)];
  }
  if (is_list_) {
    return reinterpret_cast<const Value*>(pointer_)[i];
  }
  const std::uint64_t width = kind_ == Kind::array ? cell_size : member_size;
  const std::uint64_t skip = kind_ == Kind::array ? 0 : key_size;
  return cell(pointer_, node_.offset, node_.offset + i * width + skip);
}

std::string_view Value::key_at(std::uint32_t i) const noexcept {
  if (kind_ != Kind::object || i >= node_.count) {
    return {};
  }
  if (const Record* members = record()) {
    return members->names->names[place_of(*members, i)];
  }
  return key(node_.offset + std::uint64_t{i} * member_size);
}

Value Value::find(std::string_view name) const noexcept {
  if (kind_ != Kind::object) {
    return {};
  }
  if (const Record* members = record()) {
    const auto place = members->names->find(name);
    return place < members->names->count ? members->values[place] : Value();
  }
  // Of few members the lengths of their keys tell most apart, without reading them.
  constexpr std::uint32_t few = 24;
  if (node_.count <= few) {
    for (std::uint32_t i = 0; i < node_.count; ++i) {
      const std::uint64_t member = node_.offset + std::uint64_t{i} * member_size;
      if (read32(pointer_ + member + sizeof(std::uint32_t)) == name.size() && key(member) == name) {
        return cell(pointer_, node_.offset, member + key_size);
      }
    }
    return {};
  }
  std::uint32_t low = 0;
  std::uint32_t high = node_.count;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const std::uint64_t member = node_.offset + std::uint64_t{middle} * member_size;
    const int order = key(member).compare(name);
    if (order == 0) {
      return cell(pointer_, node_.offset, member + key_size);
    }
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return {};
}

DocumentBuilder::DocumentBuilder(std::pmr::memory_resource* memory)
    : bytes_(memory), members_(memory), open_(memory) {
  clear();
}

void DocumentBuilder::clear() {
  bytes_.assign(root_offset + cell_size, '\0');
  members_.clear();
  open_.clear();
  key_offset_ = key_length_ = 0;
  root_ = {};
}

std::uint32_t DocumentBuilder::append(std::string_view bytes) {
  const auto offset = static_cast<std::uint32_t>(bytes_.size());
  bytes_.append(bytes);
  return offset;
}

void DocumentBuilder::put(const Cell& cell) {
  if (open_.empty()) {
    root_ = cell;
  } else {
    const auto order = static_cast<std::uint32_t>(members_.size());
    members_.push_back({key_offset_, key_length_, order, cell});
  }
}

void DocumentBuilder::put(Kind kind, std::uint32_t a, std::uint32_t b) {
  put({static_cast<std::uint8_t>(kind), a, b});
}

void DocumentBuilder::null() {
  put(Kind::null, 0, 0);
}

void DocumentBuilder::boolean(bool b) {
  put(Kind::boolean, b ? 1U : 0U, 0);
}

void DocumentBuilder::number(double n) {
  std::uint32_t halves[2];
  std::memcpy(halves, &n, sizeof(n));
  put(Kind::number, halves[0], halves[1]);
}

void DocumentBuilder::number(double nearest, std::string_view text) {
  char bytes[sizeof(nearest)];
  std::memcpy(bytes, &nearest, sizeof(nearest));
  append({bytes, sizeof(bytes)});
  const std::uint32_t offset = append(text);
  put({exact_number_cell, offset, static_cast<std::uint32_t>(text.size())});
}

void DocumentBuilder::string(std::string_view s) {
  const std::uint32_t offset = append(s);
  put(Kind::string, offset, static_cast<std::uint32_t>(s.size()));
}

void DocumentBuilder::key(std::string_view name) {
  key_offset_ = append(name);
  key_length_ = static_cast<std::uint32_t>(name.size());
}

// An array or object keeps its own key in a member that `end` fills in.
void DocumentBuilder::begin_array() {
  put(Kind::array, 0, 0);
  open_.push_back({false, members_.size()});
}

void DocumentBuilder::begin_object() {
  put(Kind::object, 0, 0);
  open_.push_back({true, members_.size()});
}

// Sorts by key and keeps the last of equal keys; returns the new end. std::stable_sort would take
// memory from the heap.
DocumentBuilder::Members::iterator DocumentBuilder::sort_members(Members::iterator first,
                                                                 Members::iterator last) {
  const auto name = [this](const Member& m) {
    return std::string_view(bytes_).substr(m.key_offset, m.key_length);
  };
  // Those of a copied object are in order.
  const bool is_sorted = std::adjacent_find(first, last, [&](const Member& a, const Member& b) {
                           return name(a).compare(name(b)) >= 0;
                         }) == last;
  if (is_sorted) {
    return last;
  }
  std::sort(first, last, [&](const Member& a, const Member& b) {
    const int order = name(a).compare(name(b));
    return order != 0 ? order < 0 : a.order < b.order;
  });
  auto keep = first;
  for (auto m = first; m != last; ++m) {
    if (m + 1 == last || name(*m) != name(*(m + 1))) {
      *keep++ = *m;
    }
  }
  return keep;
}

void DocumentBuilder::end() {
  const Open open = open_.back();
  open_.pop_back();

  const auto first = members_.begin() + static_cast<std::ptrdiff_t>(open.first);
  const auto last = open.object ? sort_members(first, members_.end()) : members_.end();

  const auto offset = static_cast<std::uint32_t>(bytes_.size());
  const auto count = static_cast<std::uint32_t>(last - first);
  for (auto m = first; m != last; ++m) {
    char member[member_size];
    write32(member, m->key_offset);
    write32(member + 4, m->key_length);
    write(member + key_size, m->cell);
    bytes_.append(open.object ? member : member + key_size, open.object ? member_size : cell_size);
  }
  members_.resize(open.first);

  Cell& self = open_.empty() ? root_ : members_.back().cell;
  self.a = offset;
  self.b = count;
}

// In a sound document no part belongs to two others, so that a copy is never larger than what
// precedes the end of the copied value. Damaged bytes may refer to one part many times, and nest
// deeply.
void DocumentBuilder::copy(const Value& value) {
  if (value.is_list_) {
    const bool is_record = value.kind() == Kind::object;
    is_record ? begin_object() : begin_array();
    for (std::uint32_t i = 0; i < value.size(); ++i) {
      if (is_record) {
        key(value.key_at(i));
      }
      copy(value.at(i));
    }
    return end();
  }
  const bool container = value.kind() == Kind::array || value.kind() == Kind::object;
  copy(value, deepest, container ? bytes_.size() + value.extent() : bytes_.max_size());
}

void DocumentBuilder::copy(const Value& value, unsigned depth, std::size_t limit) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::null:
      return null();
    case Kind::boolean:
      return boolean(value.as_boolean());
    case Kind::number: {
      const auto text = value.exact_text();
      if (text.empty()) {
        return number(value.as_number());
      }
      return bytes_.size() + text.size() <= limit ? number(value.as_number(), text) : null();
    }
    case Kind::string:
      return bytes_.size() + value.as_string().size() <= limit ? string(value.as_string()) : null();
    case Kind::array:
    case Kind::object:
      break;
  }
  if (depth == 0) {
    return null();
  }
  const bool object = value.kind() == Kind::object;
  if (object && value.size() > 0) {
    const std::size_t room = limit - std::min(limit, bytes_.size());
    const std::uint32_t members =
        append_plain_object(value.pointer_, value.node_.offset, value.node_.count, room, bytes_);
    if (members != 0) {
      return put(Kind::object, members, value.size());
    }
  }
  object ? begin_object() : begin_array();
  for (std::uint32_t i = 0; i < value.size() && bytes_.size() <= limit; ++i) {
    if (object) {
      key(value.key_at(i));
    }
    copy(value.at(i), depth - 1, limit);
  }
  end();
}

void DocumentBuilder::write(char* to, const Cell& cell) {
  write32(to, cell.kind);
  write32(to + 4, cell.a);
  write32(to + 8, cell.b);
}

std::string_view DocumentBuilder::finish() {
  if (bytes_.size() > std::numeric_limits<std::uint32_t>::max()) {
    return {};
  }
  write32(bytes_.data(), document_magic);
  write32(bytes_.data() + 4, static_cast<std::uint32_t>(bytes_.size()));
  write(bytes_.data() + root_offset, root_);
  return bytes_;
}

}  // namespace personalize
