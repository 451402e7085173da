/* What the language server says: golden/lsp/<theme>.txt, transcripts of sessions.
 *
 *     === a-name
 *     == conf                what dfix.yaml beside the Dockerfile says
 *     == index               the world, as golden_index.h has it
 *     == client              the client's capabilities; none: those of most editors
 *     == in                  a Dockerfile that is open: version 1 of file:///w/Dockerfile
 *     == talk
 *     request METHOD PARAMS
 *     notify METHOD PARAMS
 *     change N TEXT...       didChange to version N; each change is RANGE=TEXT or =TEXT (a JSON
 * string) send JSON              a body as it is; nothing is worked on before a line that is no
 * `send` bytes "JSON STRING"    what stands in the stream, frames and all news what was asked of
 * the world is known now apply                  the edits of the last answer, on the text: what
 * comes out < JSON                 what the server said | TEXT                 what came out
 *
 * In params `$doc` is {"uri": ...}, `$2:5` a position, `$2:5-2:9` a range. A case without `in`
 * begins with nothing; otherwise `initialize`, `initialized` and `didOpen` were sent, and what was
 * answered is left out but for diagnostics. DFIX_GOLDEN_UPDATE=1 writes what was said;
 * DFIX_GOLDEN_ONLY=theme/case runs that alone. */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "faces/faces.h"
#include "faces/lsp/frames.h"
#include "faces/lsp/lsp.h"
#include "golden_index.h"
#include "host/files.h"
#include "sandbox.h"
#include "themes.h"

static struct sandbox box;
static bool update;
static unsigned failures, cases;

struct talk {
    struct arena *arena;
    struct lsp *server;
    struct frames frames;
    struct golden_index *index;
    struct buf said; /* the transcript as it is now */
    bool raw;        /* what is said is shown as it is */
    bool quiet;      /* the opening, which is not shown */
    json_t *answer;  /* the last one with a result */
    struct str root; /* of the sandbox: /w in transcripts */
    json_int_t next_id;
};

static const char usual_client[] =
    "{\"textDocument\":{\"publishDiagnostics\":{\"relatedInformation\":true,"
    "\"codeDescriptionSupport\":true,\"dataSupport\":false,\"tagSupport\":{\"valueSet\":[1,2]}},"
    "\"codeAction\":{\"codeActionLiteralSupport\":{\"codeActionKind\":{\"valueSet\":[]}}},"
    "\"documentSymbol\":{\"hierarchicalDocumentSymbolSupport\":true},"
    "\"hover\":{\"contentFormat\":[\"markdown\"]},"
    "\"completion\":{\"completionItem\":{\"snippetSupport\":true}}},"
    "\"workspace\":{\"workspaceEdit\":{\"documentChanges\":true}}}";

/* ---- the ends ---- */

static struct str replaced(struct arena *a, struct str text, struct str what, struct str with)
{
    struct buf b = {.arena = a};

    for (ptrdiff_t at; (at = str_find(text, what)) != STR_NONE;
         text = str_from(text, (size_t)at + what.n)) {
        buf_add(&b, str_sub(text, 0, (size_t)at));
        buf_add(&b, with);
    }
    buf_add(&b, text);
    return buf_str(&b);
}

static bool is_position(const json_t *j)
{
    return json_object_size(j) == 2 && json_object_get(j, "line") &&
           json_object_get(j, "character");
}

static struct str place_words(struct arena *a, const json_t *j)
{
    return str_fmt(a, "%d:%d", (int)json_integer_value(json_object_get(j, "line")),
                   (int)json_integer_value(json_object_get(j, "character")));
}

