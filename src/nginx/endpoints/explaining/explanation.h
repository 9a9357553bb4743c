// The decision about an imagined request, with its reasons.
#pragma once

#include <string>

#include "nginx/endpoints/explaining/inquiry.h"
#include "nginx/request/facts.h"
#include "nginx/request/hold.h"

namespace Json {
class Value;
}

namespace personalize {

// It gives nobody an id and counts nothing.
class Explanation {
 public:
  // `r` is the request to personalize_explain, and must outlive this. Throws bad_alloc.
  explicit Explanation(ngx_http_request_t* r);

  // Returns what is wrong with the question, "" if nothing is.
  std::string_view error() const noexcept { return inquiry_.error(); }

  // Asks for all documents. Returns whether the content handler has to wait: it is called again
  // when they have come.
  bool waits_for_documents() noexcept;

  // Adds the decision with its reasons to a JSON object. Throws bad_alloc.
  void write(Json::Value& out);

 private:
  std::string origin_of(const Attribute& attribute);
  void imagine_element() noexcept;
  void write_request(Json::Value& out);
  void write_person(Json::Value& out);
  void write_documents(Json::Value& out);

  ngx_http_request_t* r_;
  PoolMemory memory_;
  Inquiry inquiry_;
  RequestFacts facts_;
  Hold hold_;
  bool is_started_ = false;
};

}  // namespace personalize
