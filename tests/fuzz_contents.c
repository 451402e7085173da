/* Any bytes as a file of an image that tells of packages: a jar, a record of Python's or npm's, a
 * program, a list of a distro's files; the first byte chooses. Whatever is made of them can be
 * written down and read again, and steers no terminal. */
#include <stdlib.h>

#include "reader/contents.h"
#include "registry/memory.h"
#include "tarball.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PROGRAM_SIZE = 100 * 1000, BYTES_MAX = 256 << 10 };

static const char *const names[] = {
    "app/a.jar", "x.dist-info/METADATA",     "node_modules/x/package.json",
    "bin/tool",  "var/lib/dpkg/info/x.list", "lib/apk/db/installed"};
enum { NAMES = sizeof names / sizeof names[0] };

static struct str padded(struct arena *a, struct str bytes, size_t size)
{
    char *p = arena_new(a, char, size);
    memcpy(p, bytes.p, bytes.n < size ? bytes.n : size);
    return (struct str){p, size};
}

static void check(struct arena *a, const struct base_facts *f)
{
    struct base_facts again;
    if (!memory_facts_parse(a, memory_facts_text(a, f), &again) || again.ncontent != f->ncontent ||
        !str_eq(again.contents_why, f->contents_why))
        abort();
    for (size_t i = 0; i < f->ncontent; i++) {
        const struct content *c = &f->content[i];
        const struct str text[] = {c->name, c->version, c->path};
        if (!c->name.n || !str_eq(c->path, again.content[i].path))
            abort();
        for (size_t k = 0; k < 3; k++)
            for (size_t at = 0; at < text[k].n; at++)
                if ((unsigned char)text[k].p[at] < ' ' || (unsigned char)text[k].p[at] > 126)
                    abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char zeros[1024];
    if (!n || n > BYTES_MAX)
        return 0;
    struct arena *a = arena_open();
    struct str bytes = {(const char *)data + 1, n - 1};
    struct buf b = {.arena = a};
    const char *name = names[data[0] % NAMES];
    bool program = strcmp(name, "bin/tool") == 0;
    if (program && bytes.n < PROGRAM_SIZE)
        bytes = padded(a, bytes, PROGRAM_SIZE);
    tarball_add(&b, '0', name, "", bytes);
    tarball_file(&b, "x/node_modules/y/package.json", "{\"name\":\"y\",\"version\":\"1.0.0\"}");
    buf_add(&b, (struct str){zeros, sizeof zeros});
    const struct layer_file layer = {tarball_write(buf_str(&b)), S(""), 0};
    struct layers_left left = {(uint64_t)64 << 20, 1000};
    struct base_facts f = base_facts_none();
    struct err e;
    if (contents_of_layers(a, (struct layers){&layer, 1, &left}, &f, &e))
        check(a, &f);
    close(layer.fd);
    arena_close(a);
    return 0;
}
