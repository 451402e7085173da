/* reading.c - starts dfix-read for a job, hands the job over, waits for its answer. */
#include "host/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fetch.h"
#include "host/files.h"
#include "host/helper.h"
#include "host/process.h"

/* Longer than any job takes: the helper's own limit of CPU time ends it before. */
enum { PATIENCE_MS = 15 * 60 * 1000, RECEIVE = 64 << 10 };

void reading_begin(struct reading *r, struct arena *a, enum read_kind kind)
{
    *r = (struct reading){.arena = a, .request = {.arena = a}, .answer = S(""), .data = S("")};
    wire_begin(&r->request, (int)kind);
}

static bool hand_over(struct reading *r, int fd, const char *what, struct err *e)
{
    if (fd < 0)
        return err_set(e, "%s: %s", what, strerror(errno));
    if (r->fd.n == READ_FILES_MAX) {
        close(fd);
        return err_set(e, "%s: there are more files than one job may read", what);
    }
    vec_push(r->arena, &r->fd, fd);
    return true;
}

bool reading_file(struct reading *r, struct str path, struct err *e)
{
    const char *name = str_cstr(r->arena, path);
    return hand_over(r, open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK), name, e);
}

bool reading_bytes(struct reading *r, struct str bytes, struct err *e)
{
    int fd = memfd_create("bytes", MFD_CLOEXEC);
    if (fd >= 0 && (!file_put(fd, bytes) || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        fd = -1;
    }
    return hand_over(r, fd, "memory for what is read", e);
}

void reading_end(struct reading *r)
{
    for (size_t i = 0; i < r->fd.n; i++)
        close(r->fd.v[i]);
    r->fd.n = 0;
}

/* ---- the helper ---- */

struct child {
    pid_t pid;
    int fd;
};

static bool child_start(struct arena *a, struct child *c, struct err *e)
{
    struct str path;
    int pair[2];
    if (!helper_path(a, "dfix-read", "DFIX_READ", &path, e))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set(e, "cannot talk to dfix-read: %s", strerror(errno));
    const char *argv[] = {"dfix-read", NULL};
    const struct process_fd fd[] = {{STDIN_FILENO, pair[1]}, {STDOUT_FILENO, PROCESS_NULL}};
    struct process_plan plan = {.file = str_cstr(a, path), .argv = argv, .fd = fd, .nfd = 2};
    int failed = process_start(&plan, &c->pid);
    close(pair[1]);
    c->fd = pair[0];
    if (!failed)
        return true;
    close(pair[0]);
    return err_set(e, "cannot run %s: %s", plan.file, strerror(failed));
}

/* The first bytes of the frame, with the descriptors that go along with them. */
static ssize_t send_with(int socket, struct str bytes, const int *fd, size_t n)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(READ_FILES_ONCE * sizeof(int))];
    } control = {.room = {0}};
    struct iovec v = {.iov_base = (void *)(uintptr_t)bytes.p, .iov_len = bytes.n};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    if (n) {
        m.msg_control = control.room;
        m.msg_controllen = (socklen_t)CMSG_SPACE(n * sizeof *fd);
        control.head = (struct cmsghdr){.cmsg_len = (socklen_t)CMSG_LEN(n * sizeof *fd),
                                        .cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), fd, n * sizeof *fd);
    }
    return sendmsg(socket, &m, MSG_NOSIGNAL);
}

/* Descriptors come with the first bytes of the frame, one byte for each lot of them. False: the
 * helper hears no more, and its answer says why, or its end. */
static bool send_all(int socket, struct str frame, const int *fd, size_t nfd)
{
    while (frame.n) {
        size_t lot = nfd < READ_FILES_ONCE ? nfd : READ_FILES_ONCE;
        ssize_t n = send_with(socket, lot < nfd ? str_sub(frame, 0, 1) : frame, fd, lot);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        frame = str_from(frame, (size_t)n);
        fd += lot;
        nfd -= lot;
    }
    return shutdown(socket, SHUT_WR) == 0;
}

/* All that the helper says. False: more than it may, or it takes too long. */
static bool receive(int socket, struct buf *out)
{
    struct pollfd p = {.fd = socket, .events = POLLIN};
    int64_t end = clock_ms() + PATIENCE_MS;
    char block[RECEIVE];
    for (;;) {
        int64_t left = end - clock_ms();
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        ssize_t n = recv(socket, block, sizeof block, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return true; /* what is missing of the frame is seen */
        buf_add(out, (struct str){block, (size_t)n});
        if (out->n > (size_t)READ_DATA_MAX + WIRE_FRAME_MAX)
            return false;
    }
}

/* What strangers had a hand in is shown without control characters. */
static struct str clean(struct arena *a, struct str s)
{
    char *p = arena_new(a, char, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = (unsigned char)s.p[i] < 32 || s.p[i] == 127 ? '?' : s.p[i];
    return (struct str){p, s.n};
}

/* The value of the first field of that tag, "" when there is none. False: the fields are broken. */
static bool find_field(struct str fields, int wanted, struct str *out)
{
    struct str value;
    bool found = false;
    int tag;
    *out = S("");
    while ((tag = wire_field(&fields, &value)) > 0)
        if (tag == wanted && !found) {
            found = true;
            *out = value;
        }
    return tag == 0;
}

/* Pieces of data, then the frame that ends it all: its kind, 0 when something is missing. */
static int take_frames(struct reading *r, struct str heard, struct str *fields)
{
    struct buf data = {.arena = r->arena};
    struct str piece;
    int kind;
    while ((kind = wire_frame(&heard, fields)) == READ_DATA) {
        if (!find_field(*fields, READ_PIECE, &piece))
            return 0;
        buf_add(&data, piece);
    }
    r->data = buf_str(&data);
    return heard.n ? 0 : kind;
}

static bool take_answer(struct reading *r, struct str heard, int status, struct err *e)
{
    struct str fields = S(""), why = S("");
    int kind = take_frames(r, heard, &fields);
    bool whole =
        (kind == READ_DONE || kind == READ_REFUSED) && find_field(fields, READ_ERROR, &why);

    r->broken = !whole || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (WIFSIGNALED(status))
        return err_set(e, "dfix-read was killed by signal %d", WTERMSIG(status));
    if (r->broken)
        return err_set(e, "dfix-read ended without an answer");
    r->answer = fields;
    return kind == READ_DONE || err_set(e, STR_FMT, STR_ARG(clean(r->arena, why)));
}

bool reading_run(struct reading *r, struct err *e)
{
    struct child c;
    struct buf heard = {.arena = r->arena};

    r->broken = true;
    wire_end(&r->request, 0);
    if (r->request.n > WIRE_FRAME_MAX)
        return err_set(e, "a job for dfix-read is too large");
    if (!child_start(r->arena, &c, e))
        return false;
    send_all(c.fd, buf_str(&r->request), r->fd.v, r->fd.n);
    bool ended = receive(c.fd, &heard);
    close(c.fd);
    if (!ended)
        kill(c.pid, SIGKILL);
    int status = process_wait(c.pid);
    if (!ended)
        return err_set(e, "dfix-read said too much or took too long");
    return take_answer(r, buf_str(&heard), status, e);
}
