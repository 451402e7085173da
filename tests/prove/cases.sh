# cases.sh - the Dockerfiles of prove.sh, sourced by it. Their build context is prove/context, and app (app.c).
narrow='policy=narrow-upgrade: {mode: narrow}'

# ---- pins ----

prove "pin: one line" user=0:0 <<'END'
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends jq
END

prove "pin: many lines, comments" user=0:0 <<'END'
FROM debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    # for scripts
    jq \
    less \
 && rm -rf /var/lib/apt/lists/*
END

prove "pin: exec form" user=0:0 <<'END'
FROM debian:bookworm
RUN ["apt-get", "update"]
RUN ["apt-get", "install", "-y", "--no-install-recommends", "jq"]
END

prove "pin: variable, loop" user=0:0 <<'END'
FROM debian:bookworm
ENV TOOLS="less"
RUN apt-get update && apt-get install -y --no-install-recommends $TOOLS && \
    for p in jq; do apt-get install -y --no-install-recommends $p; done
END

prove "pin: bullseye" user=0:0 <<'END'
FROM debian:bullseye
RUN apt-get update && apt-get install -y --no-install-recommends jq less
END

prove "pin: trixie" user=0:0 <<'END'
FROM debian:trixie
RUN apt-get update && apt-get install -y --no-install-recommends jq less
END

prove "pin: a list under set -e" user=0:0 <<'END'
FROM debian:bookworm
RUN set -eux; \
    apt-get update; \
    apt-get install -y --no-install-recommends jq; \
    rm -rf /var/lib/apt/lists/*
END

prove "pin: sh -c, and quotes" user=0:0 <<'END'
FROM debian:bookworm
RUN sh -c 'apt-get update && apt-get install -y --no-install-recommends "jq" less'
END

prove "pin: a build argument" user=0:0 <<'END'
FROM debian:bookworm
ARG PACKAGES="jq less"
RUN apt-get update && apt-get install -y --no-install-recommends $PACKAGES
END

prove "pin: installed and purged again" user=0:0 <<'END'
FROM debian:bookworm
RUN buildDeps='m4 patch' \
 && apt-get update \
 && apt-get install -y --no-install-recommends $buildDeps less \
 && apt-get purge -y --auto-remove $buildDeps \
 && rm -rf /var/lib/apt/lists/*
END

prove "pin: multi-stage" user=0:0 'answer=/usr/local/bin/jq --version' <<'END'
FROM debian:bookworm AS tools
RUN apt-get update && apt-get install -y --no-install-recommends jq
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends libjq1
COPY --from=tools /usr/bin/jq /usr/local/bin/jq
END

prove "pin: two releases" user=0:0 <<'END'
FROM debian:bookworm AS old
RUN apt-get update && apt-get install -y --no-install-recommends less
FROM debian:trixie
RUN apt-get update && apt-get install -y --no-install-recommends less
COPY --from=old /usr/bin/less /usr/local/bin/old-less
END

# ---- commands and notation ----

prove "tidy: what cannot be built" user=fails:0 packages=fixed 'answer=jq --version' <<'END'
FROM debian:bookworm
run apt update && apt install jq
END

prove "tidy: what is old" user=0:10001 'answer=test "$GREETING" = "hello world"' <<'END'
FROM debian:bookworm
MAINTAINER Someone <someone@example.org>
ENV GREETING hello world
EXPOSE 8080/TCP
RUN apt-get update && apt-get install -y jq
ADD app /usr/local/bin/app
CMD ["app"]
END

prove "tidy: recommended packages" user=0:10001 packages=fewer differs=Cmd 'answer=ps' <<'END'
FROM debian:bookworm
RUN apt-get update
RUN apt-get install -y procps
CMD ps aux
END

prove "tidy: stages" user=0:10001 'answer=less --version' <<'END'
FROM debian:bookworm as Tools
RUN useradd --uid 1234567 big && apt-get update && apt-get install -y less
FROM debian:bookworm
ADD app /srv/
COPY --from=Tools /usr/bin/less /usr/local/bin/less
CMD ["/srv/app"]
END

prove "tidy: trixie" user=0:10001 'answer=jq --version' <<'END'
FROM debian:trixie
RUN apt-get update && \
    # what the scripts read with
    apt-get install -y jq
COPY app /usr/local/bin/app
CMD ["app"]
END

prove "tidy: folders, cd, sudo, links" user=0:0 differs=Shell files=/usr/bin/sh <<'END'
FROM debian:bookworm
ENV APP=/srv/app
WORKDIR srv
RUN cd /srv && mkdir app && echo one >app/a
COPY app.sh app/
RUN apt-get update && apt-get install -y --no-install-recommends sudo && sudo touch $APP/b
RUN ln -sf /bin/bash /bin/sh
CMD ["bash"]
CMD ["bash", "-l"]
END

# ---- users ----

prove "user: none, low port" user=0:10001 <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
EXPOSE 80
CMD ["app"]
END

prove "user: the file makes one" user=0:1500 <<'END'
FROM debian:bookworm
RUN groupadd --gid 1500 app && useradd --uid 1500 --gid app app
COPY --chown=app:app app /srv/app
ENTRYPOINT ["/srv/app"]
END

prove "user: made where a program asks" user=0:10001 'policy=user-switch: {create: always}' \
    'answer=test "$(id -un)" = app' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
CMD ["app"]
END

prove "user: root at the end" user=0:1500 <<'END'
FROM debian:bookworm
RUN useradd --uid 1500 app
USER app
RUN id -un
USER root
RUN apt-get update && apt-get install -y --no-install-recommends less
COPY app /usr/local/bin/app
CMD ["app"]
END

prove "user: a name becomes a number" user=65534:65534 <<'END'
FROM debian:bookworm
USER nobody
CMD ["id"]
END

prove "user: root for packages and back" user=fails:1234 packages=fixed <<END
FROM 127.0.0.1:$port/proof/app:1-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends jq
RUN test "\$(id -u)" = 1234 && jq --version
RUN ["sh", "-c", "apt-get install -y --no-install-recommends less"]
CMD ["jq", "--version"]
END

prove "user: a build stage stays root" user=0:10001 <<'END'
FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends less
FROM debian:bookworm
COPY --from=build /usr/bin/less /usr/local/bin/less
COPY app /usr/local/bin/app
WORKDIR /srv
CMD ["app"]
END

prove "user: a volume is given" user=0:10001 files=/data 'answer=touch /data/x' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
VOLUME /data
CMD ["app", "write", "/data/x"]
END

prove "user: that of every chown" user=0:1500 'answer=touch /srv/x' <<'END'
FROM debian:bookworm
RUN useradd --uid 1500 app && useradd --uid 1501 other
RUN mkdir -p /srv/app && chown -R app: /srv
COPY app /usr/local/bin/app
WORKDIR /srv/app
CMD ["app", "write", "/srv/x"]
END

prove "user: any number of group 0" user=0:10001 files=/data 'policy=user-switch: {numbers: arbitrary}' \
    'answer=touch /data/x && test "$(id -g)" = 0 && test "$(stat -c %A%g /data)" = drwxrwxr-x0' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
VOLUME /data
CMD ["app", "write", "/data/x"]
END

prove "user: a server answers" user=0:10001 \
    'answer=app serve 18081 & test "$(app ask 18081)" = 10001' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
EXPOSE 18080
CMD ["app", "serve", "18080"]
END

prove "user: trixie" user=0:10001 <<'END'
FROM debian:trixie
COPY app /usr/local/bin/app
CMD ["app"]
END

prove "user: bullseye" user=0:10001 <<'END'
FROM debian:bullseye
COPY --chmod=755 app /usr/local/bin/app
ENTRYPOINT ["app"]
END

prove "user: an entry point and its words" user=0:10001 'answer=sh /entry.sh echo x' <<'END'
FROM debian:bookworm
RUN printf '#!/bin/sh\nexec "$@"\n' >/entry.sh && chmod 755 /entry.sh
COPY app /usr/local/bin/app
ENTRYPOINT ["/entry.sh"]
CMD ["app"]
END

prove "user: a stage that is built on" user=0:1500 <<'END'
FROM debian:bookworm AS base
RUN groupadd --gid 1500 app && useradd --uid 1500 --gid app app
FROM base
COPY --chown=app:app app /srv/app
CMD ["/srv/app"]
END

# ---- start scripts ----

prove "start: usermod" user=0:0 'answer=/srv/start.sh id' <<'END'
FROM debian:bookworm
RUN useradd --uid 1500 app
COPY app /usr/local/bin/app
COPY renumber.sh /srv/start.sh
ENTRYPOINT ["/srv/start.sh"]
CMD ["app"]
END

prove "start: a renamed script" user=0:10001 'answer=test -x /usr/local/bin/entry' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
COPY app.sh /usr/local/bin/entry
EXPOSE 8080
ENTRYPOINT ["entry"]
END

prove "start: a volume by variable" user=0:10001 files=/var/lib/app 'answer=touch /var/lib/app/x' <<'END'
FROM debian:bookworm
ENV DATA=/var/lib/app
COPY app /usr/local/bin/app
VOLUME ["$DATA"]
CMD ["sh", "-c", "exec app write $DATA/x"]
END

prove "start: a data folder by flag" user=0:0 'answer=data --data-dir /srv/data' <<'END'
FROM debian:bookworm
COPY data.sh /usr/local/bin/data
RUN mkdir -p /srv/data
CMD ["data", "--data-dir", "/srv/data"]
END

prove "start: a script writes to /run" user=0:0 'answer=/srv/start.sh id' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
COPY runtime.sh /srv/start.sh
ENTRYPOINT ["/srv/start.sh"]
CMD ["app"]
END

prove "start: a closed file" user=0:0 'answer=test -x /srv/app.sh' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
COPY app.sh /srv/app.sh
RUN chmod 700 /srv/app.sh
CMD ["/srv/app.sh"]
END

prove "start: a development server" user=0:0 <<'END'
FROM debian:bookworm
COPY app.sh /usr/local/bin/npm
COPY app /usr/local/bin/app
WORKDIR /app
COPY package.json .
CMD ["npm", "start"]
END

prove "start: supervisord" user=0:0 'answer=supervisord --version' <<'END'
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends supervisor
COPY app /usr/local/bin/app
COPY app.sh /srv/app.sh
COPY supervisord.conf /etc/supervisor/supervisord.conf
CMD ["supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf"]
END

prove "start: gosu" user=0:0 'answer=/usr/local/bin/entry.sh id' <<'END'
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends gosu
COPY app /usr/local/bin/app
COPY gosu.sh /usr/local/bin/entry.sh
ENTRYPOINT ["entry.sh"]
CMD ["app"]
END

prove "start: a program of the distribution" user=0:0 'answer=gpg --list-keys' <<'END'
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends gpg
CMD ["gpg", "--list-keys"]
END

prove "start: a script that wants a home" user=0:10001 'files=/home/app.*' 'answer=/srv/home.sh id' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
COPY home.sh /srv/home.sh
ENTRYPOINT ["/srv/home.sh"]
CMD ["app"]
END

# ---- upgrades ----

prove "upgrade: bookworm" base=debian:bookworm user=0:0 packages=narrow "$narrow" <<'END'
FROM debian:bookworm
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
END

prove "upgrade: bullseye, dist-upgrade" base=debian:bullseye user=0:0 packages=narrow "$narrow" <<'END'
FROM debian:bullseye
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get -y dist-upgrade \
 && apt-get clean
END

prove "upgrade: trixie" base=debian:trixie user=0:0 packages=narrow "$narrow" <<'END'
FROM debian:trixie
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
END

prove "upgrade: in a list, under if" base=debian:bookworm user=0:0 packages=narrow "$narrow" <<END
FROM 127.0.0.1:$port/library/debian:bookworm
RUN set -e; apt-get update; if true; then apt-get full-upgrade -qy; fi
END

prove "upgrade: nothing waits" base=debian:bookworm-20261101 user=0:0 packages=narrow "$narrow" <<'END'
FROM debian:bookworm-20261101
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
CMD ["bash"]
END

prove "upgrade: with options" base=debian:bookworm user=0:0 packages=narrow "$narrow" <<'END'
FROM debian:bookworm
RUN set -e; apt-get update; apt-get -o Dpkg::Options::=--force-confold upgrade -y
END

prove "upgrade: and install, and a user" base=debian:bookworm user=0:10001 packages=narrow "$narrow" <<'END'
FROM debian:bookworm
RUN apt-get update && apt-get upgrade -y && apt-get install -y --no-install-recommends jq \
    && rm -rf /var/lib/apt/lists/*
COPY app /usr/local/bin/app
CMD ["app"]
END

prove "upgrade: a base that is not root" user=fails:1234 packages=fixed "$narrow" <<END
FROM 127.0.0.1:$port/proof/app:1-bookworm
RUN apt-get update && apt-get upgrade -y
RUN apt-get install -y --no-install-recommends jq
CMD ["jq", "--version"]
END

# ---- heredocs ----

prove "heredoc: pin" user=0:0 <<'END'
FROM debian:bookworm
RUN <<EOF
apt-get update
apt-get install -y --no-install-recommends jq
EOF
END

prove "heredoc: user after an install" user=0:10001 'answer=jq --version' <<'END'
FROM debian:bookworm
COPY app /usr/local/bin/app
COPY <<"APP" /srv/app.sh
exec app serve
# USER root
APP
CMD ["sh", "/srv/app.sh"]
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends jq
EOF
END

prove "heredoc: root and back" user=fails:1234 packages=fixed 'answer=jq --version' <<END
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

prove "heredoc: upgrade" base=debian:bookworm user=0:0 packages=narrow "$narrow" <<'END'
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

prove "heredoc: all of it" base=debian:bookworm user=0:10001 packages=narrow "$narrow" \
    'answer=jq --version' <<'END'
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
COPY app /usr/local/bin/app
CMD ["app"]
END

# ---- Alpine ----

if [ -n "$alpine" ]; then
    prove "alpine: user" base=alpine:3.12 user=0:10001 <<'END'
FROM alpine:3.12
COPY app /usr/local/bin/app
CMD ["app"]
END

    prove "alpine: user made, as adduser does" base=alpine:3.12 user=0:10001 \
        'policy=user-switch: {create: always}' \
        'answer=test "$(whoami)" = app && test "$(id -gn)" = app && test ! -e /home/app' <<'END'
FROM alpine:3.12
COPY app /usr/local/bin/app
CMD ["app"]
END

    prove "alpine: the file makes one" base=alpine:3.12 user=0:1500 files=/data \
        'answer=test "$(id -g)" = 1500 && touch /data/x && test -x /srv/app' <<'END'
FROM alpine:3.12
RUN addgroup -S -g 1500 app && adduser -S -D -H -u 1500 -G app app
COPY --chown=app:app app /srv/app
VOLUME ["/data"]
ENTRYPOINT ["/srv/app"]
END

    prove "alpine: a name becomes a number" base=alpine:3.12 user=65534:65534 <<'END'
FROM alpine:3.12
USER nobody
CMD ["id"]
END

    prove "alpine: root for packages and back" base=alpine:3.12 user=fails:1234 packages=fixed <<END
FROM 127.0.0.1:$port/proof/app:1-alpine3.12
RUN apk add --no-cache jq
RUN test "\$(id -u)" = 1234
CMD ["id"]
END

    prove "alpine: upgrade" base=alpine:3.12 user=0:0 packages=narrow "$narrow" <<'END'
FROM alpine:3.12
RUN apk -U upgrade --available
END

    prove "alpine: update, upgrade, add" base=alpine:3.12 user=0:10001 packages=narrow "$narrow" <<'END'
FROM alpine:3.12
RUN apk update \
 && apk upgrade \
 && apk add jq
COPY app /usr/local/bin/app
CMD ["app"]
END

    prove "alpine: heredoc" base=alpine:3.12 user=0:10001 packages=narrow "$narrow" <<'END'
FROM alpine:3.12
RUN <<EOF
set -e
apk update
apk upgrade
EOF
COPY app /usr/local/bin/app
CMD ["app"]
END
fi

# ---- files of the public corpus that build with these bases ----

corpus 0531 user=0:0 differs=Cmd
corpus 0605 user=0:0
corpus 0623 user=0:0
corpus 0701 user=10001:10001
corpus 1175 user=0:0
corpus 1261 user=0:0 differs=Cmd
corpus 1426 user=0:0
[ -z "$alpine" ] || corpus 0803 base=alpine:3.12 user=0:0
