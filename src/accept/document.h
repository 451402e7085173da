/* document.h - what OpenVEX and CSAF share: products by package URLs, and accepted risks in words.
 */
#ifndef DFIX_ACCEPT_DOCUMENT_H
#define DFIX_ACCEPT_DOCUMENT_H

#include <jansson.h>

#include "accept/accept.h"
#include "accept/purl.h"

/* A statement about a product, or about a part of it (""), as an acceptance. A package is what it
 * is about; an image says where it holds. */
void document_add(struct arena *a, struct accept_list *out, struct acceptance x, struct str product,
                  struct str part);
/* The URL of what an acceptance is about: the image that it names, else the document's product. */
struct str document_product(struct arena *a, const struct accept_document *d,
                            const struct acceptance *x);
/* "Accepted by @corp/web until 2027-01-31: not reachable" */
struct str document_words(struct arena *a, const struct acceptance *x);
/* What stands for all vulnerabilities of a package. */
struct str document_any(struct arena *a, const struct acceptance *x);
struct str document_text(struct arena *a, const json_t *j);
struct str document_text_of(struct arena *a, json_t *j); /* and lets go of it */

#endif
