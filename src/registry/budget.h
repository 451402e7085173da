/* budget.h - what registries may make one run do, all of them together: the only place with such
 * totals. Each part has bounds of its own besides (a manifest 4 MiB, a config 8 MiB, a page of tags
 * 16 MiB, a layer as many bytes as its manifest says).
 *
 * How much may be fetched of one image's layers is policy's (registries.max-layers, 1 GiB); what
 * they may inflate to goes with that. Layers are read from the newest down, in up to eight rounds
 * when links lead elsewhere: bytes and entries count each time that they are read. */
#ifndef DFIX_SERVICES_REGISTRY_BUDGET_H
#define DFIX_SERVICES_REGISTRY_BUDGET_H

#include "dfix/base.h"

enum {
    BUDGET_INFLATE = 8,                   /* bytes of one image for each that may be fetched */
    BUDGET_IMAGES = 4,                    /* such images a run */
    BUDGET_ENTRIES = 4 * 1000 * 1000,     /* of one image's layers */
    BUDGET_DOCUMENTS = 256 * 1024 * 1024, /* bytes of manifests, configs, tags and tokens a run */
    BUDGET_FETCHED_LAYERS = 16 * 1000,    /* a run */
    BUDGET_FACTS = 256 * 1024 * 1024,     /* bytes of what a run keeps of all images */
    BUDGET_TAG_PAGES = 500                /* a run */
};

/* What may still be read of layers: inflated bytes, and entries. */
struct layers_left {
    uint64_t bytes, entries;
};
struct registry_budget {
    struct layers_left layers; /* of the run */
    uint64_t documents, facts;
    size_t tag_pages, fetched_layers;
};

static inline uint64_t budget_layers_max(int64_t policy)
{
    return policy > 0 ? (uint64_t)policy : (uint64_t)1 << 30;
}

/* What the layers of one image may be. */
static inline struct layers_left budget_of_image(int64_t policy)
{
    uint64_t most = budget_layers_max(policy);
    uint64_t bytes = most > UINT64_MAX / 64 ? UINT64_MAX / 8 : most * BUDGET_INFLATE;
    return (struct layers_left){bytes, BUDGET_ENTRIES};
}

static inline struct registry_budget budget_of_run(int64_t policy)
{
    struct layers_left image = budget_of_image(policy);
    return (struct registry_budget){
        .layers = {image.bytes * BUDGET_IMAGES, image.entries * BUDGET_IMAGES},
        .documents = BUDGET_DOCUMENTS,
        .facts = BUDGET_FACTS,
        .tag_pages = BUDGET_TAG_PAGES,
        .fetched_layers = BUDGET_FETCHED_LAYERS};
}

#endif
