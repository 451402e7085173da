/* golden_index.h - a `struct lookup` whose answers are written down, one fact a line.
 *
 * - apt RELEASE NAME VERSION SUITE ARCHS [security] [source=NAME[=VERSION]] [component=NAME]
 *   [dated=SECONDS] [from=URI]
 * - apk RELEASE NAME VERSION SUITE ARCHS [source=NAME[=VERSION]] [from=URI]
 * - provides RELEASE NAME REAL[=VERSION]...: packages that provide a virtual name; the only one
 * with a version is offered by that name, too
 * - needs RELEASE NAME DEPENDS [RECOMMENDS]: what any version of it needs, as package_needs has it
 * - unavailable RELEASE REASON...: that index could not be read
 * - advisory RELEASE SOURCE ID FIXED: the version that first holds the fix
 * - unsupported ECOSYSTEM NAME DATE [WHY]: the distro supports the source package until then; DATE
 *   "-": within limits
 * - vulnerable ECOSYSTEM NAME ID FIXED [RATING] [exploited]; FIXED "-": there is no fix
 * - image REFERENCE DIGEST ARCHS [better=TAG]
 * - base IMAGE [user=NAME] [release=RELEASE] [digest=DIGEST] [archs=ARCHS] [port=80/tcp]...
 *   [env=A=b]...
 *   [entrypoint=WORD]... [command=WORD]... [onbuild] [spoke=NAME] [sources-known]
 *   [source=URI,SUITE,COMPONENT,...]... [preferences] [installed-known] [installed-given]
 * - installed IMAGE NAME VERSION ARCH [source=NAME[=VERSION]]: one package of a base
 * - unreachable IMAGE REASON...: its registry could not be asked
 * - file PATH LINE...: a line of a file that COPY finds; several make more lines, "." an empty one
 * - life DISTRO:VERSION DATE: the end of a release, as it is published by now
 * - pom GROUP:ARTIFACT:VERSION TEXT: a pom that Maven has published
 * - remark WORD CODE,LEVEL[,quote | ,over=TEXT] MESSAGE...: what ShellCheck says of each such word
 * of a script, and its fix
 * - setting unsafe | refresh | all-rules | today=YYYY-MM-DD: how the run is made
 *
 * RELEASE is distro:version or distro:codename (debian:bookworm, alpine:3.20). ARCHS is comma
 * separated. An offer with from=URI is there only when the file names that source; one of a
 * -backports suite only when the file names that suite. A source that no line knows, a release or
 * image with no line is unavailable; a name with no line in a release that has one is absent. Empty
 * lines and lines that begin with # say nothing. The order of offers is by version, newest first.
 *
 * As in earnest, nothing is known before it was asked for once and fetched: the first answer to
 * each run is PENDING until `resolve` was called. */
#ifndef DFIX_TESTS_GOLDEN_INDEX_H
#define DFIX_TESTS_GOLDEN_INDEX_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfix/advisory.h"
#include "dfix/facts.h"
#include "dfix/lookup.h"
#include "dfix/settings.h"
#include "dfix/manager.h"

enum { GOLDEN_WORDS = 64 };

struct golden_fact {
    struct str word[GOLDEN_WORDS];
    size_t n;
    struct str rest; /* from the third word on, as written */
};
struct golden_index {
    struct arena *arena;
    VEC(struct golden_fact) fact;
    bool asked, fetched;
    struct lookup lookup;
    struct settings settings; /* what `setting` lines say */
    bool all_rules;
    struct str wrong; /* the first line that is not understood; "" none */
};

/* The value of `name=value` among a fact's words from `first` on; "" when it is not there. */
static inline struct str golden_value(const struct golden_fact *f, size_t first, const char *name)
{
    struct str want = str_of(name);
    for (size_t i = first; i < f->n; i++)
        if (str_starts(f->word[i], want) && f->word[i].n > want.n && f->word[i].p[want.n] == '=')
            return str_from(f->word[i], want.n + 1);
    return S("");
}

