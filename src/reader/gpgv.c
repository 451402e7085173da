/* gpgv.c - has GnuPG judge a signature, and judges what it said. */
#include "reader/gpgv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dfix/facts.h"
#include "host/clock.h"
#include "host/process.h"
#include "index/apt/keyring.h"
#include "reader/verifier.h"

enum { SIGNED_MAX = 64 << 20, STATUS_MAX = 1 << 20 };
enum { STATUS_FD = 3, FIRST_FREE_FD = 10, PATIENCE_MS = 60 * 1000 };

/* ---- armor ---- */

static int base64(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void decode_line(struct buf *out, struct str line, unsigned *bits, unsigned *nbits)
{
    for (size_t i = 0; i < line.n; i++) {
        int v = base64(line.p[i]);
        if (v < 0)
            continue;
        *bits = (*bits << 6 | (unsigned)v) & 0xffffff;
        *nbits += 6;
        if (*nbits >= 8) {
            *nbits -= 8;
            buf_char(out, (char)(unsigned char)(*bits >> *nbits & 0xff));
        }
    }
}

bool armor_decode(struct arena *a, struct str text, struct str *out)
{
    struct buf b = {.arena = a};
    struct str line;
    enum { OUTSIDE, HEADERS, DATA } where = OUTSIDE;
    bool any = false;
    unsigned bits = 0, nbits = 0;
    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, S("-----BEGIN PGP PUBLIC KEY BLOCK"))) {
            where = HEADERS;
            any = true;
            bits = nbits = 0;
        } else if (str_starts(line, S("-----END"))) {
            where = OUTSIDE;
        } else if (where == HEADERS && line.n == 0) {
            where = DATA;
        } else if (where == DATA && line.n && line.p[0] == '=') {
            where = OUTSIDE; /* the checksum; the signature is what counts */
        } else if (where == DATA) {
            decode_line(&b, line, &bits, &nbits);
        }
    }
    *out = buf_str(&b);
    return any;
}

/* ---- keyrings: gpgv reads binary ones only ---- */

struct str gpgv_builtin(struct arena *a, struct str name)
{
    const struct archive_key *key;
    size_t n = archive_keys(&key);
    struct buf b = {.arena = a};
    for (size_t i = 0; i < n; i++) {
        unsigned bits = 0, nbits = 0;
        if (keyring_holds(name, &key[i]))
            decode_line(&b, str_of(key[i].key), &bits, &nbits);
    }
    return buf_str(&b);
}

struct keys {
    int fd[GPGV_KEYRINGS];
    size_t n;
};

static void keys_close(struct keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        close(k->fd[i]);
}

static bool keys_open(struct arena *a, const struct str *keyring, size_t n, struct keys *k,
                      struct err *e)
{
    *k = (struct keys){.n = 0};
    if (n == 0 || n > GPGV_KEYRINGS)
        return err_set(e, "there is no keyring to verify it with");
    for (size_t i = 0; i < n; i++) {
        struct str decoded;
        int fd = process_hold(armor_decode(a, keyring[i], &decoded) ? decoded : keyring[i],
                              FIRST_FREE_FD);
        if (fd < 0)
            return err_set(e, "cannot hold a keyring: %s", strerror(errno));
        k->fd[k->n++] = fd;
    }
    return true;
}

static const char *path_of(struct arena *a, int fd)
{
    return str_fmt(a, "/proc/self/fd/%d", fd).p;
}

/* ---- the child ---- */

struct child {
    pid_t pid;
    int out, status; /* pipes to read */
};

/* `signature` -1: the file has it inside. */
static bool child_start(struct arena *a, struct child *c, int file, int signature,
                        const struct keys *k, struct err *e)
{
    int out[2], status[2];
    const char *argv[16 + 2 * GPGV_KEYRINGS] = {"gpgv", "--status-fd", "3"};
    struct str program = verifier_find(a);
    size_t n = 3;

    if (!program.n)
        return err_set(e, "there is no gpgv to verify signatures with; install the package gpgv");
    for (size_t i = 0; i < k->n; i++) {
        argv[n++] = "--keyring";
        argv[n++] = path_of(a, k->fd[i]);
    }
    if (signature < 0) {
        argv[n++] = "--output";
        argv[n++] = "-";
    } else {
        argv[n++] = path_of(a, signature);
    }
    argv[n++] = path_of(a, file);
    if (pipe2(out, O_CLOEXEC) < 0)
        return err_set(e, "cannot run gpgv: %s", strerror(errno));
    if (pipe2(status, O_CLOEXEC) < 0) {
        close(out[0]);
        close(out[1]);
        return err_set(e, "cannot run gpgv: %s", strerror(errno));
    }
    const struct process_fd end[] = {{STDIN_FILENO, PROCESS_NULL},
                                     {STDOUT_FILENO, out[1]},
                                     {STDERR_FILENO, PROCESS_NULL},
                                     {STATUS_FD, status[1]}};
    struct process_plan plan = {.file = program.p, .argv = argv, .fd = end, .nfd = 4};
    int failed = process_start(&plan, &c->pid);
    close(out[1]);
    close(status[1]);
    c->out = out[0];
    c->status = status[0];
    if (!failed)
        return true;
    close(out[0]);
    close(status[0]);
    return err_set(e, "cannot run " STR_FMT " (%s); install the package gpgv", STR_ARG(program),
                   strerror(failed));
}