/* Places as `$2:5` writes them. */
static json_t *shortened(struct arena *a, const json_t *j)
{
    const json_t *start = json_object_get(j, "start"), *end = json_object_get(j, "end"), *value;
    const char *key;
    json_t *copy;
    size_t i;

    if (is_position(j))
        return json_string(place_words(a, j).p);
    if (json_object_size(j) == 2 && is_position(start) && is_position(end))
        return json_string(str_fmt(a, "%s-%s", place_words(a, start).p, place_words(a, end).p).p);
    if (json_is_array(j)) {
        copy = json_array();
        json_array_foreach(j, i, value)
        {
            json_array_append_new(copy, shortened(a, value));
        }
        return copy;
    }
    if (!json_is_object(j))
        return json_deep_copy(j);
    copy = json_object();
    json_object_foreach((json_t *)(uintptr_t)j, key, value)
    {
        json_object_set_new(copy, key, shortened(a, value));
    }
    return copy;
}

/* Diagnostics in a line each: where, how severe, which code, what. */
static void hear_diagnostics(struct talk *t, const json_t *params)
{
    const json_t *one;
    size_t i;

    buf_fmt(&t->said, "< diagnostics of version %d\n",
            (int)json_integer_value(json_object_get(params, "version")));
    json_array_foreach(json_object_get(params, "diagnostics"), i, one)
    {
        json_t *range = shortened(t->arena, json_object_get(one, "range"));
        buf_fmt(
            &t->said, "<   %s %d %s: %s\n", json_string_value(range),
            (int)json_integer_value(json_object_get(one, "severity")),
            json_object_get(one, "code") ? json_string_value(json_object_get(one, "code")) : "-",
            str_cstr(t->arena, replaced(t->arena, lsp_member(one, "message"), t->root, S("/w"))));
        json_decref(range);
    }
}

static void hear(void *user, struct str body)
{
    struct talk *t = user;
    json_t *j = json_loadb(body.p, body.n, 0, NULL);

    assert_non_null(j);
    if (json_object_get(j, "result")) {
        json_decref(t->answer);
        t->answer = json_deep_copy(json_object_get(j, "result"));
    }
    bool diagnostics = str_eq(lsp_member(j, "method"), S("textDocument/publishDiagnostics"));
    bool shown = !t->quiet || diagnostics;
    if (diagnostics && !t->raw) {
        hear_diagnostics(t, json_object_get(j, "params"));
        json_decref(j);
        return;
    }
    json_object_del(j, "jsonrpc");
    json_t *abilities = json_object_get(json_object_get(j, "result"), "capabilities");
    if (abilities && !t->raw) { /* they stand in one case */
        json_t *encoding = json_incref(json_object_get(abilities, "positionEncoding"));
        json_object_clear(abilities);
        json_object_set_new(abilities, "positionEncoding", encoding);
    }
    json_t *as_written = t->raw ? json_deep_copy(j) : shortened(t->arena, j);
    char *text = json_dumps(as_written, JSON_COMPACT);
    json_decref(as_written);
    struct str line = replaced(t->arena, str_of(text), t->root, S("/w"));
    if (shown)
        buf_fmt(&t->said, "< " STR_FMT "\n", STR_ARG(line));
    free(text);
    json_decref(j);
}

static const struct lookup *ask(void *user, struct workspace *w)
{
    (void)w;
    return &((struct talk *)user)->index->lookup;
}

static int64_t no_clock(void *user)
{
    (void)user;
    return 0;
}

/* ---- words of a transcript ---- */

static void add_position(struct buf *b, struct str s)
{
    struct str line;

    str_cut(&s, ':', &line);
    buf_fmt(b, "{\"line\":" STR_FMT ",\"character\":" STR_FMT "}", STR_ARG(line), STR_ARG(s));
}

static void add_place(struct buf *b, struct str s)
{
    struct str from;

    if (str_chr(s, '-') == STR_NONE) {
        add_position(b, s);
        return;
    }
    str_cut(&s, '-', &from);
    buf_add(b, S("{\"start\":"));
    add_position(b, from);
    buf_add(b, S(",\"end\":"));
    add_position(b, s);
    buf_char(b, '}');
}

static struct str expand(const struct talk *t, struct str s)
{
    struct buf b = {.arena = t->arena};

