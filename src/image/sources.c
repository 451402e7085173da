/* What a file does to its package managers' sources. What is not plainly something else counts
 * as a source that is not understood: pins are left alone behind it. */
#include "values.h"

struct sign {
    const char *text, *why;
    enum manager manager;
};
static const struct sign signs[] = {
    {"sources.list", "changes apt's sources", MANAGER_APT},
    {"/etc/apt/", "changes apt's settings", MANAGER_APT},
    {"apt-add-repository", "adds a repository", MANAGER_APT},
    {"add-apt-repository", "adds a repository", MANAGER_APT},
    {"apt.conf", "changes apt's settings", MANAGER_APT},
    {"extrepo", "adds a repository", MANAGER_APT},
    {"/etc/apk/", "changes apk's repositories", MANAGER_APK},
};

/* Nothing of apt's folder but keys, which bring no packages. */
static bool is_about_keys(struct str text)
{
    size_t at = 0;

    if (str_find(text, S("sources.list")) != STR_NONE || str_find(text, S("apt.conf")) != STR_NONE)
        return false;
    for (ptrdiff_t k; (k = str_find(str_from(text, at), S("/etc/apt/"))) != STR_NONE;) {
        struct str rest = str_from(text, at += (size_t)k + 9);
        if (!str_starts(rest, S("keyrings")) && !str_starts(rest, S("trusted.gpg")))
            return false;
    }
    return at > 0;
}

/* Settings that pick no versions. */
static bool is_harmless(struct str text)
{
    if (is_about_keys(text))
        return true;
    return str_find(text, S("sources")) == STR_NONE &&
           str_find(text, S("preferences")) == STR_NONE &&
           (str_find(text, S("/etc/apt/apt.conf.d/")) != STR_NONE) &&
           str_find(text, S("Default-Release")) == STR_NONE &&
           str_find(text, S("Target-Release")) == STR_NONE;
}

struct search {
    const struct image *im;
    struct arena *arena;
    VEC(struct added_source) found;
};

static void add(struct search *x, node_id n, enum manager m, const char *why)
{
    const struct tree *t = x->im->tree;
    struct str text = node_text(t, n), line = S("");

    str_cut(&text, '\n', &line);
    vec_push(x->arena, &x->found,
             (struct added_source){
                 .manager = m,
                 .node = n,
                 .what = str_trim(line.n > 60 ? str_sub(line, 0, 60) : line),
                 .instruction =
                     node_kind(t, n) == NODE_INSTRUCTION ? n : node_up(t, n, NODE_INSTRUCTION),
                 .stage = image_stage_of(x->im, n),
                 .why = why,
             });
}

static bool downloads_a_script(struct str pipeline)
{
    static const char *const shells[] = {"sh", "bash", "python", "python3", "perl"};
    struct str rest = pipeline, part = S("");
    bool fetches =
        str_find(pipeline, S("curl")) != STR_NONE || str_find(pipeline, S("wget")) != STR_NONE;

    str_cut(&rest, '|', &part);
    while (fetches && str_cut(&rest, '|', &part)) {
        struct str words = str_trim(part), word;
        while (str_cut(&words, ' ', &word))
            for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
                if (str_eq(word, str_of(shells[i])))
                    return true;
    }
    return false;
}

static void look(struct search *x, node_id n)
{
    struct str text = node_text(x->im->tree, n);
    const struct source *source;
    size_t nsource;
    enum manager manager;

    if (repositories_read(x->im, x->arena, n, &manager, &source, &nsource)) {
        add(x, n, manager, NULL);
        x->found.v[x->found.n - 1].source = source;
        x->found.v[x->found.n - 1].nsource = nsource;
        return;
    }
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (str_find(text, str_of(signs[i].text)) != STR_NONE && !is_harmless(text)) {
            add(x, n, signs[i].manager, signs[i].why);
            return;
        }
    if (str_find(text, S("dpkg")) != STR_NONE && str_find(text, S(".deb")) != STR_NONE)
        add(x, n, MANAGER_APT, "installs a package that may bring sources");
}

void sources_find(struct image *im, struct arena *a)
{
    const struct tree *t = im->tree;
    struct search x = {.im = im, .arena = a};

    for (node_id n = 1; n < t->nnode; n++) {
        enum node_kind k = node_kind(t, n);
        bool copies = k == NODE_INSTRUCTION &&
                      (node_instruction(t, n) == INST_COPY || node_instruction(t, n) == INST_ADD);
        bool of_compound = k == NODE_REDIRECT && node_kind(t, t->node[n].parent) != NODE_COMMAND;
        /* The commands of a body that a shell reads are looked at one by one. */
        bool data = k == NODE_HEREDOC && node_kind(t, node_first(t, n)) != NODE_SHELL;
        if (copies || of_compound || data || k == NODE_COMMAND || k == NODE_EXEC)
            look(&x, n);
        else if (k == NODE_PIPELINE && downloads_a_script(node_text(t, n)))
            add(&x, n, MANAGER_APT, "runs a script that is downloaded");
    }
    im->added = x.found.v;
    im->nadded = x.found.n;
}