/* Read both pipes to their ends. False: more than is allowed, or for longer. */
static bool child_read(struct child *c, struct buf *out, struct buf *status)
{
    struct pollfd p[2] = {{.fd = c->out, .events = POLLIN}, {.fd = c->status, .events = POLLIN}};
    struct buf *into[2] = {out, status};
    static const size_t most[2] = {SIGNED_MAX, STATUS_MAX};
    int64_t end = clock_ms() + PATIENCE_MS;
    while (p[0].fd >= 0 || p[1].fd >= 0) {
        int64_t left = end - clock_ms();
        int ready = left > 0 ? poll(p, 2, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        for (int i = 0; i < 2; i++) {
            char block[16384];
            if (p[i].fd < 0 || !(p[i].revents & (POLLIN | POLLHUP | POLLERR)))
                continue;
            ssize_t n = read(p[i].fd, block, sizeof block);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                p[i].fd = -1;
            else if (into[i]->n + (size_t)n > most[i])
                return false;
            else
                buf_add(into[i], (struct str){block, (size_t)n});
        }
    }
    return true;
}

/* ---- what gpgv said ---- */

/* Hash algorithms of RFC 4880 that no longer count: MD5, SHA-1, RIPEMD-160. */
static bool weak_hash(struct str algorithm)
{
    return str_eq(algorithm, S("1")) || str_eq(algorithm, S("2")) || str_eq(algorithm, S("3"));
}

struct verdict {
    unsigned good, weak, texts;
    bool any_bad;
    struct str bad, missing, expired; /* key ids */
};

static struct str word_at(struct str line, unsigned n)
{
    struct str word = S("");
    for (unsigned i = 0; i <= n; i++)
        if (!str_cut(&line, ' ', &word))
            return S("");
    return word;
}

static struct verdict judge(struct str status, bool ended)
{
    struct verdict v = {.bad = S(""), .missing = S(""), .expired = S("")};
    struct str line, tag = S("[GNUPG:] ");
    bool good = false;
    while (str_cut(&status, '\n', &line)) {
        if (!str_starts(line, tag))
            continue;
        line = str_from(line, tag.n);
        struct str word = word_at(line, 0), key = word_at(line, 1);
        if (str_eq(word, S("PLAINTEXT")))
            v.texts++;
        else if (str_eq(word, S("NEWSIG")))
            good = false;
        else if (str_eq(word, S("GOODSIG")) || (ended && str_eq(word, S("EXPKEYSIG"))))
            good = true;
        else if (str_eq(word, S("BADSIG"))) {
            v.any_bad = true;
            v.bad = key;
        } else if (str_eq(word, S("NO_PUBKEY")))
            v.missing = key;
        else if (str_eq(word, S("EXPKEYSIG")) || str_eq(word, S("REVKEYSIG")) ||
                 str_eq(word, S("EXPSIG")))
            v.expired = key;
        else if (str_eq(word, S("VALIDSIG")) && good) {
            if (weak_hash(word_at(line, 8)))
                v.weak++;
            else
                v.good++;
            good = false;
        }
    }
    return v;
}

static bool accept(struct verdict v, struct err *e)
{
    if (v.texts > 1) /* a good signature on one says nothing of the other */
        return err_set(e, "it holds more than one signed text");
    if (v.any_bad)
        return err_set(
            e, "its signature by key " STR_FMT " is bad; it was changed after it was signed",
            STR_ARG(v.bad));
    if (v.good)
        return true;
    if (v.weak)
        return err_set(e, "it is signed with a hash that is no longer accepted (MD5, SHA-1)");
    if (v.expired.n)
        return err_set(e, "the key " STR_FMT " that signed it is expired or revoked",
                       STR_ARG(v.expired));
    if (v.missing.n)
        return err_set(e, "the key " STR_FMT " that signed it is not in the keyring",
                       STR_ARG(v.missing));
    return err_set(e, "it has no valid signature");
}

bool gpgv_judge(struct str status, bool ended, struct err *e)
{
    return accept(judge(status, ended), e);
}

/* Run it over one file. */
static bool run(struct arena *a, int file, int signature, const struct keys *k, struct str said[2],
                struct err *e)
{
    struct child c;
    struct buf out = {.arena = a}, status = {.arena = a};
    if (!child_start(a, &c, file, signature, k, e))
        return false;
    bool whole = child_read(&c, &out, &status);
    if (!whole)
        kill(c.pid, SIGKILL);
    close(c.out);
    close(c.status);
    int code = process_wait(c.pid);
    said[0] = buf_str(&out);
    said[1] = buf_str(&status);
    return (whole && WIFEXITED(code)) ||
           err_set(e, "gpgv ended early, said too much or took too long");
}

bool gpgv_verify(struct arena *a, struct str file, struct str signature, const struct str *keyring,
                 size_t nkeyring, bool ended, struct str *text, struct err *e)
{
    struct keys k;
    struct str said[2]; /* what is signed, and what gpgv says of it */
    int whole = process_hold(file, FIRST_FREE_FD);
    int apart = signature.n ? process_hold(signature, FIRST_FREE_FD) : -1;
    bool held = whole >= 0 && (apart >= 0 || !signature.n);
    bool ok = (held || err_set(e, "cannot hold what is signed: %s", strerror(errno))) &&
              keys_open(a, keyring, nkeyring, &k, e);
    ok = ok && run(a, whole, apart, &k, said, e) && gpgv_judge(said[1], ended, e);
    if (held)
        keys_close(&k);
    if (whole >= 0)
        close(whole);
    if (apart >= 0)
        close(apart);
    if (!ok)
        return false;
    /* A detached signature says nothing of what it signs but that. */
    *text = signature.n ? file : said[0];
    return text->n > 0 || err_set(e, "its signature covers no text");
}