    for (size_t i = 0; i < s.n; i++) {
        size_t end = i + 1;
        if (s.p[i] != '$') {
            buf_char(&b, s.p[i]);
            continue;
        }
        while (end < s.n &&
               (strchr("0123456789:-", s.p[end]) || (s.p[end] >= 'a' && s.p[end] <= 'z')))
            end++;
        struct str word = str_sub(s, i + 1, end);
        if (str_eq(word, S("doc")))
            buf_add(&b, S("{\"uri\":\"file:///w/Dockerfile\"}"));
        else if (str_eq(word, S("root")))
            buf_add(&b, S("file:///w"));
        else if (word.n && word.p[0] >= '0' && word.p[0] <= '9')
            add_place(&b, word);
        else
            buf_add(&b, str_sub(s, i, end));
        i = end - 1;
    }
    return replaced(t->arena, buf_str(&b), S("file:///w"),
                    str_fmt(t->arena, "file://" STR_FMT, STR_ARG(t->root)));
}

static void message(struct talk *t, struct str method, struct str params, bool request)
{
    struct buf b = {.arena = t->arena};

    buf_add(&b, S("{\"jsonrpc\":\"2.0\""));
    if (request)
        buf_fmt(&b, ",\"id\":%d", (int)++t->next_id);
    buf_fmt(&b, ",\"method\":\"" STR_FMT "\"", STR_ARG(method));
    if (params.n)
        buf_fmt(&b, ",\"params\":" STR_FMT, STR_ARG(expand(t, params)));
    buf_char(&b, '}');
    lsp_take(t->server, buf_str(&b));
}

/* N, then changes: RANGE="TEXT" or ="TEXT". */
static void change(struct talk *t, struct str words)
{
    struct str version;
    struct buf b = {.arena = t->arena};

    str_cut(&words, ' ', &version);
    buf_fmt(&b,
            "{\"textDocument\":{\"uri\":\"file:///w/Dockerfile\",\"version\":" STR_FMT
            "},\"contentChanges\":[",
            STR_ARG(version));
    for (bool first = true; words.n; first = false) {
        struct str range;
        assert_true(str_cut(&words, '=', &range));
        size_t end = 1; /* of the string, which may be none for this library */
        while (words.p[end] != '"')
            end += words.p[end] == '\\' ? 2 : 1;
        if (!first)
            buf_char(&b, ',');
        if (str_trim(range).n) {
            buf_add(&b, S("{\"range\":"));
            add_place(&b, str_trim(range));
            buf_add(&b, S(",\"text\":"));
        } else {
            buf_add(&b, S("{\"text\":"));
        }
        buf_add(&b, str_sub(words, 0, end + 1));
        buf_char(&b, '}');
        words = str_from(words, end + 1);
    }
    buf_add(&b, S("]}"));
    message(t, S("textDocument/didChange"), buf_str(&b), false);
}

/* Frames and all, as they stand in the stream. */
static void bytes(struct talk *t, struct str words)
{
    json_t *text = json_loadb(words.p, words.n, JSON_DECODE_ANY, NULL);
    struct str body;
    enum frame f;

    assert_true(json_is_string(text));
    memcpy(frames_room(&t->frames, json_string_length(text)), json_string_value(text),
           json_string_length(text));
    frames_came(&t->frames, json_string_length(text));
    while ((f = frames_next(&t->frames, &body)) != FRAME_NONE)
        if (f == FRAME_WHOLE)
            lsp_take(t->server, body);
        else
            lsp_take_broken(t->server);
    json_decref(text);
}

/* ---- edits, applied as a client does ---- */

/* UTF-16 places counted anew, apart from the server's own way. */
static size_t place_of(struct str text, const json_t *p, bool utf8)
{
    json_int_t line = json_integer_value(json_object_get(p, "line"));
    json_int_t left = json_integer_value(json_object_get(p, "character"));
    size_t at = 0;

    for (; line; line--)
        at = (size_t)(strchr(text.p + at, '\n') - text.p) + 1;
    while (left > 0) {
        unsigned char c = (unsigned char)text.p[at++];
        size_t n = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
        left -= utf8 ? (json_int_t)n + 1 : n == 3 ? 2 : 1;
        at += n;
    }
    return at;
}

