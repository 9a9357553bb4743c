// The candidates of a chain for one request: gathered from its steps, completed with what the
// catalogue says of them, judged, ordered, and cut to the list that is shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "personalize/base/document.h"
#include "personalize/decision/decision.h"
#include "personalize/recommend/chain.h"

namespace personalize {

struct Candidate {
  // Why it is in the list or not; of several reasons the first.
  enum class Outcome : std::uint8_t {
    listed,
    duplicate,    // an earlier step has it
    excluded,     // by `exclude`
    unknown,      // the catalogue does not have it, or was late
    incomplete,   // it lacks a name or an address
    unavailable,  // sold out, or past its `until`
    not_met,      // a condition does not hold
    shown,        // it stands elsewhere in the page
    crowded,      // by `per`
    surplus,      // by `limit`
  };

  std::string_view id;
  Value item;              // missing until the catalogue has answered
  std::uint32_t step = 0;  // Chain::steps, or no_step for one that is pinned
  std::uint32_t place = 0;
  double weight = 0;
  Outcome outcome = Outcome::listed;

  static constexpr std::uint32_t no_step = ~0U;
};
std::string_view to_string(Candidate::Outcome outcome) noexcept;

using ItemIds = std::pmr::unordered_set<std::string_view>;

// All views live as long as the request.
class Candidates {
 public:
  // All must outlive this. Throws what `memory` throws, as all functions do.
  Candidates(const Chain& chain, const AttributeTable& attributes,
             std::pmr::memory_resource* memory);

  // Reads the lists of the steps, in their order, and drops what is there twice or excluded. Of
  // more than most_candidates the last ones are not looked at.
  void gather(Facts& facts);

  // Those whose item is missing have to be looked up by their id, unless they are dropped.
  std::pmr::vector<Candidate>& all() noexcept { return all_; }
  const std::pmr::vector<Candidate>& all() const noexcept { return all_; }

  // Judges each by its item and the chain's conditions, and puts those of each step in order. Call
  // it once all items are known that will be.
  void judge(Facts& facts, Decision& decision, double now_s);

  // Returns the list, without the items in `shown`: an array of items, each with its `item_id`;
  // empty if there are fewer than the chain's minimum. It lives in `builder`.
  Value list(const ItemIds& shown, DocumentBuilder& builder);

 private:
  void add(const Value& list, std::uint32_t step);
  void add_one(const Value& element, std::uint32_t step, std::uint32_t place, std::uint32_t count);
  std::string_view id_of(const Value& element);
  void drop_excluded(Facts& facts);
  void judge(Candidate& candidate, Facts& facts, Decision& decision, double now_s);
  void sort();
  bool is_crowded(const Candidate& candidate, const std::pmr::vector<const Candidate*>& chosen);

  const Chain& chain_;
  const AttributeTable& attributes_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<Candidate> all_;
  ItemIds ids_;
};

}  // namespace personalize
