/* lookup.h - what is known of the world: package indexes, registries, base
 * images. Read-only for those who ask.
 *
 * An answer is given at once, from memory or a mapped file, or it is PENDING:
 * the miss is recorded, and after the files of a run have all been asked,
 * `resolve` fetches every miss at once; then the files that met a PENDING are
 * run again. Questions may come from several threads; what is answered
 * lives as long as the lookup. Slices in questions are copied when kept. A new kind of question is
 * a member of `enum question_kind` and of `struct reply`, and a case where it is answered. */
#ifndef DFIX_LOOKUP_H
#define DFIX_LOOKUP_H

#include "dfix/base.h"
#include "dfix/edit.h"
#include "dfix/version.h"

enum answer {
    ANSWER_FOUND,
    ANSWER_ABSENT,      /* the world was asked, and has no such thing */
    ANSWER_UNAVAILABLE, /* the world could not be asked: `why` says so */
    ANSWER_PENDING      /* not asked yet; say nothing about it now */
};

/* A distro release as the package manager sees it. */
struct release {
    struct str distro;   /* "debian", "ubuntu", "alpine"; "" when not known */
    struct str version;  /* "12", "22.04", "3.20", "edge" */
    struct str codename; /* "bookworm", "jammy"; "" for alpine */
};

/* Architectures by Debian's names (amd64, arm64, armhf, ...), one bit each. */
typedef uint32_t arch_set;
enum { ARCH_MAX = 16 };
struct str arch_name(unsigned bit);        /* "" past the last */
arch_set arch_of(struct str any_spelling); /* Debian, OCI, or apk name; 0 if unknown */
struct str arch_apk(unsigned bit);         /* x86_64, aarch64, ... */

/* One version of one package in one suite of a verified index. */
struct offer {
    struct str version;
    struct str suite;     /* "bookworm", "bookworm-security", "v3.20/main" */
    struct str component; /* "main" */
    struct str source, source_version;
    arch_set archs;  /* where this very version is offered */
    bool security;   /* the suite brings security fixes only */
    int64_t dated;   /* when the Release file that lists it was made; 0: not known */
    int64_t made;    /* when its maintainers built it, by the index; 0: it does not say */
    struct str from; /* the extra source's URL; "": the release's own archive */
};
struct package_info {
    const struct offer *offer; /* newest first, by the manager's version order */
    size_t noffer;
    const struct str *provider; /* real packages that provide this name */
    size_t nprovider;
    struct str why;  /* UNAVAILABLE: the reason, for people */
    int64_t dated;   /* when the newest Release file of all that were asked was made, whether or not
                        they have the package; 0: not known */
    int64_t fetched; /* when the oldest index of them was known to be current */
    bool not_asked;  /* UNAVAILABLE, but nothing failed: it is no source that may or can be asked */
};

/* A source of packages beyond the release's own, or a named part of it. A source at another
 * host is asked only when policy allows that host; otherwise the answer is UNAVAILABLE and says
 * so. What an extra source may decide is never left out silently.
 * apt (sources.list(5)): uri, suite and components; a suite that ends in '/' is a flat one.
 * apk (/etc/apk/repositories): the whole line's URL is the uri, suite and components are "". */
struct source {
    struct str uri, suite; /* suite "bookworm-backports"; uri "" = the release's own */
    struct str components; /* blank separated; "": the release's default ones */
    struct str signed_by;  /* a path or fingerprints, as written; "" the distro's keyring */
    struct str tag;        /* apk: "edge" for `@edge https://...`: only pkg@edge takes from it */
    arch_set archs;        /* apt [arch=...]; 0: all */
    bool trusted;          /* apt [trusted=yes]: it need not be signed; dfix does not follow that */
    bool replaces;         /* the release's own sources count no more; on every source of a list */
};

/* How much of an image is looked at: a config is some kilobytes, layers are hundreds of megabytes.
 */
enum base_depth {
    BASE_BY_CONFIG, /* but a user by name is looked up, which takes the layers, too */
    BASE_BY_LAYERS,
    BASE_BY_CONTENTS /* all files of the layers, for what is not of a distro's packages */
};

/* What an image brings, from its config and its layers. */
struct installed {
    struct str name, version, arch, source, source_version;
};
/* A language's package, by its own record in a file of the image. */
struct content {
    struct str ecosystem, name, version; /* version "": not known */
    struct str path;                     /* of the file; of a jar in another one, that one's */
};
/* What the config says stands whenever the answer is FOUND. What only the layers tell may
 * still be unknown (too large, offline, another distro): `why` then says it. The layers
 * read are those of one platform: the first wanted architecture that the image has. */
