"""alpine.py FROM TO - Alpine's mirror and advisories of v3.12 as files under TO, to be served on
loopback: the real signed index of main from FROM, which is of x86, the advisories from FROM, and
an index of community that is empty, signed with a key made here."""
import gzip
import io
import lzma
import pathlib
import shutil
import subprocess
import sys
import tarfile

source, to = map(pathlib.Path, sys.argv[1:])
key = to / "proof-community.rsa"


def entry(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, **options).stdout


def signed(data):
    run("openssl", "genrsa", "-out", str(key), "2048")
    (to / "keys").mkdir(parents=True, exist_ok=True)
    public = to / "keys" / (key.name + ".pub")
    run("openssl", "rsa", "-in", str(key), "-pubout", "-out", str(public))
    signature = run("openssl", "dgst", "-sha1", "-sign", str(key), input=data)
    head = entry(".SIGN.RSA." + public.name, signature)
    return gzip.compress(head[: 512 + -(-len(signature) // 512) * 512]) + data


for repository in "main", "community":
    folder = to / "alpine" / "v3.12" / repository / "x86"
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "APKINDEX.tar.gz"
    if repository == "main":
        shutil.copy(next(source.glob("apk/APKINDEX-v3.12*")), index)
    else:
        made = entry("DESCRIPTION", b"v3.12.12\n")[:1024] + entry("APKINDEX", b"")
        index.write_bytes(signed(gzip.compress(made)))
    advisories = to / "secdb" / "v3.12" / (repository + ".json")
    advisories.parent.mkdir(parents=True, exist_ok=True)
    packed = source / "secdb" / f"3.12-{repository}.json.xz"
    advisories.write_bytes(lzma.decompress(packed.read_bytes()))
for public in source.glob("apk/keys/alpine-*"):
    shutil.copy(public, to / "keys")
