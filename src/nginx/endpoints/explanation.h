// What is decided about a request that was never made, and why.
#pragma once

#include <string>

#include "nginx/endpoints/inquiry.h"
#include "nginx/request/facts.h"
#include "nginx/request/hold.h"

namespace Json {
class Value;
}

namespace personalize {

// Nobody is given an id by it, and nothing is counted.
class Explanation {
 public:
  // `r` is the request to personalize_explain. Throws bad_alloc.
  explicit Explanation(ngx_http_request_t* r);

  // What is wrong with the question; "" for nothing.
  std::string_view error() const noexcept { return inquiry_.error(); }

  // For a content handler: asks for all documents, and returns whether to wait until they have come
  // and the handler is called again.
  bool waits_for_documents() noexcept;

  // Adds the decision with its reasons to a JSON object. Throws bad_alloc.
  void write(Json::Value& out);

 private:
  std::string origin_of(const Attribute& attribute);
  void write_request(Json::Value& out);
  void write_documents(Json::Value& out);

  ngx_http_request_t* r_;
  PoolMemory memory_;
  Inquiry inquiry_;
  RequestFacts facts_;
  Hold hold_;
  bool is_started_ = false;
};

}  // namespace personalize
