"""spdx.py FILE NAME FOLDER [PACKAGE VERSION LICENCE]...: SPDX 2.3 as FILE.spdx.json: of FILE, which holds what
is in FOLDER, and of what is linked into it or lies in it: Debian's, or npm:NAME. DFIX_VERSION and SOURCE_DATE_EPOCH
are set."""
import hashlib
import json
import os
import sys
import time
from urllib.parse import quote

target, name, folder, rest = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]


def digest(path, how="sha256"):
    with open(path, "rb") as file:
        return hashlib.new(how, file.read()).hexdigest()


def files_of(top):
    for at, folders, names in os.walk(top):
        folders.sort()
        for each in sorted(names):
            path = os.path.join(at, each)
            if not os.path.islink(path):
                yield path


def purl(part, version):
    kind = "npm" if part.startswith("npm:") else "deb/debian"
    return "pkg:%s/%s@%s" % (kind, quote(part.split(":")[-1], "/"), quote(version, ":~"))


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


files = [{"SPDXID": "SPDXRef-File-%d" % i, "fileName": "./" + os.path.relpath(path, folder),
          "checksums": [{"algorithm": how, "checksumValue": digest(path, how.lower())} for how in ("SHA1", "SHA256")],
          "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}
         for i, path in enumerate(files_of(folder))]
code = hashlib.sha1("".join(sorted(f["checksums"][0]["checksumValue"] for f in files)).encode()).hexdigest()
packages = [{"SPDXID": "SPDXRef-Package", "name": "dfix", "versionInfo": os.environ["DFIX_VERSION"],
             "packageFileName": os.path.basename(target), "downloadLocation": "NOASSERTION", "filesAnalyzed": True,
             "packageVerificationCode": {"packageVerificationCodeValue": code},
             "checksums": [{"algorithm": "SHA256", "checksumValue": digest(target)}],
             "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
             "licenseInfoFromFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}]
relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package")]
for i, (part, version, licence) in enumerate(zip(rest[::3], rest[1::3], rest[2::3])):
    ref = "SPDXRef-Part-%d" % i
    packages.append({"SPDXID": ref, "name": part.split(":")[-1], "versionInfo": version, "filesAnalyzed": False,
                     "downloadLocation": "NOASSERTION", "licenseConcluded": licence, "licenseDeclared": licence,
                     "copyrightText": "NOASSERTION",
                     "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                       "referenceLocator": purl(part, version)}]})
    if not part.startswith("npm:"):
        packages[-1]["supplier"] = "Organization: Debian"
    lies = part in ("gnupg2", "ca-certificates") or part.startswith("npm:")
    relations.append(relation("SPDXRef-Package", "CONTAINS" if lies else "STATIC_LINK", ref))
relations += [relation("SPDXRef-Package", "CONTAINS", f["SPDXID"]) for f in files]
when = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))
document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
            "documentNamespace": "urn:dfix:%s:%s" % (name, digest(target)),
            "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", when), "creators": ["Tool: dfix-package"]},
            "packages": packages, "files": files, "relationships": relations}
if "LicenseRef-public-domain" in rest:
    document["hasExtractedLicensingInfos"] = [{"licenseId": "LicenseRef-public-domain", "name": "public domain",
                                               "extractedText": "This file has been put into the public domain."}]
with open(target + ".spdx.json", "w", encoding="ascii") as out:
    json.dump(document, out, indent=1, sort_keys=True)
    out.write("\n")
