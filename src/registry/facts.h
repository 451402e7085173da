/* facts.h - base facts out of an image's config. */
#ifndef DFIX_SERVICES_REGISTRY_FACTS_H
#define DFIX_SERVICES_REGISTRY_FACTS_H

#include "registry/document.h"

/* What the config says; the layers' part not known. */
void facts_of_config(const struct image_config *c, struct base_facts *out);
/* Is the user one that only the layers' etc/passwd can tell from root? */
bool facts_user_named(const struct base_facts *f);

#endif
