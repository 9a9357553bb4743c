#include "nginx/redis_client/followers/weights.h"

#include <json/value.h>
#include <json/writer.h>

#include <algorithm>

#include "nginx/redis_client/connection/text.h"
#include "nginx/redis_client/followers/first_worker.h"

namespace personalize {

namespace {

// The polling interval: new weights count within a second.
constexpr ngx_msec_t interval = 500;
// After so many of them the declarations are written again, since Redis may have lost them.
constexpr unsigned declared_every = 120;

std::string declaration_of(const AllocatedExperiment& experiment) {
  Json::Value json(Json::objectValue);
  json["metric"] = experiment.metric;
  json["every"] = Json::Value::Int64{experiment.every_s};
  json["floor"] = experiment.floor;
  // A list, since the order is the configuration's.
  for (std::size_t i = 0; i < experiment.variants.size(); ++i) {
    Json::Value variant(Json::objectValue);
    variant["name"] = experiment.variants[i];
    variant["share"] = experiment.shares[i];
    json["variants"].append(variant);
  }
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  return Json::writeString(writer, json);
}

}  // namespace

void WeightPlan::add(const Program& program) {
  const auto site = static_cast<std::uint32_t>(programs.size());
  programs.push_back(&program);
  for (const auto& experiment : program.allocated()) {
    const std::string& name = program.experiment_name(experiment.id);
    auto found = std::find_if(named.begin(), named.end(),
                              [&](const Named& one) { return one.name == name; });
    if (found == named.end()) {
      found = named.insert(named.end(), {name, declaration_of(experiment), {}});
    }
    found->places.push_back({site, experiment.id});
  }
}

RedisWeights::RedisWeights(const WeightPlan& plan, RedisClient* redis, SharedAllocations& shared,
                           ngx_log_t* log)
    : plan_(plan), redis_(redis), shared_(shared), log_(log), texts_(plan.named.size()) {
  for (const Program* program : plan.programs) {
    sites_.emplace_back(*program);
  }
  if (redis == nullptr || plan.named.empty()) {
    return;
  }
  question_ = {"HMGET", key};
  declaration_ = {"HSET", declarations_key};
  for (std::size_t i = 0; i < plan.named.size(); ++i) {
    const auto& named = plan.named[i];
    question_.push_back(named.name);
    declaration_.insert(declaration_.end(), {named.name, named.declaration});
    const std::string kept = shared.get(named.name);
    if (set(i, kept)) {
      texts_[i] = kept;
    }
  }
  timer_.bind<&RedisWeights::on_timer>(*this, log);
  ask();
  timer_.start(interval);
}

RedisWeights::~RedisWeights() {
  if (asking_) {
    redis_->cancel(*this);
  }
}

void RedisWeights::on_timer() noexcept {
  if (ngx_exiting) {
    return;
  }
  ask();
  timer_.start(interval);
}

void RedisWeights::ask() noexcept {
  asking_ = asking_ || redis_->send(question_.data(), question_.size(), *this);
}

// By the first worker alone. A worker that ends writes nothing, so that the newest configuration
// counts.
void RedisWeights::declare() noexcept {
  if (ngx_worker != 0 || ngx_exiting) {
    return;
  }
  if (until_declared_ != 0) {
    --until_declared_;
    return;
  }
  declaring_ = asking_ = redis_->send(declaration_.data(), declaration_.size(), *this);
  until_declared_ = declaring_ ? declared_every : 0;
}

void RedisWeights::on_reply(const RedisReply& reply) noexcept {
  asking_ = false;
  if (!declaring_) {
    return read(reply);
  }
  declaring_ = false;
  if (reply.kind == RedisReply::Kind::error && !announced_unknown_) {
    announced_unknown_ = true;
    ngx_log_error(NGX_LOG_WARN, log_, 0,
                  "personalize: the hash pz:experiments cannot be written, by which "
                  "personalize-report learns of experiments with \"allocate\": %s",
                  Printable(reply.text).c_str());
  }
}

void RedisWeights::read(const RedisReply& reply) noexcept {
  if (reply.kind != RedisReply::Kind::array || reply.count != plan_.named.size()) {
    if (!announced_) {
      announced_ = true;
      ngx_log_error(level_of_first_worker(NGX_LOG_WARN), log_, 0,
                    "personalize: the hash pz:weights cannot be read, so experiments with "
                    "\"allocate\" go on with the shares that they have: %s",
                    reply.kind == RedisReply::Kind::error ? Printable(reply.text).c_str()
                                                          : "unexpected reply");
    }
    return;
  }
  announced_ = false;
  for (std::size_t i = 0; i < plan_.named.size(); ++i) {
    const RedisReply& value = reply.elements[i];
    take(i, value.kind == RedisReply::Kind::string ? value.text : std::string_view());
  }
  declare();
}

void RedisWeights::on_failure(RedisFailure) noexcept {
  asking_ = false;
  if (declaring_) {
    declaring_ = false;
    until_declared_ = 0;
  }
}

// Gives the text to all experiments of the name. Returns false if one of them does not take it.
bool RedisWeights::set(std::size_t i, std::string_view text) noexcept {
  bool is_taken = true;
  for (const auto& place : plan_.named[i].places) {
    is_taken = sites_[place.site].set(place.id, text) && is_taken;
  }
  return is_taken;
}

void RedisWeights::take(std::size_t i, std::string_view text) noexcept {
  if (text == texts_[i]) {
    return;
  }
  try {
    texts_[i] = text;
  } catch (const std::bad_alloc&) {
    return;  // it is taken next time
  }
  const char* name = plan_.named[i].name.c_str();
  if (!set(i, text)) {
    ngx_log_error(level_of_first_worker(NGX_LOG_WARN), log_, 0,
                  "personalize: experiment %s keeps the shares that it has: pz:weights does not "
                  "give a version, and each of its variants a share, which add up to 1: %s",
                  name, Printable(text).c_str());
    return;
  }
  ngx_log_error(level_of_first_worker(NGX_LOG_NOTICE), log_, 0,
                "personalize: experiment %s has new shares: %s", name,
                text.empty() ? "as configured" : Printable(text).c_str());
  shared_.set(plan_.named[i].name, text);
}

}  // namespace personalize
