/* What holds for any text and any edits: places convert there and back, changes that came piece by
 * piece lead where the whole text does, and a long session loses no answer and no memory.
 * DFIX_TEST_TIER=all: every position of the whole corpus, 100,000 edits, 10,000 edits on 2,000
 * lines. */
#include <ftw.h>
#include <stdlib.h>

#include "host/files.h"
#include "lsp_session.h"
#include "memory.h"
#include "random.h"
#include "sandbox.h"

/* ---- places ---- */

static struct {
    size_t files, places;
    unsigned seen;
} corpus;

/* Counted from the start of the line, one character after the other, by what UTF-8 is. */
static void check_places(struct str text)
{
    struct arena *a = arena_open();
    struct lines lines = lines_of(a, text);

    for (size_t line = 0; line < lines.n; line++) {
        uint32_t at = lines.start[line], end = line_end(text, &lines, line);
        uint32_t units[3] = {0, 0, 0}; /* by encoding */
        while (at <= end) {
            for (int e = ENCODING_UTF16; e <= ENCODING_UTF8; e++) {
                struct position want = {(uint32_t)line, units[e]};
                struct position got = position_at(text, &lines, (enum encoding)e, at);
                assert_int_equal(got.line, want.line);
                assert_int_equal(got.character, want.character);
                assert_int_equal(offset_at(text, &lines, (enum encoding)e, want), at);
                corpus.places++;
            }
            if (at == end)
                break;
            unsigned char c = (unsigned char)text.p[at];
            uint32_t n = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
            at += n;
            units[ENCODING_UTF8] += n;
            units[ENCODING_UTF16] += n == 4 ? 2 : 1;
        }
    }
    arena_close(a);
}

static bool is_utf8(struct str s)
{
    json_t *j = json_stringn(s.p, s.n);
    json_decref(j);
    return j != NULL;
}

static int visit(const char *path, const struct stat *st, int type)
{
    struct arena *a = arena_open();
    struct str text;
    struct err e;

    if (type == FTW_F && st->st_size < 1 << 20 && (whole() || corpus.seen++ % 10 == 0) &&
        file_read(a, path, 1 << 20, &text, &e) && is_utf8(text)) {
        corpus.files++;
        check_places(text);
    }
    arena_close(a);
    return 0;
}

static void places_convert_there_and_back(void **state)
{
    (void)state;
    check_places(S(""));
    check_places(S("a\r\nb\rc\n\n\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80x"));
    check_places(S("\r"));
    if (ftw(DFIX_SHARED "/corpus/public", visit, 16) != 0 || !corpus.files) {
        print_message("skipped: there is no corpus\n");
        skip();
    }
    print_message("%zu places in %zu files\n", corpus.places, corpus.files);
    assert_true(corpus.places > 10000);
}

/* Inside a character, behind the end of a line, behind the last line. */
static void places_that_are_none_are_near(void **state)
{
    struct arena *a = arena_open();
    struct str text = S("x\xf0\x9f\x98\x80y\r\nz");
    struct lines l = lines_of(a, text);

    (void)state;
    assert_int_equal(offset_at(text, &l, ENCODING_UTF16, (struct position){0, 2}), 1);
    assert_int_equal(offset_at(text, &l, ENCODING_UTF16, (struct position){0, 3}), 5);
    assert_int_equal(offset_at(text, &l, ENCODING_UTF8, (struct position){0, 3}), 1);
    assert_int_equal(offset_at(text, &l, ENCODING_UTF8, (struct position){0, 99}), 6);
    assert_int_equal(offset_at(text, &l, ENCODING_UTF16, (struct position){0, 99}), 6);
    assert_int_equal(offset_at(text, &l, ENCODING_UTF16, (struct position){7, 0}), text.n);
    assert_int_equal(offset_at(text, &l, ENCODING_UTF16, (struct position){1, 0}), 8);
    assert_int_equal(position_at(text, &l, ENCODING_UTF16, 3).character, 1);
    assert_int_equal(position_at(text, &l, ENCODING_UTF16, 7).character, 4);
    arena_close(a);
}

/* ---- edits ---- */

static const char *const pieces[] = {
    "FROM debian:bookworm\n",
    "FROM debian:bookworm AS a\n",
    "RUN apt-get update && apt-get install -y curl\n",
    "RUN apt-get install git \\\n    curl\n",
    "ENV A=1 B=\"$A\"\n",
    "COPY --from=a . /x\n",
    "# a comment \xf0\x9f\x98\x80\n",
    "\r\n",
    "\r",
    "\n",
    "\\\n",
    " ",
    "\"",
    "\xc3\xa9",
    "\xf0\x9f\x98\x80",
    "RUN <<EOF\necho a\nEOF\n",
    "$X",
    "# dfix ignore=pin-apt because x\n",
    "x",
    "",
};
enum { PIECES = sizeof(pieces) / sizeof(pieces[0]), TEXT_LIMIT = 2000 };

/* A character's first byte, outside of a CR LF, which no client cuts. */
static uint32_t random_offset(struct random *r, struct str text)
{
    uint32_t at = character_start(text, random_below(r, text.n + 1));

    if (at && at < text.n && text.p[at] == '\n' && text.p[at - 1] == '\r')
        at--;
    return at;
}

