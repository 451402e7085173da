/* context.c - what the build is given to copy from, when it is at hand. */
#include "model/model.h"

enum { FOLDERS = 6 }; /* folders looked at */
/* What one file may ask for: a look at the disk counts as many looks at a word. */
enum { LOOKS = 1 << 18, LOOK_AT_DISK = 32 };

struct context_memo {
    struct arena *arena;
    struct str folder[FOLDERS + 1]; /* that may be given to the build */
    unsigned nfolder;               /* 0: not looked yet */
    unsigned looks;                 /* left */
};

struct build_context *build_context_of(struct arena *a, const struct lookup *l, struct str folder)
{
    struct build_context *c = arena_new(a, struct build_context, 1);

    *c = (struct build_context){l, folder, arena_new(a, struct context_memo, 1)};
    *c->memo = (struct context_memo){.arena = a, .looks = LOOKS};
    return c;
}

static bool may_look(const struct build_context *c, unsigned cost)
{
    bool may = c->memo->looks >= cost;
    c->memo->looks -= may ? cost : 0;
    return may;
}

static bool is_top(const struct build_context *c, struct str folder)
{
    struct context_entry ignored;

    return lookup_file(c->lookup, folder, S(".git"), &ignored) == ANSWER_FOUND;
}

/* Which folder is given to the build is not known: that of the file, or one above it, up to the
 * repository's. */
static void find_folders(const struct build_context *c)
{
    struct context_memo *m = c->memo;
    struct str at = c->folder;
    bool top = false;

    if (m->nfolder)
        return;
    for (unsigned n = 0; n <= FOLDERS && !top; n++) {
        m->folder[n] = at;
        m->nfolder = n + 1;
        top = is_top(c, at);
        ptrdiff_t slash = str_rchr(at, '/');
        if (slash <= 0)
            break;
        at = str_sub(at, 0, (size_t)slash);
    }
    if (!top)
        m->nfolder = 1;
}

unsigned build_context_folders(const struct build_context *c)
{
    if (!c->lookup || !c->lookup->ask || !c->folder.n)
        return 0;
    find_folders(c);
    return c->memo->nfolder;
}

struct str build_context_folder(const struct build_context *c, unsigned i)
{
    return c->memo->folder[i];
}

enum answer build_context_names(const struct build_context *c, unsigned i, struct str path,
                                bool (*counts)(struct str name), struct context_entry *out)
{
    *out = (struct context_entry){.text = S("")};
    return may_look(c, LOOK_AT_DISK)
               ? lookup_names(c->lookup, c->memo->folder[i], path, counts, out)
               : ANSWER_UNAVAILABLE;
}

enum answer build_context_look(const struct build_context *c, unsigned i, struct str path,
                               struct context_entry *out)
{
    return build_context_names(c, i, path, NULL, out);
}

enum answer build_context_read(const struct build_context *c, struct str path, bool *folder,
                               struct str *text)
{
    enum answer answer = ANSWER_ABSENT;
    struct context_entry found;

    *folder = false;
    *text = S("");
    unsigned n = build_context_folders(c);
    if (!n)
        return ANSWER_UNAVAILABLE;
    for (unsigned i = 0; i < n && answer == ANSWER_ABSENT; i++) {
        answer = build_context_look(c, i, path, &found);
        *folder = found.is_folder;
        *text = found.text;
    }
    return answer;
}
