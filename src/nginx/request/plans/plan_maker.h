// Makes page plans beside the requests of a worker: reads, scans and compresses a page in small
// steps, between which other events have their turn.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "nginx/platform/ngx.h"
#include "nginx/request/plans/page_key.h"
#include "nginx/shared/plan_store.h"
#include "personalize/record/counters.h"
#include "personalize/rewrite/plan.h"

namespace personalize {

class PlanMaker {
 public:
  // All must outlive this. Pages of more than `longest_page` bytes are given up.
  PlanMaker(PlanStore* store, std::uint64_t longest_page, Counters& counters,
            ngx_log_t* log) noexcept;
  ~PlanMaker();
  PlanMaker(const PlanMaker&) = delete;
  PlanMaker& operator=(const PlanMaker&) = delete;

  // Makes the splices of a page, which is in the file `fd`; the caller may close it. `matcher`
  // lives as long as the worker. Returns false if it is not done: others do it, too much is to be
  // done already, or memory or a file descriptor is lacking.
  bool make_splices(const PageKey& key, ngx_fd_t fd, const SlotMatcher& matcher) noexcept;
  // Compresses the page, which has this plan.
  bool make_compressed(const PageKey& key, ngx_fd_t fd, const PagePlan& plan, int level) noexcept;

 private:
  class File;
  class Source;
  class Job;
  class SpliceJob;
  class CompressJob;

  template <class MakeJob>
  bool add(PlanPart part, const PageKey& key, ngx_fd_t fd, MakeJob make) noexcept;
  void on_event() noexcept;
  bool step(Job& job);

  PlanStore* store_;
  std::uint64_t longest_page_;
  Counters& counters_;
  ngx_connection_t connection_{};  // what NGINX expects an event's data to be
  ngx_event_t event_{};
  std::deque<std::unique_ptr<Job>> jobs_;
};

}  // namespace personalize
