/* settings.c - what stands in the settings that a server is given on its line, and which folders
 * ENV names for what its program keeps. */
#include "dfix/command.h"
#include "files/files.h"
#include "runtime/start.h"

/* ---- settings of servers ---- */

/* HAProxy changes its root folder and its user when its settings say so, and ends where it may
 * not. (Other servers of that kind are root's whatever theirs say: root_programs.def.) */
static const char server[] = "haproxy", options[] = "chroot user uid group gid";

/* The first option of a line that is one of them; "" none. */
static struct str option_in(struct str text)
{
    struct str line;

    while (str_cut(&text, '\n', &line)) {
        size_t n = 0;
        line = str_trim(line);
        while (n < line.n && str_chr(S(" \t:="), line.p[n]) == STR_NONE)
            n++;
        if (n && word_is_one_of(str_sub(line, 0, n), options))
            return str_sub(line, 0, n);
    }
    return S("");
}

struct str started_settings(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);
    struct str text, found;
    bool serves = false;

    for (size_t i = 0; i < n; i++) {
        struct str word = f[i].value.text;
        if (f[i].value.certainty != VALUE_KNOWN || str_starts(word, S("-")))
            continue;
        serves |= word_is_one_of(path_basename(word), server);
        if (!serves || !str_starts(word, S("/")) || !str_ends(word, S(".cfg")))
            continue;
        if (!started_text(s, word, &text))
            return str_fmt(s->arena,
                           STR_FMT ", which says as whom it runs, is not in the build context",
                           STR_ARG(word));
        found = option_in(text);
        if (found.n)
            return str_fmt(s->arena, STR_FMT " says `" STR_FMT "`, which only root can do",
                           STR_ARG(word), STR_ARG(found));
    }
    return S("");
}

/* ---- folders for data ---- */

/* CONFIG_PATH, APP_DATA_DIR */
static bool is_for_data(struct str name)
{
    static const char parts[] = "CONFIG DATA METADATA STORAGE CACHE LOG LOGS UPLOAD UPLOADS STATE "
                                "BACKUP BACKUPS MEDIA DB DATABASE SESSIONS DOWNLOADS OUTPUT";
    static const char ends[] = "PATH DIR DIRECTORY FOLDER HOME ROOT LOCATION";
    struct str part, last = S("");
    bool data = false;

    while (str_cut(&name, '_', &part)) {
        data |= word_is_one_of(part, parts);
        last = part;
    }
    return data && word_is_one_of(last, ends);
}

static bool is_volume(const struct started *s, struct str path)
{
    const struct folder *v;
    size_t n = image_root_folders(s->im, s->arena, s->stage, &v);
    struct str rest;

    for (size_t i = 0; i < n; i++)
        if (v[i].volume && (str_eq(v[i].path, path) || path_is_below(path, v[i].path, &rest) ||
                            path_is_below(v[i].path, path, &rest)))
            return true;
    return false;
}

/* Is it one that nothing makes, so that the program has to, in a folder of root's? */
static bool is_missing(const struct started *s, struct str path)
{
    static const char *const others[] = {"/tmp", "/etc", "/usr", "/home", "/root", "/proc",
                                         "/sys", "/dev", "/bin", "/lib",  "/mnt"};
    struct str rest;

    if (!str_starts(path, S("/")) || path.n < 2 || !path_is_known(path))
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (str_eq(path, str_of(others[i])) || path_is_below(path, str_of(others[i]), &rest))
            return false;
    enum file_kind kind = file_at(s->im, s->stage, UINT32_MAX, path).kind;
    return (kind == FILE_NONE || kind == FILE_GONE) && !is_volume(s, path) &&
           !image_gives_away(s->im, s->stage, path);
}

struct str started_data(const struct started *s)
{
    const struct tree *t = s->im->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        bool env = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_ENV &&
                   started_is_on(s, image_stage_of(s->im, n));
        for (node_id p = 0; env && (p = node_next(t, n, p, NODE_PAIR));) {
            node_id name = node_first(t, p), word = node_next(t, p, 0, NODE_WORD);
            bool home = str_eq(node_text(t, name), S("HOME"));
            if (!word || (!home && !is_for_data(node_text(t, name))))
                continue;
            struct value v = image_value(s->im, s->arena, word);
            struct str path = path_without_slash(v.text);
            if (v.certainty == VALUE_KNOWN && is_missing(s, path))
                return str_fmt(s->arena,
                               STR_FMT " is " STR_FMT
                                       ", which nothing makes, and where only root could",
                               STR_ARG(node_text(t, name)), STR_ARG(path));
        }
    }
    return S("");
}
