/* dfix accept: risks that somebody takes, in .dfix/accept.yaml: who, why, until when. */
#include "faces/accept/accept_face.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dfix/date.h"
#include "host/files.h"
#include "host/output.h"

static int complain(struct accept_command *c, const char *text)
{
    streams_check(stdout);
    say_error(text);
    c->status = EXIT_FAILED;
    return c->status;
}

unsigned accept_command_faults(const struct accept_command *c, const struct acceptance *x)
{
    return accept_faults(x, c->settings.today, c->known);
}

/* ---- the file ---- */

struct accept_file {
    struct held_folders held;
    struct held_file file;
    struct str path, text;
    bool there;
};

static struct str place_of(struct accept_command *c)
{
    struct str found = config_find_accept(c->arena, S("./Dockerfile"));
    struct str folder = c->repository.n ? path_relative(c->arena, c->repository) : S(".");

    return found.n ? found : path_join(c->arena, folder, S(ACCEPT_FILE));
}

static bool open_accept(struct accept_command *c, struct accept_file *f, struct err *e)
{
    struct stat st;

    f->path = place_of(c);
    f->text = S("");
    held_open(&f->held, c->arena);
    f->there = lstat(str_cstr(c->arena, f->path), &st) == 0;
    return !f->there ||
           (config_is_trusted(c->arena, f->path, f->path, e) &&
            held_read(&f->held, f->path, S(""), ACCEPT_FILE_MAX, &f->file, &f->text, e));
}

static bool create(struct accept_command *c, struct str path, struct str text, struct err *e)
{
    const char *folder = path_folder(c->arena, path).p;

    if (!folder_make(folder, 0777, e))
        return false;
    return output_create(c->arena, path, text, e);
}

static bool write_accept(struct accept_command *c, struct accept_file *f, struct str text,
                         struct err *e)
{
    return f->there ? held_write(&f->file, f->text, text, e) : create(c, f->path, text, e);
}

/* ---- what was asked for ---- */

/* A day, or a time from today on. */
static bool read_end(struct accept_command *c, struct str *out)
{
    struct str text = options_value(c->line, OPT_EXPIRES);
    int64_t seconds;

    *out = S("");
    if (!c->line->set[OPT_EXPIRES])
        return true;
    if (date_is_valid(text))
        *out = text;
    else if (time_parse(text, &seconds) && seconds >= 24 * 60 * 60)
        *out = date_text(c->arena, time(NULL) + seconds);
    else
        complain(c, str_fmt(c->arena,
                            "dfix: --expires: \"" STR_FMT "\" is neither a day (2027-01-31) nor a "
                            "time from now on (90d)",
                            STR_ARG(text))
                        .p);
    if (out->n && str_cmp(*out, c->settings.today) < 0)
        complain(c, "dfix: --expires: that day is over");
    return c->status == EXIT_CLEAN;
}

static bool read_owner(struct accept_command *c, struct str *out)
{
    *out = options_value(c->line, OPT_OWNER);
    if (!out->n || codeowner_valid(*out))
        return true;
    complain(c, str_fmt(c->arena,
                        "dfix: --owner: \"" STR_FMT "\" is no owner as CODEOWNERS names them: "
                        "@name, @org/team or an address",
                        STR_ARG(*out))
                    .p);
    return false;
}

static bool is_id(struct str word)
{
    return str_starts(word, S("CVE-")) || str_starts(word, S("GHSA-")) ||
           (str_chr(word, '-') > 0 && word.p[0] >= 'A' && word.p[0] <= 'Z');
}

/* What else an entry says, by the options. */
static bool read_rest(struct accept_command *c, struct acceptance *x)
{
    *x = accept_empty();
    x->package = options_value(c->line, OPT_PACKAGE);
    x->where = options_value(c->line, OPT_WHERE);
    x->reason = options_value(c->line, OPT_REASON);
    x->status = options_value(c->line, OPT_NOT_AFFECTED);
    x->decided = c->settings.today;
    if (x->status.n && !accept_status_words(x->status).n) {
        complain(c, "dfix: --not-affected takes one of OpenVEX's justifications, such as "
                    "vulnerable_code_not_in_execute_path, or fixed");
        return false;
    }
    return read_owner(c, &x->owner) && read_end(c, &x->expires);
}