struct base_facts {
    struct release release; /* from os-release; distro "" when not known */
    struct str user;        /* as in the config; "" means root */
    bool user_known;
    bool user_root;      /* the user is root: by name, by number or by etc/passwd */
    bool user_looked_up; /* etc/passwd was read for the user's name, or there is none to read for */
    struct str digest;   /* of the manifest or index that the image's name led to */
    arch_set archs;      /* all that the image offers */
    struct str arch;     /* that the rest is about; Debian's name, "" unknown */
    struct str created;  /* when it was built, as its config says: 2026-11-30T10:00:00Z; "" */
    const struct str *env; /* "NAME=value" */
    size_t nenv;
    const struct str *entrypoint, *command, *shell; /* none: not set */
    size_t nentrypoint, ncommand, nshell;
    const struct str *port; /* "80/tcp" */
    size_t nport;
    const struct installed *installed;
    size_t ninstalled;
    bool installed_known;
    bool installed_given; /* by hand: perhaps another image's */
    const struct content *content;
    size_t ncontent;
    bool contents_known;
    struct str contents_why; /* what could not be looked into; "" */
    /* Where the base's own package manager looks: all of etc/apt/sources.list(.d) or
     * etc/apk/repositories (uri and suite "v3.20/main"). */
    const struct source *source;
    size_t nsource;
    bool sources_known; /* nothing there that was not understood */
    bool preferences;   /* apt's preferences or settings move candidates */
    bool onbuild;       /* the config has ONBUILD triggers */
    struct str spoke;   /* which source: "registry", "table", "layout" */
    struct str why;
};

/* Nothing is known. */
static inline struct base_facts base_facts_none(void)
{
    const struct str none = {"", 0};
    return (struct base_facts){.release = {none, none, none},
                               .user = none,
                               .digest = none,
                               .arch = none,
                               .created = none,
                               .contents_why = none,
                               .spoke = none,
                               .why = none};
}

/* Only what the config says, so that an answer does not depend on what else was asked. */
static inline void base_facts_of_config(struct base_facts *f)
{
    const struct str none = {"", 0};
    f->release = (struct release){none, none, none};
    f->installed = NULL;
    f->source = NULL;
    f->ninstalled = f->nsource = 0;
    f->installed_known = f->installed_given = f->sources_known = f->preferences = false;
    f->content = NULL;
    f->ncontent = 0;
    f->contents_known = false;
    f->why = f->contents_why = none;
}

/* What an image reference points at in its registry. */
struct image_info {
    struct str digest; /* sha256:... of the manifest or index */
    arch_set archs;
    bool others;           /* and images for platforms that dfix does not know, as Windows */
    struct str better_tag; /* for latest: the most specific tag with that digest */
    struct str why;
};

/* The distro's own fix list: the version that first holds a fix. */
struct advisory {
    struct str id, fixed; /* "CVE-2022-37434", "1.2.12-r2" */
};

/* A file of the build context. */
struct context_entry {
    bool is_folder;
    struct str text; /* a file's; of a folder the names in it, a line each */
};
struct advisory_list {
    const struct advisory *v;
    size_t n;
};
struct name_list {
    const struct str *v; /* by byte order, each once */
    size_t n;
};
enum { NAMES_MOST = 100 };

/* What ShellCheck says of a script. Places are bytes of its text. */
enum remark_level { REMARK_STYLE, REMARK_INFO, REMARK_WARNING, REMARK_ERROR };
struct remark_edit {
    struct span span;
    bool behind; /* an insertion: it belongs to what stands before it */
    struct str text;
};
struct remark {
    unsigned code; /* 2086 */
    enum remark_level level;
    struct span span;
    struct str message;
    const struct remark_edit *edit; /* its fix, if it has one */
    size_t nedit;
};
struct remark_list {
    const struct remark *v; /* by place */
    size_t n;
    struct str why; /* UNAVAILABLE: the reason, for people */
};

/* What a package needs, by its index: clauses with a comma between them, in each alternatives with
 * a bar between them: "libc6>=2.36,debconf|debconf-2.0", "so:libz.so.1,busybox>=1". */
struct package_needs {
    struct str depends, recommends; /* apt's Pre-Depends are of the first */
};

/* The file that a package is. */
struct package_file {
    struct str path; /* where it was fetched to, for as long as the lookup; what is there is not
                        verified: who reads it holds it against size and sum. "": at_hand */
    struct str url;  /* without a login */
    uint64_t size;   /* as the verified index has them */
    uint8_t sha256[32];
    struct str why; /* UNAVAILABLE: the reason, for people */
};

