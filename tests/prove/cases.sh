# cases.sh - the Dockerfiles of prove.sh, sourced by it.
narrow='narrow-upgrade: {mode: narrow}'
all='pin-apt,user-switch,narrow-upgrade'

# ---- pins ----

prove "pin: one line" debian:bookworm pin-apt '' 0 0 same <<'EOF'
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends jq
EOF

prove "pin: many lines, comments" debian:bookworm pin-apt '' 0 0 same <<'EOF'
FROM debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    # for scripts
    jq \
    less \
 && rm -rf /var/lib/apt/lists/*
EOF

prove "pin: exec form" debian:bookworm pin-apt '' 0 0 same <<'EOF'
FROM debian:bookworm
RUN ["apt-get", "update"]
RUN ["apt-get", "install", "-y", "--no-install-recommends", "jq"]
EOF

prove "pin: variable, loop" debian:bookworm pin-apt '' 0 0 same <<'EOF'
FROM debian:bookworm
ENV TOOLS="less"
RUN apt-get update && apt-get install -y --no-install-recommends $TOOLS && \
    for p in jq; do apt-get install -y --no-install-recommends $p; done
EOF

prove "pin: another release" debian:bullseye pin-apt '' 0 0 same <<'EOF'
FROM debian:bullseye
RUN apt-get update && apt-get install -y --no-install-recommends jq less
EOF

# ---- users ----

prove "user: none, low port" debian:bookworm user-switch '' 0 10001 same <<'EOF'
FROM debian:bookworm
COPY app.sh /app.sh
EXPOSE 80
CMD ["sh", "/app.sh"]
EOF

prove "user: the file makes one" debian:bookworm user-switch '' 0 1500 same <<'EOF'
FROM debian:bookworm
RUN groupadd --gid 1500 app && useradd --uid 1500 --gid app app
COPY --chown=app:app app.sh /srv/app.sh
ENTRYPOINT ["sh", "/srv/app.sh"]
EOF

prove "user: made where a program asks" debian:bookworm user-switch \
    'user-switch: {create: always}' 0 10001 same <<'EOF'
FROM debian:bookworm
CMD ["sh", "-c", "id -un"]
EOF

prove "user: root at the end" debian:bookworm user-switch '' 0 1500 same <<'EOF'
FROM debian:bookworm
RUN useradd --uid 1500 app
USER app
RUN id -un
USER root
RUN apt-get update && apt-get install -y --no-install-recommends less
CMD ["less", "--version"]
EOF

prove "user: a name becomes a number" debian:bookworm user-switch '' 65534 65534 same <<'EOF'
FROM debian:bookworm
USER nobody
CMD ["id"]
EOF

prove "user: root for packages and back" proof user-switch '' fails 1234 fixed <<EOF
FROM 127.0.0.1:$port/proof/app:1-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends jq
RUN test "\$(id -u)" = 1234 && jq --version
RUN ["sh", "-c", "apt-get install -y --no-install-recommends less"]
CMD ["jq", "--version"]
EOF

prove "user: build stage stays root" debian:bookworm user-switch '' 0 10001 same <<'EOF'
FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends less
FROM debian:bookworm
COPY --from=build /usr/bin/less /usr/local/bin/less
WORKDIR /srv
CMD ["less", "--version"]
EOF

# ---- upgrades ----

prove "upgrade: bookworm" debian:bookworm narrow-upgrade "$narrow" 0 0 narrow <<'EOF'
FROM debian:bookworm
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
EOF

prove "upgrade: bullseye, dist-upgrade" debian:bullseye narrow-upgrade "$narrow" 0 0 narrow <<'EOF'
FROM debian:bullseye
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get -y dist-upgrade \
 && apt-get clean
EOF

prove "upgrade: packages from the layers" "127.0.0.1:$port/library/debian:bookworm" \
    narrow-upgrade "$narrow" 0 0 narrow <<EOF
FROM 127.0.0.1:$port/library/debian:bookworm
RUN set -e; apt-get update; if true; then apt-get full-upgrade -qy; fi
EOF

prove "upgrade: nothing waits" "127.0.0.1:$port/library/debian:bookworm-slim" \
    narrow-upgrade "$narrow" 0 0 narrow <<EOF
FROM 127.0.0.1:$port/library/debian:bookworm-slim
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
CMD ["bash"]
EOF

# ---- all at once ----

prove "all: one RUN" debian:bookworm "$all" "$narrow" 0 10001 narrow <<'EOF'
FROM debian:bookworm
RUN apt-get update && apt-get upgrade -y && apt-get install -y --no-install-recommends jq \
    && rm -rf /var/lib/apt/lists/*
CMD ["jq", "--version"]
EOF

prove "all: a base that is not root" proof "$all" "$narrow" fails 1234 fixed <<EOF
FROM 127.0.0.1:$port/proof/app:1-bookworm
RUN apt-get update && apt-get upgrade -y
RUN apt-get install -y --no-install-recommends jq
CMD ["jq", "--version"]
EOF

# ---- what is started ----

prove "user: a volume is given" debian:bookworm user-switch '' 0 10001 same 'touch /data/x' <<'EOF'
FROM debian:bookworm
VOLUME /data
CMD ["sh", "-c", "touch /data/x"]
EOF

prove "user: that of every chown" debian:bookworm user-switch '' 0 1500 same 'touch /srv/x' <<'EOF'
FROM debian:bookworm
RUN useradd --uid 1500 app && useradd --uid 1501 other
RUN mkdir -p /srv/app && chown -R app: /srv
WORKDIR /srv/app
CMD ["sh", "-c", "touch /srv/x"]
EOF

prove "user: a renamed script" debian:bookworm user-switch '' 0 10001 same 'entry' <<'EOF'
FROM debian:bookworm
COPY app.sh /opt/app.sh
RUN (echo '#!/bin/sh'; cat /opt/app.sh) >/opt/start && install -m 755 /opt/start /usr/local/bin/entry
ENTRYPOINT ["entry"]
EOF

prove "user: a volume by variable" debian:bookworm user-switch '' 0 10001 same 'touch /var/lib/app/x' <<'EOF'
FROM debian:bookworm
ENV DATA=/var/lib/app
VOLUME ["$DATA"]
CMD ["sh", "-c", "touch $DATA/x"]
EOF

prove "user: a home is wanted" debian:bookworm user-switch '' 0 10001 same \
    'gpg --list-keys && test -d "$HOME/.gnupg"' <<'EOF'
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends gpg
CMD ["gpg", "--list-keys"]
EOF

prove "user: any number of group 0" debian:bookworm user-switch \
    'user-switch: {numbers: arbitrary}' 0 10001 same \
    'touch /data/x && test "$(id -g)" = 0 && test "$(stat -c %A%g /data)" = drwxrwxr-x0' <<'EOF'
FROM debian:bookworm
VOLUME /data
CMD ["sh", "-c", "touch /data/x"]
EOF

# What has to stay root is left as it is, and works.

keep "user: usermod when it starts" 'sh /srv/start.sh' <<'EOF'
FROM debian:bookworm
RUN useradd --uid 1500 app && printf 'usermod -u 1600 app\nexec id app\n' >/srv/start.sh
CMD ["sh", "/srv/start.sh"]
EOF

keep "user: a script writes to /run" 'sh /srv/start.sh' <<'EOF'
FROM debian:bookworm
RUN printf 'mkdir -p /run/app\nexec touch /run/app/pid\n' >/srv/start.sh
CMD ["sh", "/srv/start.sh"]
EOF

keep "user: a data folder by flag" 'mkdir -p /srv/data' <<'EOF'
FROM debian:bookworm
COPY app.sh /usr/local/bin/app
CMD ["app", "--data-dir", "/srv/data"]
EOF

keep "user: a closed file" 'sh /srv/app.sh' <<'EOF'
FROM debian:bookworm
COPY app.sh /srv/app.sh
RUN chmod 600 /srv/app.sh
CMD ["/srv/app.sh"]
EOF

keep "user: a development server" 'id' <<'EOF'
FROM debian:bookworm
COPY app.sh /usr/local/bin/npm
WORKDIR /app
RUN echo '{"scripts": {"start": "vite"}}' >package.json
CMD ["npm", "start"]
EOF

keep "user: supervisord" 'id' <<'EOF'
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends supervisor
CMD ["supervisord", "-n"]
EOF

keep "user: gosu" 'gosu 1500 id' <<'EOF'
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends gosu && \
    printf '#!/bin/sh\nexec gosu 1500 "$@"\n' >/entry.sh && chmod 755 /entry.sh
ENTRYPOINT ["/entry.sh"]
CMD ["id"]
EOF

# ---- heredocs, which not every builder reads ----

mkdir -p "$work/heredoc"
printf 'FROM debian:bookworm\nRUN <<EOF\ntouch /heredoc\nEOF\nRUN test -e /heredoc\n' >"$work/heredoc/Dockerfile"
if bud heredoc "$work/heredoc" "$work/heredoc.log"; then
    prove "heredoc: pin" debian:bookworm pin-apt '' 0 0 same <<'END'
FROM debian:bookworm
RUN <<EOF
apt-get update
apt-get install -y --no-install-recommends jq
EOF
END

    prove "heredoc: user after an install" debian:bookworm user-switch '' 0 10001 same \
        'sh /srv/app.sh' <<'END'
FROM debian:bookworm
COPY <<"APP" /srv/app.sh
jq --version
# USER root
APP
CMD ["sh", "/srv/app.sh"]
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends jq
EOF
END

    prove "heredoc: root and back" proof user-switch '' fails 1234 fixed 'jq --version' <<END
FROM 127.0.0.1:$port/proof/app:1-bookworm
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends jq
EOF
RUN <<EOF
test "\$(id -u)" = 1234
EOF
END

    prove "heredoc: upgrade" debian:bookworm narrow-upgrade "$narrow" 0 0 narrow <<'END'
FROM debian:bookworm
RUN <<EOF bash
set -euo pipefail
apt-get update
if [[ -e /etc/debian_version ]]; then
  apt-get upgrade -y
fi
rm -rf /var/lib/apt/lists/*
EOF
END

    prove "heredoc: all" debian:bookworm "$all" "$narrow" 0 10001 narrow 'jq --version' <<'END'
FROM debian:bookworm
RUN <<EOF
    set -e
    apt-get update
    # all that waits
    apt-get -y dist-upgrade
    apt-get install -y --no-install-recommends \
        jq \
        less
EOF
CMD ["jq", "--version"]
END
else
    say "skipped: no buildah that reads heredocs: $(tail -1 "$work/heredoc.log")"
fi

# ---- Alpine ----

if [ -n "$alpine" ]; then
    prove "alpine: user" alpine:3.12 user-switch '' 0 10001 same <<'EOF'
FROM alpine:3.12
COPY app.sh /app.sh
CMD ["sh", "/app.sh"]
EOF

    prove "alpine: user made, as adduser does" alpine:3.12 user-switch \
        'user-switch: {create: always}' 0 10001 same \
        'test "$(whoami)" = app && test "$(id -gn)" = app && test ! -e /home/app' <<'EOF'
FROM alpine:3.12
CMD ["whoami"]
EOF

    prove "alpine: the file makes one" alpine:3.12 user-switch '' 0 1500 same \
        'test "$(id -g)" = 1500 && touch /data/x && cat /srv/app.sh' <<'EOF'
FROM alpine:3.12
RUN addgroup -S -g 1500 app && adduser -S -D -H -u 1500 -G app app
COPY --chown=app:app app.sh /srv/app.sh
VOLUME ["/data"]
ENTRYPOINT ["sh", "/srv/app.sh"]
EOF

    prove "alpine: a name becomes a number" alpine:3.12 user-switch '' 65534 65534 same <<'EOF'
FROM alpine:3.12
USER nobody
CMD ["id"]
EOF

    prove "alpine: root for packages and back" proof user-switch '' fails 1234 fixed <<EOF
FROM 127.0.0.1:$port/proof/app:1-alpine3.12
RUN apk add --no-cache jq
RUN test "\$(id -u)" = 1234
CMD ["id"]
EOF

    prove "alpine: upgrade" alpine:3.12 narrow-upgrade "$narrow" 0 0 narrow <<'EOF'
FROM alpine:3.12
RUN apk -U upgrade --available
EOF

    prove "alpine: update, upgrade, add" alpine:3.12 "pin-apk,user-switch,narrow-upgrade" \
        "$narrow" 0 10001 narrow <<'EOF'
FROM alpine:3.12
RUN apk update \
 && apk upgrade \
 && apk add jq
CMD ["id"]
EOF

    prove "alpine: heredoc" alpine:3.12 "user-switch,narrow-upgrade" "$narrow" 0 10001 narrow <<'END'
FROM alpine:3.12
RUN <<EOF
set -e
apk update
apk upgrade
EOF
CMD ["id"]
END
fi
