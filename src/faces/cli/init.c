/* dfix init: a dfix.yaml to begin with, for what is found here. All of it is optional, so that what
 * it says holds already is a comment. */
#include "faces/faces.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "dfix/reference.h"
#include "host/files.h"
#include "host/output.h"

/* Names, and how often each was seen. */
struct seen {
    struct str name;
    size_t times;
};
struct sights {
    struct arena *arena;
    VEC(struct seen) release, registry;
    size_t files;
    bool hadolint;
};

#define see(a, list, what)                                                                         \
    do {                                                                                           \
        size_t at = 0;                                                                             \
        while (at < (list)->n && !str_eq((list)->v[at].name, (what)))                              \
            at++;                                                                                  \
        if (at == (list)->n)                                                                       \
            vec_push((a), (list), (struct seen){str_dup((a), (what)), 0});                         \
        (list)->v[at].times++;                                                                     \
    } while (0)

static void look_at(struct sights *s, struct str path)
{
    struct arena *scratch = arena_open();
    struct settings none = {.offline = true, .today = S("")};
    struct lookup nobody = {0};
    struct str text;
    struct err e;

    if (file_read(scratch, str_cstr(scratch, path), LIMIT_TEXT, &text, &e)) {
        struct result r = dfix_check(scratch, text, &(struct rules){NULL, 0}, &none, &nobody);
        s->files++;
        for (size_t i = 0; i < r.nbase; i++) {
            struct reference ref;
            const struct release *of = &r.base[i].release;
            if (reference_parse(r.base[i].image, &ref))
                see(s->arena, &s->registry, ref.domain.n ? ref.domain : S("docker.io"));
            if (of->distro.n)
                see(s->arena, &s->release,
                    str_fmt(scratch, STR_FMT " " STR_FMT, STR_ARG(of->distro),
                            STR_ARG(of->version)));
        }
    }
    bool user;
    s->hadolint |= config_find_hadolint(scratch, path, &user).n > 0 && !user;
    arena_close(scratch);
}

static void add_seen(struct buf *b, const struct seen *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_fmt(b, "%s" STR_FMT " (%zu)", i ? ", " : "", STR_ARG(v[i].name), v[i].times);
}

static void add_rule(struct buf *b, const struct fixer *f)
{
    buf_fmt(b, "  # %s: %s%*s# %s\n", f->id, f->off ? "off" : "safe",
            strlen(f->id) < 20 ? 24 - (int)strlen(f->id) - (f->off ? 3 : 4) : 1, "", f->title);
    for (const struct option_doc *o = f->options; o && o->name; o++)
        buf_fmt(b, "  #   %s%s: %s%s# %s\n", o->fallback[0] ? "" : "# ", o->name, o->fallback,
                o->fallback[0] ? "   " : "  ", o->values);
}

static struct str policy_text(const struct sights *s)
{
    struct buf b = {.arena = s->arena};
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    buf_fmt(
        &b,
        "# How dfix treats the Dockerfiles below this folder (%zu when this was written).\n"
        "# Whatever is a comment here is the default; dfix.yaml(5) has all keys, and\n"
        "# `dfix --show-settings FILE` says what holds for a file, and where that comes from.\n",
        s->files);
    if (s->hadolint)
        buf_add(&b, S("# .hadolint.yaml counts as well, but for trustedRegistries.\n"));
    if (s->release.n) {
        buf_add(&b, S("\n# Built on: "));
        add_seen(&b, s->release.v, s->release.n);
        buf_char(&b, '\n');
    }
    buf_add(&b, S("\n# How far each rule may go: off, hint, safe or unsafe; and its options.\n"
                  "rules:\n"));
    for (size_t i = 0; i < n; i++)
        add_rule(&b, f[i]);
    buf_add(&b, S("\n# What the images are built for.\n# architectures: [amd64, arm64]\n"));
    if (s->registry.n) {
        buf_add(&b, S("\n# Images come from: "));
        add_seen(&b, s->registry.v, s->registry.n);
        buf_add(&b, S("\n# This counts in your own policy and in that of --config, not here:\n"
                      "# registries:\n#   trusted: ["));
        for (size_t i = 0; i < s->registry.n; i++)
            buf_fmt(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(s->registry.v[i].name));
        buf_add(&b, S("]\n"));
    }
    return buf_str(&b);
}

int command_init(struct arena *a, const struct command_line *c)
{
    struct sights s = {.arena = a};
    struct file_list files = {0};
    struct err e;

    if (c->word.n) {
        say_error("dfix: init takes no argument; it writes dfix.yaml into this folder");
        return EXIT_FAILED;
    }
    files_find(a, S("."), NULL, NULL, &files, &e);
    for (size_t i = 0; i < files.n; i++)
        look_at(&s, files.v[i].path);
    if (!output_create(a, S("dfix.yaml"), policy_text(&s), &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    fputs("wrote dfix.yaml\n", stdout);
    return EXIT_CLEAN;
}
