#!/bin/sh
# archive.sh FOLDER CODENAME SUITE - sign an archive for tests: FOLDER is dists/SUITE (or a flat
# archive) with Packages files in it. Makes their compressed forms, Release, Release.gpg, InRelease
# and, unless BYHASH=no, by-hash names. From the environment:
#   GNUPGHOME, KEY (whose key signs), GPG (options of gpg), ORIGIN, LABEL, DATE and VALID (date -d;
#   "now ..." is reckoned from the beginning of DAY where that is given),
#   FORMS ("xz gz"), MORE (further lines of Release), ALSO (further lines of its SHA256 table),
#   EDIT (a sed script for Release before it is signed)
set -eu
cd "$1"
stamp() {
    case $1 in
    now*) set -- "${DAY:+$DAY 00:00 UTC }$1" ;;
    esac
    LC_ALL=C date -u -d "$1" '+%a, %d %b %Y %H:%M:%S UTC'
}
rm -rf Release Release.gpg InRelease
find . -path '*/by-hash*' -prune -o -name 'Packages.*' -print | xargs -r rm -f
find . -name Packages | while read -r file; do
    for form in ${FORMS-xz gz}; do
        case $form in
        xz) xz -k "$file" ;;
        gz) gzip -nk "$file" ;;
        zst) zstd -q "$file" ;;
        lz4) lz4 -q "$file" "$file.lz4" ;;
        esac
    done
done
archs=$(find . -name 'binary-*' | sed 's/.*binary-//' | sort -u | tr '\n' ' ')
{
    printf 'Origin: %s\nLabel: %s\nSuite: %s\nCodename: %s\n' "${ORIGIN-Test}" "${LABEL-Test}" "$3" "$2"
    printf 'Date: %s\n' "$(stamp "${DATE-now}")"
    [ -z "${VALID-}" ] || printf 'Valid-Until: %s\n' "$(stamp "$VALID")"
    printf 'Acquire-By-Hash: %s\nArchitectures: %s\n' "${BYHASH-yes}" "$archs"
    [ -z "${MORE-}" ] || printf '%s\n' "$MORE"
    echo 'MD5Sum:'
    echo ' d41d8cd98f00b204e9800998ecf8427e 0 nothing'
    echo 'SHA256:'
    find . -path '*/by-hash*' -prune -o -name 'Packages*' -print | sed 's#^\./##' | LC_ALL=C sort |
        while read -r file; do
            printf ' %s %8s %s\n' "$(sha256sum "$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file"
        done
    [ -z "${ALSO-}" ] || printf '%s\n' "$ALSO"
} >Release
[ -z "${EDIT-}" ] || sed -i "$EDIT" Release
if [ "${BYHASH-yes}" = yes ]; then
    find . -path '*/by-hash*' -prune -o -name 'Packages*' -print | while read -r file; do
        folder=$(dirname "$file")/by-hash/SHA256
        mkdir -p "$folder"
        cp "$file" "$folder/$(sha256sum "$file" | cut -d' ' -f1)"
    done
fi
gpg ${GPG-} --batch -q -u "${KEY-good}" --clear-sign -o InRelease Release
gpg ${GPG-} --batch -q -u "${KEY-good}" -a --detach-sign -o Release.gpg Release
