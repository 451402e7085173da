/* What an image starts: programs that begin as root on purpose (root_programs.c), and what other
 * users cannot reach. */
#include "dfix/command.h"
#include "runtime/start.h"

/* ---- what is started ---- */

/* The instruction of the stage, or of those below, that is in force at its end. */
static node_id last_of(const struct image *im, unsigned stage, enum instruction which)
{
    const struct tree *t = im->tree;

    for (;; stage = im->stage[stage].base_stage) {
        node_id found = 0;
        for (node_id n = im->stage[stage].from; n; n = node_sibling(t, n)) {
            if (t->node[n].kind == NODE_INSTRUCTION && t->node[n].op == which)
                found = n;
            if (n == im->stage[stage].last)
                break;
        }
        if (found || im->stage[stage].base != BASE_STAGE)
            return found;
    }
}

/* What the words of an ENTRYPOINT start, those of CMD behind them. */
static struct command_list joined_commands(const struct started *s, node_id entrypoint, node_id cmd)
{
    const node_id words[] = {entrypoint, cmd};
    const struct field *f;
    VEC(struct field) all = {0};

    for (size_t k = 0; k < 2; k++) {
        size_t n = image_fields(s->im, s->arena, words[k], &f);
        for (size_t i = 0; i < n; i++)
            vec_push(s->arena, &all, f[i]);
    }
    return commands_of_words(s->arena, all.v, all.n);
}

struct started started_of(const struct image *im, struct arena *a, unsigned stage)
{
    node_id entrypoint = last_of(im, stage, INST_ENTRYPOINT);
    node_id command = last_of(im, stage, INST_CMD);

    /* An ENTRYPOINT takes the CMD away that an earlier stage has set. */
    if (entrypoint && command && image_stage_of(im, command) < image_stage_of(im, entrypoint))
        command = 0;
    struct started s = {.im = im,
                        .arena = a,
                        .stage = stage,
                        .entrypoint = entrypoint,
                        .command = command,
                        .facts = im->stage[stage].facts};
    node_id first = entrypoint ? node_next(im->tree, entrypoint, 0, NODE_EXEC) : 0;
    node_id behind = command ? node_next(im->tree, command, 0, NODE_EXEC) : 0;
    s.joins = first && behind;
    if (s.joins)
        s.joined = joined_commands(&s, first, behind);
    return s;
}

struct command_list started_commands(const struct started *s, node_id instruction)
{
    return s->joins && instruction == s->entrypoint ? s->joined
                                                    : commands_of_instruction(s->im, instruction);
}

bool started_program(const struct started *s, struct str *word)
{
    node_id instruction = s->entrypoint ? s->entrypoint : s->command;
    struct command_list all = {.n = 0};

    if (instruction)
        all = started_commands(s, instruction);
    for (size_t i = 0; i < all.n; i++) {
        const struct field *f;
        size_t n = command_args(&all.v[i], &f);
        if (!n || f->value.certainty != VALUE_KNOWN || command_holds(&all.v[i]) ||
            command_starts_another(&all.v[i]))
            continue;
        *word = f->value.text;
        return true;
    }
    return false;
}

static struct str why_instruction(const struct started *s, node_id instruction)
{
    struct str why = root_program(s->arena, started_commands(s, instruction));
    const char *needs = why.n ? NULL : image_needs_root(s->im, s->arena, instruction);

    return needs ? str_fmt(s->arena, "the program it starts %s", needs) : why;
}

struct command_list commands_of_config(struct arena *a, const struct str *word, size_t n)
{
    struct field *f = arena_new(a, struct field, n + 1);

    for (size_t i = 0; i < n; i++) {
        struct piece *p = arena_new(a, struct piece, 1);
        *p = (struct piece){.text = word[i], .known = true};
        f[i].value = value_of_pieces(a, p, 1);
    }
    return commands_of_words(a, f, n);
}

