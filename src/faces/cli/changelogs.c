/* changelogs.c - dfix advisories changelog: what a package of Debian's says by itself that each of
 * its versions has fixed. It comes from the release's archive, held against the index that the
 * archive has signed, or as a file. What was read once is in the cache: it never changes. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dfix/date.h"
#include "dfix/facts.h"
#include "dfix/manager.h"
#include "faces/cli/advisories.h"

struct asked {
    struct advisories_command *c;
    struct str scope;
    struct release release;
};

/* ---- one changelog ---- */

static struct str day_of(struct str evidence)
{
    struct str package;
    return str_chr(evidence, ',') != STR_NONE && str_cut(&evidence, ',', &package)
               ? str_trim(evidence)
               : S("-");
}

/* A version a line, with what it has fixed. */
static void print_rows(struct advisories_command *c, const struct feed *f, struct str scope)
{
    uint32_t vuln;
    bool bundle;
    struct str name = feed_row(f, 0, &vuln).name, last = S("");
    struct feed_range r = feed_rows(f, scope, name);
    for (uint32_t i = r.first; i < r.end; i++) {
        struct feed_entry e = feed_row(f, i, &vuln);
        bool same = i > r.first && str_eq(e.range.fixed, last);
        if (!same)
            printf("%s  %-28s %-10s ", i > r.first ? "\n" : "", str_cstr(c->arena, e.range.fixed),
                   str_cstr(c->arena, day_of(e.advisory)));
        printf(" " STR_FMT, STR_ARG(feed_vuln(f, vuln, &bundle).id));
        last = e.range.fixed;
    }
    if (r.first < r.end)
        putchar('\n');
}

void advisories_print_taken(const struct feed *f)
{
    struct feed_meta m = feed_meta(f);
    bool part = m.partial && m.kind == FEED_OSV;
    size_t n = feed_vulns(f), packages = feed_packages(f);
    printf(STR_FMT, STR_ARG(m.title));
    if (m.kind == FEED_SUPPORT)
        printf(" in " STR_FMT ": %zu entr%s\n", STR_ARG(feed_scope(f, 0)), n, n == 1 ? "y" : "ies");
    else
        printf(": %zu vulnerabilit%s in %zu package%s%s\n", n, n == 1 ? "y" : "ies", packages,
               packages == 1 ? "" : "s",
               part ? "; a part only, which says of nothing that it is clean" : "");
}

static void print(struct advisories_command *c, const struct feed *f)
{
    struct feed_meta m = feed_meta(f);
    struct str scope = feed_scope(f, 0);
    size_t n = feed_vulns(f);
    if (m.kind == FEED_SUPPORT) {
        advisories_print_taken(f);
        return;
    }
    printf(STR_FMT " in " STR_FMT "%s" STR_FMT ": ", STR_ARG(m.title), STR_ARG(scope),
           m.dated ? ", dated " : "", STR_ARG(m.dated ? date_text(c->arena, m.dated) : S("")));
    if (n)
        printf("names %zu vulnerabilit%s as fixed\n", n, n == 1 ? "y" : "ies");
    else
        printf("names no vulnerability\n");
    print_rows(c, f, scope);
}

/* ---- from the cache ---- */

/* Of a package in this version, or in any ("") where none can be told. */
static bool print_held(const struct asked *q, struct str name, struct str version)
{
    struct advisories_command *c = q->c;
    struct str title =
        str_fmt(c->arena, "changelog of " STR_FMT " " STR_FMT, STR_ARG(name), STR_ARG(version));
    bool found = false;
    for (size_t i = 0; i < c->feeds.n && !(found && version.n); i++) {
        const struct held_feed *f = &c->feeds.v[i];
        bool wanted = version.n ? str_eq(f->meta.title, title) : str_starts(f->meta.title, title);
        if (f->meta.kind != FEED_CHANGELOG || !wanted || !feed_speaks_of(f->feed, q->scope))
            continue;
        print(c, f->feed);
        found = true;
    }
    return found;
}

void advisories_print_fixes(struct advisories_command *c, struct str scope, struct str source,
                            struct str version)
{
    struct str name = feed_changelog_name(c->arena, scope, source, version);
    for (size_t i = 0; i < c->feeds.n; i++)
        if (str_eq(c->feeds.v[i].meta.name, name))
            print(c, c->feeds.v[i].feed);
}

