/* signed.c - READ_SIGNED: is a text signed by a key of these keyrings? */
#include "reader/gpgv.h"
#include "reader/job.h"

enum { TEXT_MAX = 16 << 20, SIGNATURE_MAX = 1 << 20, KEYRING_MAX = 16 << 20 };

struct request {
    bool ended, apart;
    VEC(struct str) builtin;
};

static void read_request(struct job *j, struct request *r)
{
    struct str rest = j->fields, value;
    for (int tag; (tag = wire_field(&rest, &value)) > 0;) {
        if (tag == READ_ENDED)
            r->ended = wire_u64(value) != 0;
        else if (tag == READ_SIGNATURE)
            r->apart = wire_u64(value) != 0;
        else if (tag == READ_BUILTIN)
            vec_push(j->arena, &r->builtin, value);
    }
}

bool job_signed(struct job *j)
{
    struct request r = {.ended = false};
    struct str text, signature = S(""), keyring[GPGV_KEYRINGS], what;
    size_t n = 0, first;

    read_request(j, &r);
    first = r.apart ? 2 : 1;
    if (!job_bytes(j, 0, TEXT_MAX, &text) ||
        (r.apart && !job_bytes(j, 1, SIGNATURE_MAX, &signature)))
        return false;
    for (size_t i = first; i < j->fd.n && n < GPGV_KEYRINGS; i++)
        if (!job_bytes(j, i, KEYRING_MAX, &keyring[n++]))
            return false;
    for (size_t i = 0; i < r.builtin.n && n < GPGV_KEYRINGS; i++)
        keyring[n++] = gpgv_builtin(j->arena, r.builtin.v[i]);
    if (r.apart && !signature.n)
        return err_set(&j->err, "it has no valid signature");
    if (!gpgv_verify(j->arena, text, signature, keyring, n, r.ended, &what, &j->err))
        return false;
    wire_text(&j->answer, READ_TEXT, what);
    return true;
}
