// What is kept of the page of one request, and has it made where it is not.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "nginx/config/configuration.h"
#include "nginx/request/plans/page_key.h"
#include "personalize/rewrite/compressed_page.h"
#include "personalize/rewrite/plan.h"

namespace personalize {

class PagePlans {
 public:
  // `memory` is the request's.
  PagePlans(ngx_http_request_t* r, std::pmr::memory_resource* memory) noexcept
      : r_(r), memory_(memory) {}
  PagePlans(const PagePlans&) = delete;
  PagePlans& operator=(const PagePlans&) = delete;

  // Looks up the page that is the bytes of this file, for the slots of `matcher`. `has_charset`:
  // the response's head tells it.
  void look_up(const ngx_buf_t& file, bool is_cache_entry, const LocationConf& location,
               const SlotMatcher& matcher, bool has_charset) noexcept;

  // Returns the plan; nullptr if there is none.
  const PagePlan* plan() const noexcept { return plan_ ? &*plan_ : nullptr; }

  // Looks up the compressed page. Returns nullptr if there is none, or no plan.
  const CompressedPage* find_compressed() noexcept;

  // Returns the value of $personalize_plan.
  std::string_view result() const noexcept;
  // Counts it.
  void record() const noexcept;

 private:
  // `none`: there is neither a plan, nor is one being made because of this request.
  enum class Result : std::uint8_t { none, made, hit };

  bool find_splices() noexcept;

  ngx_http_request_t* r_;
  std::pmr::memory_resource* memory_;
  const ngx_buf_t* file_ = nullptr;  // nullptr before look_up()
  PageKey key_{};
  std::string_view splices_;
  std::optional<PagePlan> plan_;
  std::optional<CompressedPage> compressed_;
  Result result_ = Result::none;
};

}  // namespace personalize