/* ---- add ---- */

static bool is_of_the_same(const struct acceptance *x, const struct acceptance *y)
{
    return str_ieq(x->id, y->id) && str_eq(x->package, y->package) &&
           str_eq(x->version, y->version) && str_eq(x->where, y->where);
}

struct entries {
    VEC(struct acceptance) v; /* to be added */
};

static bool is_there_already(const struct accept_command *c, const struct entries *more,
                             const struct acceptance *x)
{
    for (size_t i = 0; i < c->settings.naccept; i++)
        if (is_of_the_same(x, &c->settings.accept[i]))
            return true;
    for (size_t i = 0; i < more->v.n; i++)
        if (is_of_the_same(x, &more->v.v[i]))
            return true;
    return false;
}

static void tell_added(struct accept_command *c, const struct acceptance *x, struct str path)
{
    unsigned faults = accept_command_faults(c, x);

    printf(STR_FMT ": accepted ", STR_ARG(path));
    report_text(stdout, accept_name(c->arena, x));
    if (x->expires.n)
        printf(" until " STR_FMT, STR_ARG(x->expires));
    putchar('\n');
    if (!faults)
        return;
    streams_check(stdout);
    fputs("dfix: warning: ", stderr);
    report_text(stderr, accept_name(c->arena, x));
    fputs(" does not count yet: ", stderr);
    report_text(stderr, accept_fault_text(c->arena, x, faults));
    fputc('\n', stderr);
}

static int add_all(struct accept_command *c, const struct acceptance *v, size_t n)
{
    struct accept_file f;
    struct str text;
    struct err e;

    if (!open_accept(c, &f, &e) ||
        !accept_add(c->arena, str_cstr(c->arena, f.path), f.text, v, n, &text, &e) ||
        !write_accept(c, &f, text, &e))
        complain(c, e.text);
    held_close(&f.held);
    for (size_t i = 0; c->status == EXIT_CLEAN && i < n; i++)
        tell_added(c, &v[i], f.path);
    return c->status;
}

static int add(struct accept_command *c)
{
    struct entries new = {.v = {0}};
    struct acceptance x;

    if (!read_rest(c, &x))
        return c->status;
    if (!c->line->set[OPT_OWNER] || !c->line->set[OPT_EXPIRES] || !x.reason.n)
        return complain(c, "dfix: accept add needs --reason, --owner and --expires: somebody "
                           "answers for a risk, and not for ever");
    for (size_t i = 1; i < c->line->word.n; i++) {
        struct acceptance one = x;
        if (is_id(c->line->word.v[i]))
            one.id = c->line->word.v[i];
        else if (!x.package.n)
            one.package = c->line->word.v[i];
        else
            return complain(c, "dfix: accept add takes identifiers beside --package");
        if (is_there_already(c, &new, &one))
            return complain(c, str_fmt(c->arena,
                                       "dfix: " STR_FMT " is accepted already; `dfix accept renew` "
                                       "moves its end",
                                       STR_ARG(accept_name(c->arena, &one)))
                                   .p);
        vec_push(c->arena, &new.v, one);
    }
    if (!new.v.n)
        return complain(c, "dfix: accept add needs an identifier (CVE-2024-1234) or a package");
    return add_all(c, new.v.v, new.v.n);
}

/* ---- import ---- */

/* What the document leaves open is filled in by the options. */
static void fill(struct acceptance *x, const struct acceptance *with)
{
    if (!x->where.n)
        x->where = with->where;
    if (!x->reason.n)
        x->reason = with->reason;
    if (!codeowner_valid(x->owner)) { /* a vendor's name is no owner here */
        if (x->owner.n && !x->reason.n)
            x->reason = x->owner;
        x->owner = with->owner;
    }
    if (!x->decided.n)
        x->decided = with->decided;
    if (!x->expires.n)
        x->expires = with->expires;
    x->vendor = false;
}

