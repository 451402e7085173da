/* image.h - what the tree means: stages, values, users, installs. Built once
 * per parse, so that no two fixers work the same thing out differently. */
#ifndef DFIX_IMAGE_H
#define DFIX_IMAGE_H

#include "dfix/facts.h"
#include "dfix/lookup.h"
#include "dfix/reference.h"
#include "dfix/syntax.h"

/* A value and who wrote it. Certainty never guesses across a branch, a loop, a
 * command substitution or a build argument given at build time without default. */
enum certainty { VALUE_UNKNOWN, VALUE_PARTLY, VALUE_KNOWN };

/* A run of a value's bytes. `span` holds exactly these bytes in the source when
 * `literal`; otherwise (escapes, a cut by a continuation) it only covers them. */
struct piece {
    struct str text; /* "" when not known */
    struct span span;
    node_id node; /* the word, string or heredoc that wrote it; or the PARAM/SUBST not known */
    bool known, literal;
    bool default_; /* comes from ARG's default: a build may override it */
};
struct value {
    enum certainty certainty;
    struct str text; /* whole when KNOWN */
    const struct piece *piece;
    size_t npiece;
};

/* One word that a command gets in the end: after expansion and field splitting.
 * One source word may give several fields ($PKGS), or one that is not known. */
struct field {
    struct value value;
    node_id word; /* the argument in the command that gave it */
    bool quoted;  /* some of it stood in quotes: no splitting, no globbing */
    bool each;    /* from the list of a `for`: the command gets such fields one at a time */
};

enum package_kind {
    PACKAGE_NAME,        /* a plain name, not constrained */
    PACKAGE_CONSTRAINED, /* a name with a version, a suite, a repository tag */
    PACKAGE_REMOVED,     /* apt `pkg-`, apk `!pkg` */
    PACKAGE_ADDED,       /* apt `pkg+` */
    PACKAGE_FILE,        /* ./x.deb, /tmp/x.apk */
    PACKAGE_URL,
    PACKAGE_TASK,     /* apt `task^` */
    PACKAGE_PATTERN,  /* regular expression or glob */
    PACKAGE_PROVIDES, /* apk `cmd:x`, `so:x`, `pc:x`, `/bin/sh` */
    PACKAGE_UNKNOWN   /* known at build time only */
};
struct package {
    enum package_kind kind;
    struct str name;               /* without qualifier and constraint */
    struct str qualifier;          /* apt `pkg:i386`: "i386" */
    struct str operator_, version; /* "=", "~=", ">=", "@", "/"; as written */
    struct field field;
    /* Where the name is written, when it is written in one piece: an edit may
     * append to `span` or replace it. Several packages, or other uses, may share
     * a written place (a variable): `shared` counts its uses other than this. */
    struct span span;
    node_id node;
    bool literal;
    unsigned shared;
    bool redirected; /* `make>4`: what follows the name looks like a constraint, to the shell it
                        is a redirection */
    bool script;     /* stands in the text of `sh -c`: two shells read what is written there */
    bool bare;       /* script: and there in no quotes */
};

enum verb { VERB_INSTALL, VERB_UPGRADE, VERB_DIST_UPGRADE, VERB_UPDATE, VERB_REMOVE, VERB_OTHER };
enum wrapper {
    WRAP_NONE = 0,
    WRAP_SUDO = 1,
    WRAP_SH_C = 2,
    WRAP_ENV = 4,
    WRAP_EXEC_FORM = 8,
    WRAP_HEREDOC = 16,
    WRAP_OTHER = 32,
    WRAP_XARGS = 64,
    WRAP_FIND = 128,
    WRAP_BUSYBOX = 256
};

struct option {
    struct field name, value; /* `-t x`, `--target-release=x`, `-qq` */
    struct str spelled;       /* canonical: "target-release", "yes", "no-install-recommends" */
    bool has_value;
};
struct command;
/* One call of a package manager. The command may be one that the shell never sees as
 * such: `command` is then the outer command (sh -c), or the EXEC node. */
struct install {
    const struct manager *manager;
    struct str program; /* "apt-get", "apt", "aptitude", "apk" */
    enum verb verb;
    struct str said; /* the verb, as written: "full-upgrade" */
    node_id instruction, command;
    const struct command *call; /* what makes it, or hides it; of the image's list */
    unsigned stage;             /* index into image.stage */
    unsigned wrappers;          /* of enum wrapper */
    bool conditional;           /* inside if, case, a loop, a function, after || */
    const struct option *option;
    size_t noption;
    const struct package *package;
    size_t npackage;
    struct str target_release; /* apt -t; "" none */
    bool target_unknown;
    const struct str *repository; /* apk -X */
    size_t nrepository;
    struct str virtual_; /* apk -t .build-deps */
    struct str root;     /* apk --root, apt -o Dir=... : not this image's packages */
    bool onbuild;        /* runs in the builds of others */
    uint32_t order;      /* its place among all commands, those of texts too */
    uint32_t updated;    /* that of the last update of the manager's lists before it; 0: none */
    /* This or the first behind it that names versions, a suite or a repository of its own, so that
     * it may take what other calls do not; NULL: none. */
    const struct install *next_apart;
};
bool install_names_versions(const struct install *in);
/* The option by its canonical spelling; NULL: not given. */
const struct option *install_option(const struct install *in, struct str spelled);