static inline bool golden_flag(const struct golden_fact *f, size_t first, const char *name)
{
    for (size_t i = first; i < f->n; i++)
        if (str_eq(f->word[i], str_of(name)))
            return true;
    return false;
}

static inline bool golden_is(const struct golden_fact *f, const char *kind)
{
    return str_eq(f->word[0], str_of(kind));
}

static inline arch_set golden_archs(struct str list)
{
    arch_set archs = 0;
    struct str one;
    while (str_cut(&list, ',', &one))
        archs |= arch_of(one);
    return archs;
}

static inline bool golden_release(struct str word, const struct release *r)
{
    struct str distro, which = word;
    return str_cut(&which, ':', &distro) && str_eq(distro, r->distro) &&
           (str_eq(which, r->version) || (r->codename.n && str_eq(which, r->codename)));
}

static inline bool golden_pending(struct golden_index *x)
{
    x->asked = true;
    return !x->fetched;
}

/* "name=version" or "name", of a `source=` word. */
static inline void golden_source(struct str text, struct str name, struct str version,
                                 struct str *out_name, struct str *out_version)
{
    struct str given;
    *out_name = name;
    *out_version = version;
    if (!str_cut(&text, '=', &given))
        return;
    *out_name = given;
    if (text.n)
        *out_version = text;
}

/* Is the offer of this fact there, given the sources that the file names? */
static inline bool golden_offered(const struct golden_fact *f, const struct source *extra, size_t n)
{
    struct str suite = f->word[4], from = golden_value(f, 6, "from");
    bool named_only = from.n || str_ends(suite, S("-backports"));
    for (size_t i = 0; i < n; i++)
        named_only |= extra[i].replaces;
    for (size_t i = 0; i < n; i++)
        if (str_eq(extra[i].uri, from) && (from.n || str_eq(extra[i].suite, suite)))
            return true;
    return !named_only;
}

static inline bool golden_source_known(const struct golden_index *x, struct str uri)
{
    for (size_t i = 0; i < x->fact.n; i++)
        if (str_eq(golden_value(&x->fact.v[i], 0, "from"), uri))
            return true;
    return false;
}

static inline enum answer golden_package(struct golden_index *x, const struct question *q,
                                         struct package_info *out)
{
    const struct release *r = q->release;
    const struct source *extra = q->source;
    size_t nextra = q->nsource;
    struct str name = q->name;
    VEC(struct offer) offers = {0};
    VEC(struct str) providers = {0};
    bool known = false;
    *out = (struct package_info){.why = S("")};
    if (golden_pending(x))
        return ANSWER_PENDING;
    for (size_t i = 0; i < nextra; i++)
        if (extra[i].uri.n && !golden_source_known(x, extra[i].uri)) {
            out->why =
                str_fmt(x->arena, "the source " STR_FMT " is not at hand", STR_ARG(extra[i].uri));
            return ANSWER_UNAVAILABLE;
        }
    for (size_t i = 0; i < x->fact.n; i++) {
        const struct golden_fact *f = &x->fact.v[i];
        if (f->n < 3 || !golden_release(f->word[1], r))
            continue;
        if (golden_is(f, "unavailable")) {
            out->why = f->rest;
            return ANSWER_UNAVAILABLE;
        }
        if (golden_is(f, "provides") && str_eq(f->word[2], name))
            for (size_t k = 3; k < f->n; k++) {
                struct str version = f->word[k], real;
                str_cut(&version, '=', &real);
                vec_push(x->arena, &providers, real);
                if (version.n && f->n == 4)
                    vec_push(x->arena, &offers,
                             ((struct offer){.version = version,
                                             .suite = S("main"),
                                             .component = S("main"),
                                             .source = real,
                                             .source_version = version,
                                             .archs = q->archs,
                                             .from = S("")}));
            }
        if (!golden_is(f, q->manager == &manager_apt ? "apt" : "apk"))
            continue;
        known = true;
        struct offer o = {.version = f->word[3], .suite = f->word[4], .component = S("main")};
        o.archs = golden_archs(f->word[5]) & q->archs;
        o.from = golden_value(f, 6, "from");
        o.security = golden_flag(f, 6, "security");
        o.dated = strtoll(str_cstr(x->arena, golden_value(f, 6, "dated")), NULL, 10);
        if (golden_value(f, 6, "component").n)
            o.component = golden_value(f, 6, "component");
        golden_source(golden_value(f, 6, "source"), name, o.version, &o.source, &o.source_version);
        if (o.dated > out->dated && golden_offered(f, extra, nextra))
            out->dated = o.dated;
        if (str_eq(f->word[2], name) && o.archs && golden_offered(f, extra, nextra))
            vec_push(x->arena, &offers, o);
    }
    for (size_t i = 1; i < offers.n; i++) /* few: newest first */
        for (size_t k = i;
             k && version_compare(q->manager, offers.v[k - 1].version, offers.v[k].version) < 0;
             k--) {
            struct offer swap = offers.v[k];
            offers.v[k] = offers.v[k - 1];
            offers.v[k - 1] = swap;
        }
    out->offer = offers.v;
    out->noffer = offers.n;
    out->provider = providers.v;
    out->nprovider = providers.n;
    if (offers.n)
        return ANSWER_FOUND;
    if (known || providers.n)
        return ANSWER_ABSENT;
    out->why = str_fmt(x->arena, "no index of " STR_FMT " " STR_FMT " is at hand",
                       STR_ARG(r->distro), STR_ARG(r->version));
    return ANSWER_UNAVAILABLE;
}