/* ---- from the archive ---- */

static enum answer ask(const struct asked *q, const struct question *question, struct reply *out)
{
    const struct lookup *l = world_lookup(q->c->world);
    enum answer answer;
    do
        answer = lookup_ask(l, question, out);
    while (answer == ANSWER_PENDING && l->resolve(l->self));
    return answer;
}

static struct question question_of(const struct asked *q, enum question_kind kind, struct str name,
                                   struct str version)
{
    return (struct question){.kind = kind,
                             .manager = manager_of_distro(q->release.distro),
                             .release = &q->release,
                             .archs = q->c->settings.archs,
                             .name = name,
                             .version = version};
}

static enum answer newest(const struct asked *q, struct str name, struct str *version,
                          struct str *why)
{
    struct reply reply;
    const struct question question = question_of(q, ASK_PACKAGE, name, S(""));
    enum answer answer = ask(q, &question, &reply);
    *why = reply.package.why;
    if (answer == ANSWER_FOUND && !reply.package.noffer)
        return ANSWER_ABSENT;
    if (answer == ANSWER_FOUND)
        *version = reply.package.offer[0].version;
    return answer;
}

/* NULL with the reason. */
static struct feed *take(const struct asked *q, struct str file, struct str url,
                         const struct package_file *signed_for, struct err *e)
{
    struct str none = S("");
    const struct feed_document d = {.file = file,
                                    .from = url,
                                    .wanted = none,
                                    .given = {.url = url,
                                              .etag = none,
                                              .modified = none,
                                              .scope = q->scope,
                                              .fetched = q->c->now},
                                    .signed_for = signed_for};
    return advisories_take(q->c->arena, world_cache_dir(q->c->world), &d, e);
}

/* Fetched and read; NULL with the reason, which is "" where there is no such package. */
static struct feed *fetch(const struct asked *q, struct str name, struct str version,
                          struct str *why)
{
    struct reply reply;
    struct err e;
    const struct question question = question_of(q, ASK_DEB, name, version);
    enum answer answer = ask(q, &question, &reply);
    *why = reply.deb.why;
    if (answer != ANSWER_FOUND)
        return NULL;
    struct feed *f = take(q, reply.deb.path, reply.deb.url, &reply.deb, &e);
    if (!f)
        *why = str_fmt(q->c->arena, STR_FMT ": %s", STR_ARG(reply.deb.url), e.text);
    return f;
}

static void complain_of(const struct asked *q, struct str name, struct str version, struct str why)
{
    struct arena *a = q->c->arena;
    struct str what =
        str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(name), version.n ? " " : "", STR_ARG(version));
    advisories_complain(
        q->c, why.n ? str_fmt(a, "dfix: " STR_FMT ": " STR_FMT, STR_ARG(what), STR_ARG(why))
                    : str_fmt(a,
                              "dfix: the index of " STR_FMT " has no package " STR_FMT
                              "; name a package as it is installed",
                              STR_ARG(q->scope), STR_ARG(what)));
}

static void show_package(const struct asked *q, struct str word)
{
    struct str version = word, name = word, why = S("");
    if (str_chr(word, '=') != STR_NONE)
        str_cut(&version, '=', &name);
    else
        version = S("");
    if (!deb_name_valid(name) || (version.n && !deb_valid(version))) {
        complain_of(q, name, version, S("it is no name of a package, with a version or without"));
        return;
    }
    if (version.n && print_held(q, name, version))
        return;
    if (!version.n && newest(q, name, &version, &why) != ANSWER_FOUND) {
        if (!why.n || !print_held(q, name, S("")))
            complain_of(q, name, S(""), why);
        return;
    }
    if (print_held(q, name, version))
        return;
    struct feed *f = fetch(q, name, version, &why);
    if (f)
        print(q->c, f);
    else
        complain_of(q, name, version, why);
    feed_close(f);
}

/* ---- as files ---- */

