#!/usr/bin/env bash
# package.sh BUILD: makes BUILD/dfix-vscode.vsix, a zip of the extension, what it needs of npm, and the
# program of BUILD.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/extension/bin"
cp "$here/package.json" "$here/extension.js" "$here/README.md" "$work/extension"
cp "$root/LICENSE" "$work/extension/LICENSE.txt"
install -s "$build/dfix" "$build/dfix-fetch" "$work/extension/bin"
npm install --no-audit --no-fund --silent --omit=dev --prefix "$work/extension"
read -r name version publisher about < <(node -p "
    const p = require('$here/package.json');
    [p.name, p.version, p.publisher, p.description].join(' ')")
platform=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
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
# Programs keep their mode in the zip: VS Code takes it from there.
python3 - "$work" "$build/dfix-vscode.vsix" <<'END'
import os, sys, zipfile
top, out = sys.argv[1:]
with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
    for folder, _, files in sorted(os.walk(top)):
        for name in sorted(files):
            path = os.path.join(folder, name)
            z.write(path, os.path.relpath(path, top))
print(out)
END
