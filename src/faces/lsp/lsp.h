/* lsp.h - the language server: messages in, messages out. What stands around it (a pipe, a test)
 * hands it bodies of messages and takes what it sends; it opens nothing but policy files and what
 * its lookup opens, and waits for nothing.
 *
 * Methods stand in one table, methods.def. Each is a function from a request to a result; a
 * document's text, its lines and what the rules say of them are worked out once a version. */
#ifndef DFIX_LSP_H
#define DFIX_LSP_H

#include <jansson.h>

#include "faces/formats/formats.h"
#include "faces/lsp/positions.h"
#include "workspace/workspace.h"

/* What stands around a server. */
struct lsp_ends {
    void *user;
    void (*send)(void *user, struct str body);
    const struct lookup *(*lookup)(void *user, struct workspace *w);
    int64_t (*clock)(void *user); /* milliseconds */
    struct str today;             /* "": the clock's day */
};

/* What the client can do, as it said. */
struct client {
    enum encoding encoding;
    bool pull_diagnostics, refresh_diagnostics, related, code_url, tags, data;
    bool document_changes, resolve_edit, literal_actions, snippet_edits, disabled_actions;
    bool hierarchical_symbols, snippets, markdown, insert_replace;
    bool configuration, watches, progress, apply_edit, line_folding_only;
    bool refresh_hints, refresh_lenses, link_tooltips, label_offsets;
};

/* What an editor's own settings say of a rule. */
struct loudness {
    struct str rule; /* name or code */
    int severity;    /* of the protocol: 1 error ... 4 hint; 0: off */
};

struct document {
    struct document *next;
    struct arena *self; /* name and path; as long as it is open */
    struct str uri, path;
    int64_t version;
    bool foreign; /* in another language: nothing is said of it */
    bool lost;    /* a change was not understood: its text is not known */

    struct arena *arena; /* of this version */
    struct str text;
    struct lines lines;

    bool checked;                    /* what follows holds for this version */
    const struct settings *settings; /* NULL: nothing may be done, and why */
    struct str refused;
    struct result result;
    struct arena *checked_arena; /* of the result */
    bool dirty;                  /* what was sent is not what is known now */
    unsigned serial;             /* of the check: changes with each */

    const uint32_t *tokens; /* of the last semanticTokens answer */
    size_t ntokens;
    struct arena *tokens_arena; /* NULL: there was none */
    unsigned tokens_id;
};

struct lsp {
    struct lsp_ends ends;
    struct wishes over;           /* of the command line */
    struct arena *settings_arena; /* of what the editor's settings say, and the workspace */
    struct workspace workspace;
    bool open;         /* the workspace is there */
    struct str closed; /* why it is not */
    struct client client;
    VEC(struct loudness) loudness; /* in settings_arena */
    bool coexist;                  /* other servers say what has their code */
    VEC(struct str) folder;        /* of the workspace; in `arena` */
    struct document *document;
    enum { LSP_NEW, LSP_READY, LSP_SHUT, LSP_ENDED } state;
    bool clean_end; /* exit came behind shutdown */
    struct arena *arena;
    struct message *first, *last;      /* not worked on yet */
    size_t waiting;                    /* so many */
    json_t *settings;                  /* as the editor gave them; NULL: none */
    unsigned serial, renewed, next_id; /* renewed: the serial when the world was opened */
    unsigned configuration_id;         /* of the question for settings that is open; 0: none */
    struct update {                    /* the client asked for it by a command */
        bool wanted;
        json_t *token, *id; /* of its progress, and of the request */
    } update;
};

struct request {
    struct lsp *s;
    struct document *d; /* that the params name; NULL: none */
    const json_t *params;
    struct arena *arena; /* of this request */
    int code;            /* not 0: it failed, and why */
    const char *why;
    bool later;      /* the answer is sent later */
    struct str text; /* the result, written down already; "" it is what the method gives */
    json_t *id;
};
typedef json_t *lsp_method(struct request *r);

enum {
    LSP_PARSE_ERROR = -32700,
    LSP_INVALID_REQUEST = -32600,
    LSP_METHOD_NOT_FOUND = -32601,
    LSP_INVALID_PARAMS = -32602,
    LSP_NOT_INITIALIZED = -32002,
    LSP_CONTENT_MODIFIED = -32801,
    LSP_CANCELLED = -32800,
    LSP_FAILED = -32803
};

/* ---- server.c ---- */