enum question_kind {
    ASK_PACKAGE,    /* every version of `name` that the suites of `release` (and `source`) hold, on
                       any architecture of `archs` */
    ASK_BASE,       /* what the image `name` brings, for `archs` */
    ASK_IMAGE,      /* what the reference `name` points at */
    ASK_ADVISORIES, /* those fixed in `release` for the source (origin) package `name` */
    ASK_NAMES,      /* packages whose names begin with `name`: the first NAMES_MOST, of one of the
                       architectures */
    ASK_NEEDS,      /* what `version` of the package `name` needs there, on the first of `archs` */
    ASK_MATCHES,    /* what is vulnerable in `component` */
    ASK_REMARKS,    /* what ShellCheck says of the script `name`, which begins with its `#!` */
    ASK_LIFE,       /* the end of `release`, as its distro publishes it by now */
    ASK_POM,        /* the pom of Maven's package `name`, "group:artifact", in `version` */
    ASK_DEB,        /* the file of `version` of the package `name` there, on any of `archs` */
    ASK_FILE        /* what COPY finds at the path `name` of the build context `folder`. ABSENT too
                       when it leads out of the context, or is no such thing */
};
struct component; /* advisory.h */
struct match_list;
/* What a kind does not speak of is not looked at. */
struct question {
    enum question_kind kind;
    const struct manager *manager; /* packages and advisories */
    const struct release *release;
    arch_set archs;
    const struct source *source; /* beyond the release's own */
    size_t nsource;
    struct str name, version, folder;
    bool (*counts)(
        struct str name); /* of a folder other names need not be told; NULL: all of them */
    enum base_depth depth;
    const struct component *component;
    bool settled; /* matches that do not count are told, too */
    bool at_hand; /* matches by what the cache has, a file's size and sum by the index: nothing is
                     fetched for the answer */
};
/* The member that the question's kind names. Slices and arrays are the lookup's. */
struct reply {
    union {
        struct package_info package;
        struct base_facts base;
        struct image_info image;
        struct advisory_list advisories;
        struct name_list names;
        struct package_needs needs;
        const struct match_list *matches; /* NULL: nothing is known of it */
        struct remark_list remarks;
        struct str end; /* YYYY-MM-DD */
        struct package_file deb;
        struct context_entry file;
    };
};

struct lookup {
    void *self;
    /* `out` is all zeros before. UNAVAILABLE for a kind that is not known here. */
    enum answer (*ask)(void *self, const struct question *q, struct reply *out);
    /* Fetch what was missed so far; true when anything new is known now. */
    bool (*resolve)(void *self);
};

/* NULL, and one that answers nothing, is a lookup too. */
static inline enum answer lookup_ask(const struct lookup *l, const struct question *q,
                                     struct reply *out)
{
    *out = (struct reply){.package = {0}};
    return l && l->ask ? l->ask(l->self, q, out) : ANSWER_UNAVAILABLE;
}

/* Of manager, release, archs, source and name. */
static inline enum answer lookup_package(const struct lookup *l, struct question q,
                                         struct package_info *out)
{
    struct reply r;
    q.kind = ASK_PACKAGE;
    enum answer answer = lookup_ask(l, &q, &r);
    *out = r.package;
    return answer;
}

/* Of manager, release, archs, source, name and version. */
static inline enum answer lookup_needs(const struct lookup *l, struct question q,
                                       struct package_needs *out)
{
    struct reply r;
    q.kind = ASK_NEEDS;
    enum answer answer = lookup_ask(l, &q, &r);
    *out = r.needs;
    return answer;
}

static inline enum answer lookup_base(const struct lookup *l, struct str image, arch_set archs,
                                      enum base_depth depth, struct base_facts *out)
{
    struct reply r;
    const struct question q = {.kind = ASK_BASE, .name = image, .archs = archs, .depth = depth};
    enum answer answer = lookup_ask(l, &q, &r);
    *out = r.base;
    return answer;
}

static inline enum answer lookup_image(const struct lookup *l, struct str image,
                                       struct image_info *out)
{
    struct reply r;
    const struct question q = {.kind = ASK_IMAGE, .name = image};
    enum answer answer = lookup_ask(l, &q, &r);
    *out = r.image;
    return answer;
}

static inline enum answer lookup_advisories(const struct lookup *l, const struct manager *m,
                                            const struct release *of, struct str source,
                                            struct advisory_list *out)
{
    struct reply r;
    const struct question q = {.kind = ASK_ADVISORIES, .manager = m, .release = of, .name = source};
    enum answer answer = lookup_ask(l, &q, &r);
    *out = r.advisories;
    return answer;
}

static inline enum answer lookup_remarks(const struct lookup *l, struct str script,
                                         struct remark_list *out)
{
    struct reply r;
    const struct question q = {.kind = ASK_REMARKS, .name = script};
    enum answer answer = lookup_ask(l, &q, &r);
    *out = r.remarks;
    return answer;
}

/* A file's text, as it was published. */
static inline enum answer lookup_pom(const struct lookup *l, struct str name, struct str version,
                                     struct str *out)
{
    struct reply r;
    const struct question q = {.kind = ASK_POM, .name = name, .version = version};
    enum answer answer = lookup_ask(l, &q, &r);
    *out = r.file.text;
    return answer;
}

/* Of a folder with thousands of names a few count, which its lookup picks out once for all that ask
 * so; one that does not tells them all. */
static inline enum answer lookup_names(const struct lookup *l, struct str folder, struct str path,
                                       bool (*counts)(struct str name), struct context_entry *out)
{
    struct reply r;
    const struct question q = {.kind = ASK_FILE, .name = path, .folder = folder, .counts = counts};
    enum answer answer = lookup_ask(l, &q, &r);
    *out = r.file;
    return answer;
}

static inline enum answer lookup_file(const struct lookup *l, struct str folder, struct str path,
                                      struct context_entry *out)
{
    return lookup_names(l, folder, path, NULL, out);
}

#endif
