/* facts.c - what an image's config tells of it. */
#include "registry/facts.h"

#include "dfix/username.h"

void facts_of_config(const struct image_config *c, struct base_facts *f)
{
    struct str none = S("");
    *f = (struct base_facts){
        .release = {none, none, none},
        .user = c->user,
        .user_known = true,
        .user_root = user_is_root(c->user),
        .user_looked_up = user_is_root(c->user) || user_is_number(user_name(c->user)),
        .digest = none,
        .arch = none,
        .created = c->created,
        .env = c->env,
        .nenv = c->nenv,
        .entrypoint = c->entrypoint,
        .nentrypoint = c->nentrypoint,
        .command = c->command,
        .ncommand = c->ncommand,
        .shell = c->shell,
        .nshell = c->nshell,
        .port = c->port,
        .nport = c->nport,
        .onbuild = c->onbuild,
        .contents_why = none,
        .spoke = none,
        .why = none,
    };
    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (c->arch == (arch_set)1 << bit)
            f->arch = arch_name(bit);
}

bool facts_user_named(const struct base_facts *f)
{
    struct str user = user_name(f->user);
    return !user_is_root(user) && !user_is_number(user);
}
