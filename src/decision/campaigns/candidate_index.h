// Which campaigns of a contest are worth judging, found without judging them one by one.
//
// Most of a thousand campaigns for one slot differ in a word: the category, the tier, the country.
// Example:
//
//   0: when geo.country in PL RO;  when page.item_category = shoes;
//   1: when geo.country in PL RO;  when page.item_category = bags;
//   2: when device.type = mobile;
//
// "geo.country in PL RO" is shared: it is asked once, and if it does not hold, 0 and 1 are out. The
// category is a selector: its value is looked up, and of the campaigns that ask for one, those
// remain that ask for this one. What is left of a campaign's conditions is asked as ever.
//
// Conditions are asked only when the first campaign that has them is reached, since a campaign that
// ranks higher may win before. They have no side effects: none names an experiment, a feature or
// the visitor, so that it does not matter which of them are asked.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decision/conditions/conditions.h"
#include "decision/conditions/evaluator.h"
#include "personalize/attributes/attribute.h"

namespace personalize::decision {

struct CompiledProgram;
struct Contest;

// Room for what one walk over the campaigns of a contest finds out.
struct CandidateRoom {
  std::uint64_t* remaining;  // words(): a bit for each campaign
  std::uint64_t* selected;   // words(), all of them 0
  std::uint8_t* passed;      // tests(): whether those that remain pass it
};

class CandidateIndex {
 public:
  // Makes the index of a contest whose campaigns are ranked. It has no tests if they have too
  // little in common, or are few.
  CandidateIndex(const CompiledProgram& program, const AttributeTable& attributes,
                 const Contest& contest);

  bool has_tests() const { return !tests_.empty(); }
  std::size_t words() const { return (places_.size() + 63) / 64; }
  std::size_t tests() const { return tests_.size(); }

  // Calls judge(place), with the place of a campaign in the contest, for each that passes its
  // tests, as they rank, until that returns false.
  template <class Judge>
  void walk(const CandidateRoom& room, Evaluator& conditions, Facts& facts, Judge judge) const;

  // Returns whether the conditions of the campaign hold that are not among its tests, which it has
  // passed.
  bool rest_holds(std::size_t place, Evaluator& conditions) const noexcept;

 private:
  class Analysis;
  using Places = std::vector<std::uint32_t>;

  // The campaigns that ask for each value of an attribute.
  struct Selector {
    AttributeId attribute = 0;
    std::unordered_map<std::string_view, Places> texts;
    std::unordered_map<double, Places> numbers;
    Places is_true, is_false, is_absent;

    void add(const Set& set, std::uint32_t place);
    // Returns the campaigns that ask for the value; nullptr if only their conditions can tell.
    const Places* find(const Value& value) const;
  };

  // A shared condition, or a selector.
  struct Test {
    std::vector<std::uint64_t> subjects;  // a bit for each campaign that has to pass it
    std::uint32_t root = 0;               // node of a shared condition
    std::optional<Selector> selector;
  };

  struct Place {
    std::vector<std::uint32_t> tests;
    std::vector<std::uint32_t> rest;  // nodes of the other conditions
  };

  void add_shared(const CompiledProgram& program, const Contest& contest, const Analysis& analysis);
  void add_selectors(const CompiledProgram& program, Analysis& analysis);
  bool run(const Test& test, std::size_t place, const CandidateRoom& room, Evaluator& conditions,
           Facts& facts) const noexcept;
  bool select(const Selector& selector, const std::vector<std::uint64_t>& subjects,
              std::size_t place, const CandidateRoom& room, const Value& value) const noexcept;

  std::vector<Test> tests_;
  std::vector<Place> places_;  // by place in the contest
};

template <class Judge>
void CandidateIndex::walk(const CandidateRoom& room, Evaluator& conditions, Facts& facts,
                          Judge judge) const {
  std::uint64_t* const remaining = room.remaining;
  for (std::size_t word = 0; word < words(); ++word) {
    const std::size_t count = places_.size() - word * 64;
    remaining[word] = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  }
  std::fill_n(room.passed, tests(), 0);
  for (std::size_t word = 0; word < words(); ++word) {
    while (remaining[word] != 0) {
      const std::size_t place =
          word * 64 + static_cast<std::size_t>(__builtin_ctzll(remaining[word]));
      bool passes = true;
      for (const std::uint32_t test : places_[place].tests) {
        if (passes && room.passed[test] == 0) {
          passes = run(tests_[test], place, room, conditions, facts);
          room.passed[test] = 1;
        }
      }
      remaining[word] &= ~(std::uint64_t{1} << (place % 64));
      if (passes && !judge(place)) {
        return;
      }
    }
  }
}

}  // namespace personalize::decision
