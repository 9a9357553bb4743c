// SIGINT and SIGTERM, for commands that run until they are stopped: they end what they are at.
#pragma once

#include <chrono>

namespace personalize::report {

// From now on the signals are noted. A reader that goes away does not end the program either.
void stop_by_signals();
bool is_stopped() noexcept;

// Waits so long, or until a signal comes.
void wait(std::chrono::milliseconds pause);

}  // namespace personalize::report