static const json_t *edits_of(const json_t *answer)
{
    const json_t *edit = json_object_get(answer, "edit");
    const char *key;
    const json_t *value;

    if (json_is_array(answer) && json_object_get(json_array_get(answer, 0), "edit"))
        edit = json_object_get(json_array_get(answer, 0), "edit"); /* the first action's */
    else if (json_is_array(answer))
        return answer;
    if (!edit)
        edit = answer;
    if (json_object_get(edit, "documentChanges"))
        return json_object_get(json_array_get(json_object_get(edit, "documentChanges"), 0),
                               "edits");
    json_object_foreach(json_object_get(edit, "changes"), key, value)
    {
        return value;
    }
    return NULL;
}

static int last_first(const void *x, const void *y)
{
    const struct edit *a = x, *b = y;
    return (a->span.start < b->span.start) - (a->span.start > b->span.start);
}

static void apply(struct talk *t)
{
    const struct document *d = t->server->document;
    const json_t *list = edits_of(t->answer), *one;
    bool utf8 = t->server->client.encoding == ENCODING_UTF8;
    VEC(struct edit) edits = {0};
    struct str text = str_dup(t->arena, d->text), line;
    size_t i;

    json_array_foreach(list, i, one)
    {
        const json_t *range = json_object_get(one, "range");
        struct edit e = {
            {(uint32_t)place_of(text, json_object_get(range, "start"), utf8),
             (uint32_t)place_of(text, json_object_get(range, "end"), utf8)},
            str_dup(t->arena,
                    lsp_member(one, json_object_get(one, "newText") ? "newText" : "text"))};
        vec_push(t->arena, &edits, e);
    }
    if (edits.n)
        qsort(edits.v, edits.n, sizeof(*edits.v), last_first);
    for (i = 0; i < edits.n; i++)
        text = edits_apply(t->arena, text, (struct edits){&edits.v[i], 1});
    while (str_cut(&text, '\n', &line))
        if (line.n || text.n) {
            bool crlf = str_ends(line, S("\r"));
            buf_fmt(&t->said, "| " STR_FMT "%s\n", STR_ARG(str_without_end(line, '\r')),
                    crlf ? "\\r" : "");
        }
}

/* ---- a case ---- */

/* NAME TEXT; no text: it is removed. */
static void put_file(struct talk *t, struct str words)
{
    struct str name;

    str_cut(&words, ' ', &name);
    name = str_fmt(t->arena, "w/" STR_FMT, STR_ARG(name));
    sandbox_write(&box, name.p, words);
    if (!words.n)
        assert_int_equal(unlink(sandbox_path(&box, t->arena, name.p)), 0);
}

static void say(struct talk *t, struct str line)
{
    struct str word, rest = line;

    str_cut(&rest, ' ', &word);
    buf_fmt(&t->said, STR_FMT "\n", STR_ARG(line));
    if (str_eq(word, S("request")) || str_eq(word, S("notify"))) {
        struct str method;
        str_cut(&rest, ' ', &method);
        message(t, method, rest, str_eq(word, S("request")));
    } else if (str_eq(word, S("change"))) {
        change(t, rest);
    } else if (str_eq(word, S("send"))) {
        lsp_take(t->server, expand(t, rest));
        return;
    } else if (str_eq(word, S("bytes"))) {
        bytes(t, rest);
    } else if (str_eq(word, S("news"))) {
        t->index->lookup.resolve(t->index);
        lsp_forget(t->server);
    } else if (str_eq(word, S("file"))) {
        put_file(t, rest);
    } else if (str_eq(word, S("done"))) {
        commands_finish(t->server, true);
    } else if (str_eq(word, S("raw"))) {
        t->raw = true;
    } else if (str_eq(word, S("apply"))) {
        apply(t);
    } else if (word.n && word.p[0] != '#') {
        fail_msg("not understood: " STR_FMT, STR_ARG(line));
    }
    lsp_work(t->server);
}

