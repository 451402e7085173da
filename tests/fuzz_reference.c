/* Image references: whatever the bytes, what parses is made of the bytes given, and its full name
 * parses to itself. */
#include <stdlib.h>

#include "dfix/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mirror mirror;
    const struct settings s = {.mirror = &mirror, .nmirror = 1, .image = &mirror, .nimage = 1};
    struct arena *a = arena_open();
    struct str text = str_dup(a, (struct str){size ? (const char *)data : "", size}), to;
    struct reference r, full;

    mirror = (struct mirror){S("docker.io"), S("r.example/hub")};
    if (reference_parse(text, &r)) {
        struct str name = reference_name(a, &r);
        size_t n = r.domain.n + (r.domain.n > 0) + r.path.n + r.tag.n + (r.tag.n > 0) + r.digest.n +
                   (r.digest.n > 0);
        /* A name near the limit has no room for "library/". */
        bool room = r.path.n < 200;
        if (n != text.n ||
            (room && (!reference_parse(name, &full) || !str_eq(reference_name(a, &full), name))))
            abort();
        if (policy_replaces(a, &s, &r, &to) == REPLACE_MIRROR && !reference_parse(to, &full) &&
            room)
            abort();
        policy_is_target(a, &s, &r);
    }
    policy_lists(&text, 1, S("docker.io/library/debian"));
    policy_canonical(a, &s, text);
    arena_close(a);
    return 0;
}
