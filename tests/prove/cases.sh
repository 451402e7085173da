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

# ---- what not every builder reads ----

mkdir -p "$work/heredoc"
printf 'FROM debian:bookworm\nRUN <<EOF\ntouch /heredoc\nEOF\nRUN test -e /heredoc\n' >"$work/heredoc/Dockerfile"
if bud heredoc "$work/heredoc" "$work/heredoc.log"; then
    prove "pin: heredoc" debian:bookworm pin-apt '' 0 0 same <<'END'
FROM debian:bookworm
RUN <<EOF
apt-get update
apt-get install -y --no-install-recommends jq
EOF
END
else
    say "skipped: this buildah reads no heredocs"
fi
