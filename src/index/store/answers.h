/* answers.h - questions to an index service, and the answers that were given, to be given again. */
#ifndef DFIX_INDEX_ANSWERS_H
#define DFIX_INDEX_ANSWERS_H

#include "index/store/store.h"

/* All that makes a question but the package's name, as one text. */
struct str index_question(struct arena *a, const struct release *r, arch_set archs,
                          const struct source *extra, size_t nextra);

/* Those of one question, by name. One thread at a time. */
struct index_answers;
struct index_answers *index_answers_new(struct arena *a);
/* store_merge, or what it said before. */
enum answer index_answer(struct arena *a, struct index_answers *given, const struct manager *m,
                         const struct store_part *part, size_t npart, arch_set archs,
                         struct str name, struct package_info *out);

#endif
