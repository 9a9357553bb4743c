// What is kept of the page of one request, and has it made where it is not.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "nginx/config/configuration.h"
#include "nginx/request/plans/page_key.h"
#include "nginx/request/plans/plan_cache.h"
#include "personalize/rewrite/compressed_page.h"
#include "personalize/rewrite/plan.h"

namespace personalize {

class PagePlans {
 public:
  explicit PagePlans(ngx_http_request_t* r) noexcept : r_(r) {}
  PagePlans(const PagePlans&) = delete;
  PagePlans& operator=(const PagePlans&) = delete;

  // Where the page's bytes are: [begin, end) of a file.
  struct Place {
    ngx_fd_t fd;
    std::uint64_t begin, end;
    bool is_cache_entry;
    bool is_gzip;  // the page is what they are inflated to
  };

  // Looks up the page, for the slots of `matcher`, and has its plan made if there is none.
  // `has_charset`: the response's head tells it. `fd` is open as long as the response is sent.
  void look_up(const Place& place, const LocationConf& location, const SlotMatcher& matcher,
               bool has_charset) noexcept;
  // Returns whether there is a plan, with a charset or without: then the bytes are known to be
  // whole and undamaged.
  bool is_known(const Place& place, const LocationConf& location,
                const SlotMatcher& matcher) noexcept;

  // Returns the plan; nullptr if there is none.
  const PagePlan* plan() const noexcept { return plan_ ? &plan_->plan() : nullptr; }

  // Looks up the compressed page. Returns nullptr if there is none, or no plan.
  const CompressedPage* find_compressed() noexcept;

  // Returns the text of the page, if the worker has it or can read it now; else "". It lives as
  // long as this.
  std::string_view find_text() noexcept;

  // Returns the value of $personalize_plan.
  std::string_view result() const noexcept;
  // Counts it.
  void record() const noexcept;

 private:
  // `none`: there is neither a plan, nor is one being made because of this request.
  enum class Result : std::uint8_t { none, made, hit };

  // Why there can be no plan.
  enum class Refused : std::uint8_t { no, too_large, unknown };

  Refused set_key(const Place& place, const LocationConf& location, const SlotMatcher& matcher,
                  bool has_charset) noexcept;
  bool find_splices() noexcept;

  ngx_http_request_t* r_;
  ngx_fd_t fd_ = -1;
  PageKey key_{};
  std::shared_ptr<CachedPlan> plan_;
  Result result_ = Result::none;
};

}  // namespace personalize
