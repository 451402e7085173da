/* layer_facts.h - base facts out of an image's layers. */
#ifndef DFIX_READER_LAYER_FACTS_H
#define DFIX_READER_LAYER_FACTS_H

#include "dfix/lookup.h"
#include "reader/rootfs.h"

/* Adds what the layers tell to what the config said. False: a layer is damaged; `f` is as it was.
 */
bool facts_of_layers(struct arena *a, struct layers layers, struct base_facts *f, struct err *e);

#endif
