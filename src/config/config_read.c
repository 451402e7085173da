/* Policy files on disk, before anything is known of what they say. */
#include "config/config.h"
#include "host/files.h"
#include "config/yaml_tree.h"

enum { CONFIG_MAX = 1024 * 1024 };

bool policy_read(struct arena *a, const char *path, struct policy_file *out, struct err *e)
{
    struct str text;

    *out = (struct policy_file){.path = path};
    if (!file_read(a, path, CONFIG_MAX, &text, e))
        return false;
    out->bytes = text.n;
    return yaml_parse(a, path, text, &out->root, e);
}

bool config_read(struct arena *a, const char *path, bool trusted, struct config_rules rules,
                 struct config *into, struct err *e)
{
    struct policy_file p;

    return policy_read(a, path, &p, e) && config_apply(a, &p, trusted, rules, into, e);
}

bool config_read_hadolint(struct arena *a, const char *path, bool trusted,
                          struct config_rules rules, struct config *into, struct err *e)
{
    struct policy_file p;

    return policy_read(a, path, &p, e) && config_apply_hadolint(a, &p, trusted, rules, into, e);
}
