#include "nginx/endpoints/asked_slots/slots_arguments.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/form.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::size_t most_slots = 32;
constexpr std::size_t longest_path = 4096;

struct Signature {
  std::string_view visitor, expires, hex;
  bool is_given = false;
};

class Reader {
 public:
  Reader(SlotsQuestion& question, std::pmr::memory_resource* memory, std::string& why)
      : question_(question), memory_(memory), why_(why) {}

  // Arguments of other names are passed over, as servers do: somebody may add one against caches.
  void read(std::string_view arguments) {
    while (!arguments.empty()) {
      auto value = ascii::take_until(arguments, '&');
      const auto name = decode_argument(ascii::take_until(value, '='), memory_);
      take(name, decode_argument(value, memory_));
    }
    if (question_.path.empty()) {
      refuse("path= is missing: it is the page's, as in path=/p/42");
    }
    if (signature_.is_given && !has_count_) {
      question_.counts = SlotsQuestion::Counts::nothing;
    }
  }

  const Signature& signature() const { return signature_; }

 private:
  void take(std::string_view name, std::string_view value) {
    if (name == "path") {
      take_path(value);
    } else if (name == "slot") {
      take_slot(value);
    } else if (name == "format") {
      question_.as_data = value == "data";
      if (value != "data" && value != "html") {
        refuse("format= is html or data");
      }
    } else if (name == "count") {
      take_count(value);
    } else if (name == "visitor" || name == "expires" || name == "signature") {
      signature_.is_given = true;
      (name == "visitor"   ? signature_.visitor
       : name == "expires" ? signature_.expires
                           : signature_.hex) = value;
    }
  }

  void take_path(std::string_view value) {
    const bool is_path = !value.empty() && value.front() == '/' && value.size() <= longest_path &&
                         std::all_of(value.begin(), value.end(), [](char c) {
                           return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
                         });
    if (!is_path) {
      refuse("path= begins with a slash, and has neither blanks nor control characters");
    }
    question_.path = value.substr(0, value.find('#'));
  }

  void take_slot(std::string_view value) {
    if (question_.slots.size() == most_slots) {
      refuse("more than " + std::to_string(most_slots) + " slots");
      return;
    }
    const auto& known = question_.slots;
    if (std::find(known.begin(), known.end(), value) == known.end()) {
      question_.slots.push_back(value);
    }
  }

  void take_count(std::string_view value) {
    constexpr std::string_view words[] = {"none", "exposure", "view"};
    const auto* found = std::find(std::begin(words), std::end(words), value);
    if (found == std::end(words)) {
      refuse("count= is view, exposure or none");
      return;
    }
    has_count_ = true;
    question_.counts = static_cast<SlotsQuestion::Counts>(found - std::begin(words));
  }

  void refuse(const std::string& message) {
    if (why_.empty()) {
      why_ = message;
    }
  }

  SlotsQuestion& question_;
  std::pmr::memory_resource* memory_;
  std::string& why_;
  Signature signature_;
  bool has_count_ = false;
};

}  // namespace

ngx_int_t read_slots_arguments(std::string_view arguments, const VisitorRule* rule,
                               RequestView& request, std::pmr::memory_resource* memory,
                               SlotsQuestion& question, std::string& why) {
  Reader reader(question, memory, why);
  reader.read(arguments);
  if (!why.empty()) {
    return NGX_HTTP_BAD_REQUEST;
  }
  const Signature& signature = reader.signature();
  if (!signature.is_given) {
    return NGX_OK;
  }
  if (rule == nullptr || !rule->is_signed()) {
    why = "visitor= needs ids that are signed: personalize_visitor with secret_file=";
    return NGX_HTTP_FORBIDDEN;
  }
  const ServerAsking asking = {request.host(), signature.visitor, question.path, signature.expires,
                               signature.hex};
  if (!rule->cookie->is_asked_by_server(asking, request.now_ms() / 1000)) {
    why = "the signature has expired, or is not that of this visitor, path and host";
    return NGX_HTTP_FORBIDDEN;
  }
  question.visitor = signature.visitor;
  question.vouched_by = rule;
  return NGX_OK;
}

}  // namespace personalize
