/* The words of a Dockerfile. */
#include "faces/lsp/words.h"

static const struct word_doc instructions[] = {
#define INSTRUCTION(name, value, doc) {"", name, value, doc},
#define FLAG(of, name, value, doc)
#define KEY(of, name, value, doc)
#include "faces/lsp/words.def"
#undef INSTRUCTION
#undef FLAG
};
static const struct word_doc flags[] = {
#define INSTRUCTION(name, value, doc)
#define FLAG(of, name, value, doc) {of, name, value, doc},
#include "faces/lsp/words.def"
#undef FLAG
#undef KEY
};
static const struct word_doc keys[] = {
#define FLAG(of, name, value, doc)
#define KEY(of, name, value, doc) {of, name, value, doc},
#include "faces/lsp/words.def"
#undef KEY
#undef FLAG
#undef INSTRUCTION
};

const struct word_doc *words_instructions(size_t *n)
{
    *n = sizeof(instructions) / sizeof(instructions[0]);
    return instructions;
}

const struct word_doc *words_flags(size_t *n)
{
    *n = sizeof(flags) / sizeof(flags[0]);
    return flags;
}

const struct word_doc *words_keys(size_t *n)
{
    *n = sizeof(keys) / sizeof(keys[0]);
    return keys;
}

const struct word_doc *words_instruction(struct str name)
{
    size_t n;
    const struct word_doc *v = words_instructions(&n);

    for (size_t i = 0; i < n; i++)
        if (str_ieq(name, str_of(v[i].name)))
            return &v[i];
    return NULL;
}

const struct word_doc *words_flag(struct str instruction, struct str name)
{
    size_t n;
    const struct word_doc *v = words_flags(&n);

    for (size_t i = 0; i < n; i++)
        if (str_ieq(instruction, str_of(v[i].of)) && str_eq(name, str_of(v[i].name)))
            return &v[i];
    return NULL;
}
