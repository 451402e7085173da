#!/usr/bin/env bash
# package.sh PROGRAM-FOLDER PLATFORM FILE: the extension as FILE, a .vsix for that platform (linux-x64): what it
# needs of npm, and the program of that folder (bin, libexec, share).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$1" && pwd)
platform=$2 out=$(realpath -m "$3")
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/extension"
cp "$here"/package.json "$here"/package-lock.json "$here/extension.js" "$here/README.md" "$work/extension"
cp "$root/LICENSE" "$work/extension/LICENSE.txt"
cp -r "$program/bin" "$program/libexec" "$program/share" "$work/extension"
npm ci --no-audit --no-fund --silent --omit=dev --ignore-scripts --prefix "$work/extension"
rm -rf "$work/extension/node_modules/.package-lock.json" "$work/extension/node_modules/.bin"
read -r name version publisher about < <(node -p "
    const p = require('$here/package.json');
    [p.name, p.version, p.publisher, p.description].join(' ')")
cat >"$work/extension.vsixmanifest" <<END
<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="$name" Version="$version" Publisher="$publisher" TargetPlatform="$platform"/>
    <DisplayName>$name</DisplayName>
    <Description xml:space="preserve">$about</Description>
    <Categories>Linters,Formatters,Programming Languages</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="$(node -p "require('$here/package.json').engines.vscode")"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
END
cat >"$work/[Content_Types].xml" <<'END'
<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension="json" ContentType="application/json"/>
  <Default Extension="js" ContentType="application/javascript"/>
  <Default Extension="md" ContentType="text/markdown"/>
  <Default Extension="txt" ContentType="text/plain"/>
  <Default Extension="ts" ContentType="text/plain"/>
  <Default Extension="" ContentType="application/octet-stream"/>
  <Default Extension="vsixmanifest" ContentType="text/xml"/>
</Types>
END
# Programs keep their mode in the zip: VS Code takes it from there. Times are those of the commit.
python3 - "$work" "$out" <<'END'
import os, sys, time, zipfile
top, out = sys.argv[1:]
when = time.gmtime(int(os.environ.get('SOURCE_DATE_EPOCH') or 315532800))[:6]
with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            entry = zipfile.ZipInfo(os.path.relpath(path, top), when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if os.access(path, os.X_OK) else 0o100644) << 16
            with open(path, 'rb') as f:
                z.writestr(entry, f.read())
END