struct lsp *lsp_open(const struct lsp_ends *ends, const struct wishes *over);
void lsp_close(struct lsp *s);
/* A message came; `broken`: what came is none. */
void lsp_take(struct lsp *s, struct str body);
void lsp_take_broken(struct lsp *s);
/* Works on all that came, then tells what is new. */
void lsp_work(struct lsp *s);
/* More is known of the world than before: its lookup is another one. `before`: nothing may point
 * into the old one any more. */
void lsp_forget(struct lsp *s);
bool lsp_has_ended(const struct lsp *s);
/* Texts for which some fact was lacking; NULL after the last. */
const struct document *lsp_lacking(struct lsp *s, const struct document *after);

void lsp_notify(struct lsp *s, const char *method, json_t *params);  /* takes it */
unsigned lsp_ask(struct lsp *s, const char *method, json_t *params); /* takes it */
void lsp_answer(struct lsp *s, const json_t *id, json_t *result);    /* takes the result */
json_t *lsp_fail(struct request *r, int code, const char *why);      /* NULL */
void lsp_log(struct lsp *s, int type, const char *fmt, ...) DFIX_PRINTF(3, 4);

/* ---- json.c ---- */

/* Halves of a surrogate pair that stand alone become U+FFFD, which is as long; NULL: it is no JSON.
 */
json_t *lsp_parse(struct str body);
/* The same written down. */
void lsp_add_text(struct buf *b, struct str s);
void lsp_add_range(struct buf *b, const struct lsp *s, const struct document *d, struct span span);
struct str lsp_str(const json_t *string); /* "" when it is none */
struct str lsp_member(const json_t *object, const char *key);
bool lsp_true(const json_t *object, const char *path); /* "a.b.c" is there and true */
const json_t *lsp_at(const json_t *object, const char *path);
bool lsp_position(const json_t *j, struct position *out);
json_t *lsp_position_json(const struct lsp *s, const struct document *d, uint32_t offset);
json_t *lsp_range(const struct lsp *s, const struct document *d, struct span span);
uint32_t lsp_offset(const struct lsp *s, const struct document *d, const json_t *position);
bool lsp_span(const struct lsp *s, const struct document *d, const json_t *range, struct span *out);
/* Edits cut down to what they change, as an array of TextEdit. */
json_t *lsp_edits(const struct lsp *s, const struct document *d, struct edits e);
json_t *lsp_workspace_edit(const struct lsp *s, const struct document *d, json_t *edits);

/* ---- documents.c ---- */

struct str uri_path(struct arena *a, struct str uri); /* "": it is no file's */
struct document *document_find(struct lsp *s, struct str uri);
/* What the rules say of the version at hand. */
const struct result *document_check(struct lsp *s, struct document *d);
/* Is there anything to say of it? After a check. */
bool document_speaks(const struct document *d);
/* Its tree and model; NULL: it has none (a policy that cannot be read, a file too large). */
const struct image *document_image(struct lsp *s, struct document *d);
void document_close(struct lsp *s, struct document *d);
/* What is at hand is not known to hold any more. */
void document_forget(struct document *d);
/* What fixes that need no asking come to, under these rules ("": all that policy lets through on
 * save). */
struct edits document_fixes(struct lsp *s, struct document *d, struct arena *a, struct str rule);

/* ---- settings.c ---- */

void lsp_settings_apply(struct lsp *s); /* reads policies anew */
/* 1 error ... 4 hint; 0: it is not to be shown. */
int lsp_severity(const struct lsp *s, const struct finding *f);
bool lsp_said_by_others(const struct lsp *s, const struct finding *f);
void lsp_ask_settings(struct lsp *s);
void lsp_take_settings(struct lsp *s, const json_t *settings);
void lsp_watch(struct lsp *s);

/* ---- diagnostics.c ---- */

void lsp_publish(struct lsp *s); /* what is new of all documents */
bool finding_shown(const struct lsp *s, const struct finding *f);
json_t *lsp_diagnostic(struct lsp *s, struct document *d, size_t finding);

/* ---- nodes.c: what stands where ---- */

/* The deepest node around the offset; 0: none. An offset right behind a node counts as in it. */
node_id node_at(const struct tree *t, uint32_t offset);
uint32_t node_end(const struct tree *t, node_id n); /* without a line end that is its last token */

/* ---- commands.c ---- */

/* The update that a client has asked for has ended, or none was started. */
void commands_finish(struct lsp *s, bool done);

/* What was given on request may be another now. */
void lsp_refresh(struct lsp *s);

#define METHOD(name, function, what) lsp_method function;
#include "faces/lsp/methods.def"
#undef METHOD

#endif
