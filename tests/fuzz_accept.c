/* Any bytes as an ignore file of another tool, OpenVEX or CSAF: reading ends; what was taken is
 * written into an accept file that dfix reads, and into documents that it takes again. */
#include <stdlib.h>

#include "accept/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { BYTES_MAX = 64 << 10, WRITTEN_MAX = 200 };

static void take_again(struct arena *a, const struct accept_list *list)
{
    struct accept_document d = {.v = list->v.v,
                                .n = list->v.n < WRITTEN_MAX ? list->v.n : WRITTEN_MAX,
                                .author = S("@corp/web"),
                                .product = S("app"),
                                .moment = S("2026-11-30T10:00:00Z"),
                                .tool = "dfix"};
    struct accept_list again = {.kind = S("")};
    struct str written;
    struct err e;

    if (!vex_read(a, vex_write(a, &d), &again, &e))
        abort();
    again = (struct accept_list){.kind = S("")};
    if (!csaf_read(a, csaf_write(a, &d), &again, &e))
        abort();
    if (accept_add(a, "accept.yaml", S(""), d.v, d.n, &written, &e) &&
        !accept_add(a, "accept.yaml", written, d.v, d.n, &written, &e))
        abort(); /* what dfix wrote, it reads */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const names[] = {".trivyignore", ".grype.yaml", "osv-scanner.toml", ".snyk",
                                        "x.json"};
    struct arena *a = arena_open();

    for (size_t i = 0; n <= BYTES_MAX && i < sizeof(names) / sizeof(names[0]); i++) {
        struct accept_list list = {.kind = S("")};
        struct err e;
        if (accept_import(a, names[i], (struct str){(const char *)data, n}, &list, &e) && list.v.n)
            take_again(a, &list);
    }
    arena_close(a);
    return 0;
}
