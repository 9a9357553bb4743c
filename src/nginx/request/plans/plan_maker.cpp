#include "nginx/request/plans/plan_maker.h"

#include <unistd.h>

#include <algorithm>
#include <memory_resource>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "personalize/rewrite/compressed_page.h"
#include "personalize/rewrite/plan.h"

namespace personalize {

namespace {

// Bytes of the page in one step: compressing takes about a millisecond for them.
constexpr std::size_t step_size = 32768;

constexpr std::size_t most_jobs = 32;

std::pmr::memory_resource* heap() noexcept {
  return std::pmr::new_delete_resource();
}

}  // namespace

// A file descriptor of our own.
class PlanMaker::File {
 public:
  explicit File(ngx_fd_t fd) noexcept : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&&) = delete;
  ~File() {
    if (fd_ != -1) {
      close(fd_);
    }
  }
  ngx_fd_t get() const noexcept { return fd_; }

 private:
  ngx_fd_t fd_;
};

// One part of one page's plan, being made.
class PlanMaker::Job {
 public:
  Job(PlanPart part, const PageKey& key, File file) noexcept
      : part_(part), key_(key), file_(std::move(file)) {}
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Takes the next bytes of the page.
  virtual void add(std::string_view bytes, bool is_last) = 0;
  // Appends what is to be kept.
  virtual void write(std::pmr::string& out) = 0;

  PlanPart part() const noexcept { return part_; }
  const PageKey& key() const noexcept { return key_; }

  // Reads the next bytes; "" if they cannot be read.
  std::string_view read(char* buffer, std::size_t room) noexcept {
    const std::size_t size = std::min<std::uint64_t>(room, key_.page_size() - done_);
    const auto at = static_cast<off_t>(key_.begin + done_);
    if (pread(file_.get(), buffer, size, at) != static_cast<ssize_t>(size)) {
      return {};
    }
    done_ += size;
    return {buffer, size};
  }
  bool is_all_read() const noexcept { return done_ == key_.page_size(); }

  // Returns whether the file is still the one that the key tells.
  bool is_unchanged() const noexcept {
    PageKey now{};
    now.begin = key_.begin;
    now.end = key_.end;
    now.is_cache_entry = key_.is_cache_entry;
    now.ignores_meta = key_.ignores_meta;
    now.token_limit = key_.token_limit;
    now.content_limit = key_.content_limit;
    now.slots = key_.slots;
    return identify_file(file_.get(), now) && now.bytes() == key_.bytes();
  }

  bool is_begun = false;
  ngx_msec_t marked_at = 0;

 private:
  PlanPart part_;
  PageKey key_;
  File file_;
  std::uint64_t done_ = 0;
};

class PlanMaker::SpliceJob final : public Job {
 public:
  SpliceJob(const PageKey& key, File file, const SlotMatcher& matcher)
      : Job(PlanPart::splices, key, std::move(file)),
        scan_(matcher, {key.token_limit, key.content_limit}, key.ignores_meta != 0, &memory_) {}

  void add(std::string_view bytes, bool is_last) override { scan_.scan(bytes, is_last); }
  void write(std::pmr::string& out) override { scan_.write(out); }

 private:
  std::pmr::monotonic_buffer_resource memory_;
  PlanScan scan_;
};

class PlanMaker::CompressJob final : public Job {
 public:
  // `splices` is a sound plan.
  CompressJob(const PageKey& key, File file, std::string_view splices, int level)
      : Job(PlanPart::compressed, key, std::move(file)),
        splices_(splices.begin(), splices.end()),
        compressor_(*PagePlan::read({splices_.data(), splices_.size()}), level, heap()) {}

  void add(std::string_view bytes, bool) override { compressor_.add(bytes); }
  void write(std::pmr::string& out) override { compressor_.write(out); }

 private:
  std::vector<char> splices_;
  PageCompressor compressor_;
};

PlanMaker::PlanMaker(PlanStore* store, Counters& counters, ngx_log_t* log) noexcept
    : store_(store), counters_(counters) {
  connection_.fd = static_cast<ngx_socket_t>(-1);
  connection_.data = this;
  event_.data = &connection_;
  event_.log = log;
  event_.handler = [](ngx_event_t* event) {
    static_cast<PlanMaker*>(static_cast<ngx_connection_t*>(event->data)->data)->on_event();
  };
}

PlanMaker::~PlanMaker() {
  if (event_.posted) {
    ngx_delete_posted_event(&event_);
  }
}

bool PlanMaker::make_splices(const PageKey& key, ngx_fd_t fd, const SlotMatcher& matcher) noexcept {
  return add(PlanPart::splices, key, fd,
             [&](File own) { return std::make_unique<SpliceJob>(key, std::move(own), matcher); });
}

bool PlanMaker::make_compressed(const PageKey& key, ngx_fd_t fd, std::string_view splices,
                                int level) noexcept {
  return add(PlanPart::compressed, key, fd, [&](File own) {
    return std::make_unique<CompressJob>(key, std::move(own), splices, level);
  });
}

// A worker that shuts down begins nothing more.
template <class MakeJob>
bool PlanMaker::add(PlanPart part, const PageKey& key, ngx_fd_t fd, MakeJob make) noexcept {
  const bool is_here = std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& job) {
    return job->part() == part && job->key().bytes() == key.bytes();
  });
  if (is_here || ngx_exiting || ngx_terminate) {
    return false;
  }
  if (jobs_.size() == most_jobs) {
    counters_.add(Counter::plan_busy);
    return false;
  }
  File own(dup(fd));
  if (own.get() == -1) {
    return false;
  }
  try {
    jobs_.push_back(make(std::move(own)));
  } catch (const std::bad_alloc&) {
    return false;
  }
  ngx_post_event(&event_, &ngx_posted_next_events);
  return true;
}

void PlanMaker::on_event() noexcept {
  try {
    if (!jobs_.empty() && !step(*jobs_.front())) {
      jobs_.pop_front();
    }
  } catch (const std::bad_alloc&) {
    counters_.add(Counter::plan_no_memory);
    jobs_.pop_front();
  }
  if (!jobs_.empty() && !ngx_exiting && !ngx_terminate) {
    ngx_post_event(&event_, &ngx_posted_next_events);
  }
}

// Returns false when nothing is left to do for the job.
bool PlanMaker::step(Job& job) {
  const std::string_view key = job.key().bytes();
  if (!job.is_begun) {
    if (!store_->begin(job.part(), key)) {
      return false;  // another worker does it, or has done it
    }
    job.is_begun = true;
    job.marked_at = ngx_current_msec;
  } else if (ngx_current_msec - job.marked_at > PlanStore::mark_ms / 4) {
    store_->go_on(job.part(), key);
    job.marked_at = ngx_current_msec;
  }
  char buffer[step_size];
  const std::string_view bytes = job.read(buffer, sizeof(buffer));
  if (bytes.empty()) {
    counters_.add(Counter::plan_changed);
    return false;
  }
  job.add(bytes, job.is_all_read());
  if (!job.is_all_read()) {
    return true;
  }
  std::pmr::string out(heap());
  job.write(out);
  if (!job.is_unchanged()) {
    counters_.add(Counter::plan_changed);
  } else if (!store_->keep(job.part(), key, out)) {
    counters_.add(Counter::plan_no_room);
  } else {
    const bool is_compressed = job.part() == PlanPart::compressed;
    counters_.add(is_compressed ? Counter::plan_made_compressed : Counter::plan_made_splices);
  }
  return false;
}

}  // namespace personalize
