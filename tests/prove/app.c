/* app.c - what the cases of prove.sh start: a server on loopback that answers each line with the
 * number of its user, for ten seconds; or `app write FILE...`, which must be able to. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int write_files(char **file)
{
    for (; *file; file++) {
        FILE *f = fopen(*file, "w");
        if (!f || fprintf(f, "%d\n", (int)getuid()) < 0 || fclose(f)) {
            perror(*file);
            return 1;
        }
    }
    return 0;
}

static int serve(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 5)) {
        perror("app");
        return 1;
    }
    alarm(10);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        dprintf(client, "%d\n", (int)getuid());
        close(client);
    }
}

static int ask(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    char said[32];

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 50; i++, usleep(100000)) {
        int server = socket(AF_INET, SOCK_STREAM, 0);
        if (!connect(server, (struct sockaddr *)&at, sizeof(at))) {
            ssize_t n = read(server, said, sizeof(said));
            return n > 0 && write(STDOUT_FILENO, said, (size_t)n) == n ? 0 : 1;
        }
        close(server);
    }
    return 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "serve";
    int port = argc > 2 ? atoi(argv[2]) : 0;

    if (!strcmp(what, "write"))
        return write_files(argv + 2);
    if (!strcmp(what, "ask"))
        return ask(port);
    return serve(port);
}
