/* scripts.c - scripts as files, and ShellCheck's remarks on them: its places are lines and columns
 * in characters, ours are bytes. */
#include "world/scripts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/json.h"

enum { EDITS_MAX = 64, CODE_MIN = 1000, CODE_MAX = 99999 };

bool script_write(const char *path, struct str text, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && file_put(fd, text);

    if (!good)
        err_set(e, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return good;
}

static bool goes_on(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80; /* a character of UTF-8 */
}

/* Where a line and a column, both from 1, lie in the text. False: not in it. */
static bool place_in(struct str text, json_int_t line, json_int_t column, uint32_t *out)
{
    size_t at = 0;

    for (; line > 1; line--) {
        ptrdiff_t end = str_chr(str_from(text, at), '\n');
        if (end == STR_NONE)
            return false;
        at += (size_t)end + 1;
    }
    for (; column > 1; column--) {
        if (at >= text.n || text.p[at] == '\n')
            return false;
        do
            at++;
        while (at < text.n && goes_on(text.p[at]));
    }
    *out = (uint32_t)at;
    return line == 1 && column == 1;
}

static bool span_in(struct str text, const json_t *o, struct span *out)
{
    json_int_t line = json_integer_value(json_object_get(o, "line")),
               column = json_integer_value(json_object_get(o, "column")),
               end_line = json_integer_value(json_object_get(o, "endLine")),
               end_column = json_integer_value(json_object_get(o, "endColumn"));

    return place_in(text, line, column, &out->start) &&
           place_in(text, end_line, end_column, &out->end) && out->start <= out->end;
}

/* All of a fix, or nothing. */
static void read_fix(struct arena *a, struct str text, const json_t *fix, struct remark *r)
{
    const json_t *list = json_object_get(fix, "replacements");
    size_t n = json_array_size(list);
    struct remark_edit *v = arena_new(a, struct remark_edit, n + 1);

    for (size_t i = 0; i < n; i++) {
        const json_t *o = json_array_get(list, i);
        const char *side = json_string_value(json_object_get(o, "insertionPoint"));
        if (n > EDITS_MAX || !span_in(text, o, &v[i].span))
            return;
        v[i].text = json_text(a, o, "replacement");
        /* What goes behind a word is put before what starts there, by its words. */
        v[i].behind = side && strcmp(side, "beforeStart") == 0;
    }
    r->edit = v;
    r->nedit = n;
}

static enum remark_level level_of(const char *name)
{
    static const char *const levels[] = {
        [REMARK_STYLE] = "style",
        [REMARK_INFO] = "info",
        [REMARK_WARNING] = "warning",
    };

    for (size_t i = 0; name && i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(name, levels[i]) == 0)
            return (enum remark_level)i;
    return REMARK_ERROR;
}

bool remark_read(struct arena *a, struct str text, const json_t *comment, struct remark *out)
{
    json_int_t code = json_integer_value(json_object_get(comment, "code"));

    *out = (struct remark){.message = json_text(a, comment, "message")};
    if (code < CODE_MIN || code > CODE_MAX || !out->message.n ||
        !span_in(text, comment, &out->span))
        return false;
    out->code = (unsigned)code;
    out->level = level_of(json_string_value(json_object_get(comment, "level")));
    read_fix(a, text, json_object_get(comment, "fix"), out);
    return true;
}
