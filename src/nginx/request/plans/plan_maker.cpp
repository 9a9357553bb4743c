#include "nginx/request/plans/plan_maker.h"

#include <unistd.h>

#include <algorithm>
#include <memory_resource>
#include <string>
#include <utility>

#include "base/gzip.h"
#include "personalize/rewrite/compressed_page.h"
#include "personalize/rewrite/plan.h"

namespace personalize {

namespace {

// Bytes of the page in one step: compressing them twice takes about a millisecond.
constexpr std::size_t step_size = 16384;

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

// The page's bytes, one piece after the other.
class PlanMaker::Source {
 public:
  Source(const PageKey& key, const File& file) : file_(file), next_(key.begin), end_(key.end) {
    if (key.is_gzip != 0) {
      inflater_ = std::make_unique<Inflater>();
    }
  }

  enum class Outcome : std::uint8_t { more, last, unreadable, damaged };

  // Sets `piece` to the next bytes, in `buffer`.
  Outcome read(char* buffer, std::size_t room, std::string_view& piece) noexcept {
    return inflater_ == nullptr ? read_file(buffer, room, piece) : inflate(buffer, room, piece);
  }

 private:
  struct Inflater {
    GzipReader reader{heap()};
    char buffer[step_size];
    std::string_view unread;
  };

  Outcome read_file(char* buffer, std::size_t room, std::string_view& piece) noexcept {
    const std::size_t size = std::min<std::uint64_t>(room, end_ - next_);
    if (pread(file_.get(), buffer, size, static_cast<off_t>(next_)) != static_cast<ssize_t>(size)) {
      return Outcome::unreadable;
    }
    next_ += size;
    piece = {buffer, size};
    return next_ == end_ ? Outcome::last : Outcome::more;
  }

  Outcome inflate(char* buffer, std::size_t room, std::string_view& piece) noexcept {
    std::size_t written = 0;
    while (written < room) {
      if (inflater_->unread.empty()) {
        if (next_ == end_) {
          break;
        }
        if (read_file(inflater_->buffer, step_size, inflater_->unread) == Outcome::unreadable) {
          return Outcome::unreadable;
        }
      }
      written += inflater_->reader.read(inflater_->unread, buffer + written, room - written);
    }
    piece = {buffer, written};
    if (written == room) {
      return Outcome::more;
    }
    return inflater_->reader.state() == GzipReader::State::whole ? Outcome::last : Outcome::damaged;
  }

  const File& file_;
  std::uint64_t next_;
  std::uint64_t end_;
  std::unique_ptr<Inflater> inflater_;  // nullptr if the bytes are not compressed
};

// One part of one page's plan, being made.
class PlanMaker::Job {
 public:
  Job(PlanPart part, const PageKey& key, File file)
      : part_(part), key_(key), file_(std::move(file)), source_(key_, file_) {}
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Takes the next bytes of the page.
  virtual void add(std::string_view bytes, bool is_last) = 0;
  // Appends what is to be kept.
  virtual void write(std::pmr::string& out) = 0;
  // Returns then whether it is better not to have it.
  virtual bool is_refused() const noexcept { return false; }

  PlanPart part() const noexcept { return part_; }
  const PageKey& key() const noexcept { return key_; }
  Source& source() noexcept { return source_; }

  // Returns whether the file is still the one that the key tells.
  bool is_unchanged() const noexcept { return personalize::is_unchanged(file_.get(), key_); }

  bool is_begun = false;
  ngx_msec_t marked_at = 0;
  std::uint64_t page_size = 0;  // so far

 private:
  PlanPart part_;
  PageKey key_;
  File file_;
  Source source_;
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
  CompressJob(const PageKey& key, File file, const PagePlan& plan, int level)
      : Job(PlanPart::compressed, key, std::move(file)), compressor_(plan, level, heap()) {}

  void add(std::string_view bytes, bool) override { compressor_.add(bytes); }
  void write(std::pmr::string& out) override { compressor_.write(out); }
  bool is_refused() const noexcept override { return compressor_.is_fragmented(); }

 private:
  PageCompressor compressor_;
};

PlanMaker::PlanMaker(PlanStore* store, std::uint64_t longest_page, Counters& counters,
                     ngx_log_t* log) noexcept
    : store_(store), longest_page_(longest_page), counters_(counters) {
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

bool PlanMaker::make_compressed(const PageKey& key, ngx_fd_t fd, const PagePlan& plan,
                                int level) noexcept {
  return add(PlanPart::compressed, key, fd, [&](File own) {
    return std::make_unique<CompressJob>(key, std::move(own), plan, level);
  });
}

// A worker that shuts down begins nothing more.
template <class MakeJob>
bool PlanMaker::add(PlanPart part, const PageKey& key, ngx_fd_t fd, MakeJob make) noexcept {
  const bool is_here = std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& job) {
    return job->part() == part && job->key().bytes() == key.bytes();
  });
  if (is_here || ngx_exiting || ngx_terminate || !store_->is_missing(part, key.bytes())) {
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
  std::string_view piece;
  const Source::Outcome outcome = job.source().read(buffer, sizeof(buffer), piece);
  if (outcome == Source::Outcome::unreadable || outcome == Source::Outcome::damaged) {
    counters_.add(outcome == Source::Outcome::damaged ? Counter::plan_encoding
                                                      : Counter::plan_changed);
    if (outcome == Source::Outcome::damaged) {
      store_->refuse(job.part(), key);
    }
    return false;
  }
  job.page_size += piece.size();
  if (job.page_size > longest_page_) {
    counters_.add(Counter::plan_too_large);
    store_->refuse(job.part(), key);
    return false;
  }
  job.add(piece, outcome == Source::Outcome::last);
  if (outcome != Source::Outcome::last) {
    return true;
  }
  std::pmr::string out(heap());
  job.write(out);
  if (job.is_refused()) {
    counters_.add(Counter::plan_fragmented);
    store_->refuse(job.part(), key);
  } else if (!job.is_unchanged()) {
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
