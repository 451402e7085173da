/* fetch_wire.h - what dfix and dfix-fetch say to each other over a socket pair, in frames
 * (wire.h). */
#ifndef DFIX_FETCH_WIRE_H
#define DFIX_FETCH_WIRE_H

#include "host/wire.h"

enum { WIRE_CHUNK = 64 << 10, WIRE_HEADERS_MAX = 64 << 10 };

enum wire_kind {
    WIRE_HELLO = 1, /* to the helper, first: version, limits, folders that it may write to */
    WIRE_REQUEST,
    WIRE_PROGRESS, /* from the helper: id, bytes, how many are expected */
    WIRE_DATA,     /* id, a piece of an answer that goes to memory */
    WIRE_ANSWER,   /* id, the end of a request */
    WIRE_REFUSED   /* the helper ends: error */
};

enum wire_tag {
    WIRE_ID = 1,
    WIRE_VERSION,
    WIRE_CONNECT_MS,
    WIRE_IDLE_MS,
    WIRE_SLOW_MS,
    WIRE_LOW_SPEED,
    WIRE_TOTAL_MS,
    WIRE_RETRIES,
    WIRE_BACKOFF_MS,
    WIRE_RETRY_AFTER_MS,
    WIRE_URL,
    WIRE_METHOD,
    WIRE_HEADER,
    WIRE_BODY,
    WIRE_FILE,
    WIRE_RESUME,
    WIRE_MAX_BYTES,
    WIRE_REDIRECTS,
    WIRE_PLAIN_HTTP,
    WIRE_LOCAL_FILE,
    WIRE_INSECURE,
    WIRE_NETRC,
    WIRE_CA_FILE,
    WIRE_PROXY,
    WIRE_STATUS,
    WIRE_ERROR,
    WIRE_BYTES,
    WIRE_EXPECTED,
    WIRE_LOCAL,
    WIRE_PIECE,
    WIRE_FOLDER
};

#endif
