#include "nginx/request/filters/file_reader.h"

#include "nginx/platform/core_conf.h"

namespace personalize {

namespace {

// Its address tells our buffers from others.
char tag;

// A page of ordinary size is read by one call, into memory that the heap gives without asking the
// system.
constexpr std::size_t buffer_size = 65536;
constexpr ngx_int_t buffer_count = 2;

}  // namespace

FileReader::FileReader(ngx_http_request_t* r, Next next) noexcept : r_(r), next_(next) {
  chain_.pool = r->pool;
  chain_.bufs.num = buffer_count;
  chain_.bufs.size = buffer_size;
  chain_.alignment = core_loc_conf(r).directio_alignment;
  chain_.need_in_memory = 1;
  chain_.tag = &tag;
  chain_.output_filter = [](void* self, ngx_chain_t* in) {
    auto* reader = static_cast<FileReader*>(self);
    return reader->next_(reader->r_, in);
  };
  chain_.filter_ctx = this;
}

ngx_int_t FileReader::read(ngx_chain_t* in) noexcept {
#if (NGX_THREADS)
  for (const ngx_chain_t* link = in; link != nullptr; link = link->next) {
    if (link->buf->in_file && link->buf->file->thread_handler != nullptr) {
      thread_handler_ = link->buf->file->thread_handler;
      chain_.thread_handler = read_in_thread;
    }
  }
#endif
#if (NGX_HAVE_FILE_AIO || NGX_THREADS)
  chain_.aio = r_->aio;
#endif
  const ngx_int_t rc = ngx_output_chain(&chain_, in);
  if (chain_.in == nullptr) {
    stop();
  } else {
    r_->connection->buffered |= reading_bit;
  }
  return rc;
}

#if (NGX_THREADS)
// Has the copy filter's handler post the task and wake the request, as for its own reads. NGINX has
// been told to call this one, with our chain's context; what sends the file later is to call the
// copy filter's.
ngx_int_t FileReader::read_in_thread(ngx_thread_task_t* task, ngx_file_t* file) noexcept {
  auto* self = static_cast<FileReader*>(file->thread_ctx);
  file->thread_ctx = self->r_;
  file->thread_handler = self->thread_handler_;
  const ngx_int_t rc = self->thread_handler_(task, file);
  self->chain_.aio = self->r_->aio;
  return rc;
}
#endif

void FileReader::stop() noexcept {
  r_->connection->buffered &= ~reading_bit;
}

}  // namespace personalize