static void open_case(struct talk *t, const struct theme_case *c)
{
    struct str in = S(""), client = S("");
    json_t *text;

    if (!theme_part(c, "in", &in))
        return;
    if (!theme_part(c, "client", &client))
        client = str_of(usual_client);
    t->quiet = true;
    message(t, S("initialize"),
            str_fmt(t->arena,
                    "{\"processId\":null,\"rootUri\":\"file:///w\",\"capabilities\":" STR_FMT "}",
                    STR_ARG(client)),
            true);
    message(t, S("initialized"), S("{}"), false);
    text = json_stringn(in.p, in.n);
    char *quoted = json_dumps(text, JSON_ENCODE_ANY);
    struct buf b = {.arena = t->arena};
    buf_add(&b,
            S("{\"textDocument\":{\"uri\":\"file:///w/Dockerfile\",\"languageId\":\"dockerfile\","
              "\"version\":1,\"text\":"));
    /* a Dockerfile has dollars of its own */
    lsp_work(t->server);
    struct str opening = expand(t, buf_str(&b));
    struct buf body = {.arena = t->arena};
    buf_fmt(&body, "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didOpen\",\"params\":" STR_FMT,
            STR_ARG(opening));
    buf_add(&body, str_of(quoted));
    buf_add(&body, S("}}}"));
    lsp_take(t->server, buf_str(&body));
    free(quoted);
    json_decref(text);
    lsp_work(t->server);
    t->quiet = false;
    t->next_id = 0;
}

static void run_case(void *user, struct theme_case *c)
{
    struct str conf, talk = S(""), line, want, index = S("");
    struct talk t = {.arena = c->arena, .root = str_fmt(c->arena, "%s/w", box.dir)};
    struct lsp_ends ends = {&t, hear, ask, no_clock, S("2026-01-01")};
    struct wishes wishes = {.installed = S(""), .config = S(""), .today = S("")};

    (void)user;
    cases++;
    unlink(sandbox_path(&box, c->arena, "w/dfix.yaml"));
    if (theme_part(c, "conf", &conf))
        sandbox_write(&box, "w/dfix.yaml", conf);
    theme_part_joined(c, "index", &index);
    t.said.arena = c->arena;
    t.index = golden_index_of(c->arena, index);
    if (t.index->wrong.n)
        fail_msg(STR_FMT ": not understood: " STR_FMT, STR_ARG(c->name), STR_ARG(t.index->wrong));
    t.server = lsp_open(&ends, &wishes);
    open_case(&t, c);
    theme_part(c, "talk", &talk);
    want = talk;
    while (str_cut(&talk, '\n', &line))
        if (line.n && !str_starts(line, S("< ")) && !str_starts(line, S("| ")))
            say(&t, line);
    lsp_work(t.server);
    lsp_close(t.server);
    frames_close(&t.frames);
    json_decref(t.answer);
    struct str got = buf_str(&t.said);
    if (update)
        theme_set(c, "talk", got);
    else if (!str_eq(got, want)) {
        failures++;
        print_error("\n" STR_FMT "\n--- got\n" STR_FMT "\n--- want\n" STR_FMT "\n",
                    STR_ARG(c->name), STR_ARG(got), STR_ARG(want));
    }
}

static void sessions_go_as_written(void **state)
{
    static const char *const parts[] = {"conf", "index", "client", "in", "talk", NULL};

    (void)state;
    assert_true(themes_run(DFIX_ROOT "/golden/lsp", parts, run_case, NULL, update) > 0);
    print_message("%u cases\n", cases);
    if (failures)
        fail_msg("%u failures", failures);
    if (!getenv("DFIX_GOLDEN_ONLY"))
        assert_true(cases >= 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sessions_go_as_written)};
    const char *set = getenv("DFIX_GOLDEN_UPDATE");

    update = set && *set;
    unsetenv("XDG_CONFIG_HOME");
    box = sandbox_open();
    sandbox_write(&box, "w/.git/HEAD", S(""));
    setenv("HOME", box.dir, 1);
    setenv("XDG_CACHE_HOME", box.dir, 1);
    unsetenv("DFIX_CONFIG");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_close(&box);
    return failed;
}
