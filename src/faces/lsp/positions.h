/* positions.h - a text's lines as editors count them, and places in them. LF, CR LF and CR end a
 * line. Columns count bytes, UTF-16 code units or code points, as was agreed on. */
#ifndef DFIX_LSP_POSITIONS_H
#define DFIX_LSP_POSITIONS_H

#include "dfix/edit.h"

enum encoding { ENCODING_UTF16, ENCODING_UTF8, ENCODING_UTF32 };

struct lines {
    const uint32_t *start; /* of each line; the first is 0 */
    size_t n;
};
struct position {
    uint32_t line, character; /* from 0 */
};

struct lines lines_of(struct arena *a, struct str text);
/* An offset inside a character counts as its first byte. */
struct position position_at(struct str text, const struct lines *l, enum encoding e,
                            uint32_t offset);
/* Behind the end of a line is its end, behind the last line the end of the text; inside a
 * character is before it. */
uint32_t offset_at(struct str text, const struct lines *l, enum encoding e, struct position p);
/* Which line an offset is in. */
size_t line_at_offset(const struct lines *l, uint32_t offset);
/* The end of a line, before what ends it. */
uint32_t line_end(struct str text, const struct lines *l, size_t line);
/* Where the character at the offset begins. */
uint32_t character_start(struct str text, uint32_t offset);

#endif
