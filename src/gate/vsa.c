/* vsa.c - the answer as a SLSA Verification Summary Attestation: an in-toto statement about the
 * image's digest, for cosign to sign. It says what was judged by which policy, and nothing of how
 * the image was built. */
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "gate/gate.h"
#include "host/json.h"

static struct str moment_of(struct arena *a, int64_t now)
{
    time_t when = (time_t)now;
    struct tm t;
    char text[32] = "";

    if (gmtime_r(&when, &t))
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &t);
    return str_dup(a, str_of(text));
}

/* {"sha256": "…"} */
static json_t *digest_json(struct arena *a, struct str digest)
{
    struct str hex = digest, algorithm;

    str_cut(&hex, ':', &algorithm);
    json_t *o = json_object();
    json_object_set_new(o, str_cstr(a, algorithm), json_of(hex));
    return o;
}

static json_t *policy_json(struct arena *a, const struct gate_input *in,
                           const struct gate_result *r)
{
    json_t *values = json_object();

    for (size_t i = 0; i < GATE_KEYS; i++)
        json_object_set_new(values, gate_key_name((enum gate_key)i).p,
                            json_of(gate_value_text(a, (enum gate_key)i, in->policy->value[i])));
    return json_pack("{s:o,s:o,s:o}", "uri",
                     json_of(str_fmt(a, "urn:dfix:gate:" STR_FMT, STR_ARG(in->policy->name))),
                     "digest", digest_json(a, r->policy_digest), "annotations", values);
}

static json_t *used_json(struct arena *a, const struct gate_input *in)
{
    json_t *list = json_array();

    for (size_t i = 0; i < in->nused; i++)
        json_array_append_new(list,
                              json_pack("{s:o,s:o}", "uri",
                                        json_of(str_fmt(a, "file:" STR_FMT,
                                                        STR_ARG(path_basename(in->used[i].name)))),
                                        "digest", digest_json(a, in->used[i].digest)));
    return list;
}

struct str gate_vsa(struct arena *a, const struct gate_input *in, const struct gate_result *r,
                    const char *version)
{
    bool passed = r->verdict == GATE_PASSED;
    struct str resource = in->image.n ? str_fmt(a, "oci://" STR_FMT "@" STR_FMT, STR_ARG(in->image),
                                                STR_ARG(in->digest))
                                      : str_fmt(a, "urn:dfix:image:" STR_FMT, STR_ARG(in->digest));
    json_t *root = json_pack(
        "{s:s,s:[{s:o,s:o}],s:s,s:{s:{s:s,s:{s:s}},s:o,s:o,s:o,s:s,s:[s],s:s}}", "_type",
        "https://in-toto.io/Statement/v1", "subject", "name",
        json_of(in->image.n ? in->image : in->name), "digest", digest_json(a, in->digest),
        "predicateType", "https://slsa.dev/verification_summary/v1", "predicate", "verifier", "id",
        "urn:dfix:gate", "version", "dfix", version, "timeVerified", json_of(moment_of(a, in->now)),
        "resourceUri", json_of(resource), "policy", policy_json(a, in, r), "verificationResult",
        passed ? "PASSED" : "FAILED", "verifiedLevels",
        /* Levels are of a track that is SLSA's; this one is the policy's own. */
        passed ? "DFIX_GATE" : "FAILED", "slsaVersion", "1.0");
    if (in->nused)
        json_object_set_new(json_object_get(root, "predicate"), "inputAttestations",
                            used_json(a, in));
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    struct str out = str_fmt(a, "%s\n", text ? text : "");

    free(text);
    json_decref(root);
    return out;
}
