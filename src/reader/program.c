/* program.c - dfix-read: reads what strangers wrote, one job a process. */
#include "reader/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/process.h"
#include "index/store/layout.h"
#include "reader/job.h"
#include "reader/sandbox.h"

/* No job needs more: a bomb that got past all other bounds ends here. */
enum { CPU_SECONDS = 10 * 60, RECEIVE = 64 << 10 };

static const struct {
    enum read_kind kind;
    bool runs_gpgv;
    bool (*run)(struct job *j);
} kinds[] = {
    {READ_SIGNED, true, job_signed},          {READ_PACKAGES, false, job_packages},
    {READ_APKINDEX, false, job_apkindex},     {READ_LAYERS, false, job_layers},
    {READ_ADVISORIES, false, job_advisories},
};

/* ---- the request ---- */

/* What is received at once has one lot of them at most. */
static void take_files(struct job *j, struct msghdr *m)
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(m);
    size_t n = c && c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

    for (size_t i = 0; i < n; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
        vec_push(j->arena, &j->fd, fd);
    }
}

/* Up to where dfix has closed its side. */
static bool hear(struct job *j, struct buf *frame)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(READ_FILES_ONCE * sizeof(int))];
    } control;
    static char block[RECEIVE];
    for (;;) {
        struct iovec v = {.iov_base = block, .iov_len = sizeof block};
        struct msghdr m = {.msg_iov = &v,
                           .msg_iovlen = 1,
                           .msg_control = control.room,
                           .msg_controllen = sizeof control.room};
        ssize_t n = recvmsg(STDIN_FILENO, &m, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        if (m.msg_flags & MSG_CTRUNC)
            return false; /* more descriptors than this process may have */
        take_files(j, &m);
        buf_add(frame, (struct str){block, (size_t)n});
        if (frame->n > WIRE_FRAME_MAX + sizeof(uint32_t) || j->fd.n > READ_FILES_MAX)
            return false;
    }
}

bool job_bytes(struct job *j, size_t fd, size_t most, struct str *out)
{
    struct buf b = {.arena = j->arena};
    static char block[RECEIVE];
    struct stat st;
    *out = S("");
    if (fd >= j->fd.n)
        return err_set(&j->err, "a file is missing in the request");
    if (fstat(j->fd.v[fd], &st) == 0 && st.st_size > 0 && (size_t)st.st_size < most) {
        b.cap = (size_t)st.st_size + 1; /* as large as it will be */
        b.p = arena_room(j->arena, b.cap, 1);
    }
    for (off_t at = 0;;) {
        ssize_t n = pread(j->fd.v[fd], block, sizeof block, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(&j->err, "cannot be read");
        if (n == 0)
            break;
        if (b.n + (size_t)n > most)
            return err_set(&j->err, "it is larger than %zu bytes", most);
        buf_add(&b, (struct str){block, (size_t)n});
        at += n;
    }
    *out = buf_str(&b);
    return true;
}

/* ---- the answer ---- */

static bool say(struct str frame)
{
    while (frame.n) {
        ssize_t n = send(STDIN_FILENO, frame.p, frame.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        frame = str_from(frame, (size_t)n);
    }
    return true;
}

static bool say_data(struct job *j, struct str data)
{
    struct buf b = {.arena = j->arena};
    while (data.n) {
        size_t n = data.n < READ_DATA_PIECE ? data.n : READ_DATA_PIECE;
        b.n = 0;
        size_t at = wire_begin(&b, READ_DATA);
        wire_text(&b, READ_PIECE, str_sub(data, 0, n));
        wire_end(&b, at);
        if (!say(buf_str(&b)))
            return false;
        data = str_from(data, n);
    }
    return true;
}

static bool answer(struct job *j, bool done)
{
    struct buf b = {.arena = j->arena};
    if (j->store && !say_data(j, (struct str){(const char *)j->store->p, j->store->n}))
        return false;
    if (done && j->image.n && !say_data(j, j->image))
        return false;
    size_t at = wire_begin(&b, done ? READ_DONE : READ_REFUSED);
    buf_add(&b, buf_str(&j->answer));
    if (!done)
        wire_text(&b, READ_ERROR, str_of(j->err.text));
    wire_end(&b, at);
    return say(buf_str(&b));
}

static bool work(struct job *j, int kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if ((int)kinds[i].kind == kind)
            return sandbox_enter(kinds[i].runs_gpgv, &j->err) && kinds[i].run(j);
    return err_set(&j->err, "dfix-read knows no such job");
}

int read_program(void)
{
    struct arena *a = arena_open();
    struct job j = {.arena = a, .answer = {.arena = a}, .image = S("")};
    struct buf frame = {.arena = a};
    struct stat st;

    if (fstat(STDIN_FILENO, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        fputs("dfix-read is started by dfix, which talks to it on a socket\n", stderr);
        return 2;
    }
    process_end_with_starter();
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS, CPU_SECONDS});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (!hear(&j, &frame))
        return 2;
    struct str in = buf_str(&frame);
    int kind = wire_frame(&in, &j.fields);
    if (kind <= 0 || in.n)
        return 2;
    bool said = answer(&j, work(&j, kind));
    store_close(j.store);
    arena_close(a);
    return said ? 0 : 2;
}
