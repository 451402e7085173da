#!/usr/bin/env bash
# make_sample.sh MIRROR: cut tests/demo/sample/, the index that ./dev demo falls back to without a
# network, out of a whole mirror (MIRROR/debian and MIRROR/debian-security), and sign it with a
# key that is thrown away. What it says was true on the Date of its Release files.
set -euo pipefail
mirror=$(realpath "$1")
cd "$(dirname "$0")"
export GNUPGHOME
GNUPGHOME=$(mktemp -d)
trap 'rm -rf "$GNUPGHOME"' EXIT

rm -rf sample
mkdir sample
gpg --batch --quiet --passphrase '' --quick-gen-key 'dfix demo (sample index)' rsa2048 sign never
gpg --export >sample/keyring.gpg

# Only the packages of tests/demo/Dockerfile, and only what an index lookup reads.
cut_packages() {
    xz -dc "$1" | awk -v RS= -v FS='\n' '{
        wanted = 0
        text = ""
        for (i = 1; i <= NF; i++) {
            if ($i ~ /^Package: (ca-certificates|curl|git|jq)$/)
                wanted = 1
            if ($i ~ /^(Package|Source|Version|Architecture): /)
                text = text $i "\n"
        }
        if (wanted)
            print text
    }'
}

for suite in debian/dists/bookworm debian/dists/bookworm-updates \
    debian-security/dists/bookworm-security; do
    mkdir -p "sample/$suite"
    release=$GNUPGHOME/Release
    sed -nE '/^(Origin|Label|Suite|Version|Codename|Date): /p' "$mirror/$suite/InRelease" >"$release"
    printf 'Architectures: amd64 arm64\nComponents: main\nSHA256:\n' >>"$release"
    for arch in amd64 arm64; do
        packages=main/binary-$arch/Packages
        mkdir -p "sample/$suite/main/binary-$arch"
        cut_packages "$mirror/$suite/$packages.xz" >"sample/$suite/$packages"
        printf ' %s %s %s\n' "$(sha256sum <"sample/$suite/$packages" | cut -d' ' -f1)" \
            "$(stat -c %s "sample/$suite/$packages")" "$packages" >>"$release"
    done
    gpg --batch --quiet --digest-algo SHA256 --clearsign -o "sample/$suite/InRelease" "$release"
done
