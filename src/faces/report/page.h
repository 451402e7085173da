/* page.h - one page of HTML that needs nothing else: its style is in it, it asks no network, it is
 * whole without scripts, in light, in dark and on paper. */
#ifndef DFIX_FACES_REPORT_PAGE_H
#define DFIX_FACES_REPORT_PAGE_H

#include "dfix/base.h"

void page_begin(struct buf *b, struct str title, struct str lead);
void page_end(struct buf *b, struct str foot);
void page_heading(struct buf *b, const char *id, struct str text);
/* A table: its head by words between `|`; a column whose word ends with `#` holds numbers. */
void page_table_begin(struct buf *b, const char *head);
void page_table_end(struct buf *b);
void page_cell(struct buf *b, struct str text);
void page_number(struct buf *b, int64_t n);
/* "critical", with its colour: a word of severity, or one of good, bad, soon. */
void page_mark(struct buf *b, struct str kind, struct str text);

#endif