/* The same of what the base image's own config starts. */
static struct str why_config(const struct started *s, const struct str *word, size_t n)
{
    return root_program(s->arena, commands_of_config(s->arena, word, n));
}

/* That the last of its commands works in: cd /srv && ./run.sh. */
static struct str started_folder(const struct started *s)
{
    struct command_list all =
        commands_of_instruction(s->im, s->entrypoint ? s->entrypoint : s->command);

    return all.n > 1 ? command_folder(s->im, &all.v[all.n - 1]) : file_folder(s->im, s->stage);
}

bool started_text(const struct started *s, struct str word, struct str *text)
{
    struct file f = file_of_program(s->im, s->stage, UINT32_MAX, started_folder(s), word);

    *text = f.text;
    return f.kind == FILE_PLAIN && f.text_known;
}

typedef VEC(struct str) text_list;

static void add_script(const struct started *s, struct str word, text_list *out)
{
    struct str text;

    if (word.n && started_text(s, word, &text) && script_is_shells(text))
        vec_push(s->arena, out, text);
}

size_t started_scripts(const struct started *s, const struct str **out)
{
    node_id instruction = s->entrypoint ? s->entrypoint : s->command;
    struct command_list all = {.n = 0};
    text_list texts = {0};
    struct str program;

    if (started_program(s, &program))
        add_script(s, program, &texts);
    if (instruction)
        all = started_commands(s, instruction);
    for (size_t i = 0; i < all.n; i++)
        add_script(s, command_script(&all.v[i]), &texts);
    *out = texts.v;
    return texts.n;
}

/* What a script starts, when its text is known. */
static struct str why_script_starts(const struct started *s)
{
    const struct str *text;
    size_t n = started_scripts(s, &text);
    struct str why = S("");

    for (size_t i = 0; i < n && !why.n; i++) {
        why = root_program_of_script(s->arena, text[i]);
        if (!why.n)
            why = started_text_writes(s, text[i]);
    }
    return why;
}

static struct str why_started(const struct started *s)
{
    struct str why = S("");

    if (s->entrypoint)
        why = why_instruction(s, s->entrypoint);
    else if (s->facts)
        why = why_config(s, s->facts->entrypoint, s->facts->nentrypoint);
    if (!why.n && s->command)
        why = why_instruction(s, s->command);
    else if (!why.n && s->facts && !s->entrypoint)
        why = why_config(s, s->facts->command, s->facts->ncommand);
    return why;
}

/* ---- scripts that may start what wants root ---- */

/* Programs that start no services of the system. */
static const char interpreters[] =
    "node nodejs npm npx yarn pnpm deno bun python python2 python3 pipenv poetry java ruby bundle "
    "rails rake dotnet mono perl php go gunicorn uwsgi uvicorn hypercorn flask celery django-admin "
    "streamlit jupyter Rscript R julia elixir mix erl";

/* Is what the image starts a script, or not known? */
static bool may_be_script(const struct started *s)
{
    struct str word;

    return !started_program(s, &word) || !word_is_one_of(path_basename(word), interpreters);
}

/* Packages of servers that begin as root, or run as users of their own. */
static bool is_server(struct str package, struct str of)
{
    static const char names[] =
        "apache2 httpd lighttpd openssh-server supervisor cron cronie dcron runit s6 s6-overlay "
        "systemd rsyslog syslog-ng postfix exim4 vsftpd pure-ftpd samba bind9 bind dnsmasq openvpn "
        "strongswan keepalived squid squid3 slapd cups avahi-daemon nfs-kernel-server fail2ban "
        "xinetd monit ntp chrony postgresql postgresql-server mysql mysql-server mariadb "
        "mariadb-server redis-server rabbitmq-server mongodb mongodb-server mongodb-org gosu "
        "su-exec";
    static const char *const begins[] = {"nginx",    "mysql-server-",   "mariadb-server-",
                                         "dovecot-", "libapache2-mod-", "proftpd"};
    struct str version;

    (void)of;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (str_starts(package, str_of(begins[i])))
            return true;
    version = str_starts(package, S("postgresql-")) ? str_from(package, 11) : S("");
    return word_is_one_of(package, names) || str_ends(package, S("-fpm")) ||
           (version.n && version.p[0] >= '0' && version.p[0] <= '9');
}