static inline enum answer golden_needs(struct golden_index *x, const struct question *q,
                                       struct package_needs *out)
{
    *out = (struct package_needs){S(""), S("")};
    if (golden_pending(x))
        return ANSWER_PENDING;
    for (size_t i = 0; i < x->fact.n; i++) {
        const struct golden_fact *f = &x->fact.v[i];
        if (!golden_is(f, "needs") || !golden_release(f->word[1], q->release) ||
            !str_eq(f->word[2], q->name))
            continue;
        out->depends = f->word[3];
        if (f->n > 4)
            out->recommends = f->word[4];
    }
    return ANSWER_FOUND;
}

static inline bool golden_unreachable(const struct golden_index *x, struct str image,
                                      struct str *why)
{
    for (size_t i = 0; i < x->fact.n; i++)
        if (golden_is(&x->fact.v[i], "unreachable") && str_eq(x->fact.v[i].word[1], image)) {
            *why = x->fact.v[i].rest;
            return true;
        }
    *why = S("its registry is not at hand");
    return false;
}

static inline enum answer golden_image(struct golden_index *x, struct str image,
                                       struct image_info *out)
{
    bool any = false;
    *out = (struct image_info){.why = S("")};
    if (golden_pending(x))
        return ANSWER_PENDING;
    if (golden_unreachable(x, image, &out->why))
        return ANSWER_UNAVAILABLE;
    for (size_t i = 0; i < x->fact.n; i++) {
        const struct golden_fact *f = &x->fact.v[i];
        any = any || golden_is(f, "image");
        if (!golden_is(f, "image") || !str_eq(f->word[1], image))
            continue;
        out->digest = f->word[2];
        out->archs = golden_archs(f->word[3]);
        out->better_tag = golden_value(f, 4, "better");
        return ANSWER_FOUND;
    }
    return any ? ANSWER_ABSENT : ANSWER_UNAVAILABLE;
}

static inline void golden_push(struct golden_index *x, const struct str **list, size_t *n,
                               struct str value)
{
    struct str *v = arena_new(x->arena, struct str, *n + 1);
    if (*n)
        memcpy(v, *list, *n * sizeof(*v));
    v[(*n)++] = value;
    *list = v;
}

