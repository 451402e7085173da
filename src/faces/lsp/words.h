/* words.h - the words of a Dockerfile: words.def as tables. */
#ifndef DFIX_LSP_WORDS_H
#define DFIX_LSP_WORDS_H

#include "dfix/base.h"

struct word_doc {
    const char *of; /* the instruction or flag that it belongs to; "" none */
    const char *name, *value, *doc;
};
const struct word_doc *words_instructions(size_t *n); /* value: how it is written */
const struct word_doc *words_flags(size_t *n);
const struct word_doc *words_keys(size_t *n);
/* NULL: there is none. */
const struct word_doc *words_instruction(struct str name);
const struct word_doc *words_flag(struct str instruction, struct str name);

#endif
