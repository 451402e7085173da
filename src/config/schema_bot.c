/* The schema of policy files: what `dfix pr` does. Its limits are its operator's: a repository may
 * only ask for less, later and seldomer. */
#include <string.h>

#include "config/config_value.h"
#include "config/window.h"

static struct bot_settings *bot_of(struct config_scope *s)
{
    return &s->into->settings.bot;
}

/* Once it is set, a repository does not take it back. */
static bool read_flag(struct config_scope *s, const struct yaml_node *n, bool *flag, bool when)
{
    bool said;

    if (!want_bool(s, n, &said))
        return false;
    *flag = (said == when) || (*flag && !s->trusted);
    return true;
}

static bool read_enabled(struct config_scope *s, const struct yaml_node *n)
{
    return read_flag(s, n, &bot_of(s)->off, false);
}

static bool read_draft(struct config_scope *s, const struct yaml_node *n)
{
    return read_flag(s, n, &bot_of(s)->draft, true);
}

static bool read_sign_off(struct config_scope *s, const struct yaml_node *n)
{
    return read_flag(s, n, &bot_of(s)->sign_off, true);
}

static bool read_sign(struct config_scope *s, const struct yaml_node *n)
{
    return read_flag(s, n, &bot_of(s)->sign, true);
}

static bool read_forks(struct config_scope *s, const struct yaml_node *n)
{
    return read_flag(s, n, &bot_of(s)->forks, true);
}

static bool read_checks(struct config_scope *s, const struct yaml_node *n)
{
    return read_flag(s, n, &bot_of(s)->require_checks, true);
}

static bool read_inside(struct config_scope *s, const struct yaml_node *n)
{
    return read_flag(s, n, &bot_of(s)->no_inside, false);
}

static bool read_dashboard(struct config_scope *s, const struct yaml_node *n)
{
    return want_bool(s, n, &bot_of(s)->dashboard);
}

static bool read_take_over(struct config_scope *s, const struct yaml_node *n)
{
    return want_bool(s, n, &bot_of(s)->take_over);
}

static bool read_group(struct config_scope *s, const struct yaml_node *n)
{
    size_t which;

    if (!want_choice(s, n, "all|rule|file", &which))
        return false;
    bot_of(s)->group = BOT_GROUP_ALL + (enum bot_group)which;
    return true;
}

static bool read_remake(struct config_scope *s, const struct yaml_node *n)
{
    size_t which;

    if (!want_choice(s, n, "moved|conflict", &which))
        return false;
    bot_of(s)->only_conflicts = which == 1;
    return true;
}

static bool read_commits(struct config_scope *s, const struct yaml_node *n)
{
    size_t which;

    if (!want_choice(s, n, "api|git", &which))
        return false;
    bot_of(s)->by_push = which == 1;
    return true;
}

/* 0 is none at all, which a negative number stands for. */
static bool read_count(struct config_scope *s, const struct yaml_node *n, int64_t *out,
                       int64_t fallback)
{
    int64_t most;

    if (!want_number(s, n, &most))
        return false;
    int64_t now = *out < 0 ? 0 : *out ? *out : fallback;
    if (!s->trusted && most > now)
        most = now;
    *out = most ? most : -1;
    return true;
}

static bool read_open(struct config_scope *s, const struct yaml_node *n)
{
    return read_count(s, n, &bot_of(s)->open, BOT_OPEN);
}

static bool read_hourly(struct config_scope *s, const struct yaml_node *n)
{
    return read_count(s, n, &bot_of(s)->hourly, BOT_HOURLY);
}

static bool read_min_age(struct config_scope *s, const struct yaml_node *n)
{
    int64_t *age = &bot_of(s)->min_age, said;
    int64_t now = *age < 0 ? 0 : *age ? *age : BOT_MIN_AGE;

    if (!want_time(s, n, &said))
        return false;
    if (!s->trusted && said < now)
        said = now;
    *age = said ? said : -1;
    return true;
}

/* ---- lists ---- */

static bool check_label(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return (text.n <= 50 && str_chr(text, ',') == STR_NONE) ||
           config_fail(s, n, "a label has at most 50 bytes and no comma");
}

static bool check_login(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (c == 0 || !strchr("-_./", c)))
            return config_fail(s, n, "\"" STR_FMT "\" is not a user, nor a team (org/team)",
                               STR_ARG(text));
    }
    return true;
}

static bool check_glob(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return str_chr(text, ' ') == STR_NONE ||
           config_fail(s, n, "the name of a package or image has no blanks");
}

static bool check_rule(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return config_rule_of(&s->rules, text) ||
           config_fail(s, n, "no rule \"" STR_FMT "\"; `dfix rules` lists them", STR_ARG(text));
}

static bool check_window(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    struct window w;

    return window_read(text, &w) ||
           config_fail(s, n,
                       "\"" STR_FMT "\" is not a window: \"mon-fri\", \"22:00-06:00\", "
                       "\"sat,sun 08:00-12:00\"",
                       STR_ARG(text));
}