static inline void golden_base_word(struct golden_index *x, struct str word, struct base_facts *out)
{
    struct str name, value = word;
    str_cut(&value, '=', &name);
    if (str_eq(name, S("user"))) {
        out->user = value;
        out->user_known = true;
        out->user_root = !value.n || str_eq(value, S("root")) || str_eq(value, S("0"));
        out->user_looked_up = true;
    } else if (str_eq(name, S("user-by-name"))) { /* etc/passwd was not read */
        out->user = value;
        out->user_known = true;
    } else if (str_eq(name, S("release"))) {
        struct str distro;
        str_cut(&value, ':', &distro);
        release_find(distro, value, &out->release);
    } else if (str_eq(name, S("digest"))) {
        out->digest = value;
    } else if (str_eq(name, S("archs"))) {
        out->archs = golden_archs(value);
    } else if (str_eq(name, S("port"))) {
        golden_push(x, &out->port, &out->nport, value);
    } else if (str_eq(name, S("env"))) {
        golden_push(x, &out->env, &out->nenv, value);
    } else if (str_eq(name, S("entrypoint"))) {
        golden_push(x, &out->entrypoint, &out->nentrypoint, value);
    } else if (str_eq(name, S("command"))) {
        golden_push(x, &out->command, &out->ncommand, value);
    } else if (str_eq(word, S("onbuild"))) {
        out->onbuild = true;
    } else if (str_eq(name, S("spoke"))) {
        out->spoke = value;
    } else if (str_eq(word, S("sources-known"))) {
        out->sources_known = true;
    } else if (str_eq(word, S("preferences"))) {
        out->preferences = true;
    } else if (str_eq(name, S("source"))) {
        struct source *new = arena_new(x->arena, struct source, out->nsource + 1), *last;
        for (size_t i = 0; i < out->nsource; i++)
            new[i] = out->source[i];
        last = &new[out->nsource++];
        *last = (struct source){.signed_by = S(""), .tag = S("")};
        str_cut(&value, ',', &last->uri);
        str_cut(&value, ',', &last->suite);
        char *components = arena_new(x->arena, char, value.n + 1);
        for (size_t i = 0; i < value.n; i++)
            components[i] = value.p[i] == ',' ? ' ' : value.p[i];
        last->components = (struct str){components, value.n};
        out->source = new;
    } else if (str_eq(word, S("installed-known"))) {
        out->installed_known = true;
    } else if (str_eq(word, S("installed-given"))) {
        out->installed_known = out->installed_given = true;
    }
}

static inline enum answer golden_base(struct golden_index *x, struct str image,
                                      enum base_depth depth, struct base_facts *out)
{
    VEC(struct installed) installed = {0};
    enum answer answer = ANSWER_UNAVAILABLE;
    *out = (struct base_facts){.spoke = S("registry")};
    out->why = out->user = out->digest = out->arch = S("");
    out->release = (struct release){S(""), S(""), S("")};
    if (golden_pending(x))
        return ANSWER_PENDING;
    if (golden_unreachable(x, image, &out->why))
        return ANSWER_UNAVAILABLE;
    for (size_t i = 0; i < x->fact.n; i++) {
        const struct golden_fact *f = &x->fact.v[i];
        if (f->n < 2 || !str_eq(f->word[1], image))
            continue;
        if (golden_is(f, "base")) {
            answer = ANSWER_FOUND;
            for (size_t k = 2; k < f->n; k++)
                golden_base_word(x, f->word[k], out);
        }
        if (golden_is(f, "installed")) {
            struct installed one = {.name = f->word[2], .version = f->word[3], .arch = f->word[4]};
            golden_source(golden_value(f, 5, "source"), one.name, one.version, &one.source,
                          &one.source_version);
            vec_push(x->arena, &installed, one);
        }
    }
    out->installed = installed.v;
    out->ninstalled = installed.n;
    out->installed_known = out->installed_known || installed.n;
    if (depth == BASE_BY_CONFIG && answer == ANSWER_FOUND)
        base_facts_of_config(out);
    return answer;
}

static inline enum answer golden_advisories(struct golden_index *x, const struct release *r,
                                            struct str source, struct advisory_list *out)
{
    VEC(struct advisory) found = {0};
    bool known = false;
    if (golden_pending(x))
        return ANSWER_PENDING;
    for (size_t i = 0; i < x->fact.n; i++) {
        const struct golden_fact *f = &x->fact.v[i];
        if (!golden_is(f, "advisory") || !golden_release(f->word[1], r))
            continue;
        known = true;
        if (str_eq(f->word[2], source))
            vec_push(x->arena, &found, (struct advisory){f->word[3], f->word[4]});
    }
    *out = (struct advisory_list){found.v, found.n};
    return found.n ? ANSWER_FOUND : known ? ANSWER_ABSENT : ANSWER_UNAVAILABLE;
}