static struct str why_script(const struct started *s)
{
    static const char *const tools[] = {"gosu",      "su-exec",    "setpriv",
                                        "setuidgid", "s6-overlay", "supervisord",
                                        "systemctl", "/sbin/init", "chroot --userspec"};

    if (!may_be_script(s))
        return S("");
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
        if (image_stage_says(s->im, s->stage, str_of(tools[i])))
            return str_fmt(s->arena, "it uses %s, so its program must start as root", tools[i]);
    struct str server = started_package(
        s, "yum dnf microdnf tdnf zypper pacman pip pip2 pip3 easy_install", is_server, S(""));
    return server.n ? str_fmt(s->arena,
                              "it installs " STR_FMT
                              ", which starts as root and may be started by its program",
                              STR_ARG(server))
                    : S("");
}

/* A log that the shell itself opens, in a folder that is root's in every image. */
static struct str why_output(const struct started *s)
{
    static const char *const folders[] = {"/var/log/", "/var/lib/", "/var/run/", "/var/cache/",
                                          "/run/",     "/usr/",     "/"};
    const struct tree *t = s->im->tree;
    node_id instruction[] = {s->entrypoint, s->command};

    for (size_t k = 0; k < 2; k++)
        for (node_id n = instruction[k] + 1; n < t->node[instruction[k]].after && instruction[k];
             n++) {
            struct str path = node_kind(t, n) == NODE_REDIRECT
                                  ? redirect_output(&s->im->scope, s->arena, n)
                                  : S(""),
                       folder = S("");
            for (size_t i = 0; i < sizeof folders / sizeof folders[0] && !folder.n; i++)
                if (str_starts(path, str_of(folders[i])))
                    folder = str_of(folders[i]);
            bool deeper = folder.n == 1 && str_chr(str_from(path, 1), '/') != STR_NONE;
            if (folder.n && !deeper && !image_gives_away(s->im, s->stage, path))
                return str_fmt(s->arena, "the program it starts writes to " STR_FMT, STR_ARG(path));
        }
    return S("");
}

/* "/e.sh, which it starts, may be run by root alone" */
static struct str why_mode(const struct started *s)
{
    struct str word;

    if (!started_program(s, &word) || image_may_run(s->im, s->stage, word))
        return S("");
    return str_fmt(s->arena,
                   STR_FMT
                   ", which it starts, can be run only by its owner, root; use `chmod a+rx` on it",
                   STR_ARG(word));
}

/* "/app/a.py, which its program is given, can be read by root alone" */
static struct str why_closed(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);
    struct str closed = S("");

    for (size_t i = 1; i < n && !closed.n; i++)
        if (f[i].value.certainty == VALUE_KNOWN && f[i].value.text.n &&
            !str_starts(f[i].value.text, S("-")))
            closed = image_closed_file(s->im, s->stage, f[i].value.text);
    return closed.n ? str_fmt(s->arena,
                              "only root can read " STR_FMT
                              ", which its program is given; use `chmod` on it, or on its folder",
                              STR_ARG(closed))
                    : S("");
}

struct str image_starts_as_root(const struct image *im, struct arena *a, unsigned stage)
{
    static struct str (*const reasons[])(const struct started *s) = {
        started_supervised, why_started,       why_script_starts, why_output,
        why_mode,           why_closed,        started_writes,    started_home,
        why_script,         started_container, started_settings,  started_data,
        started_keeping,    started_doubt,     started_origin,    started_unread};
    struct started s = started_of(im, a, stage);
    struct str why = S("");

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0] && !why.n; i++)
        why = reasons[i](&s);
    return why;
}