static bool read_labels(struct config_scope *s, const struct yaml_node *n)
{
    return want_list(s, n, check_label, &bot_of(s)->label, &bot_of(s)->nlabel);
}

static bool read_assignees(struct config_scope *s, const struct yaml_node *n)
{
    return want_list(s, n, check_login, &bot_of(s)->assignee, &bot_of(s)->nassignee);
}

/* Users and teams; `codeowners`, which is the default, are the file's; `none`. */
static bool read_reviewers(struct config_scope *s, const struct yaml_node *n)
{
    struct bot_settings *b = bot_of(s);

    if (!want_list(s, n, check_login, &b->reviewer, &b->nreviewer))
        return false;
    b->no_owners = true;
    for (size_t i = 0, kept = 0, all = b->nreviewer; i < all; i++) {
        if (str_eq(b->reviewer[i], S("codeowners")))
            b->no_owners = false;
        else if (!str_eq(b->reviewer[i], S("none")))
            b->reviewer[kept++] = b->reviewer[i];
        b->nreviewer = kept;
    }
    return true;
}

/* A repository's come on top. */
static bool read_ignore(struct config_scope *s, const struct yaml_node *n)
{
    struct bot_settings *b = bot_of(s);
    struct str *v;
    size_t count;

    if (!want_list(s, n, check_glob, &v, &count))
        return false;
    struct str *all = arena_new(s->arena, struct str, b->nignore + count);
    if (b->nignore)
        memcpy(all, b->ignore, b->nignore * sizeof(*all));
    if (count)
        memcpy(all + b->nignore, v, count * sizeof(*all));
    b->ignore = all;
    b->nignore += count;
    return true;
}

static bool read_schedule(struct config_scope *s, const struct yaml_node *n)
{
    struct bot_settings *b = bot_of(s);

    if (s->trusted)
        return want_list(s, n, check_window, &b->schedule, &b->nschedule);
    return want_list(s, n, check_window, &b->own_schedule, &b->nown_schedule);
}

static bool read_timezone(struct config_scope *s, const struct yaml_node *n)
{
    struct str *zone = s->trusted ? &bot_of(s)->timezone : &bot_of(s)->own_timezone;

    if (!want_text(s, n, zone))
        return false;
    for (size_t i = 0; i < zone->n; i++) {
        char c = zone->p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if ((!word && (c == 0 || !strchr("_+-/", c))) || zone->p[0] == '/')
            return config_fail(s, n, "a time zone is named as Europe/Berlin is");
    }
    return true;
}

static bool read_automerge(struct config_scope *s, const struct yaml_node *n)
{
    return want_list(s, n, check_rule, &bot_of(s)->automerge, &bot_of(s)->nautomerge);
}

/* What stands before the colon of a title: "build(docker)". */
static bool read_prefix(struct config_scope *s, const struct yaml_node *n)
{
    struct str text = S("");

    if (!want_text(s, n, &text))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if ((!word && (c == 0 || !strchr("()-_/.!", c))) || text.n > 30)
            return config_fail(s, n, "a prefix is a short word, such as build(docker) or chore");
    }
    bot_of(s)->prefix = text;
    return true;
}

static bool read_hosts(struct config_scope *s, const struct yaml_node *map)
{
    struct bot_settings *b = bot_of(s);
    size_t which;

    if (!want_kind(s, map, YAML_MAP))
        return false;
    b->host = arena_new(s->arena, struct mirror, map->n);
    b->nhost = map->n;
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_node *kind = map->pair[i].value;
        if (!want_text(s, map->pair[i].key, &b->host[i].from) ||
            !want_choice(s, kind, "github|gitlab|gitea|git", &which))
            return false;
        b->host[i].to = kind->text;
    }
    return true;
}

bool config_bot_read(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {
        {"enabled", read_enabled, false},
        {"group", read_group, false},
        {"open", read_open, false},
        {"per-hour", read_hourly, false},
        {"min-age", read_min_age, false},
        {"schedule", read_schedule, false},
        {"timezone", read_timezone, false},
        {"prefix", read_prefix, false},
        {"labels", read_labels, false},
        {"assignees", read_assignees, false},
        {"reviewers", read_reviewers, false},
        {"ignore", read_ignore, false},
        {"draft", read_draft, false},
        {"sign-off", read_sign_off, false},
        {"dashboard", read_dashboard, false},
        {"inside", read_inside, false},
        {"take-over", read_take_over, false},
        {"remake", read_remake, false},
        {"require-checks", read_checks, false},
        {"commits", read_commits, true},
        {"sign", read_sign, true},
        {"forks", read_forks, true},
        {"automerge", read_automerge, true},
        {"hosts", read_hosts, true},
    };

    return CONFIG_KEYS(s, n, keys);
}