/* An ecosystem that a line speaks of is known whole. */
static inline enum answer golden_matches(struct golden_index *x, const struct component *c,
                                         const struct match_list **out)
{
    struct match_list *l = arena_new(x->arena, struct match_list, 1);
    VEC(struct advisory_match) found = {0};
    struct str none = S(""), name = c->source.n ? c->source : c->name;
    struct str version = c->source_version.n ? c->source_version : c->version;
    bool known = false;
    *out = l;
    *l = (struct match_list){
        .why = S("no advisories are at hand"), .support = none, .support_end = none};
    if (golden_pending(x))
        return ANSWER_PENDING;
    for (size_t i = 0; i < x->fact.n; i++) {
        const struct golden_fact *f = &x->fact.v[i];
        if (golden_is(f, "unsupported") && str_eq(f->word[1], c->ecosystem) &&
            str_eq(f->word[2], name)) {
            struct str word, why = f->rest;
            for (int k = 0; k < 2; k++)
                word_next(&why, &word);
            l->support_end = str_eq(f->word[3], S("-")) ? none : f->word[3];
            l->support = str_trim(why);
        }
        if (!golden_is(f, "vulnerable") || !str_eq(f->word[1], c->ecosystem))
            continue;
        bool fixed = !str_eq(f->word[4], S("-"));
        const struct advisory_range r = {none, fixed ? f->word[4] : none, none, false};
        known = true;
        if (!str_eq(f->word[2], ecosystem_name(x->arena, c->ecosystem, name)) ||
            range_judge(c->ecosystem, version, &r) != VERDICT_AFFECTED)
            continue;
        bool rated = f->n > 5 && !str_eq(f->word[5], S("exploited"));
        struct advisory_match m = {.is = {.id = f->word[3],
                                          .aliases = none,
                                          .rating = rated ? f->word[5] : none,
                                          .cvss_score = ADVISORY_UNSCORED,
                                          .epss = ADVISORY_UNSCORED,
                                          .exploited = golden_flag(f, 5, "exploited")},
                                   .verdict = VERDICT_AFFECTED,
                                   .fix = fixed ? FIX_RELEASED : FIX_NONE,
                                   .fixed = r.fixed};
        vec_push(x->arena, &found, m);
    }
    l->v = found.v;
    l->n = found.n;
    return found.n ? ANSWER_FOUND : known ? ANSWER_ABSENT : ANSWER_UNAVAILABLE;
}

static inline enum answer golden_file(struct golden_index *x, struct str path,
                                      struct context_entry *out)
{
    struct buf b = {.arena = x->arena};
    for (size_t i = 0; i < x->fact.n; i++) {
        const struct golden_fact *f = &x->fact.v[i];
        if (!golden_is(f, "file"))
            continue;
        struct str name = f->word[1];
        bool below = str_eq(path, S("."));
        if (!below && str_starts(name, path) && name.n > path.n && name.p[path.n] == '/') {
            name = str_from(name, path.n + 1);
            below = true;
        }
        if (str_eq(f->word[1], path))
            buf_fmt(&b, STR_FMT "\n", STR_ARG(str_eq(f->rest, S(".")) ? S("") : f->rest));
        if (!below)
            continue;
        struct str first = name;
        str_cut(&name, '/', &first);
        out->is_folder = true;
        buf_fmt(&b, STR_FMT "\n", STR_ARG(first));
    }
    out->text = buf_str(&b);
    return b.n ? ANSWER_FOUND : ANSWER_ABSENT;
}

