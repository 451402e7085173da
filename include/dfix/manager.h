/* manager.h - what sets one package manager apart from another: its words, how its packages and
 * versions are written, which version it takes, pins, sources. Pure.
 *
 * Adding one: src/packages/NAME.c with `const struct manager manager_NAME`, and a line in
 * src/packages/managers.def: MANAGER(NAME), or WITHOUT_INDEX(NAME) when nothing of it is looked
 * up and only its words are known. Nobody else asks which manager it is. */
#ifndef DFIX_MANAGER_H
#define DFIX_MANAGER_H

#include "dfix/lookup.h"
#include "dfix/version.h"

struct command;
struct field;
struct image;
struct install;
struct lists;
struct option;
struct package;
struct pick;
struct source_list;

/* A text that shows a call even where it cannot be read. */
struct manager_call {
    const char *text, *program; /* text NULL: past the last */
};

struct manager {
    const char *name; /* "apt": its index and settings, in messages */

    /* ---- words, which every one has ---- */
    const unsigned *programs; /* of enum program; 0 ends them */
    const char *const *verbs; /* by enum verb, blank separated; NULL: it has none */
    void (*package_read)(struct package *p, struct str word); /* of a word that is no URL */
    /* The operands of an install that name packages. */
    size_t (*packages)(const struct command *c, const struct field *const **out);
    const char *pin_form;    /* what follows a name that has a version: "==VERSION" */
    const char *lock_file;   /* what holds versions in place for it; "" there is none */
    const char *tidy_words;  /* subcommands that only tidy up */
    const char *caches;      /* folders of its cache, blank separated; "~" is anybody's home */
    const char *asks;        /* subcommands that ask whether to go on; "" none */
    const char *yes;         /* the option that answers; "" none */
    const char *yes_options; /* the canonical names of all that do */
    const char *fills;       /* subcommands that leave something in its cache; "" none */
    const char *clean;       /* the words that empty the cache: "clean all"; "" none */
    bool (*cleans)(const struct command *c); /* does a command of any program do that? */
    /* May programs of the image need what a call leaves in the cache? */
    bool (*cache_serves)(const struct image *im, struct arena *a, const struct command *c);

    /* ---- what follows is NULL without an index ---- */
    const char *purl;            /* how package URLs begin: "pkg:deb/" */
    const char *const *identity; /* packages that tell one release from another; NULL ends them */
    bool (*serves)(struct str distro);
    bool (*release_of)(struct str suite, struct release *out); /* whose index the suite is */

    /* ---- words of a command ---- */
    const struct manager_call *calls;
    bool (*is_called)(struct str word); /* the program, by a word that may lead to it */
    /* Removes packages, and takes `name=version` for that. */
    bool (*removes_pinned)(const struct command *c);
    void (*option_read)(struct arena *a, struct install *in, const struct option *o,
                        struct str value);
    const char *fresh_options; /* that bring the lists up to date by themselves; "" none */
    bool (*upgrades_along)(const struct install *in);    /* named packages, with all the rest */
    bool (*takes_recommended)(const struct install *in); /* with what it installs */
    bool (*sweeps)(const struct install *in); /* takes away what nothing needs any more */
    /* The words that upgrade packages by name instead; `updated`: the lists are fresh. */
    struct str (*upgrade_by_name)(struct arena *a, const struct install *in, bool updated);
    const char *lists_folder;

    /* ---- packages ---- */
    bool (*name_valid)(struct str name);

    /* ---- versions ---- */
    bool (*version_valid)(struct str version);
    int (*version_compare)(struct str a, struct str b); /* of valid ones */
    struct str (*version_upstream)(struct str version);
    size_t (*epoch_end)(struct str version);
    bool (*constraint_known)(struct str operator_, struct str wanted);
    bool (*constraint_holds)(struct str operator_, struct str wanted, struct str version);
    bool (*constraint_open)(struct str operator_, struct str wanted);
    const char *at_least; /* operator of "this or newer"; "": there is no such */
    /* Which of several offers is taken: the highest, then the newest; `target`: of -t. */
    int (*priority)(const struct offer *o, struct str target);

    /* ---- pins ---- */
    const char *open_operator, *star;           /* that take whatever begins so: "=" and "*" */
    struct str (*pin_core)(struct str version); /* the part that a pin is cut from */
    bool (*pin_matches)(struct str version, struct str pin);
    bool (*outgrows)(struct str version); /* no pin on it would live: deb_outgrows */
    bool (*pin_counts)(const struct offer *o, const struct pick *x); /* must the pin let it in? */

    /* ---- sources ---- */
    const char *settings;                         /* the folder that holds them */
    const char *settings_variable;                /* that names other settings; "" none */
    const char *lists_prefix;                     /* how the paths of all its lists begin */
    const char *changes_lists, *changes_settings; /* "changes apt's sources", for messages */
    bool (*is_list)(struct str path);
    const char *folders; /* that every image has, of its settings */
    const char *keys;    /* files and folders of keys, which choose no versions */
    /* Does a file that is no list, at a path below `settings`, leave sources and versions alone? */
    bool (*is_harmless)(struct arena *a, struct str path, struct str text);
    bool (*sources)(struct lists *l, struct arena *a, const struct release *r,
                    struct source_list *out); /* what lists_sources says */
    /* Installs packages from files that may bring sources. */
    bool (*brings_sources)(struct str program, const struct field *f, size_t n);
    /* Why a text put at this path decides versions, and of which packages; NULL: it does not. */
    const char *(*prefers)(struct arena *a, struct str path, struct str text, struct str *touched);
    const char *moving_branch; /* in a URL: another release one day; "" none */
    bool (*archive_rolls)(struct str uri);

    /* ---- what it does and does not ---- */
    struct {
        bool install_upgrades; /* `install` of what is there brings the newest */
        bool security_suites;  /* fixes come in suites of their own; else advisories tell */
        bool picks_suites;     /* takes a package from a suite that it does not prefer */
        bool suite_is_whole;   /* "v3.20/main": the component is in the suite's name */
        bool yes_first;        /* its `yes` stands before the subcommand */
        bool scripts_add;      /* vendors' scripts add sources to it */
    } does;
};

enum {
#define MANAGER(name) MANAGER_NUMBER_##name,
#define WITHOUT_INDEX(name)
#include "packages/managers.def"
#undef MANAGER
#undef WITHOUT_INDEX
    MANAGERS
};
#define MANAGER(name)       extern const struct manager manager_##name;
#define WITHOUT_INDEX(name) MANAGER(name)
#include "packages/managers.def"
#undef MANAGER
#undef WITHOUT_INDEX

extern const struct manager *const managers[]; /* those with an index; NULL ends them */
/* Its place in managers.def, which files on disk keep, and back; NULL: there is no such. */
unsigned manager_number(const struct manager *m);
const struct manager *manager_numbered(unsigned number);
/* With an index or without; NULL: the program is of none. */
const struct manager *manager_of_program(unsigned program);
bool manager_has_index(const struct manager *m);
/* What a rule's finding is called by manager; a row without one ends a table. NULL: not in it. */
struct manager_code {
    const struct manager *manager;
    const char *code;
};
const char *manager_code_of(const struct manager_code *codes, const struct manager *m);
/* NULL: none that is known. */
const struct manager *manager_of_distro(struct str distro);

#endif
