/* Layers of any bytes: first as they are, then behind gzip's and zstd's wrapping by turns, and the
 * records in them. The first byte chooses. */
#include <stdlib.h>

#include "reader/layer_facts.h"
#include "registry/facts.h"
#include "registry/installed.h"
#include "tarball.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Checksums that hold, so that mutated headers are read: whatever says "ustar" is one. */
static void mend(struct str bytes)
{
    unsigned char *p = (unsigned char *)(uintptr_t)bytes.p;
    for (size_t at = 0; at + 512 <= bytes.n; at += 512) {
        unsigned char *h = p + at;
        unsigned sum = 0;
        if (memcmp(h + 257, "ustar", 5) != 0)
            continue;
        memset(h + 148, ' ', 8);
        for (size_t i = 0; i < 512; i++)
            sum += h[i];
        snprintf((char *)h + 148, 8, "%06o", sum);
    }
}

static void read_records(struct arena *a, struct str text)
{
    struct installed_list dpkg = {.broken = false}, apk = {.broken = false};
    struct source_list one = {.broken = false};
    struct release r;
    struct str id;
    installed_dpkg(a, text, &dpkg);
    installed_apk(a, text, &apk);
    release_read(a, text, &r, &id);
    sources_read_lines(a, text, &one);
    sources_read_deb822(a, text, &one);
    sources_apk(a, text, &one);
    preferences_matter(text);
    apt_conf_matters(a, text);
    passwd_is_root(text, S("root"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!n)
        return 0;
    struct arena *a = arena_open();
    struct str bytes = str_dup(a, (struct str){(const char *)data + 1, n - 1});
    struct image_config config = {.user = S("app"), .os = S("linux")};
    struct base_facts f;
    struct err e;
    if (data[0] % 4 == 3) {
        read_records(a, bytes);
        arena_close(a);
        return 0;
    }
    mend(bytes);
    struct str packed = data[0] % 4 == 0   ? bytes
                        : data[0] % 4 == 1 ? tarball_gzip(a, bytes)
                                           : tarball_zstd(a, bytes);
    struct layer_file one = {tarball_write(packed), S(""), 0};
    const struct layer_file layer[2] = {one, one};
    facts_of_config(&config, &f);
    struct layers_left left = {(uint64_t)1 << 30, 1000 * 1000};
    facts_of_layers(a, (struct layers){layer, 2, &left}, &f, &e);
    close(one.fd);
    arena_close(a);
    return 0;
}