/* Of the text as UTF-16, counted by hand. */
static json_t *place(struct str text, uint32_t offset)
{
    uint32_t line = 0, character = 0;

    for (uint32_t i = 0; i < offset; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool ends = c == '\n' || (c == '\r' && !(i + 1 < text.n && text.p[i + 1] == '\n'));
        if (ends) {
            line++;
            character = 0;
        } else if (c != '\r' && (c & 0xC0) != 0x80) {
            character += c >= 0xF0 ? 2 : 1;
        }
    }
    return session_position(line, character);
}

static const char uri[] = "untitled:Dockerfile";

/* The same diagnostics as of a server that gets the whole text. */
static void check_anew(struct session_end *s, struct str text)
{
    struct session_end fresh = {.lookup = s->lookup};

    session_open_with(&fresh, "{}");
    session_text(&fresh, uri, text);
    lsp_work(fresh.server);
    if (!json_equal(s->diagnostics, fresh.diagnostics) ||
        !str_eq(s->server->document->text, text)) {
        char *a = json_dumps(s->diagnostics, 0), *b = json_dumps(fresh.diagnostics, 0);
        fail_msg("the text\n" STR_FMT "\ngives %s\nand anew %s", STR_ARG(text), a, b);
    }
    session_close(&fresh);
}

static void one_edit(struct session_end *s, struct random *r, struct arena *a, struct str *text,
                     int version)
{
    uint32_t from = random_offset(r, *text), to = random_offset(r, *text);
    struct str new = str_of(pieces[random_below(r, PIECES)]);

    if (to < from || (to - from > 60 && text->n < TEXT_LIMIT))
        to = from;
    session_change(s, uri, version, place(*text, from), place(*text, to), new);
    *text = edits_apply(a, *text, (struct edits){&(struct edit){{from, to}, new}, 1});
}

static void edits_lead_where_the_text_does(void **state)
{
    size_t edits = whole() ? 100000 : 300;
    struct session_end s = {.answers = 0};
    struct random r = random_of(20);
    struct str text = S("FROM debian:bookworm\n");
    struct arena *a = arena_open();

    (void)state;
    session_open_with(&s, "{}");
    session_text(&s, uri, text);
    for (size_t i = 0; i < edits; i++) {
        struct arena *next = arena_open();
        one_edit(&s, &r, next, &text, (int)i + 2);
        text = str_dup(next, text);
        arena_close(a);
        a = next;
        if (random_below(&r, 4) == 0)
            continue; /* several before the server comes to work */
        lsp_work(s.server);
        check_anew(&s, text);
    }
    session_close(&s);
    arena_close(a);
}

/* ---- a long session ---- */

static void ask(struct session_end *s, const char *method, int id)
{
    session_send(s,
                 json_pack("{s:s,s:i,s:s,s:{s:{s:s},s:o,s:{s:o,s:o},s:{s:[]},s:s,s:[o]}}",
                           "jsonrpc", "2.0", "id", id, "method", method, "params", "textDocument",
                           "uri", uri, "position", session_position(3, 9), "range", "start",
                           session_position(0, 0), "end", session_position(9, 0), "context",
                           "diagnostics", "newName", "x", "positions", session_position(3, 9)));
}

static const char *const asked[] = {
    "textDocument/hover",          "textDocument/completion",
    "textDocument/codeAction",     "textDocument/documentSymbol",
    "textDocument/inlayHint",      "textDocument/semanticTokens/full",
    "textDocument/foldingRange",   "textDocument/documentHighlight",
    "textDocument/selectionRange", "textDocument/rename",
    "textDocument/codeLens",       "textDocument/rangeFormatting"};

static struct str long_text(struct arena *a, size_t lines)
{
    struct buf b = {.arena = a};

    buf_add(&b, S("FROM debian:bookworm\n"));
    for (size_t i = 1; i < lines; i++)
        buf_fmt(&b, i % 3 ? "RUN echo %zu && apt-get install -y \\\n" : "    pkg%zu\n", i);
    buf_add(&b, S("    last\n"));
    return buf_str(&b);
}

static void a_long_session_loses_nothing(void **state)
{
    size_t lines = whole() ? 2000 : 200, edits = whole() ? 10000 : 400, asks = 0;
    struct session_end s = {.answers = 0};
    struct arena *a = arena_open();
    size_t half = 0;

    (void)state;
    session_open_with(&s, "{}");
    session_text(&s, uri, long_text(a, lines));
    for (size_t i = 0; i < edits; i++) {
        uint32_t line = (uint32_t)(i * 7 % lines);
        bool adds = i % 2 == 0;
        session_change(&s, uri, (int)i + 2, session_position(line, 0),
                       session_position(line, adds ? 0 : 1), adds ? S("#") : S(""));
        if (i % 10 == 9) {
            ask(&s, asked[asks % (sizeof(asked) / sizeof(asked[0]))], (int)asks + 1);
            asks++;
        }
        lsp_work(s.server);
        if (i == edits / 2)
            half = memory_held();
    }
    assert_int_equal(s.answers, asks);
    print_message("%zu bytes after one half, %zu after both\n", half, memory_held());
    assert_true(memory_held() < half + half / 10 + (64 << 10));
    session_close(&s);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_convert_there_and_back),
        cmocka_unit_test(places_that_are_none_are_near),
        cmocka_unit_test(edits_lead_where_the_text_does),
        cmocka_unit_test(a_long_session_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
