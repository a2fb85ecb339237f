// Writing a whole file or none of it.
//
// The invariant: at every moment `path` holds either its old content or all of the new one. A
// temporary file in the same folder (so that rename() never crosses a file system) takes the
// content, reaches the disk, and only then takes the name; it's removed whatever goes wrong. Where
// the file system can, it has no name at all until then: a kill leaves nothing behind, unless it
// comes between the two calls that name it, and then a hidden file.
#include "results/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <optional>

#include "results/files.h"

namespace sgdbench {
namespace {

namespace fs = std::filesystem;

std::optional<struct stat> look_at(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return info;
  if (errno == ENOENT) return std::nullopt;
  refuse_write(path);
}

/// A file that its owner made read-only is not replaced, though its folder would allow it; nor can
/// one of another user be in a folder like /tmp.
void check_replaceable(const fs::path& path, const struct stat& file) {
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == -1) refuse_write(path);
  struct stat folder {};
  if (::stat(folder_of(path).c_str(), &folder) == -1) refuse_write(path);
  const auto user = ::geteuid();
  if ((folder.st_mode & S_ISVTX) && user != 0 && user != file.st_uid && user != folder.st_uid)
    refuse_write(path, "its folder lets the owner alone replace it");
}

/// A new file without a name, or of a name that is not in use; removed again unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target), file_(create()) {}
  ~TemporaryFile() {
    if (named_) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// A file that is replaced keeps its permissions, and its owner where that may be given.
  void permit_like(const struct stat& replaced) {
    [[maybe_unused]] const int kept = ::fchown(file_.get(), replaced.st_uid, replaced.st_gid);
    if (::fchmod(file_.get(), replaced.st_mode & 0777) == -1) refuse_write(target_);
  }
  void append(std::string_view content) { write_all(file_.get(), content, target_); }
  void close() {
    sync_file(file_.get(), target_);
    if (!named_) link();
    if (!file_.close()) refuse_write(target_);
  }
  /// linkat() would do, but it replaces nothing.
  void rename() {
    if (::rename(name_.c_str(), target_.c_str()) == -1) refuse_write(target_);
    named_ = false;
  }

 private:
  int create() {
    const fs::path folder = folder_of(target_);
    constexpr int kUnnamed = O_WRONLY | O_TMPFILE | O_CLOEXEC;
    const int unnamed = retry([&] { return ::open(folder.c_str(), kUnnamed, 0666); });
    if (unnamed >= 0 && ::access(link_to(unnamed).c_str(), F_OK) == 0) return unnamed;
    if (unnamed >= 0) ::close(unnamed);
    return with_new_name([this] {
      constexpr int kNamed = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
      return retry([this] { return ::open(name_.c_str(), kNamed, 0666); });
    });
  }
  void link() {
    with_new_name([this] {
      return ::linkat(AT_FDCWD, link_to(file_.get()).c_str(), AT_FDCWD, name_.c_str(),
                      AT_SYMLINK_FOLLOW);
    });
  }
  static std::string link_to(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

  /// What `make`, which is tried with several names and is −1 if it fails, returns. The name
  /// doesn't grow with the target's, which may be as long as the system allows.
  template <class Make>
  int with_new_name(Make make) {
    static std::atomic<unsigned> counter{0};
    for (int attempt = 0; attempt < 1000; ++attempt) {
      name_ = folder_of(target_) / (".sgdbench-" + std::to_string(::getpid()) + '-' +
                                    std::to_string(counter.fetch_add(1)) + ".tmp");
      const int result = make();
      if (result >= 0) {
        named_ = true;
        return result;
      }
      if (errno != EEXIST) break;
    }
    refuse_write(target_);
  }

  fs::path target_, name_;
  bool named_ = false;
  Descriptor file_;
};

}  // namespace

/// Either a temporary file that takes the name at the end, or an open special file.
struct AtomicFile::State {
  fs::path path, target;
  std::optional<TemporaryFile> temporary;
  std::optional<Descriptor> direct;  ///< stdout is not closed here: it has neither
};

AtomicFile::AtomicFile(const fs::path& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  if (path == "-") return;
  if (const auto number = descriptor_of(path)) {
    state_->direct.emplace(retry([&] { return ::fcntl(*number, F_DUPFD_CLOEXEC, 0); }));
    if (state_->direct->get() < 0) refuse_write(path);
    return;
  }
  const auto existing = look_at(path);
  if (existing && S_ISDIR(existing->st_mode)) refuse_write(path, "it is a folder");
  if (existing && !S_ISREG(existing->st_mode)) {
    state_->direct.emplace(open_for_writing(path));
    return;
  }
  // A symbolic link stays a link: what it points to is replaced, or made.
  state_->target = follow_links(path);
  if (existing) check_replaceable(state_->target, *existing);
  state_->temporary.emplace(state_->target);
  if (existing) state_->temporary->permit_like(*existing);
}

AtomicFile::~AtomicFile() = default;

void AtomicFile::append(std::string_view piece) {
  if (state_->temporary)
    state_->temporary->append(piece);
  else if (state_->direct)
    write_all(state_->direct->get(), piece, state_->path);
  else
    write_all(STDOUT_FILENO, piece, "stdout");
}

void AtomicFile::finish() {
  if (state_->direct && !state_->direct->close()) refuse_write(state_->path);
  if (!state_->temporary) return;
  state_->temporary->close();
  state_->temporary->rename();
  sync_folder(folder_of(state_->target), state_->path);
}

void write_atomically(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.append(content);
  file.finish();
}

void check_writable(const fs::path& path) {
  if (path.empty()) refuse_write("''", "an empty path");
  if (const auto number = path == "-" ? STDOUT_FILENO : descriptor_of(path)) {
    const int flags = ::fcntl(*number, F_GETFL);
    if (flags == -1 || (flags & O_ACCMODE) == O_RDONLY)
      refuse_write(path == "-" ? "stdout" : path, "it is closed");
    return;
  }
  const auto existing = look_at(path);
  if (existing && S_ISDIR(existing->st_mode)) refuse_write(path, "it is a folder");
  if (existing && !S_ISREG(existing->st_mode)) {
    if (::access(path.c_str(), W_OK) == -1) refuse_write(path);
    return;
  }
  const fs::path target = follow_links(path), folder = folder_of(target);
  const auto parent = look_at(folder);
  if (!parent) refuse_write(path, "the folder " + folder.string() + " does not exist");
  if (!S_ISDIR(parent->st_mode)) refuse_write(path, folder.string() + " is not a folder");
  if (!target.has_filename()) refuse_write(path, "it names no file");
  if (::access(folder.c_str(), W_OK | X_OK) == -1) refuse_write(folder);
  if (existing) check_replaceable(target, *existing);
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw WriteError("cannot make the folder " + folder.string() + ": " + error.message());
}

}  // namespace sgdbench
