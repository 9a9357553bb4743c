// The lists that one request's chains recommend, and the items that are looked up for them.
#pragma once

#include <list>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>

#include "nginx/config/site/site.h"
#include "nginx/request/documents/lookups.h"
#include "personalize/recommend/candidates.h"

namespace personalize {

// Wants to know when lists are made.
class ListListener {
 public:
  // The list of a chain, by its source, is there: all its items have come, or will not. Never
  // called from within start().
  virtual void on_list(std::uint32_t source) noexcept = 0;

 protected:
  ~ListListener() = default;
};

class Recommendations {
 public:
  // All must outlive this. Throws what `memory`, the request's, throws, as its functions do unless
  // they are noexcept.
  Recommendations(const Site& site, Facts& facts, Decision& decision, double now_s,
                  ListListener& listener, std::pmr::memory_resource* memory);
  ~Recommendations();
  Recommendations(const Recommendations&) = delete;
  Recommendations& operator=(const Recommendations&) = delete;

  // Gathers the candidates of a chain whose steps are known, and looks their items up, each once
  // for all chains. Returns whether the list is there.
  bool start(const Chain& chain);
  // Waits no longer: lists are made of the items that have come.
  void give_up() noexcept;

  // Returns the list of a chain, by its source: an array of items; without those that stand
  // elsewhere in the page. Empty or missing if there are too few. It lives as long as the request.
  Value list(std::uint32_t source) noexcept;
  // Notes that the items of the list stand in the page.
  void note_shown(std::uint32_t source);

  // Returns the candidates of a chain, by its source; nullptr if it was not started.
  const Candidates* candidates(std::uint32_t source) const noexcept;

 private:
  struct ItemLookup final : public LookupWaiter {
    Recommendations* owner = nullptr;
    Lookup state = Lookup::idle;
    Value item;

    void on_document(Lookup outcome, std::string_view bytes) noexcept override {
      owner->take(*this, outcome, bytes);
    }
  };
  // A chain, and how far it is.
  struct Run {
    Run(const Chain& of, const AttributeTable& attributes, std::pmr::memory_resource* memory)
        : chain(of), candidates(of, attributes, memory), lookups(memory), documents(memory) {}

    const Chain& chain;
    Candidates candidates;
    std::pmr::vector<const ItemLookup*> lookups;  // by candidate; nullptr for none
    bool is_judged = false;
    Value list;
    std::pmr::list<DocumentBuilder> documents;  // in which lists that were made live
    std::size_t shown = 0;  // how many items stood in the page when the list was made
    bool is_made = false;
  };

  Run* find(std::uint32_t source) noexcept;
  const ItemLookup* look_up(const Source& items, std::string_view id);
  void judge(Run& run);
  void finish() noexcept;
  void take(ItemLookup& lookup, Lookup outcome, std::string_view bytes) noexcept;
  std::string_view keep(std::string_view bytes);

  const Site& site_;
  Facts& facts_;
  Decision& decision_;
  double now_s_;
  ListListener& listener_;
  std::pmr::memory_resource* memory_;
  std::pmr::list<Run> runs_;
  // By Source::id and the key in Redis.
  std::pmr::unordered_map<std::pmr::string, ItemLookup> lookups_;
  std::size_t pending_ = 0;  // of these
  ItemIds shown_;
};

}  // namespace personalize
