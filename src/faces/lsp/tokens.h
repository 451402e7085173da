/* tokens.h - what the server says of its semantic tokens. */
#ifndef DFIX_LSP_TOKENS_H
#define DFIX_LSP_TOKENS_H

#include <jansson.h>

json_t *tokens_ability(void);

#endif
