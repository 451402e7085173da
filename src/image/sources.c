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

/* Settings that pick no versions. */
static bool is_harmless(struct str text)
{
    return str_find(text, S("sources")) == STR_NONE &&
           str_find(text, S("preferences")) == STR_NONE &&
           (str_find(text, S("/etc/apt/apt.conf.d/")) != STR_NONE) &&
           str_find(text, S("Default-Release")) == STR_NONE &&
           str_find(text, S("Target-Release")) == STR_NONE;
}

static void add(struct image *im, struct arena *a, node_id n, enum manager m, const char *why)
{
    const struct tree *t = im->tree;
    struct str text = node_text(t, n), line = S("");
    node_id instruction = node_kind(t, n) == NODE_INSTRUCTION ? n : node_up(t, n, NODE_INSTRUCTION);
    struct added_source *v = arena_new(a, struct added_source, im->nadded + 1);

    str_cut(&text, '\n', &line);
    for (size_t i = 0; i < im->nadded; i++)
        v[i] = im->added[i];
    v[im->nadded++] = (struct added_source){
        .manager = m,
        .node = n,
        .source = {S(""), S(""), S(""), S("")},
        .what = str_trim(line.n > 60 ? str_sub(line, 0, 60) : line),
        .tag = S(""),
        .instruction = instruction,
        .stage = image_stage_of(im, n),
        .why = why,
    };
    im->added = v;
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

static void look(struct image *im, struct arena *a, node_id n)
{
    struct str text = node_text(im->tree, n);

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (str_find(text, str_of(signs[i].text)) != STR_NONE && !is_harmless(text)) {
            add(im, a, n, signs[i].manager, signs[i].why);
            return;
        }
    if (str_find(text, S("dpkg")) != STR_NONE && str_find(text, S(".deb")) != STR_NONE)
        add(im, a, n, MANAGER_APT, "installs a package that may bring sources");
}

void sources_find(struct image *im, struct arena *a)
{
    const struct tree *t = im->tree;

    for (node_id n = 1; n < t->nnode; n++) {
        enum node_kind k = node_kind(t, n);
        bool copies = k == NODE_INSTRUCTION &&
                      (node_instruction(t, n) == INST_COPY || node_instruction(t, n) == INST_ADD);
        if (copies || k == NODE_COMMAND || k == NODE_EXEC || k == NODE_HEREDOC)
            look(im, a, n);
        else if (k == NODE_PIPELINE && downloads_a_script(node_text(t, n)))
            add(im, a, n, MANAGER_APT, "runs a script that is downloaded");
    }
}
