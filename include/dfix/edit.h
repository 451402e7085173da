/* edit.h - the one currency of change: sorted, non-touching span
 * replacements over one text. Fixes, --diff, --fix, LSP and the JSON report
 * are all made from an edit list; nothing else describes a change. */
#ifndef DFIX_EDIT_H
#define DFIX_EDIT_H

#include "dfix/base.h"

struct span {
    uint32_t start, end; /* half-open byte offsets */
};

struct edit {
    struct span span;
    struct str text; /* empty: delete; empty span: insert */
};

struct edits {
    struct edit *v;
    size_t n;
};

/* Text with `e` applied. */
struct str edits_apply(struct arena *a, struct str text, struct edits e);

/* One list equal to doing `first` (over `text`), then `second` (over the
 * result): apply(compose(x, y), t) == apply(y, apply(x, t)). */
struct edits edits_compose(struct arena *a, size_t text_len, struct edits first,
                           struct edits second);

/* Unified diff, straight from the edits: no search for a common sequence. */
void edits_diff(struct buf *out, struct str path, struct str text, struct edits e);

#endif
