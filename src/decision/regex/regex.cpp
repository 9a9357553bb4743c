#define PCRE2_CODE_UNIT_WIDTH 8
#include "decision/regex/regex.h"

#include <pcre2.h>

namespace personalize::decision {

namespace {

// Limits of one attempt at one place of the text, beside the budget.
constexpr std::uint32_t max_steps = RegexBudget::steps;
constexpr std::uint32_t max_depth = 1'000;
constexpr std::uint32_t max_heap_kilobytes = 1'024;

// So many bytes passed over cost one step.
constexpr std::size_t bytes_of_a_step = 16;

// A search, as its callouts see it.
struct Search {
  RegexBudget& budget;
  std::size_t position = 0;
};

int on_callout(pcre2_callout_block* block, void* data) {
  auto& search = *static_cast<Search*>(data);
  const std::size_t position = block->current_position;
  const std::size_t passed =
      position > search.position ? position - search.position : search.position - position;
  search.position = position;
  return search.budget.spend(1 + passed / bytes_of_a_step) ? 0 : PCRE2_ERROR_CALLOUT;
}

// What a search writes to. One per thread is enough, since nothing in it outlives a call.
class Workspace {
 public:
  Workspace()
      : match_(pcre2_match_data_create(1, nullptr)), context_(pcre2_match_context_create(nullptr)) {
    if (context_ != nullptr) {
      pcre2_set_match_limit(context_, max_steps);
      pcre2_set_depth_limit(context_, max_depth);
      pcre2_set_heap_limit(context_, max_heap_kilobytes);
    }
  }
  ~Workspace() {
    pcre2_match_data_free(match_);
    pcre2_match_context_free(context_);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  bool usable() const { return match_ != nullptr && context_ != nullptr; }
  pcre2_match_data* match() { return match_; }
  pcre2_match_context* context() { return context_; }

 private:
  pcre2_match_data* match_;
  pcre2_match_context* context_;
};

std::string message_of(int error) {
  PCRE2_UCHAR text[128];
  pcre2_get_error_message(error, text, sizeof(text));
  return reinterpret_cast<const char*>(text);
}

}  // namespace

void Regex::Free::operator()(pcre2_real_code_8* code) const noexcept {
  pcre2_code_free(code);
}

Regex::Regex(std::string_view pattern, bool ignore_case) {
  const std::string translated = to_pcre2(pattern);
  const std::uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_MATCH_UNSET_BACKREF |
                                PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS |
                                PCRE2_NEVER_BACKSLASH_C | (ignore_case ? PCRE2_CASELESS : 0U);
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                            options, &error, &offset, nullptr));
  if (code_ == nullptr) {
    throw RegexError(message_of(error));
  }
  // If this fails, for want of executable memory, PCRE2 interprets the pattern.
  pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);
}

bool Regex::matches(std::string_view text, RegexBudget& budget) const noexcept {
  thread_local Workspace workspace;
  if (!workspace.usable() || budget.is_exceeded() ||
      !budget.spend(1 + text.size() / bytes_of_a_step)) {
    return false;
  }
  Search search = {budget};
  pcre2_set_callout(workspace.context(), on_callout, &search);
  // An empty view may be a null pointer, which PCRE2 refuses.
  const char* subject = text.empty() ? "" : text.data();
  return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(subject), text.size(), 0, 0,
                     workspace.match(), workspace.context()) >= 0;
}

}  // namespace personalize::decision
