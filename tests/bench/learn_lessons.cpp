// Time to learn from a page view, and to make a learned list of Redis's replies: what a worker does
// besides sending and receiving.
#include <chrono>
#include <cstdio>
#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/learn/learned_list.h"
#include "personalize/learn/lesson.h"
#include "personalize/sources/gathering.h"

namespace {

using namespace personalize;

constexpr std::int64_t now_s = 1795176000;

RedisReply text_reply(std::string_view text) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::string;
  reply.text = text;
  return reply;
}

// The reply to ZREVRANGE … WITHSCORES.
struct Scores {
  Scores(std::size_t count, std::int64_t first) {
    texts.reserve(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
      texts.push_back("sku-" + std::to_string(i));
      texts.push_back(std::to_string(first - static_cast<std::int64_t>(i)));
    }
    for (const auto& text : texts) {
      elements.push_back(text_reply(text));
    }
    reply.kind = RedisReply::Kind::array;
    reply.elements = elements.data();
    reply.count = static_cast<std::uint32_t>(elements.size());
  }

  std::vector<std::string> texts;
  std::vector<RedisReply> elements;
  RedisReply reply;
};

class NeverDue final : public Upkeep {
 public:
  bool is_due(std::string_view) noexcept override { return false; }
  void forget(std::string_view) noexcept override {}
};

template <class Run>
void measure(const char* what, int times, Run run) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    const auto begin = Clock::now();
    for (int i = 0; i < times; ++i) {
      run();
    }
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    best = std::min(best, took.count() / times);
  }
  std::printf("%-56s %8.2f us\n", what, best);
}

}  // namespace

int main() {
  LearnOptions options;
  options.by_category = options.by_brand = options.by_country = true;
  NeverDue upkeep;
  const Scores met(5, now_s * 1000 - 1000);
  RedisReply added;
  added.kind = RedisReply::Kind::integer;
  added.integer = 1;
  std::size_t commands = 0;
  measure("a view that counts, five items before it, all parts", 20000, [&] {
    std::pmr::monotonic_buffer_resource memory;
    Lesson lesson(&memory);
    lesson.visitor = "0123456789abcdef0123456789abcdef";
    lesson.country = "PL";
    lesson.items.emplace_back("sku-100", "Shoes", "Acme");
    lesson.now_ms = now_s * 1000;
    LessonCommands made(options, lesson, &memory);
    commands = made.question().size();
    made.take(1, met.reply);
    made.take(2, added);
    commands += made.increments(upkeep).size();
  });
  std::printf("%56zu commands\n", commands);

  AttributeTable attributes;
  attributes.declare_source("seeds", {});
  const Source source =
      learned_source("a list", {"also_viewed", "${seeds}"}, {}, attributes, &options, {});
  const Scores row(101, std::int64_t{1} << 40U);
  const RedisReply count = text_reply("5497558138880");
  measure("also_viewed of 100 items, not in the cache", 2000, [&] {
    std::pmr::monotonic_buffer_resource memory;
    const auto gathering = source.gatherer->begin("also_viewed\nsku-0", now_s, &memory);
    gathering->commands();
    gathering->take(0, row.reply);
    const auto counts = gathering->commands().size();
    for (std::size_t i = 0; i < counts; ++i) {
      gathering->take(i, count);
    }
    DocumentBuilder document(&memory);
    gathering->finish(document);
    document.finish();
  });
}
