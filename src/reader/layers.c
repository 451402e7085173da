/* layers.c - READ_LAYERS: what an image's layers tell of it. */
#include "reader/job.h"
#include "reader/contents.h"
#include "reader/layer_facts.h"
#include "registry/memory.h"

struct request {
    struct layer_file *file;
    size_t ndigest, nsize;
    struct layers_left left;
    struct str facts;
    bool contents;
};

static bool read_request(struct job *j, struct request *r)
{
    struct str rest = j->fields, value;
    for (int tag; (tag = wire_field(&rest, &value)) > 0;) {
        if (tag == READ_DIGEST && r->ndigest < j->fd.n)
            r->file[r->ndigest++].digest = value;
        else if (tag == READ_SIZE && r->nsize < j->fd.n)
            r->file[r->nsize++].size = wire_u64(value);
        else if (tag == READ_BYTES)
            r->left.bytes = wire_u64(value);
        else if (tag == READ_ENTRIES)
            r->left.entries = wire_u64(value);
        else if (tag == READ_FACTS)
            r->facts = value;
        else if (tag == READ_CONTENTS)
            r->contents = wire_u64(value) != 0;
    }
    return (r->ndigest == j->fd.n && r->nsize == j->fd.n) ||
           err_set(&j->err, "a layer is missing in the request");
}

/* What was read counts also when it came to nothing: the answer says so, with the error. */
bool job_layers(struct job *j)
{
    struct request r = {.facts = S("")};
    struct base_facts facts;
    r.file = arena_new(j->arena, struct layer_file, j->fd.n + 1);
    for (size_t i = 0; i < j->fd.n; i++)
        r.file[i].fd = j->fd.v[i];
    if (!read_request(j, &r))
        return false;
    if (!memory_facts_parse(j->arena, r.facts, &facts))
        return err_set(&j->err, "its records are not text");
    struct layers layers = {r.file, j->fd.n, &r.left};
    bool ok = facts_of_layers(j->arena, layers, &facts, &j->err);
    ok = ok && (!r.contents || contents_of_layers(j->arena, layers, &facts, &j->err));
    wire_number(&j->answer, READ_BYTES, r.left.bytes);
    wire_number(&j->answer, READ_ENTRIES, r.left.entries);
    if (ok)
        wire_text(&j->answer, READ_FACTS, memory_facts_text(j->arena, &facts));
    return ok;
}
