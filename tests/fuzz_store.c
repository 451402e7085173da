/* Compiled indexes of any bytes: the header is mended so that it passes for one, then everything
 * that can be asked is asked. By turns, package lists of any bytes are compiled and asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "index/store/layout.h"
#include "dfix/manager.h"
#include "reader/packages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ask(const struct store *s, struct str name)
{
    struct store_range found = store_find(s, name), provided = store_providers(s, name);
    size_t sum = 0;
    for (uint32_t i = found.first; i < found.end; i++)
        sum += store_record(s, i).version.n;
    for (uint32_t i = provided.first; i < provided.end; i++)
        sum += store_provider(s, i).name.n;
    for (uint32_t i = found.first; i < found.end; i++) {
        struct package_needs needs;
        store_needs(s, i, &needs);
        sum += needs.depends.n + needs.recommends.n;
    }
    if (sum > (size_t)UINT32_MAX)
        abort();
}

static void ask_all(const struct store *s)
{
    struct arena *a = arena_open();
    struct err e;
    struct package_info info;
    struct store_part part[2] = {{.store = s, .suite = S("suite"), .security = true},
                                 {.store = s, .suite = S("suite-updates")}};
    for (int i = 0; i < 2; i++) {
        part[i].component = S("main");
        part[i].from = S("");
    }
    store_verify(s, &e);
    for (uint32_t i = 0; i < store_records(s) && i < 64; i++) {
        struct str name = store_record(s, i).name;
        struct store_file file;
        if (store_file(a, s, i, &file) && !image_path_valid(file.path))
            abort(); /* requests are made of it */
        ask(s, name);
        store_merge(a, store_meta(s).manager, part, 2, ~(arch_set)0, name, &info);
        for (size_t k = 0; k < info.noffer; k++)
            if (!version_valid(store_meta(s).manager, info.offer[k].version))
                abort(); /* what is written into files comes from here */
    }
    ask(s, S("curl"));
    ask(s, S("awk"));
    arena_close(a);
}

/* Magic, version, order, sums and size as they must be; counts that fit the size. Gives it. */
static size_t mend(unsigned char *p, size_t n)
{
    struct image_header h;
    memcpy(&h, p, sizeof(h));
    memcpy(h.magic, IMAGE_MAGIC, sizeof(h.magic));
    h.version = IMAGE_VERSION;
    h.order = IMAGE_ORDER;
    h.times = image_times(h.times.fetched, h.times.valid_until);
    h.manager %= 2;
    h.slots %= 16;
    h.names %= 16;
    h.records %= 16;
    h.providers %= 16;
    for (int i = 0; i < IMAGE_META; i++)
        h.meta[i] %= 8;
    h.needs %= 64;
    h.files = h.files % 2 ? h.records : 0;
    h.strings = 0;
    uint64_t rest = image_layout(&h).end;
    h.strings = rest < n ? (uint32_t)(n - rest) : 0;
    while (h.strings && image_layout(&h).end > n) /* the sums grow, too */
        h.strings--;
    struct image_layout at = image_layout(&h);
    if (at.end > n)
        return n;
    h.size = at.end;
    memcpy(p, &h, sizeof(h));
    image_seal(p, &at);
    return (size_t)at.end;
}

static void open_image(struct arena *a, struct str bytes, bool mended)
{
    char path[64];
    struct err e;
    unsigned char *p = arena_copy(a, bytes.p, bytes.n, 1);
    if (mended && bytes.n >= sizeof(struct image_header))
        bytes.n = mend(p, bytes.n);
    int fd = memfd_create("image", MFD_CLOEXEC);
    if (fd < 0 || write(fd, p, bytes.n) != (ssize_t)bytes.n)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct store *s = store_open(str_of(path), NULL, &e);
    if (s)
        ask_all(s);
    store_close(s);
    close(fd);
}

static void compile_list(struct str text)
{
    struct store_writer *w = store_writer_open(&manager_apt);
    struct packages *p = packages_open(w);
    struct err e;
    struct store_meta meta = {.manager = &manager_apt, .uri = S("u"), .suite = S("s")};
    meta.component = S("main");
    meta.arch = S("amd64");
    meta.etag = meta.modified = S("");
    size_t half = text.n / 2;
    if (packages_feed(p, str_sub(text, 0, half), &e) &&
        packages_feed(p, str_from(text, half), &e) && packages_finish(p, &e)) {
        struct store *s = store_build(w, &meta, &e);
        if (s && !store_verify(s, &e))
            abort();
        if (s)
            ask_all(s);
        store_close(s);
    }
    packages_close(p);
    store_writer_close(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!n || n > 1 << 16)
        return 0;
    struct arena *a = arena_open();
    struct str bytes = {(const char *)data + 1, n - 1};
    if (data[0] % 3 == 0)
        compile_list(bytes);
    else
        open_image(a, bytes, data[0] % 3 == 1);
    arena_close(a);
    return 0;
}