static inline int golden_by_name(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static inline enum answer golden_names(void *self, const struct question *q, struct name_list *out)
{
    struct golden_index *x = self;
    struct str *v = arena_new(x->arena, struct str, x->fact.n + 1);
    size_t n = 0;
    if (golden_pending(x))
        return ANSWER_PENDING;
    for (size_t i = 0; i < x->fact.n; i++) {
        const struct golden_fact *f = &x->fact.v[i];
        if (f->n > 2 && golden_is(f, q->manager == &manager_apt ? "apt" : "apk") &&
            golden_release(f->word[1], q->release) && str_starts(f->word[2], q->name))
            v[n++] = f->word[2];
    }
    if (n)
        qsort(v, n, sizeof(*v), golden_by_name);
    out->v = v;
    for (size_t i = 0; i < n; i++)
        if (!out->n || !str_eq(v[out->n - 1], v[i]))
            v[out->n++] = v[i];
    return ANSWER_FOUND;
}

/* "2086,info,quote": the fix puts quotes around the word, or a text in its place. */
static inline void golden_remark_edits(struct golden_index *x, struct remark *r, struct str fix)
{
    struct remark_edit *e = arena_new(x->arena, struct remark_edit, 2);
    const struct span first = {r->span.start, r->span.start}, last = {r->span.end, r->span.end};
    r->edit = e;
    if (str_eq(fix, S("quote"))) {
        e[r->nedit++] = (struct remark_edit){.span = first, .text = S("\"")};
        e[r->nedit++] = (struct remark_edit){.span = last, .behind = true, .text = S("\"")};
    } else if (str_starts(fix, S("over="))) {
        e[r->nedit++] = (struct remark_edit){.span = r->span, .text = str_from(fix, 5)};
    }
}

static inline enum remark_level golden_remark_level(struct str name)
{
    if (str_eq(name, S("error")))
        return REMARK_ERROR;
    if (str_eq(name, S("warning")))
        return REMARK_WARNING;
    return str_eq(name, S("info")) ? REMARK_INFO : REMARK_STYLE;
}

static inline struct remark golden_remark(struct golden_index *x, const struct golden_fact *f,
                                          struct span at)
{
    struct str fix = f->word[2], code = S(""), level = S(""), message = f->rest, what;
    struct remark r = {.span = at};
    str_cut(&message, ' ', &what);
    str_cut(&fix, ',', &code);
    str_cut(&fix, ',', &level);
    r.code = (unsigned)strtoul(str_cstr(x->arena, code), NULL, 10);
    r.level = golden_remark_level(level);
    r.message = message;
    golden_remark_edits(x, &r, fix);
    return r;
}

static inline enum answer golden_remarks(struct golden_index *x, struct str script,
                                         struct remark_list *out)
{
    VEC(struct remark) list = {0};
    if (golden_pending(x))
        return ANSWER_PENDING;
    for (uint32_t i = 0; i < script.n; i++)
        for (size_t k = 0; k < x->fact.n; k++) {
            const struct golden_fact *f = &x->fact.v[k];
            uint32_t end = i + (uint32_t)f->word[1].n;
            if (!golden_is(f, "remark") || !str_starts(str_from(script, i), f->word[1]) ||
                (i && str_chr(S(" \t\n"), script.p[i - 1]) == STR_NONE) ||
                (end < script.n && str_chr(S(" \t\n"), script.p[end]) == STR_NONE))
                continue;
            struct remark r = golden_remark(x, f, (struct span){i, end});
            vec_push(x->arena, &list, r);
        }
    *out = (struct remark_list){.v = list.v, .n = list.n, .why = S("")};
    return ANSWER_FOUND;
}

static inline enum answer golden_pom(struct golden_index *x, const struct question *q,
                                     struct str *out)
{
    struct str name = str_fmt(x->arena, STR_FMT ":" STR_FMT, STR_ARG(q->name), STR_ARG(q->version));
    if (golden_pending(x))
        return ANSWER_PENDING;
    for (size_t i = 0; i < x->fact.n; i++)
        if (golden_is(&x->fact.v[i], "pom") && str_eq(x->fact.v[i].word[1], name)) {
            *out = x->fact.v[i].rest;
            return ANSWER_FOUND;
        }
    return ANSWER_ABSENT;
}

static inline enum answer golden_life(struct golden_index *x, const struct release *r,
                                      struct str *out)
{
    struct str name = ecosystem_of_release(x->arena, r);
    for (size_t i = 0; i < x->fact.n; i++)
        if (golden_is(&x->fact.v[i], "life") && str_eq(x->fact.v[i].word[1], name)) {
            *out = x->fact.v[i].word[2];
            return ANSWER_FOUND;
        }
    return ANSWER_ABSENT;
}

static inline enum answer golden_ask(void *self, const struct question *q, struct reply *out)
{
    switch (q->kind) {
    case ASK_PACKAGE:
        return golden_package(self, q, &out->package);
    case ASK_BASE:
        return golden_base(self, q->name, q->depth, &out->base);
    case ASK_IMAGE:
        return golden_image(self, q->name, &out->image);
    case ASK_ADVISORIES:
        return golden_advisories(self, q->release, q->name, &out->advisories);
    case ASK_NAMES:
        return golden_names(self, q, &out->names);
    case ASK_NEEDS:
        return golden_needs(self, q, &out->needs);
    case ASK_MATCHES:
        return golden_matches(self, q->component, &out->matches);
    case ASK_REMARKS:
        return golden_remarks(self, q->name, &out->remarks);
    case ASK_LIFE:
        return golden_life(self, q->release, &out->end);
    case ASK_POM:
        return golden_pom(self, q, &out->file.text);
    case ASK_FILE:
        return golden_file(self, q->name, &out->file);
    case ASK_DEB:
        break;
    }
    return ANSWER_UNAVAILABLE;
}

static inline bool golden_resolve(void *self)
{
    struct golden_index *x = self;
    bool fresh = x->asked && !x->fetched;
    x->fetched = x->fetched || x->asked;
    return fresh;
}

static inline bool golden_setting(struct golden_index *x, const struct golden_fact *f)
{
    struct str today = golden_value(f, 1, "today");
    if (golden_flag(f, 1, "unsafe"))
        x->settings.unsafe = true;
    else if (golden_flag(f, 1, "refresh"))
        x->settings.refresh = true;
    else if (golden_flag(f, 1, "all-rules"))
        x->all_rules = true;
    else if (today.n)
        x->settings.today = today;
    else
        return false;
    return true;
}

/* Is the line one of the kinds above, with its words? */
static inline bool golden_check(struct golden_index *x, const struct golden_fact *f)
{
    static const struct {
        const char *kind;
        size_t words;
    } kinds[] = {{"apt", 6},         {"apk", 6},   {"provides", 4},   {"unavailable", 3},
                 {"advisory", 5},    {"image", 4}, {"base", 2},       {"installed", 5},
                 {"unreachable", 3}, {"file", 3},  {"vulnerable", 5}, {"unsupported", 4},
                 {"remark", 4},      {"needs", 4}, {"pom", 3},        {"life", 3}};
    if (golden_is(f, "setting"))
        return golden_setting(x, f);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (golden_is(f, kinds[i].kind))
            return f->n >= kinds[i].words && (kinds[i].words != 6 || golden_archs(f->word[5]) != 0);
    return false;
}

static inline struct golden_index *golden_index_of(struct arena *a, struct str text)
{
    struct golden_index *x = arena_new(a, struct golden_index, 1);
    struct str line;
    x->arena = a;
    x->wrong = S("");
    x->settings.max_age = -1;
    x->settings.today = S("2026-01-01");
    x->settings.folder = S("context");
    x->lookup = (struct lookup){.self = x, .ask = golden_ask, .resolve = golden_resolve};
    while (str_cut(&text, '\n', &line)) {
        struct golden_fact f = {.rest = S("")};
        struct str rest = str_trim(line), word;
        if (!rest.n || rest.p[0] == '#')
            continue;
        while (f.n < GOLDEN_WORDS && str_cut(&rest, ' ', &word)) {
            if (word.n)
                f.word[f.n++] = word;
            if (f.n == 2 && word.n)
                f.rest = golden_is(&f, "file") ? rest : str_trim(rest);
        }
        if (!golden_check(x, &f) && !x->wrong.n)
            x->wrong = line;
        vec_push(a, &x->fact, f);
    }
    return x;
}

#endif
