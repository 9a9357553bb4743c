// How a person takes over what a browser gathered before it was known whose it is: what to ask
// Redis for, and what to write when it has answered.
//
// What is the person's goes before what is the browser's where only one can be kept, but for how
// the session began. What is taken over is deleted under the browser's own id: whoever signs in
// there next does not get it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/record/session_commands.h"
#include "personalize/signals/person.h"

namespace personalize {

struct PersonMerge {
  // nullptr if no session is kept.
  const SessionOptions* session = nullptr;
  PersonMerges what;
  std::string_view visitor;  // the id
  std::string_view person;   // the key
  std::int64_t now_s = 0;
  std::int64_t keep_answers_s = 0;  // 0: there are none
  // The item and the category of the page with which it is taken over: they are looked at last.
  std::string_view item, category;
};

class PersonMergeCommands {
 public:
  // `merge` outlives this. Takes all from `memory`; everything throws what that throws.
  PersonMergeCommands(const PersonMerge& merge, std::pmr::memory_resource* memory);
  PersonMergeCommands(const PersonMergeCommands&) = delete;
  PersonMergeCommands& operator=(const PersonMergeCommands&) = delete;

  // What is asked of the person before.
  struct Known {
    std::int64_t started = 0;        // when their session began; 0 if there is none
    std::int64_t last_purchase = 0;  // 0 for none
    std::int64_t first_visit = 0;    // 0 for none
  };
  // Returns the questions about it, in the order of Known.
  std::pmr::vector<Command> ask_person();

  // Returns what is asked of the visitor.
  std::pmr::vector<Command> ask_visitor();
  // Returns what is to be written when the question of that number is answered; nothing if there is
  // nothing. Words are views into the reply, too.
  std::pmr::vector<Command> take(std::size_t question, const RedisReply& reply, const Known& known);

 private:
  using List = std::pmr::vector<Command>;
  struct Question {
    enum class Kind : std::uint8_t { part, orders, clicks, offers, answers };
    Kind kind = Kind::part;
    SessionPart part = SessionPart::current;
  };

  std::pmr::vector<Question> questions() const;
  std::string_view head(Question::Kind kind) const noexcept;
  std::string_view key_of(SessionCommands& commands, const Question& question) const;
  void take_part(SessionPart part, const RedisReply& reply, const Known& known, List& out);
  void take_session(const RedisReply& reply, const Known& known, std::string_view key, List& out);
  void take_visits(const RedisReply& reply, const Known& known, std::string_view key, List& out);
  void take_attention(const RedisReply& reply, std::string_view key, List& out);
  void take_purchases(const RedisReply& reply, const Known& known, std::string_view key, List& out);
  void take_list(SessionPart part, const RedisReply& reply, std::string_view key, List& out);
  void take_scores(SessionPart part, const RedisReply& reply, std::string_view key, List& out);
  void set_missing(std::string_view key, std::string_view name, std::string_view value, List& out);
  void add(List& out, std::initializer_list<std::string_view> words);
  std::string_view number(std::int64_t n);

  const PersonMerge& merge_;
  std::pmr::memory_resource* memory_;
  const SessionOptions& options_;
  PageView of_visitor_;
  PageView of_person_;
};

}  // namespace personalize
