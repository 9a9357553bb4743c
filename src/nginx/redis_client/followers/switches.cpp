#include "nginx/redis_client/followers/switches.h"

#include <algorithm>

#include "nginx/redis_client/connection/text.h"
#include "nginx/redis_client/followers/first_worker.h"

namespace personalize {

namespace {

// The polling interval: with two round trips, a switch takes effect within a second even if Redis
// does not announce changes.
constexpr ngx_msec_t interval = 500;

// A late answer is not logged before this time after the start.
constexpr ngx_msec_t patience = 1000;

Switch read_switch(const RedisReply& value) noexcept {
  if (value.kind != RedisReply::Kind::string) {
    return Switch::unset;
  }
  return value.text == "on" ? Switch::on : value.text == "off" ? Switch::off : Switch::unset;
}

const char* to_text(Switch value) noexcept {
  return value == Switch::on ? "on" : value == Switch::off ? "off" : "as configured";
}

}  // namespace

std::uint32_t SwitchPlan::add(const std::vector<std::string>& switch_names) {
  std::vector<std::uint32_t> indices;
  for (const auto& name : switch_names) {
    const auto found = std::find(names.begin(), names.end(), name);
    indices.push_back(static_cast<std::uint32_t>(found - names.begin()));
    if (found == names.end()) {
      names.push_back(name);
    }
  }
  sites.push_back(std::move(indices));
  return static_cast<std::uint32_t>(sites.size() - 1);
}

RedisSwitches::RedisSwitches(const SwitchPlan& plan, RedisClient* redis, SharedSwitches& shared,
                             ngx_log_t* log)
    : plan_(plan), redis_(redis), shared_(shared), log_(log), all_(plan.names.size()) {
  for (const auto& indices : plan.sites) {
    sites_.emplace_back(indices.size());
  }
  if (redis == nullptr || plan.names.empty()) {
    return;
  }
  command_ = {"HMGET", key};
  command_.insert(command_.end(), plan.names.begin(), plan.names.end());
  for (std::size_t i = 0; i < plan.names.size(); ++i) {
    set(i, shared.get(plan.names[i]));
  }
  timer_.bind<&RedisSwitches::on_timer>(*this, log);
  refresh();
  timer_.start(interval);
}

RedisSwitches::~RedisSwitches() {
  if (asking_) {
    redis_->cancel(*this);
  }
}

void RedisSwitches::on_timer() noexcept {
  if (ngx_exiting) {
    return;
  }
  refresh();
  timer_.start(interval);
}

void RedisSwitches::refresh() noexcept {
  if (command_.empty()) {
    return;
  }
  if (asking_) {
    ask_again_ = true;
    return;
  }
  asked_exists_ = true;
  asking_ = redis_->send({"EXISTS", key}, *this);
  if (!asking_) {
    log_unknown();
  }
}

void RedisSwitches::on_reply(const RedisReply& reply) noexcept {
  asking_ = false;
  const bool is_there = asked_exists_ && reply.kind == RedisReply::Kind::integer;
  if (is_there && reply.integer != 0) {
    asked_exists_ = false;
    asking_ = redis_->send(command_.data(), command_.size(), *this);
    return;
  }
  const bool is_answer = is_there || (!asked_exists_ && reply.kind == RedisReply::Kind::array &&
                                      reply.count == plan_.names.size());
  if (is_answer) {
    announced_ = false;
    shared_.set_known();
    for (std::size_t i = 0; i < plan_.names.size(); ++i) {
      const Switch value = is_there ? Switch::unset : read_switch(reply.elements[i]);
      if (value != all_.get(i)) {
        ngx_log_error(level_of_first_worker(NGX_LOG_NOTICE), log_, 0,
                      "personalize: %s is switched: %s", plan_.names[i].c_str(), to_text(value));
        set(i, value);
      }
      shared_.set(plan_.names[i], value);
    }
  } else if (!announced_) {
    announced_ = true;
    ngx_log_error(
        level_of_first_worker(NGX_LOG_WARN), log_, 0,
        "personalize: the hash pz:switches cannot be read, so switches stay as they "
        "were: %s",
        reply.kind == RedisReply::Kind::error ? Printable(reply.text).c_str() : "unexpected reply");
  }
  if (ask_again_) {
    ask_again_ = false;
    refresh();
  }
}

void RedisSwitches::on_failure(RedisFailure) noexcept {
  asking_ = false;
  ask_again_ = false;
  log_unknown();
}

void RedisSwitches::write(MetricsWriter& writer) const {
  writer.begin(metrics::switches);
  for (std::size_t i = 0; i < plan_.names.size(); ++i) {
    if (all_.get(i) != Switch::unset) {
      writer.add({plan_.names[i]}, all_.get(i) == Switch::on ? 1 : 0);
    }
  }
}

// Logs once that there are no last known switches.
void RedisSwitches::log_unknown() noexcept {
  if (announced_unknown_ || shared_.are_known() || !is_due(began_at_ + patience)) {
    return;
  }
  announced_unknown_ = true;
  ngx_log_error(level_of_first_worker(NGX_LOG_WARN), log_, 0,
                "personalize: Redis has not answered since NGINX was started: until it does, the "
                "switches in pz:switches are ignored, and campaigns and experiments run as "
                "configured");
}

void RedisSwitches::set(std::size_t name, Switch value) noexcept {
  all_.set(name, value);
  for (std::size_t site = 0; site < sites_.size(); ++site) {
    const auto& indices = plan_.sites[site];
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (indices[i] == name) {
        sites_[site].set(i, value);
      }
    }
  }
}

}  // namespace personalize