/* "libssl3_3.0.11-1~deb12u1_amd64.deb"; an epoch's colon is "%3a". */
static bool read_file_name(struct arena *a, struct str path, struct str *name, struct str *version)
{
    struct str rest = path_basename(path), part;
    if (!str_cut(&rest, '_', name) || !str_cut(&rest, '_', &part))
        return false;
    ptrdiff_t colon = str_find(part, S("%3a"));
    *version = colon == STR_NONE
                   ? part
                   : str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(str_sub(part, 0, (size_t)colon)),
                             STR_ARG(str_from(part, (size_t)colon + 3)));
    return deb_name_valid(*name) && deb_valid(*version);
}

/* What the index has of it is what it must be, where there is an index. */
static void show_file(const struct asked *q, struct str path)
{
    struct str name, version;
    struct reply reply = {.deb = {.why = S("its name does not say which version it is")}};
    enum answer answer = ANSWER_UNAVAILABLE;
    struct err e;
    if (read_file_name(q->c->arena, path, &name, &version)) {
        struct question question = question_of(q, ASK_DEB, name, version);
        question.at_hand = true;
        answer = ask(q, &question, &reply);
    }
    struct feed *f = take(q, path, path, answer == ANSWER_FOUND ? &reply.deb : NULL, &e);
    if (!f) {
        advisories_complain(q->c,
                            str_fmt(q->c->arena, "dfix: " STR_FMT ": %s", STR_ARG(path), e.text));
        return;
    }
    print(q->c, f);
    if (answer == ANSWER_ABSENT)
        printf("  not held against the index, which does not have this version\n");
    else if (answer != ANSWER_FOUND)
        printf("  not held against an index: " STR_FMT "\n", STR_ARG(reply.deb.why));
    feed_close(f);
}

static int is_deb(const struct dirent *x)
{
    return str_ends(str_of(x->d_name), S(".deb"));
}

static void show_folder(const struct asked *q, struct str folder)
{
    struct dirent **entry;
    int n = scandir(str_cstr(q->c->arena, folder), &entry, is_deb, alphasort);
    if (n <= 0)
        advisories_complain(
            q->c,
            str_fmt(q->c->arena, "dfix: " STR_FMT ": there is no package in it", STR_ARG(folder)));
    for (int i = 0; i < n; i++) {
        show_file(q, str_fmt(q->c->arena, STR_FMT "/%s", STR_ARG(str_without_end(folder, '/')),
                             entry[i]->d_name));
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
}

static void show(const struct asked *q, struct str word)
{
    struct stat st;
    bool there = str_chr(word, '/') != STR_NONE || str_ends(word, S(".deb"));
    if (there && stat(str_cstr(q->c->arena, word), &st) == 0 && S_ISDIR(st.st_mode))
        show_folder(q, word);
    else if (there)
        show_file(q, word);
    else
        show_package(q, word);
}

/* ---- the verb ---- */

static bool open_scope(struct asked *q, struct str scope)
{
    struct str version = scope, distro = S("");
    q->scope = scope;
    return str_cut(&version, ':', &distro) && release_find(distro, version, &q->release) &&
           manager_of_distro(distro) == &manager_apt;
}

void advisories_changelog(struct advisories_command *c)
{
    const struct command_line *l = c->line;
    struct asked q = {.c = c};
    struct str scope;
    if (l->word.n < 3 || !advisories_ecosystem(c->arena, l->word.v[1], &scope) ||
        !open_scope(&q, scope)) {
        advisories_complain(c, S("dfix: advisories changelog takes a release of Debian or Ubuntu "
                                 "and packages, by name or as files, such as debian:12 libssl3"));
        return;
    }
    for (size_t i = 2; i < l->word.n; i++)
        show(&q, l->word.v[i]);
}

void advisories_fetch_support(struct advisories_command *c, struct str scope)
{
    struct str version = S(""), why = S(""), name = S("debian-security-support");
    struct asked q = {.c = c};
    struct feed *f = NULL;
    if (!str_starts(scope, S("debian:")) || !open_scope(&q, scope))
        return;
    if (newest(&q, name, &version, &why) == ANSWER_FOUND)
        f = fetch(&q, name, version, &why);
    if (f)
        printf("what " STR_FMT " supports no more is current\n", STR_ARG(scope));
    else if (why.n)
        complain_of(&q, name, version, why);
    feed_close(f);
}
