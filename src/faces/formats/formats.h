/* formats.h - how a run's findings are written down. One table, one writer a format; several may
 * write at once, each to its own stream. A writer sees a file when its answers are there, in the
 * order of the run, and the end once. */
#ifndef DFIX_FORMATS_H
#define DFIX_FORMATS_H

#include "faces/faces.h"
#include "host/output.h"

/* One file of a run, as it is told. */
struct report_file {
    struct arena *arena;
    enum mode mode;
    struct str label;  /* in messages */
    struct str target; /* as patches name it */
    struct str text;   /* as it was read */
    const struct result *result;
    const struct told *told; /* one a finding */
    bool unwritten;          /* the fixed text could not be put in its place */
};

/* What the run came to. */
struct report_sum {
    const struct outcome *outcome;
    const struct world_note *note;
    size_t nnote;
};

struct writer {
    const struct format *format;
    FILE *out;
    const struct report *report;
    struct arena *arena; /* of the run */
    struct output file;  /* where it goes by name; without a stream: one of the program's */
    bool colour;
    size_t printed; /* entries so far */
    void *state;    /* the format's own */
};

struct format {
    const char *name, *what;
    void (*begin)(struct writer *w); /* NULL: nothing to do; the same below */
    void (*file)(struct writer *w, const struct report_file *f);
    void (*end)(struct writer *w, const struct report_sum *sum);
    bool people; /* beside a patch it goes to standard error, and the run ends with a line there */
};

/* formats.def: every format, declared from the table. */
#define FORMAT(name) extern const struct format format_##name;
#include "faces/formats/formats.def"
#undef FORMAT
/* `option` is what named it. */
bool format_named(struct arena *a, const char *option, struct str name, const struct format **out,
                  struct err *e);
struct str format_names(struct arena *a); /* "text, json, ..." */

/* Is the finding one that a list of what is wrong with the file as it stands now has? */
bool format_lists(const struct report_file *f, size_t finding);
/* Lines and columns from 1, in characters where findings count bytes. */
struct place_lc format_place(struct str text, uint32_t at, struct place_lc place);
struct format_range {
    struct place_lc start, end; /* `end` is behind the last character */
};
/* The last line that it is about. */
uint32_t format_last_line(struct format_range r);
struct format_range format_range(const struct report_file *f, const struct finding *x);
/* The same for each run and each machine; other places of one line's text differ. */
struct str format_fingerprint(const struct report_file *f, size_t finding);
/* Where the rule is explained: the page that the policy or the build names, the one that was
 * installed, or that of others on its code; "" none. */
struct str format_page(const struct writer *w, struct arena *a, const struct finding *x);
/* The folder of such pages: what the policy names, else what the build does, else what is
 * installed.
 */
struct str pages_site(struct arena *a, struct str named);
/* "pin-apt", or "DL3008" where the finding has a code. */
struct str format_code(const struct finding *x);

/* rules.c: what is said of a rule, of those of the engine's own too */
struct rule_words {
    const char *id, *aliases, *title, *why, *doc; /* why: may be NULL */
    enum severity severity;
    enum safety safety;
    const struct fixer *fixer; /* NULL: the engine's own */
};
bool rule_words(size_t i, struct rule_words *out); /* in run order; false: no more */
size_t rule_words_index(const char *id);           /* which one it is */
/* rules_list.c */
void rules_markdown(FILE *out);
int rules_print(struct arena *a, const struct command_line *c); /* as --format says */
void rules_example(struct arena *a, const char *rule);          /* before and after */

/* document.c: what JSON and XML take */
typedef struct json_t json_t;
json_t *document_str(struct str s);        /* what is not UTF-8 becomes U+FFFD */
json_t *document_enum(const char *values); /* "a|b", as a schema has it */
struct str document_message(struct arena *a, struct str text); /* as SARIF has it */
void document_put(FILE *out, json_t *o);         /* in ASCII, no CI's command in it; takes it */
void document_item(struct writer *w, json_t *o); /* of a list, on a line of its own; takes it */
void document_xml(FILE *out, struct str s);      /* for text and for a value in double quotes */
struct str document_uri(struct arena *a, struct str path);
json_t *document_finding(const struct writer *w, const struct report_file *f, size_t finding);
json_t *document_summary(const struct outcome *o);
json_t *document_note(const struct world_note *note);
json_t *document_edits(struct str text, struct edits e);

/* source.c: lines of a file, as they are shown */
struct source_line {
    struct str text;
    size_t from, to; /* columns of the place in it, from 0 */
};
/* Is it short, and of characters alone that are shown as they are? Nearly every line is. */
bool source_is_plain(struct str line);
struct source_line source_show(struct arena *a, struct str line, size_t from, size_t to);
struct str source_line_at(struct str text, uint32_t at, uint32_t *start);

/* hunks.c: an edit list as lines that go and come */
struct hunk {
    uint32_t line;       /* the first that goes; of an insertion the one that it stands before */
    struct str old, new; /* whole lines; "" none */
    size_t nold;
};
size_t hunks_of(struct arena *a, struct str text, struct edits e, const struct finding *near,
                struct hunk **out);

/* outputs.c: the writers of a run */
struct outputs {
    VEC(struct writer *) v;
};
bool outputs_open(struct outputs *o, struct arena *a, const struct command_line *c,
                  struct report *r, struct err *e);
void outputs_begin(struct outputs *o);
void outputs_file(struct outputs *o, const struct job *j, enum mode mode);
void outputs_end(struct outputs *o, const struct report_sum *sum);
/* False, once for each: a file named for a format does not hold all that went there. */
bool outputs_close(struct outputs *o, size_t *i, struct err *e);

/* github.c: the summary of a job of an action's */
void summary_open(struct outputs *o, struct arena *a, const struct report *r);

#endif
