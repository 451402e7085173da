/* mailbox.c - a series as mails in a folder, one a commit, which `git am` takes. */
#include "faces/bot/bot.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "dfix/coding.h"
#include "host/atomic.h"
#include "host/files.h"

enum { MAIL_LINE = 900, MAIL_BASE64 = 57, OLD_MAIL_MAX = 64 << 20 };

static const char mailer[] = "\nX-Mailer: dfix\n";

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* RFC 2047 where it must be. */
static struct str header_text(struct arena *a, struct str text, bool phrase)
{
    bool quoted = false;

    if (!is_ascii(text))
        return str_fmt(a, "=?UTF-8?B?" STR_FMT "?=", STR_ARG(base64_encode(a, text)));
    for (size_t i = 0; phrase && i < text.n; i++)
        quoted |= strchr("()<>[]:;@\\,.\"", text.p[i]) != NULL;
    if (!quoted)
        return text;
    struct buf b = {.arena = a};
    buf_char(&b, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_char(&b, '\\');
        buf_char(&b, text.p[i]);
    }
    buf_char(&b, '"');
    return buf_str(&b);
}

static struct str mail_date(struct arena *a, int64_t now)
{
    static const char *const day[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t when = (time_t)now;
    struct tm t;

    gmtime_r(&when, &t);
    return str_fmt(a, "%s, %d %s %d %02d:%02d:%02d +0000", day[t.tm_wday], t.tm_mday,
                   month[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* A carriage return, or a line that is too long, would not come through as it is. */
static bool needs_coding(struct str body)
{
    struct str line;

    if (str_chr(body, '\r') != STR_NONE || str_chr(body, '\0') != STR_NONE)
        return true;
    while (str_cut(&body, '\n', &line))
        if (line.n > MAIL_LINE)
            return true;
    return false;
}

static void add_body(struct buf *b, struct str body)
{
    if (!needs_coding(body)) {
        buf_add(b, S("Content-Transfer-Encoding: 8bit\n\n"));
        buf_add(b, body);
        return;
    }
    buf_add(b, S("Content-Transfer-Encoding: base64\n\n"));
    for (size_t i = 0; i < body.n; i += MAIL_BASE64) {
        size_t end = i + MAIL_BASE64 < body.n ? i + MAIL_BASE64 : body.n;
        buf_add(b, base64_encode(b->arena, str_sub(body, i, end)));
        buf_char(b, '\n');
    }
}

static bool mail_of(struct repo *r, const struct proposal *p, size_t i, struct buf *b,
                    struct err *e)
{
    struct arena *a = r->arena;
    const struct step *s = &p->step[i];
    struct str diff, parent = i ? p->step[i - 1].commit : r->at.commit;
    const struct identity *who = &r->bot->identity;
    struct buf body = {.arena = a};

    if (!GIT(&r->at.git, &diff, e, "diff-tree", "-p", "-r", "--binary", "--full-index",
             "--no-ext-diff", "--no-textconv", "--no-renames", str_cstr(a, parent),
             str_cstr(a, s->commit)))
        return false;
    buf_fmt(b, "From " STR_FMT " Mon Sep 17 00:00:00 2001\nFrom: " STR_FMT " <" STR_FMT ">\n",
            STR_ARG(s->commit), STR_ARG(header_text(a, who->name, true)), STR_ARG(who->email));
    buf_fmt(b, "Date: " STR_FMT "\nSubject: ", STR_ARG(mail_date(a, r->bot->now)));
    struct str mark =
        p->nstep > 1 ? str_fmt(a, "[PATCH %zu/%zu] ", i + 1, p->nstep) : S("[PATCH] ");
    buf_fmt(b, STR_FMT STR_FMT "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8",
            STR_ARG(mark), STR_ARG(header_text(a, s->subject, false)));
    buf_add(b, str_of(mailer));
    /* The subject and the empty line behind it are the header's. */
    buf_add(&body, str_from(s->message, s->subject.n + 2));
    buf_add(&body, S("---\n\n"));
    buf_add(&body, diff);
    buf_add(&body, S("-- \ndfix " DFIX_VERSION "\n\n"));
    add_body(b, buf_str(&body));
    return true;
}

/* "0001-build-docker-pin-curl.patch" */
static struct str name_of(struct arena *a, const struct step *s, size_t i)
{
    struct buf b = {.arena = a};

    buf_fmt(&b, "%04zu-", i + 1);
    for (size_t k = 0; k < s->subject.n && b.n < 60; k++) {
        char c = s->subject.p[k];
        if (isalnum((unsigned char)c))
            buf_char(&b, c);
        else if (b.p[b.n - 1] != '-')
            buf_char(&b, '-');
    }
    struct str name = str_without_end(buf_str(&b), '-');
    return str_fmt(a, STR_FMT ".patch", STR_ARG(name));
}

/* Of an earlier run: they would be applied with the new ones. */
static void remove_old(struct arena *a, struct str folder)
{
    DIR *d = opendir(str_cstr(a, folder));

    for (struct dirent *x; d && (x = readdir(d));) {
        struct str name = str_of(x->d_name), text;
        struct err none;
        bool ours = str_ends(name, S(".patch")) && name.n > 4 && name.p[4] == '-' &&
                    file_read(a, path_join(a, folder, name).p, OLD_MAIL_MAX, &text, &none) &&
                    str_find(text, str_of(mailer)) != STR_NONE;
        if (ours)
            unlinkat(dirfd(d), x->d_name, 0);
    }
    if (d)
        closedir(d);
}

bool mailbox_write(struct repo *r, struct proposal *p, struct str folder, struct err *e)
{
    struct arena *a = r->arena;

    if (!folder_make(str_cstr(a, folder), 0777, e) || !series_make(r, p, e))
        return false;
    remove_old(a, folder);
    int fd = open(str_cstr(a, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 || err_set(e, STR_FMT ": %s", STR_ARG(folder), strerror(errno));
    for (size_t i = 0; good && i < p->nstep; i++) {
        struct buf b = {.arena = a};
        struct atomic_place place = {
            .folder = fd, .name = name_of(a, &p->step[i], i).p, .old = -1, .mode = 0644};
        good = mail_of(r, p, i, &b, e) && atomic_replace(&place, buf_str(&b), e);
    }
    if (fd >= 0)
        close(fd);
    return good;
}
