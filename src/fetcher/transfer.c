/* transfer.c - one try of a job: what libcurl is told to do, and what it brings. */
#include "fetcher/fetcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TELL_EVERY_MS = 100, HEADER_BYTES_MAX = 1 << 20 };

long job_status(struct job *j)
{
    long status = 0;
    curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

bool job_is_file(const struct job *j)
{
    return strncmp(j->url, "file:", 5) == 0;
}

static void heard(struct job *j, size_t n)
{
    j->heard += n;
    j->heard_at = waited_ms(j->work);
}

/* ---- headers ---- */

/* A redirect to a host that does not answer would wait for it once more. */
static bool leads_into_silence(struct job *j, struct str location)
{
    char origin[ORIGIN_MAX];
    origin_of(str_cstr(j->arena, location), origin);
    return j->redirects > 0 && host_was_silent(origin_host(j->work, origin));
}

static void keep_header(struct job *j, struct str name, struct str rest)
{
    if (j->answer_headers.n + name.n + rest.n + 2 > WIRE_HEADERS_MAX)
        return;
    buf_add(&j->answer_headers, str_lower(j->arena, name));
    buf_add(&j->answer_headers, rest);
    buf_char(&j->answer_headers, '\n');
}

static size_t on_header(char *p, size_t size, size_t n, void *user)
{
    struct job *j = user;
    struct str line = str_trim((struct str){p, size * n});
    heard(j, size * n);
    j->header_bytes += size * n;
    if (j->header_bytes > HEADER_BYTES_MAX) {
        j->headers_too_long = true;
        return 0;
    }
    if (str_starts(line, S("HTTP/"))) { /* of the next response, after a redirect */
        j->answer_headers.n = 0;
        j->redirected = false;
    }
    if (!line.n && j->redirected)
        j->heard_before = j->heard;
    ptrdiff_t colon = str_chr(line, ':');
    if (colon <= 0)
        return size * n;
    struct str name = str_sub(line, 0, (size_t)colon), rest = str_from(line, (size_t)colon);
    keep_header(j, name, rest);
    j->redirected |= str_ieq(name, S("location")) && j->redirects > 0;
    if (str_ieq(name, S("location")) && leads_into_silence(j, str_trim(str_from(rest, 1)))) {
        j->into_silence = true;
        return 0;
    }
    return size * n;
}

static struct str header_value(struct job *j, struct str name)
{
    struct str rest = buf_str(&j->answer_headers), line;
    while (str_cut(&rest, '\n', &line))
        if (str_starts(line, name) && line.n > name.n && line.p[name.n] == ':')
            return str_trim(str_from(line, name.n + 1));
    return S("");
}

/* ---- bodies ---- */

/* The file is opened only for a good response, so that a refusal leaves what is
 * there alone. */
bool job_open_file(struct job *j, long status)
{
    bool appends = j->from > 0 && status == 206;
    if (appends) {
        struct str want = str_fmt(j->arena, "bytes %llu-", (unsigned long long)j->from);
        appends = str_starts(header_value(j, S("content-range")), want);
        if (!appends) {
            j->no_range = true;
            return false;
        }
    }
    if (!appends)
        j->from = 0;
    j->fd =
        open(j->file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (appends ? O_APPEND : O_TRUNC),
             0600);
    j->write_error = j->fd < 0 ? errno : 0;
    return j->fd >= 0;
}

bool job_close_file(struct job *j)
{
    if (j->fd >= 0 && close(j->fd) < 0 && !j->write_error)
        j->write_error = errno;
    j->fd = -1;
    return !j->write_error;
}

static bool write_file(struct job *j, struct str piece, long status)
{
    if (j->fd < 0 && !job_open_file(j, status))
        return false;
    while (piece.n) {
        ssize_t n = write(j->fd, piece.p, piece.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            j->write_error = errno;
            return false;
        }
        piece = str_from(piece, (size_t)n);
    }
    return true;
}

/* A refusal's text: its beginning is enough, and it need not end. */
static bool take_refusal(struct job *j, struct str piece)
{
    j->refused += piece.n;
    if (j->memory.n + piece.n <= REFUSAL_MAX && j->memory.n + piece.n <= j->max_bytes)
        buf_add(&j->memory, piece);
    j->refusal_cut = j->refused > REFUSAL_MAX;
    return !j->refusal_cut;
}

static bool take_body(struct job *j, struct str piece, long status)
{
    if (j->from + j->bytes + piece.n > j->max_bytes) {
        j->too_large = true;
        return false;
    }
    if (*j->file && !write_file(j, piece, status))
        return false;
    if (!*j->file)
        buf_add(&j->memory, piece);
    j->bytes += piece.n;
    return true;
}

static void note_expected(struct job *j)
{
    curl_off_t length = -1;
    curl_easy_getinfo(j->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    j->expected = length > 0 ? (uint64_t)length : 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct job *j = user;
    struct str piece = {p, size * n};
    long status = job_is_file(j) ? 200 : job_status(j);
    bool good = status >= 200 && status < 300;
    heard(j, piece.n);
    if (!(good ? take_body(j, piece, status) : take_refusal(j, piece)))
        return 0;
    if (good && clock_ms() - j->told >= TELL_EVERY_MS) {
        j->told = clock_ms();
        note_expected(j);
        tell_progress(j);
    }
    return size * n;
}

/* ---- what is asked ---- */

/* What is asked for over https stays there: a redirect to http would hand it to whoever listens. */
static void set_protocols(struct job *j)
{
    bool downgrades = j->plain_http && strncmp(j->url, "https:", 6) != 0;
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(j->easy, CURLOPT_PROTOCOLS_STR,
                     job_is_file(j) && j->local_file ? "file"
                     : j->plain_http                 ? "https,http"
                                                     : "https");
    curl_easy_setopt(j->easy, CURLOPT_REDIR_PROTOCOLS_STR, downgrades ? "https,http" : "https");
#else
    long web = CURLPROTO_HTTPS | (j->plain_http ? CURLPROTO_HTTP : 0);
    curl_easy_setopt(j->easy, CURLOPT_PROTOCOLS,
                     job_is_file(j) && j->local_file ? (long)CURLPROTO_FILE : web);
    curl_easy_setopt(j->easy, CURLOPT_REDIR_PROTOCOLS, downgrades ? web : (long)CURLPROTO_HTTPS);
#endif
}

static const char *first_set(const char *a, const char *b)
{
    return a && *a ? a : b;
}

static void set_request(struct job *j)
{
    CURL *c = j->easy;
    curl_easy_setopt(c, CURLOPT_URL, j->url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, j->headers);
    if (strcmp(j->method, "HEAD") == 0) {
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    } else if (j->body.n || strcmp(j->method, "POST") == 0) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, j->body.p);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)j->body.n);
    }
    if (*j->method && strcmp(j->method, "GET") != 0 && strcmp(j->method, "HEAD") != 0 &&
        strcmp(j->method, "POST") != 0)
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, j->method);
    /* libcurl sends once more what it has sent over an old connection that then broke; what changes
     * something is sent once. */
    if (*j->method && strcmp(j->method, "GET") != 0 && strcmp(j->method, "HEAD") != 0)
        curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    if (j->from)
        curl_easy_setopt(c, CURLOPT_RANGE,
                         str_fmt(j->arena, "%llu-", (unsigned long long)j->from).p);
    /* Without one of its own the environment's holds, which libcurl reads. */
    if (*j->proxy)
        curl_easy_setopt(c, CURLOPT_PROXY, strcmp(j->proxy, "DIRECT") == 0 ? "" : j->proxy);
}