static int import(struct accept_command *c)
{
    struct entries new = {.v = {0}};
    struct acceptance with;

    if (c->line->word.n < 2)
        return complain(c, "dfix: accept import needs files, such as .trivyignore");
    if (!read_rest(c, &with))
        return c->status;
    for (size_t i = 1; i < c->line->word.n; i++) {
        const char *name = str_cstr(c->arena, c->line->word.v[i]);
        struct accept_list list;
        struct str text;
        struct err e;
        size_t again = 0;
        if (!file_read(c->arena, name, ACCEPT_FILE_MAX, &text, &e) ||
            !accept_import(c->arena, name, text, &list, &e))
            return complain(c, e.text);
        for (size_t k = 0; k < list.v.n; k++) {
            fill(&list.v.v[k], &with);
            if (is_there_already(c, &new, &list.v.v[k]))
                again++;
            else
                vec_push(c->arena, &new.v, list.v.v[k]);
        }
        fprintf(stderr,
                "%s (" STR_FMT "): %zu accepted, %zu there already, %zu that cannot be said "
                "here\n",
                name, STR_ARG(list.kind), list.v.n - again, again, list.others);
    }
    return new.v.n ? add_all(c, new.v.v, new.v.n) : c->status;
}

/* ---- renew ---- */

static int renew(struct accept_command *c)
{
    struct accept_file f;
    struct str text;
    struct err e;
    struct accept_renewal r = {.decided = c->settings.today};

    if (!read_end(c, &r.expires))
        return c->status;
    if (!r.expires.n || c->line->word.n < 2)
        return complain(c, "dfix: accept renew needs what to renew, and --expires");
    if (!open_accept(c, &f, &e))
        complain(c, e.text);
    text = f.text;
    for (size_t i = 1; c->status == EXIT_CLEAN && i < c->line->word.n; i++) {
        struct str word = c->line->word.v[i], before = text;
        r.id = is_id(word) ? word : S("");
        r.package = is_id(word) ? options_value(c->line, OPT_PACKAGE) : word;
        if (!accept_renew(c->arena, str_cstr(c->arena, f.path), before, &r, &text, &e))
            complain(c, e.text);
        else if (!r.renewed)
            complain(c, str_fmt(c->arena, "dfix: " STR_FMT ": nothing is accepted for " STR_FMT,
                                STR_ARG(f.path), STR_ARG(word))
                            .p);
    }
    if (c->status == EXIT_CLEAN && !write_accept(c, &f, text, &e))
        complain(c, e.text);
    held_close(&f.held);
    for (size_t i = 1; c->status == EXIT_CLEAN && i < c->line->word.n; i++)
        printf(STR_FMT ": renewed " STR_FMT " until " STR_FMT "\n", STR_ARG(f.path),
               STR_ARG(c->line->word.v[i]), STR_ARG(r.expires));
    return c->status;
}

/* ---- what holds here ---- */

static bool open_command(struct accept_command *c, struct err *e)
{
    struct policies policies;

    if (!settings_wishes(c->arena, c->line, &c->wishes, e) ||
        !policies_load(c->arena, &c->wishes, &c->base, e))
        return false;
    policies_open(&policies, c->arena, &c->wishes, &c->base);
    const struct config *here = policies_for(&policies, S("./Dockerfile"), e);
    if (!here)
        return false;
    c->settings = here->settings;
    c->repository = file_repository(c->arena, path_absolute(c->arena, S(".")));
    if (codeowners_find(c->arena, c->repository, &c->owners))
        c->known = &c->owners;
    return true;
}

int command_accept(struct arena *a, const struct command_line *line)
{
    static const struct {
        const char *name;
        int (*run)(struct accept_command *c);
    } verbs[] = {{"list", accept_list_print}, {"add", add}, {"renew", renew}, {"import", import}};
    struct accept_command c = {.arena = a, .line = line};
    struct str name = line->word.n ? line->word.v[0] : S("list");
    struct err e;

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (str_eq(name, str_of(verbs[i].name)))
            return open_command(&c, &e) ? verbs[i].run(&c) : complain(&c, e.text);
    return complain(&c, "dfix: accept takes add ID..., list, renew ID... or import FILE...");
}
