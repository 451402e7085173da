/* tell.c - what dfix is told over the socket. */
#include "fetcher/fetcher.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(struct work *w, const struct buf *frame)
{
    int64_t began = clock_ms();
    for (size_t done = 0; done < frame->n;) {
        ssize_t n = send(STDIN_FILENO, frame->p + done, frame->n - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            exit(0); /* nobody listens any more */
        done += (size_t)n;
    }
    w->blocked += clock_ms() - began;
}

void refuse(struct work *w, const char *why)
{
    struct buf b = {.arena = w->scratch};
    size_t at = wire_begin(&b, WIRE_REFUSED);
    wire_text(&b, WIRE_ERROR, str_of(why));
    wire_end(&b, at);
    say(w, &b);
    exit(1);
}

void tell_progress(struct job *j)
{
    struct work *w = j->work;
    struct arena_mark m = arena_mark(w->scratch);
    struct buf b = {.arena = w->scratch};
    size_t at = wire_begin(&b, WIRE_PROGRESS);
    wire_number(&b, WIRE_ID, j->id);
    wire_number(&b, WIRE_BYTES, j->from + j->bytes);
    wire_number(&b, WIRE_EXPECTED, j->expected ? j->from + j->expected : 0);
    wire_end(&b, at);
    say(w, &b);
    arena_rewind(w->scratch, m);
}

static void tell_body(struct job *j)
{
    struct work *w = j->work;
    struct arena_mark m = arena_mark(w->scratch);
    for (struct str rest = buf_str(&j->memory); rest.n;) {
        size_t n = rest.n < WIRE_CHUNK ? rest.n : WIRE_CHUNK;
        struct buf b = {.arena = w->scratch};
        size_t at = wire_begin(&b, WIRE_DATA);
        wire_number(&b, WIRE_ID, j->id);
        wire_text(&b, WIRE_PIECE, str_sub(rest, 0, n));
        wire_end(&b, at);
        say(w, &b);
        rest = str_from(rest, n);
        arena_rewind(w->scratch, m);
    }
}

void tell_answer(struct job *j, long status, const char *error, bool local)
{
    struct work *w = j->work;
    struct arena_mark m = arena_mark(w->scratch);
    const char *url = NULL;
    if (j->easy)
        curl_easy_getinfo(j->easy, CURLINFO_EFFECTIVE_URL, &url);
    tell_body(j);
    struct buf b = {.arena = w->scratch};
    size_t at = wire_begin(&b, WIRE_ANSWER);
    wire_number(&b, WIRE_ID, j->id);
    wire_number(&b, WIRE_STATUS, (uint64_t)status);
    wire_number(&b, WIRE_BYTES, j->from + j->bytes);
    wire_number(&b, WIRE_LOCAL, local);
    wire_text(&b, WIRE_URL, str_of(url ? url : j->url));
    wire_text(&b, WIRE_HEADER, buf_str(&j->answer_headers));
    wire_text(&b, WIRE_ERROR, str_of(error));
    wire_end(&b, at);
    say(w, &b);
    arena_rewind(w->scratch, m);
}