/* A package source that the file itself adds, and what else it does to the manager's
 * sources, before the installs that follow in reading order. */
struct added_source {
    const struct manager *manager;
    node_id node;    /* where */
    uint32_t order;  /* among the commands, as install.order */
    struct str what; /* as written, for messages */
    node_id instruction;
    unsigned stage;
    const char *why;    /* not understood: "runs a script that is downloaded" */
    struct str touched; /* not understood: globs of the packages that it may decide; "*": any */
    bool waits;         /* not understood: nothing changes before the manager's next update */
    bool whole;         /* says all there is now, and stands for what was said so before */
    const struct source *source; /* understood (why is NULL): what it adds, may be nothing */
    size_t nsource;
};

enum stage_base { BASE_IMAGE, BASE_STAGE, BASE_SCRATCH, BASE_UNKNOWN };
struct stage {
    node_id from, image, alias; /* the FROM instruction and its words; alias 0: none */
    node_id last;               /* last instruction of the stage */
    struct str name;            /* alias, lower case; "" none */
    enum stage_base base;
    unsigned base_stage;    /* BASE_STAGE: index */
    struct value reference; /* the image as resolved */
    struct str platform;    /* --platform resolved; "" none */
    arch_set archs;         /* that the stage may be built for */
    struct release release; /* distro "" when not known */
    bool release_exact; /* the tag names the release, or there is a digest (RULE: pins are SAFE) */
    struct str release_from;        /* for messages: "tag", "table", "registry", "policy" */
    bool release_given;             /* a build argument can change it */
    const char *release_why;        /* when not known: why */
    struct str facts_failed;        /* why its registry could not be asked; "" it was */
    const struct base_facts *facts; /* NULL: none. Of the image at the root of BASE_STAGE chains */
    struct known_image known;       /* what the tables say of that image */
    bool windows;
    unsigned tour, tour_end; /* stages built on it, and itself, have their tour between these */
};

/* USER in force from this instruction on. */
struct user_change {
    node_id instruction;
    unsigned stage;
    struct value user;
};

struct definitions;
struct scope_late;
/* Where words are read: scope.h of the model. */
struct scope {
    const struct tree *tree;
    const struct stage *stage;
    size_t nstage;
    const struct definitions *definitions; /* NULL: none */
    struct scope_late *late;
};

struct image {
    const struct tree *tree;
    struct scope scope; /* of the whole file */
    struct stage *stage;
    size_t nstage;
    struct user_change *user;
    size_t nuser;
    arch_set archs; /* default ones */
    bool pending;   /* a lookup said PENDING */
    void *self;     /* image/'s own */
};

struct image_settings {
    arch_set archs;    /* 0: amd64 and arm64 */
    struct str folder; /* that COPY takes from; "" not known */
    struct str file;   /* the name of the file itself; "" not known */
    struct str today;  /* YYYY-MM-DD; "" not known */
    /* Give the canonical name of an image that policy keeps on a mirror; may be NULL. */
    struct str (*canonical)(const void *self, struct arena *a, struct str image);
    const void *self;
};
struct image *image_of(struct arena *a, const struct tree *t, const struct lookup *l,
                       const struct image_settings *s);

/* In reading order. Each is looked for when it is first asked for; sources, as far as there are
 * calls behind them. */
const struct install *image_installs(const struct image *im, size_t *n);
const struct added_source *image_sources(const struct image *im, size_t *n);
/* The next place behind a node of the file that expands the variable; 0: none. */
node_id image_next_use(const struct image *im, struct str name, node_id after);
unsigned image_stage_of(const struct image *im, node_id n); /* UINT32_MAX before the first FROM */
/* The stage at the end of those that this one is built on: its base is no stage. */
unsigned image_root_stage(const struct image *im, unsigned stage);
/* The line that the node of a file begins in, and that of a byte's offset in it; from 1. */
unsigned image_line(const struct image *im, node_id n);
unsigned image_line_at(const struct image *im, uint32_t at);
/* The value of a word as the Dockerfile or its shell expands it there. */
struct value image_value(const struct image *im, struct arena *a, node_id word);
bool arg_is_predefined(struct str name); /* one that BuildKit sets: TARGETARCH */
/* Does an ARG or ENV set the variable before this instruction, in its stage or in those below? */
bool image_is_defined(const struct image *im, node_id at, struct str name);
/* All that are, by name. */
const struct str *image_variables(const struct image *im, struct arena *a, node_id at, size_t *n);
/* The value that an ARG or ENV gives it; 0: it gives none. */
node_id image_definition_in(const struct image *im, node_id instruction, struct str name);
/* One that is set before this instruction and is spelled much like it; "" none. */
struct str image_name_near(const struct image *im, node_id at, struct str name);
/* Fields that a simple command gets, assignments and redirections left out. */
size_t image_fields(const struct image *im, struct arena *a, node_id command,
                    const struct field **out);

