/* fuzz_image.c - what any Dockerfile means: its stages, calls of package managers, sources and
 * users. The build context holds whatever the file itself says. */
#include <stdlib.h>

#include "dfix/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every path is there, and is a folder when it is short. */
static enum answer any_file(void *self, const struct question *q, struct reply *out)
{
    if (q->kind != ASK_FILE)
        return ANSWER_UNAVAILABLE;
    bool folder = q->name.n % 3 == 0;
    struct str text =
        folder ? S("etc\napt\nsources.list.d\nx.list\npreferences.d\n") : *(const struct str *)self;
    out->file = (struct context_entry){folder, text};
    return q->name.n > 60 ? ANSWER_ABSENT : ANSWER_FOUND;
}

static void ask(struct arena *a, const struct image *im)
{
    size_t ninstall;
    const struct install *install = image_installs(im, &ninstall);

    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        const struct source *source;
        size_t n;
        struct str why = install_sources(im, a, in, &source, &n);
        for (size_t k = 0; k < n; k++)
            if (source[k].replaces != source[0].replaces)
                abort();
        for (size_t k = 0; k < in->npackage; k++)
            install_other_source(im, a, in, in->package[k].name);
        if (!why.p || !install_untieable(im, a, in).p || in->stage >= im->nstage)
            abort();
        install_is_dated(im, a, in);
    }
}

static void ask_users(struct arena *a, const struct image *im)
{
    struct accounts l = image_accounts(im, a);
    const struct folder *folder;
    bool several, keeps;

    for (unsigned i = 0; i < im->nstage; i++) {
        account_made(im, &l, i, &several);
        image_chown_user(im, a, i);
        image_owner_unknown(im, a, i);
        image_root_folders(im, a, i, &folder);
        image_shell_is_posix(im, a, i, UINT32_MAX);
        image_low_ports(im, a, i);
        if (!image_starts_as_root(im, a, i).p || !image_wants_home(im, a, i, &keeps).p)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_open();
    struct str text = {(const char *)data, size};
    struct lookup l = {.self = &text, .ask = any_file};
    struct image_settings s = {.folder = S("context")};

    const struct image *im = image_of(a, tree_parse(a, text), &l, &s);
    ask(a, im);
    ask_users(a, im);
    arena_close(a);
    return 0;
}
