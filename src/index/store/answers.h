/* answers.h - questions to an index service, and the answers that were given, to be given again. */
#ifndef DFIX_INDEX_ANSWERS_H
#define DFIX_INDEX_ANSWERS_H

#include "index/store/store.h"

/* Of two questions about packages: are they the same but for the package? */
bool index_same_question(const struct question *x, const struct question *y);
/* One with slices of its own, without the package. */
struct question index_question_dup(struct arena *a, const struct question *q);

/* Those of one question, by name. One thread at a time. */
struct index_answers;
struct index_answers *index_answers_new(struct arena *a);
/* store_merge, or what it said before. */
enum answer index_answer(struct arena *a, struct index_answers *given, const struct manager *m,
                         const struct store_part *part, size_t npart, arch_set archs,
                         struct str name, struct package_info *out);

#endif
