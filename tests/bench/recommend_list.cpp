// Time per list of recommendations: four steps of 50 ids, 200 candidates, all rules. Items are
// found as a request finds them: in what the worker keeps, or, the first time, in the shared cache.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/values/json/json.h"
#include "base/values/member.h"
#include "personalize/recommend/candidates.h"
#include "personalize/sources/cache.h"

namespace {

using namespace personalize;

constexpr int step_length = 50;
constexpr int steps = 4;

std::string document_of(std::string_view json) {
  DocumentBuilder builder(std::pmr::get_default_resource());
  if (!decode_json(json, builder)) {
    std::abort();
  }
  return std::string(builder.finish());
}

std::string item_json(int id) {
  const auto number = std::to_string(id);
  return R"({"item_id": ")" + number + R"(", "item_name": "Moor Wool Throw No. )" + number +
         R"(", "item_brand": "Brand )" + std::to_string(id % 17) +
         R"(", "item_category": "Category )" + std::to_string(id % 9) + R"(", "price": )" +
         std::to_string(20 + id % 90) + R"(, "old_price": )" + std::to_string(30 + id % 90) +
         R"(, "currency": "EUR", "url": "/product/moor-wool-throw-)" + number +
         R"(/", "image": "/img/moor-wool-throw-)" + number + R"(.jpg", "available": true})";
}

class ProfileFacts final : public Facts {
 public:
  explicit ProfileFacts(const AttributeTable& attributes) : attributes_(attributes) {
    std::string json = R"({"budget": 95, "category": "Category 3", "seen": ["7", "11", "61"])";
    for (int step = 0; step < steps; ++step) {
      json += ", \"list" + std::to_string(step) + "\": [";
      for (int i = 0; i < step_length; ++i) {
        json += (i == 0 ? "\"" : ", \"") + std::to_string(step * step_length + i) + "\"";
      }
      json += "]";
    }
    document_ = document_of(json + "}");
  }

  Value get(AttributeId id) noexcept override {
    return find_member(Value::document(document_), attributes_[id].path);
  }

 private:
  const AttributeTable& attributes_;
  std::string document_;
};

Declaration declare_chain() {
  const std::vector<std::vector<std::string>> statements = {
      {"try", "${profile.list0}"},
      {"try", "${profile.list1}"},
      {"try", "${profile.list2}"},
      {"try", "${profile.list3}"},
      {"items", "key=item:${id}"},
      {"exclude", "${profile.seen}"},
      {"when", "item.price", "between", "0", "${profile.budget}"},
      {"unless", "item.item_brand", "in", "Brand 1", "Brand 2"},
      {"boost", "1.5", "when", "item.item_category", "=", "${profile.category}"},
      {"pin", "42", "at", "2"},
      {"per", "item_brand", "2"},
      {"limit", "12"},
      {"min", "3"},
  };
  Declaration chain{{}, "list", {}};
  for (const auto& words : statements) {
    chain.statements.push_back({{}, words, {}});
  }
  return chain;
}

// Nanoseconds per call; the best of several rounds.
template <class Call>
double measure(Call call) {
  using Clock = std::chrono::steady_clock;
  // Short ones: on a machine that does something else, some of them are not interrupted.
  constexpr int rounds = 400, calls = 50;
  double best = 1e30;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = Clock::now();
    for (int i = 0; i < calls; ++i) {
      call();
    }
    const std::chrono::duration<double, std::nano> time = Clock::now() - begin;
    best = std::min(best, time.count() / calls);
  }
  return best;
}

}  // namespace

int main() {
  AttributeTable attributes;
  attributes.declare_source("profile", {});
  const std::vector<Declaration> chains = {declare_chain()};
  const std::vector<Declaration> none;
  declare_chains(chains, attributes);
  const Program program(attributes, none, none, {}, chains);
  const auto compiled = compile_chains(chains, {}, attributes, program);
  const Chain& chain = compiled.front();
  ProfileFacts facts(attributes);

  constexpr std::size_t cache_size = std::size_t{4} << 20;
  void* area = std::aligned_alloc(64, cache_size);
  std::fill_n(static_cast<char*>(area), cache_size, '\0');
  DocumentCache cache({area, cache_size});
  cache.init({1, 2});
  for (int id = 0; id < steps * step_length; ++id) {
    const std::string key = "item:" + std::to_string(id);
    const auto generation = cache.generation(cache.key(1, key).hash);
    cache.store(cache.key(1, key), document_of(item_json(id)), 1, 1000000, 1000000, generation);
  }

  static char memory[1 << 20];
  std::size_t listed = 0;
  KeptDocuments lasting(cache, std::size_t{4} << 20);
  KeptDocuments nothing(cache, 0);
  // `kept`: what the worker keeps. `looks_at_all`: whether or not the list is full.
  const auto list = [&](KeptDocuments& kept, bool judges, bool looks_at_all) {
    std::pmr::monotonic_buffer_resource arena(memory, sizeof memory);
    HeldDocuments held(&arena);
    Candidates candidates(chain, attributes, &arena);
    candidates.gather(facts);
    Decision decision(program, facts, &arena);
    std::pmr::string key(&arena);
    const auto look_up = [&](const Candidates::Part& part) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        Candidate& candidate = candidates.all()[i];
        if (candidate.outcome != Candidate::Outcome::listed) {
          continue;
        }
        const auto hash = KeptDocuments::hash_of_id(1, candidate.hash);
        KeptDocument* document = kept.find(1, {"item:", candidate.id, {}}, hash, 2);
        if (document == nullptr) {
          key = "item:";
          key += candidate.id;
          constexpr std::size_t room = 1024;
          auto* buffer = static_cast<char*>(arena.allocate(room, 8));
          const Cached cached = cache.find(cache.key(1, key), 2, buffer, room);
          candidate.item = Value::document(cached.bytes);
          document = kept.keep(1, key, hash, cached, 2);
        }
        if (document != nullptr) {
          held.hold(*document);
          candidates.take(candidate, kept, *document, decision);
        }
      }
    };
    if (!judges) {
      candidates.gather_all();
      std::for_each(candidates.parts().begin(), candidates.parts().end(), look_up);
      return;
    }
    const ItemIds shown(&arena);
    while (candidates.has_more() && (looks_at_all || !candidates.choose(shown))) {
      look_up(candidates.parts()[candidates.judged()]);
      candidates.judge_next(decision, 0);
    }
    candidates.choose(shown);
    listed = candidates.list().size();
  };
  for (KeptDocuments* kept : {&lasting, &nothing}) {
    const double usual = measure([&] { list(*kept, true, false); });
    const double look_ups = measure([&] { list(*kept, false, true); });
    const double all = measure([&] { list(*kept, true, true); });
    std::printf(
        "a list of %zu of 200 candidates, items %s: %.0f ns; %.0f ns where all have to be looked "
        "at, of which %.0f ns to gather and look them up\n",
        listed, kept == &lasting ? "kept by the worker" : "from the shared cache", usual, all,
        look_ups);
  }
  std::free(area);
}
