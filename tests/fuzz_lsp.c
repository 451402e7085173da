/* Frames and what is in them: whatever comes, the server stays up, and answers each request that it
 * could read once. */
#include <stdlib.h>

#include "faces/lsp/frames.h"
#include "lsp_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session_end s = {.answers = 0};
    struct frames frames = {0};
    struct str body;
    enum frame f;
    size_t left = size;

    session_open_with(&s, "{}");
    session_text(&s, "file:///nowhere/Dockerfile", S("FROM debian:12\nRUN apt-get install x\n"));
    while (left) { /* in pieces of a size that is no power of two */
        size_t n = left < 37 ? left : 37;
        memcpy(frames_room(&frames, n), data + (size - left), n);
        frames_came(&frames, n);
        left -= n;
        while ((f = frames_next(&frames, &body)) != FRAME_NONE)
            if (f == FRAME_WHOLE)
                lsp_take(s.server, body);
            else
                lsp_take_broken(s.server);
    }
    lsp_work(s.server);
    session_close(&s);
    frames_close(&frames);
    return 0;
}
