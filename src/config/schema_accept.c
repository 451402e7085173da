/* The schema of policy files: which risks somebody has accepted. What an entry lacks is a finding,
 * no error: it does not count until it is there. */
#include <stdlib.h>
#include <string.h>

#include "config/config_value.h"
#include "dfix/date.h"
#include "host/files.h"

#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct acceptance, name)                                                   \
    }
static const struct {
    const char *name;
    size_t at;
} fields[] = {FIELD(id),    FIELD(package), FIELD(version), FIELD(where),  FIELD(reason),
              FIELD(owner), FIELD(decided), FIELD(expires), FIELD(status), FIELD(impact)};
#undef FIELD
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static struct str *field_of(struct acceptance *x, size_t i)
{
    return (struct str *)(void *)((char *)x + fields[i].at);
}

static bool check_day(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return date_is_valid(text) ||
           config_fail(s, n, "\"" STR_FMT "\" is not a day (YYYY-MM-DD)", STR_ARG(text));
}

static bool read_status(struct config_scope *s, const struct yaml_node *n, struct str *status)
{
    size_t which = 0;

    if (!want_choice(s, n,
                     "accepted|component_not_present|vulnerable_code_not_present|"
                     "vulnerable_code_not_in_execute_path|"
                     "vulnerable_code_cannot_be_controlled_by_adversary|"
                     "inline_mitigations_already_exist|fixed",
                     &which))
        return false;
    if (!which)
        *status = S("");
    return true;
}

static bool read_field(struct config_scope *s, const struct yaml_pair *pair, struct acceptance *x)
{
    struct str known[FIELDS];
    size_t k = 0;

    for (size_t i = 0; i < FIELDS; i++)
        known[i] = str_of(fields[i].name);
    while (k < FIELDS && !str_eq(known[k], pair->key->text))
        k++;
    if (k == FIELDS)
        return config_fail_unknown(s, pair->key, "key", known, FIELDS);
    if (yaml_is_empty(pair->value))
        return true; /* lacking */
    struct str *to = field_of(x, k);
    if (!want_text(s, pair->value, to))
        return false;
    if (to == &x->decided || to == &x->expires)
        return check_day(s, pair->value, *to);
    return to != &x->status || read_status(s, pair->value, to);
}

static bool read_entry(struct config_scope *s, const struct yaml_node *n, struct acceptance *x)
{
    struct str none = S(""),
               folder = path_absolute(s->arena, path_folder(s->arena, str_of(s->path)));
    char *real = realpath(str_cstr(s->arena, folder), NULL);

    if (real)
        folder = str_dup(s->arena, str_of(real));
    free(real);
    /* `.dfix/accept.yaml` speaks for the folder that `.dfix` lies in. */
    if (str_eq(path_basename(folder), S(".dfix")))
        folder = path_folder(s->arena, folder);
    *x = (struct acceptance){
        none,   none,    none,       none, none, none, none, none, none, none, str_of(s->path),
        folder, n->line, s->trusted, false};
    if (!want_kind(s, n, YAML_MAP))
        return false;
    for (size_t i = 0; i < n->n; i++)
        if (!read_field(s, &n->pair[i], x))
            return false;
    return x->id.n || x->package.n ||
           config_fail(s, n, "an accepted risk needs an id (CVE-2024-1234) or a package");
}

/* Those of one file come after those of the others: none replaces another. */
bool config_accept_read(struct config_scope *s, const struct yaml_node *list)
{
    struct settings *to = &s->into->settings;

    if (yaml_is_empty(list))
        return true;
    if (!want_kind(s, list, YAML_LIST))
        return false;
    struct acceptance *v = arena_new(s->arena, struct acceptance, to->naccept + list->n);
    if (to->naccept)
        memcpy(v, to->accept, to->naccept * sizeof(*v));
    for (size_t i = 0; i < list->n; i++)
        if (!read_entry(s, list->item[i], &v[to->naccept + i]))
            return false;
    to->accept = v;
    to->naccept += list->n;
    return true;
}
