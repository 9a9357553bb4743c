// Which splices the rewriter makes of pages, for rewrite.test.mjs and real_pages.mjs to judge.
//
//   rewrite_splices RULE… < PAGES
//
// RULE: "PLACEMENT SELECTOR", or the name of an implied position. Each is scanned for by itself, on
// every match. PAGES: each its length (32 bits, little-endian) and its bytes. Without a RULE,
// behind each page its own follow: their length, and a line for each. They take the first match.
//
// Prints a line a page with a word a rule: BEGIN-END of each splice, and -NAME if an end tag goes
// before its content; times that a slot was found and left alone; and 1 where the scanner gave the
// page up: "3-3,8-9-a:0:0".
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/rewrite/rewrite.h"

using namespace personalize;

namespace {

Placement placement_of(std::string_view name) {
  constexpr std::string_view names[] = {"inner", "replace", "before", "after", "prepend"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (name == names[i]) return static_cast<Placement>(i);
  }
  return Placement::append;
}

std::unique_ptr<SlotMatcher> compile(const std::string& rule, bool all) {
  std::size_t space = rule.find(' ');
  if (space == std::string::npos) {
    return std::make_unique<SlotMatcher>(std::vector<std::string>{rule}, std::vector<SlotRule>{});
  }
  SlotRule slot{Where{"rule", 1}, 0, rule.substr(space + 1), placement_of(rule.substr(0, space)),
                all};
  return std::make_unique<SlotMatcher>(std::vector<std::string>{"slot"},
                                       std::vector<SlotRule>{slot});
}

// Gives those that were placed before their end was known that end.
void close_open_ends(std::pmr::vector<Splice>& splices) {
  for (const Splice& end : splices) {
    for (Splice& open : splices) {
      const bool is_it = end.closes && open.end == Splice::open_end && open.first == end.first;
      open.end = is_it ? end.begin : open.end;
    }
  }
  const auto closes = [](const Splice& splice) { return splice.closes; };
  splices.erase(std::remove_if(splices.begin(), splices.end(), closes), splices.end());
}

// Letters of names that mean something in a line are written by their numbers.
void print_name(std::string_view name) {
  for (char c : name) {
    std::printf(std::strchr("%,: ", c) == nullptr ? "%c" : "%%%02x", c);
  }
}

void print_splices(const SlotMatcher& matcher, std::string_view page) {
  std::pmr::monotonic_buffer_resource memory;
  std::pmr::vector<Splice> splices(&memory);
  Scanner scanner(matcher, {}, &memory);
  scanner.scan(page, false, splices);
  bool gave_up = scanner.finished();
  scanner.scan({}, true, splices);
  close_open_ends(splices);

  const char* separator = "";
  for (const Splice& splice : splices) {
    std::printf("%s%llu-%llu", separator, static_cast<unsigned long long>(splice.begin),
                static_cast<unsigned long long>(splice.end));
    if (!splice.ends.empty()) {
      std::printf("-");
      print_name(splice.ends.substr(2, splice.ends.size() - 3));
    }
    separator = ",";
  }
  unsigned doubts = 0;
  for (Doubt doubt : all_doubts) doubts += scanner.doubts(doubt);
  std::printf(":%u:%d ", doubts, gave_up ? 1 : 0);
}

// Reads a length and as many bytes. Returns false at the end.
bool read_text(std::string& text) {
  std::uint8_t length[4];
  if (!std::cin.read(reinterpret_cast<char*>(length), sizeof length)) return false;
  text.resize(length[0] | length[1] << 8 | length[2] << 16 | length[3] << 24);
  return static_cast<bool>(std::cin.read(text.data(), static_cast<std::streamsize>(text.size())));
}

void print_each(const std::string& page, const std::string& rules) {
  std::istringstream lines(rules);
  for (std::string rule; std::getline(lines, rule);) print_splices(*compile(rule, false), page);
}

}  // namespace

int main(int count, char** arguments) try {
  std::vector<std::unique_ptr<SlotMatcher>> rules;
  for (int i = 1; i < count; ++i) rules.push_back(compile(arguments[i], true));

  for (std::string page, own_rules; read_text(page);) {
    for (const auto& rule : rules) print_splices(*rule, page);
    if (rules.empty()) {
      if (!read_text(own_rules)) return 1;
      print_each(page, own_rules);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "rewrite_splices: %s\n", error.what());
  return 1;
}
