/* gate.h - the words of environments' policies. */
#ifndef DFIX_CONFIG_GATE_H
#define DFIX_CONFIG_GATE_H

#include "dfix/gate.h"

/* What holds where no policy says anything: closed, but for what only a Dockerfile can tell. */
struct gate_policy gate_default(struct str name);
struct str gate_key_name(enum gate_key key);
/* As it stands in a policy file. */
struct str gate_value_text(struct arena *a, enum gate_key key, int64_t value);
/* All of it, a line a key: what the policy's digest is of. */
struct str gate_text(struct arena *a, const struct gate_policy *p);

#endif
