#include "nginx/redis_client/connection/text.h"

namespace personalize {

bool is_not_granted(std::string_view error) noexcept {
  const auto begins = [&](std::string_view with) { return error.substr(0, with.size()) == with; };
  return begins("NOPERM") || begins("ERR unknown") || begins("ERR Unknown");
}

const char* remedy_or(std::string_view error, const char* otherwise) noexcept {
  struct Known {
    std::string_view beginning;
    const char* remedy;
  };
  static constexpr Known known[] = {
      {"NOAUTH", "give personalize_redis a password_file= and, for an ACL user, user="},
      {"WRONGPASS", "check user= and password_file= of personalize_redis"},
      {"NOPERM", "allow the user= of personalize_redis this command and its keys (Redis ACL)"},
      {"DENIED", "it is in protected mode: give it a password, and personalize_redis too"},
      {"ERR max number of clients", "raise maxclients in its configuration"},
      {"MOVED", "it is part of a cluster: give personalize_redis mode=cluster"},
      {"CLUSTERDOWN", "slots of the cluster have no master: see CLUSTER INFO"},
      {"ERR This instance has cluster support disabled",
       "it is not in cluster mode: check mode= of personalize_redis"},
      {"LOADING", "it reads its data and answers when it has"},
      {"MASTERDOWN", "it is a replica without a master: see its replica-serve-stale-data"},
      {"READONLY",
       "it is a replica now: other addresses of personalize_redis are tried, and names resolved "
       "again"},
      {"MISCONF", "it cannot save its data and refuses writes: see its own log"},
      {"OOM", "it is full and refuses writes: see its maxmemory"},
  };
  for (const Known& one : known) {
    if (error.substr(0, one.beginning.size()) == one.beginning) {
      return one.remedy;
    }
  }
  return otherwise;
}

}  // namespace personalize
