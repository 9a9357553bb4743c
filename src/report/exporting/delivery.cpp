#include "report/exporting/delivery.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace personalize::report {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const noexcept { return number_; }
  // Returns false if what was written is lost.
  bool close() noexcept {
    const int number = number_;
    number_ = -1;
    return number < 0 || ::close(number) == 0;
  }

 private:
  int number_;
};

std::string system_error(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

class OutputDelivery : public Delivery {
 public:
  bool deliver(std::string_view lines, std::string& problem) override {
    if (write_all(STDOUT_FILENO, lines)) {
      return true;
    }
    problem = system_error("cannot write to standard output");
    return false;
  }
  bool may_recover() const override { return false; }
};

class FileDelivery : public Delivery {
 public:
  explicit FileDelivery(std::string path) : path_(std::move(path)) {}

  bool deliver(std::string_view lines, std::string& problem) override {
    constexpr int mode = 0640;
    Descriptor file(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, mode));
    if (file.number() < 0) {
      problem = system_error(path_);
      return false;
    }
    // What was written of a batch that failed goes away, so that no line is torn.
    const off_t before = end_of_lines(file.number());
    const bool done = write_all(file.number(), lines) &&
                      (fsync(file.number()) == 0 || errno == EINVAL);  // a pipe cannot be synced
    if (!done) {
      problem = system_error(path_);
      if (before >= 0 && ftruncate(file.number(), before) != 0) {
        problem += ", and the last line may be torn";
      }
    }
    return done && file.close();
  }

 private:
  // Returns where the last whole line ends, and drops what is behind it: this program was killed
  // while it wrote, and the batch comes again. Returns -1 for what is no file.
  static off_t end_of_lines(int file) {
    constexpr off_t step = 4096;
    const off_t size = lseek(file, 0, SEEK_END);
    char bytes[step];
    for (off_t end = size; end > 0;) {
      const off_t begin = std::max<off_t>(end - step, 0);
      const ssize_t count = pread(file, bytes, static_cast<std::size_t>(end - begin), begin);
      if (count != end - begin) {
        return size;
      }
      const auto newline = std::string_view(bytes, static_cast<std::size_t>(count)).rfind('\n');
      if (newline != std::string_view::npos) {
        const off_t lines = begin + static_cast<off_t>(newline) + 1;
        return lines == size || ftruncate(file, lines) != 0 ? size : lines;
      }
      end = begin;
    }
    return size <= 0 || ftruncate(file, 0) != 0 ? size : 0;
  }

  std::string path_;
};

class CommandDelivery : public Delivery {
 public:
  explicit CommandDelivery(std::string command) : command_(std::move(command)) {}

  bool deliver(std::string_view lines, std::string& problem) override {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      problem = system_error("cannot make a pipe");
      return false;
    }
    Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    const pid_t child = fork();
    if (child < 0) {
      problem = system_error("cannot start a process");
      return false;
    }
    if (child == 0) {
      run(reading.number());
    }
    reading.close();
    const bool is_written = write_all(writing.number(), lines);
    const int write_error = errno;
    writing.close();
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const bool is_done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (is_done && !is_written && write_error == EPIPE) {
      problem = "the command ended before it had read all lines: " + command_;
      return false;
    }
    if (!is_done) {
      problem =
          (WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) + " ended "
                               : "exit status " + std::to_string(WEXITSTATUS(status)) + " of ") +
          "the command: " + command_;
    }
    return is_done;
  }

 private:
  [[noreturn]] void run(int input) const {
    // Signals that end this program at the end of a batch do not end the batch.
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    dup2(input, STDIN_FILENO);
    execl("/bin/sh", "sh", "-c", command_.c_str(), static_cast<char*>(nullptr));
    constexpr int not_found = 127;
    _exit(not_found);
  }

  std::string command_;
};

}  // namespace

std::unique_ptr<Delivery> deliver_to_output() {
  return std::make_unique<OutputDelivery>();
}

std::unique_ptr<Delivery> deliver_to_file(const std::string& path) {
  return std::make_unique<FileDelivery>(path);
}

std::unique_ptr<Delivery> deliver_to_command(const std::string& command) {
  return std::make_unique<CommandDelivery>(command);
}

}  // namespace personalize::report