/* Why a package's word cannot take a version, for people: "has a constraint already". NULL: it
 * can: a plain name, written in one piece, that nothing else uses. */
const char *package_fixed(const struct package *p);
/* Is it installed, and no version says which? */
bool package_is_open(const struct package *p);
bool install_is_open(const struct install *in); /* one of its packages */
/* Why the versions that a call installs cannot be looked up for pins: another root, a release
 * that is not known, has no such index, or will be another one day. "": they can. */
struct str install_unpinnable(const struct image *im, struct arena *a, const struct install *in);
/* Another release that the stage is built for, as a file beside it says: docker-bake.hcl, compose,
 * a workflow. Only where a build argument can change the release. */
struct other_release {
    struct release release;
    struct str file;
};
size_t stage_other_releases(const struct image *im, struct arena *a, const struct stage *stage,
                            const struct other_release **out);
/* Why this package may come from a source that the file adds before the call, and that is not
 * understood; package "": why any may. "": they do not. */
struct str install_other_source(const struct image *im, struct arena *a, const struct install *in,
                                struct str package);
/* The sources, beyond the release's own, that a call's packages may come from: -t and -X, what
 * the file adds before it, what the base brings. "": `out` is all of them; otherwise why that
 * cannot be told, for people. */
struct str install_sources(const struct image *im, struct arena *a, const struct install *in,
                           const struct source **out, size_t *n);
/* May the base image's own extra sources or preferences decide the version of this package? */
bool stage_touches(const struct stage *s, struct str package);
/* The next package of that name, after `after` (NULL: the first), that the base image is known to
 * hold; NULL: there is none, or that is not known. `b` may be NULL. */
const struct installed *base_installed(const struct base_facts *b, struct str name,
                                       const struct installed *after);
/* May the base image hold this package already? By its facts, else by the tables; where neither
 * tells, it may. */
bool stage_may_hold(const struct stage *s, struct str package);
/* The stage is that one, or built on it. */
bool image_is_built_on(const struct image *im, unsigned stage, unsigned base);
/* Is the image below the stage known to set no WORKDIR? */
bool image_base_in_root(const struct image *im, unsigned stage);
/* The last thing that the file does to the sources before this call, in its stage; NULL: none. */
const struct added_source *image_source_before(const struct image *im, const struct install *in);
/* Do the packages of this call come from a dated archive, whose versions never change? */
bool install_is_dated(const struct image *im, struct arena *a, const struct install *in);
/* The manager's first call in the stage and in those below it; NULL: none. */
const struct install *image_first_install(const struct image *im, const struct manager *m,
                                          unsigned stage);
/* Why the sources cannot be replaced by a dated archive before this call; "": they can. */
struct str install_untieable(const struct image *im, struct arena *a, const struct install *in);

/* Is the build given a context of this name, by a bake file or compose beside the file? `by`: that
 * file. */
bool image_is_context(const struct image *im, struct str name, struct str *by);
/* Do they build an image of this name, from another file than this one? */
bool image_is_built_beside(const struct image *im, struct str name, struct str *by);

/* A place that names an image: FROM, COPY --from, RUN --mount from=, # syntax=; ONBUILD's too.
 * Stages, stage numbers, build contexts and scratch are not images and are left out. */
enum place_kind { PLACE_FROM, PLACE_COPY, PLACE_MOUNT, PLACE_SYNTAX };
struct image_place {
    enum place_kind kind;
    node_id instruction, word; /* word: what to edit; the DIRECTIVE for PLACE_SYNTAX */
    unsigned stage;            /* UINT32_MAX: before the first */
    bool bare;                 /* not FROM, and one plain word: may be a named build context */
    struct value value;
};
size_t image_places(const struct image *im, struct arena *a, const struct image_place **out);

/* A place that names a stage: FROM, COPY --from=, RUN --mount from=. Numbers, and what ONBUILD
 * hands on, are left out. */
struct stage_mention {
    unsigned stage;
    node_id instruction, node; /* node: to edit, at `span` when it is literal */
    struct span span;
    bool literal;
};
size_t image_stage_mentions(const struct image *im, const struct stage_mention **out);
/* The first stage of that name, in any letters; UINT32_MAX: none. */
unsigned image_stage_named(const struct image *im, struct arena *a, struct str name);

/* Which bytes to change so that each place's value becomes `to`, when build arguments wrote some
 * of it: a default is changed only when all that uses the argument becomes what it should. Give
 * all places whose values are known; those that stay have their own text as `to`. */
struct image_rewrite {
    const struct image_place *place;
    struct str to;
    const char *why; /* out: it cannot be had, for people; NULL: it can */
    size_t group;    /* out: index of the first one that it must be changed together with */
};
struct image_edit {
    size_t group; /* of the rewrites that want it */
    node_id node; /* whose word it is in */
    struct span span;
    struct str text;
};
size_t image_rewrite(const struct image *im, struct arena *a, struct image_rewrite *v, size_t n,
                     const struct image_edit **out);

#endif
