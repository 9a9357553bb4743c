#include "nginx/request/documents/person_writer.h"

#include <array>
#include <new>
#include <string>

#include "base/numbers/number.h"
#include "base/text/copy.h"
#include "nginx/worker.h"
#include "personalize/sources/person.h"

namespace personalize {

namespace {

// So many can be under way in a worker.
constexpr std::size_t most_mergings = 64;

struct Arena {
  std::array<std::byte, 8192> bytes;
  std::pmr::monotonic_buffer_resource memory{bytes.data(), bytes.size()};
};

}  // namespace

// What one visitor has, on its way to the person. First the person is asked what must be known of
// them, and that somebody takes it over is noted; then the visitor's is asked for, and each part is
// written when it has come. A part that fails stays where it is.
class PersonWriter::Merging {
 public:
  Merging(PersonWriter& writer, const PersonMerge& merge, std::string_view occasion,
          const std::pmr::vector<Command>& caps)
      : writer_(writer), merge_(merge), texts_(&writer.memory_), caps_(&writer.memory_) {
    for (auto* text : {&merge_.visitor, &merge_.person, &merge_.item, &merge_.category}) {
      *text = copy_text(*text, &texts_);
    }
    std::pmr::string mark(merged_head, &texts_);
    mark += merge_.person;
    mark += ':';
    mark += occasion;
    mark_ = copy_text(mark, &texts_);
    for (const Command& command : caps) {
      Command& copy = caps_.emplace_back();
      for (const auto word : command) {
        copy.push_back(copy_text(word, &texts_));
      }
    }
  }
  ~Merging() {
    for (Part& part : parts_) {
      writer_.redis_->cancel(part);
    }
  }
  Merging(const Merging&) = delete;
  Merging& operator=(const Merging&) = delete;

  // Returns false if nothing is under way.
  bool begin() {
    Arena arena;
    PersonMergeCommands commands(merge_, &arena.memory);
    auto questions = commands.ask_person();
    questions.push_back(Command(
        {"SET", mark_, "1", "NX", "EX", copy_digits(keep_merged_s, &arena.memory)}, &arena.memory));
    return ask(questions);
  }

  std::pmr::list<Merging>::iterator place;  // of this object

 private:
  // Waits for the answer to one question.
  class Part final : public RedisCommandHandler {
   public:
    Part(Merging& merging, std::size_t number) noexcept : merging_(merging), number_(number) {}
    void on_reply(const RedisReply& reply) noexcept override { merging_.take(number_, &reply); }
    void on_failure(RedisFailure) noexcept override { merging_.take(number_, nullptr); }

   private:
    Merging& merging_;
    std::size_t number_;
  };

  bool ask(const std::pmr::vector<Command>& questions) {
    parts_.clear();
    parts_.reserve(questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i) {
      parts_.emplace_back(*this, i);
      if (!writer_.redis_->send(questions[i].data(), questions[i].size(), parts_.back())) {
        count(Counter::session_refused);
        break;
      }
      ++waiting_;
    }
    return waiting_ != 0;
  }

  // May end this object.
  void take(std::size_t number, const RedisReply* reply) noexcept {
    --waiting_;
    try {
      if (reply == nullptr) {
        count(Counter::session_failed);
      } else if (is_taking_) {
        Arena arena;
        PersonMergeCommands commands(merge_, &arena.memory);
        writer_.write(commands.take(number, *reply, known_));
      } else {
        note(number, *reply);
      }
      if (waiting_ == 0 && may_take_ && !is_taking_) {
        is_taking_ = true;
        writer_.write(caps_);
        Arena arena;
        PersonMergeCommands commands(merge_, &arena.memory);
        ask(commands.ask_visitor());
      }
    } catch (const std::bad_alloc&) {
      count(Counter::session_refused);
    }
    if (waiting_ == 0) {
      writer_.mergings_.erase(place);
    }
  }

  void note(std::size_t number, const RedisReply& reply) {
    const auto n = read_integer<std::int64_t>(reply.string()).value_or(0);
    switch (number) {
      case 0:
        known_.started = n;
        break;
      case 1:
        known_.last_purchase = n;
        break;
      case 2:
        known_.first_visit = n;
        break;
      default:
        may_take_ = reply.kind == RedisReply::Kind::status;  // else somebody has
    }
  }

  PersonWriter& writer_;
  PersonMerge merge_;
  std::pmr::monotonic_buffer_resource texts_;
  std::pmr::vector<Command> caps_;
  std::string_view mark_;
  PersonMergeCommands::Known known_;
  std::vector<Part> parts_;
  std::size_t waiting_ = 0;
  bool may_take_ = false;
  bool is_taking_ = false;
};

PersonWriter::PersonWriter(RedisClient* redis, SessionWriter& sessions)
    : redis_(redis), sessions_(sessions), mergings_(&memory_) {}

PersonWriter::~PersonWriter() = default;

void PersonWriter::take_over(const PersonMerge& merge, std::string_view occasion,
                             const std::pmr::vector<Command>& caps) {
  if (redis_ == nullptr || mergings_.size() >= most_mergings) {
    count(Counter::session_refused);
    return;
  }
  Merging& merging = mergings_.emplace_front(*this, merge, occasion, caps);
  merging.place = mergings_.begin();
  if (!merging.begin()) {
    mergings_.pop_front();
  }
}

}  // namespace personalize
