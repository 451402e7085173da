/* loopback.h - a small HTTP server on 127.0.0.1, inside the test. The test gives
 * a function that answers each request; connections are closed after one. */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOPBACK_CONNECTIONS = 4096, LOOPBACK_HEAD = 16384 };

struct loopback;
struct loopback_request {
    struct loopback *server;
    int fd;
    char head[LOOPBACK_HEAD]; /* request line and headers, NUL-terminated */
    char method[16], path[1024];
    char *body; /* malloc'd */
    size_t nbody;
};
struct loopback {
    int fd;
    unsigned port;
    void (*answer)(struct loopback_request *q);
    void *user;
    pthread_t acceptor, threads[LOOPBACK_CONNECTIONS];
    size_t nthread;
    atomic_bool stop;
    atomic_size_t requests;
    pthread_mutex_t lock;
    char log[1 << 18]; /* "METHOD path\n" of each request */
};

static inline void loopback_raw(int fd, const void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = send(fd, (const char *)bytes + done, n - done, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        done += (size_t)put;
    }
}

/* `headers`: each "Name: value\r\n". */
static inline void loopback_reply(struct loopback_request *q, int status, const char *headers,
                                  const void *body, size_t n)
{
    char head[4096];
    int len =
        snprintf(head, sizeof head,
                 "HTTP/1.1 %d Something\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n",
                 status, n, headers);
    loopback_raw(q->fd, head, (size_t)len);
    if (strcmp(q->method, "HEAD") != 0)
        loopback_raw(q->fd, body, n);
}

static inline void loopback_text(struct loopback_request *q, int status, const char *headers,
                                 const char *body)
{
    loopback_reply(q, status, headers, body, strlen(body));
}

/* The value of a request header by its name as sent; false: not there. */
static inline bool loopback_header(const struct loopback_request *q, const char *name, char *value,
                                   size_t size)
{
    size_t n = strlen(name);
    for (const char *line = strchr(q->head, '\n'); line; line = strchr(line, '\n')) {
        line++;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        line += n + 1;
        line += strspn(line, " ");
        snprintf(value, size, "%.*s", (int)strcspn(line, "\r\n"), line);
        return true;
    }
    return false;
}

static inline void loopback_note(struct loopback *s, const char *method, const char *path)
{
    pthread_mutex_lock(&s->lock);
    size_t at = strlen(s->log);
    snprintf(s->log + at, sizeof s->log - at, "%s %s\n", method, path);
    pthread_mutex_unlock(&s->lock);
}

static inline bool loopback_read(struct loopback_request *q)
{
    size_t n = 0;
    char *end = NULL;
    while (!end) {
        ssize_t got = recv(q->fd, q->head + n, sizeof q->head - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        q->head[n] = 0;
        if (q->head[0] == 0x16) { /* a TLS handshake: no request comes of that */
            loopback_note(q->server, "TLS", "hello");
            return false;
        }
        end = strstr(q->head, "\r\n\r\n");
    }
    char length[32] = "0";
    loopback_header(q, "Content-Length", length, sizeof length);
    size_t want = strtoul(length, NULL, 10), have = n - (size_t)(end + 4 - q->head);
    q->body = malloc(want + 1);
    q->nbody = have < want ? have : want;
    memcpy(q->body, end + 4, q->nbody);
    while (q->nbody < want) {
        ssize_t got = recv(q->fd, q->body + q->nbody, want - q->nbody, 0);
        if (got <= 0)
            break;
        q->nbody += (size_t)got;
    }
    q->body[q->nbody] = 0;
    end[2] = 0;
    return sscanf(q->head, "%15s %1023s", q->method, q->path) == 2;
}

static inline void *loopback_serve(void *arg)
{
    struct loopback_request *q = arg;
    if (loopback_read(q)) {
        loopback_note(q->server, q->method, q->path);
        q->server->requests++;
        q->server->answer(q);
    }
    shutdown(q->fd, SHUT_RDWR);
    close(q->fd);
    free(q->body);
    free(q);
    return NULL;
}

static inline void *loopback_accept(void *arg)
{
    struct loopback *s = arg;
    while (!s->stop) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            break;
        struct loopback_request *q = calloc(1, sizeof *q);
        if (!q || s->stop || s->nthread == LOOPBACK_CONNECTIONS) {
            close(fd);
            free(q);
            continue;
        }
        q->server = s;
        q->fd = fd;
        pthread_create(&s->threads[s->nthread++], NULL, loopback_serve, q);
    }
    return NULL;
}

static inline struct loopback *loopback_start(void (*answer)(struct loopback_request *), void *user)
{
    struct loopback *s = calloc(1, sizeof *s);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    if (!s)
        abort();
    s->answer = answer;
    s->user = user;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_mutex_init(&s->lock, NULL);
    if (bind(s->fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(s->fd, 128) < 0 ||
        getsockname(s->fd, (struct sockaddr *)&at, &n) < 0) {
        perror("loopback server");
        abort();
    }
    s->port = ntohs(at.sin_port);
    pthread_create(&s->acceptor, NULL, loopback_accept, s);
    return s;
}

static inline void loopback_stop(struct loopback *s)
{
    s->stop = true;
    shutdown(s->fd, SHUT_RDWR);
    close(s->fd);
    pthread_join(s->acceptor, NULL);
    for (size_t i = 0; i < s->nthread; i++)
        pthread_join(s->threads[i], NULL);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* How often "METHOD path" was asked. */
static inline size_t loopback_asked(struct loopback *s, const char *what)
{
    size_t count = 0, n = strlen(what);
    pthread_mutex_lock(&s->lock);
    for (const char *line = s->log; *line; line = strchr(line, '\n') + 1)
        count += strncmp(line, what, n) == 0 && line[n] == '\n';
    pthread_mutex_unlock(&s->lock);
    return count;
}

#endif
