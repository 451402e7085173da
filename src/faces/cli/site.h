/* site.h - the pages on the rules, and what they are made of. */
#ifndef DFIX_SITE_H
#define DFIX_SITE_H

#include "dfix/base.h"

/* lines_diff.c */
struct diff_line {
    char sign; /* ' ', '-' or '+' */
    struct str text;
};
size_t lines_diff(struct arena *a, struct str before, struct str after, struct diff_line **out);

/* markdown.c: what the words of rules use of it (paragraphs, lists, indented code, `code`) */
void html_markdown(struct buf *out, struct str text);
void html_text(struct buf *out, struct str text);   /* with <, > and & as they are */
void html_inline(struct buf *out, struct str text); /* with `code` in it */

/* site.c: false: a file could not be written */
bool site_write(struct arena *a, struct str folder, struct err *e);

#endif
