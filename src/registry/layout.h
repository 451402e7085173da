/* layout.h - OCI image layouts on disk: index.json and blobs/, a registry without a network. */
#ifndef DFIX_SERVICES_REGISTRY_LAYOUT_H
#define DFIX_SERVICES_REGISTRY_LAYOUT_H

#include "dfix/settings.h"
#include "registry/document.h"

/* The folder that settings give for an image's name (docker.io/library/debian); "" none. */
struct str layout_folder(struct arena *a, const struct settings *s, struct str name);

/* What the layout's index says of a tag ("" is latest): its descriptor. `name` is the image's,
 * for indexes that tell whole names. False without a word in `e`: it has no such tag. */
bool layout_find(struct arena *a, struct str folder, struct str name, struct str tag,
                 struct descriptor *out, struct err *e);
/* Where a blob lies; the digest is a valid one. */
struct str layout_blob_path(struct arena *a, struct str folder, struct str digest);

#endif
