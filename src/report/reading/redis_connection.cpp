#include "report/reading/redis_connection.h"

#include <sys/time.h>

#include <utility>

#include "base/numbers/number.h"
#include "base/text/text.h"

namespace personalize::report {

namespace {

constexpr timeval patience = {30, 0};

std::string name_of(const RedisAddress& address) {
  return address.host.front() == '/' ? address.host
                                     : address.host + ":" + std::to_string(address.port);
}

}  // namespace

RedisAddress read_redis_address(std::string_view text) {
  RedisAddress address;
  if (ascii::starts_with(text, "unix:")) {
    text.remove_prefix(5);
  }
  if (!text.empty() && text.front() == '/') {
    address.host = text;
    return address;
  }
  const auto colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (text.find(':') == colon || (colon > 0 && text[colon - 1] == ']'));
  std::string_view host = has_port ? text.substr(0, colon) : text;
  if (has_port) {
    const auto port = read_integer<unsigned>(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) {
      throw ReadError("invalid port in " + quoted(text));
    }
    address.port = *port;
  }
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) {
    throw ReadError("invalid address " + quoted(text) +
                    ", HOST:PORT or the path of a socket expected");
  }
  address.host = host;
  return address;
}

RedisConnection::RedisConnection(const RedisAddress& address) : address_(address) {
  connect();
}

void RedisConnection::connect() {
  name_ = name_of(address_);
  context_.reset(address_.host.front() == '/'
                     ? redisConnectUnixWithTimeout(address_.host.c_str(), patience)
                     : redisConnectWithTimeout(address_.host.c_str(),
                                               static_cast<int>(address_.port), patience));
  if (context_ == nullptr || context_->err != 0) {
    throw ReadError(name_ + ": cannot connect to Redis: " +
                    (context_ == nullptr ? "out of memory" : context_->errstr));
  }
  redisSetTimeout(context_.get(), patience);
  if (!address_.password.empty()) {
    if (address_.user.empty()) {
      command({"AUTH", address_.password});
    } else {
      command({"AUTH", address_.user, address_.password});
    }
  }
  if (address_.database != 0) {
    command({"SELECT", std::to_string(address_.database)});
  }
}

void RedisConnection::follow(const std::string& key) {
  // "MOVED SLOT HOST:PORT"
  const auto reply = ask({"TYPE", key});
  const auto text = text_of(*reply);
  const auto place = text.rfind(' ');
  if (reply->type != REDIS_REPLY_ERROR || !ascii::starts_with(text, "MOVED ")) {
    return;
  }
  const auto node = read_redis_address(text.substr(place + 1));
  address_.host = node.host;
  address_.port = node.port;
  connect();
}

void RedisConnection::send(const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  int is_sent = 0;
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(),
                             sizes.data()) != REDIS_OK) {
    throw ReadError(name_ + ": " + context_->errstr);
  }
  // What cannot be written now, receive() writes.
  redisBufferWrite(context_.get(), &is_sent);
}

Reply RedisConnection::ask(const std::vector<std::string_view>& words) {
  send(words);
  return next_reply();
}

Reply RedisConnection::next_reply() {
  void* reply = nullptr;
  if (redisGetReply(context_.get(), &reply) != REDIS_OK) {
    throw ReadError(name_ + ": Redis does not answer: " + context_->errstr);
  }
  return Reply(static_cast<redisReply*>(reply));
}

Reply RedisConnection::receive() {
  auto reply = next_reply();
  if (reply->type == REDIS_REPLY_ERROR) {
    throw ReadError(name_ + ": " + std::string(text_of(*reply)));
  }
  return reply;
}

Reply RedisConnection::command(const std::vector<std::string_view>& words) {
  send(words);
  return receive();
}

const char* read_event_entry(const redisReply& pairs, Event& event) {
  event.clear();
  if (pairs.type != REDIS_REPLY_ARRAY) {
    return "it has no fields";
  }
  for (std::size_t i = 0; i + 1 < pairs.elements; i += 2) {
    if (const auto field = field_of(text_of(*pairs.element[i]))) {
      event.set(*field, text_of(*pairs.element[i + 1]));
    }
  }
  return event.finish();
}

}  // namespace personalize::report
