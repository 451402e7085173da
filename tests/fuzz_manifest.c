/* Manifests, configs, tokens, tags, logins and cached facts of any bytes. */
#include <stdlib.h>

#include "registry/credentials.h"
#include "host/digest.h"
#include "registry/document.h"
#include "registry/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must_be_sound(const struct manifest *m)
{
    for (size_t i = 0; i < m->nlayer; i++)
        if (!digest_valid(m->layer[i].digest))
            abort();
    for (size_t i = 0; i < m->nchild; i++)
        if (!digest_valid(m->child[i].digest))
            abort();
    if (!m->index && !digest_valid(m->config.digest))
        abort();
}

/* What is read from facts is what is written again. */
static void facts_survive(struct arena *a, struct str text)
{
    struct base_facts f, again;
    if (!memory_facts_parse(a, text, &f))
        return;
    struct str once = memory_facts_text(a, &f);
    if (!memory_facts_parse(a, once, &again) || !str_eq(memory_facts_text(a, &again), once))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_open();
    struct str text = str_dup(a, (struct str){(const char *)data, n}), helper;
    struct manifest m;
    struct image_config c;
    struct login l;
    struct tag_list tags = {{0}};
    struct err e;
    if (manifest_parse(a, text, S(""), &m, &e))
        must_be_sound(&m);
    config_parse(a, text, &c, &e);
    token_parse(a, text);
    tags_parse(a, text, &tags);
    login_parse(a, text, S("docker.io/library/debian"), &l, &helper);
    login_of_helper(a, text, &l);
    facts_survive(a, text);
    arena_close(a);
    return 0;
}