/* Where the system has its certificates, when that is not where libcurl was built to look: a static
 * program runs on systems of other kinds. "": libcurl knows. */
static const char *certificates(void)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora and its kin */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
        "/etc/ssl/cert.pem",
    };
    const char *built_in = curl_version_info(CURLVERSION_NOW)->cainfo;

    for (size_t i = 0;
         built_in && access(built_in, R_OK) != 0 && i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return "";
}

static void set_trust(struct job *j)
{
    CURL *c = j->easy;
    const char *ca =
        first_set(j->ca_file, first_set(getenv("CURL_CA_BUNDLE"), getenv("SSL_CERT_FILE")));
    if (!ca || !*ca)
        ca = certificates();
    set_protocols(j);
    if (*ca)
        curl_easy_setopt(c, CURLOPT_CAINFO, ca);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, j->insecure ? 0L : 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, j->insecure ? 0L : 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_NETRC,
                     j->netrc ? (long)CURL_NETRC_OPTIONAL : (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_UNRESTRICTED_AUTH, 0L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, j->redirects > 0 ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, j->redirects);
}

static void set_limits(struct job *j)
{
    CURL *c = j->easy;
    int64_t left = j->deadline - clock_ms();
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)j->work->limits.connect_ms);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(left > 0 ? left : 1)); /* 0 would be no end */
    curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)j->max_bytes);
}

static void set_callbacks(struct job *j)
{
    CURL *c = j->easy;
    curl_easy_setopt(c, CURLOPT_USERAGENT, "dfix/" DFIX_VERSION);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, j->error);
    curl_easy_setopt(c, CURLOPT_PRIVATE, j);
    /* One connection for all where it may be HTTP/2, which the TLS handshake tells. Over plain
     * http only the first answer tells, and all others would wait for that. */
    curl_easy_setopt(c, CURLOPT_PIPEWAIT, strncmp(j->url, "https:", 6) == 0 ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, j);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, j);
}

static uint64_t size_at_hand(const struct job *j)
{
    int fd = j->resume && *j->file ? open(j->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    off_t held = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (fd >= 0)
        close(fd);
    return held > 0 ? (uint64_t)held : 0;
}

bool job_start(struct job *j)
{
    j->easy = curl_easy_init();
    if (!j->easy)
        return false;
    j->from = size_at_hand(j);
    j->bytes = j->expected = j->refused = j->header_bytes = j->heard = j->heard_before = j->mark =
        0;
    j->fd = -1;
    j->memory = j->answer_headers = (struct buf){.arena = j->arena};
    j->too_large = j->no_range = j->refusal_cut = j->headers_too_long = j->into_silence =
        j->redirected = false;
    j->write_error = 0;
    j->error[0] = 0;
    j->given_up = NULL;
    j->heard_at = j->mark_at = waited_ms(j->work);
    set_request(j);
    set_trust(j);
    set_limits(j);
    set_callbacks(j);
    if (curl_multi_add_handle(j->work->multi, j->easy) != CURLM_OK) {
        curl_easy_cleanup(j->easy);
        j->easy = NULL;
        return false;
    }
    j->work->active++;
    j->host->active++;
    return true;
}

void job_stop(struct job *j)
{
    if (!j->easy)
        return;
    curl_multi_remove_handle(j->work->multi, j->easy);
    curl_easy_cleanup(j->easy);
    j->easy = NULL;
    j->work->active--;
    j->host->active--;
}
