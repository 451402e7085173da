// renovate.mjs RENOVATE BEFORE AFTER: what Renovate reads of the files before and after dfix. Nothing
// that dfix wrote is misread: a pattern is left alone, a version, a tag and a digest are what stands
// there, and no image is lost. FROM lines are read as Dependabot does, too.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
const [, , renovate, before, after] = process.argv;
const { extractPackageFile } = await import(join(renovate, 'dist/modules/manager/dockerfile/extract.js'));

const from = new RegExp(
  '^FROM\\s+(?:--platform=\\S+\\s+)?(?:(?<registry>[a-z0-9][a-z0-9.-]*(?:\\.[a-z0-9.-]+|:\\d+))\\/)?' +
  '(?<image>[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*(?:\\/[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*)*)' +
  '(?::(?<tag>[\\w][\\w.-]{0,127}))?(?:@sha256:(?<digest>[0-9a-f]{64}))?(?:\\s+AS\\s+(?<name>[\\w.-]+))?\\s*$', 'i');
const read = (text) => extractPackageFile(text, 'Dockerfile', {})?.deps ?? [];
const images = (deps) => deps.filter((d) => d.datasource === 'docker');
const counts = { files: 0, changed: 0, patterns: 0, versions: 0, digests: 0, lines: 0 };
const wrong = [];

for (const name of readdirSync(after).sort()) {
  const old = readFileSync(join(before, name), 'utf8'), text = readFileSync(join(after, name), 'utf8');
  counts.files++;
  if (old === text) continue;
  counts.changed++;
  const was = read(old), now = read(text);
  const given = /^FROM .*\$/im.test(text); // Renovate then names what the argument stands for
  if (images(was).length !== images(now).length)
    wrong.push(`${name}: ${images(was).length} images became ${images(now).length}`);
  for (const d of now) {
    if (d.replaceString && !text.includes(d.replaceString) && !given) wrong.push(`${name}: ${d.replaceString} does not stand there`);
    if (d.datasource === 'docker' && d.currentDigest) {
      counts.digests++;
      if (!text.includes(`@${d.currentDigest}`)) wrong.push(`${name}: ${d.currentDigest} is no digest of it`);
    }
    if (d.datasource === 'docker') continue;
    if (!d.currentValue) { counts.patterns++; continue; }
    counts.versions++;
    if (/[*]|^~/.test(d.currentValue)) wrong.push(`${name}: the pattern ${d.depName}=${d.currentValue} is taken for a version`);
    const had = was.find((x) => x.depName === d.depName && x.currentValue);
    if (!had && !text.includes(`${d.depName}=${d.currentValue}`) && !text.includes(`${d.depName}=~${d.currentValue}`) && !text.includes(`${d.depName}~=${d.currentValue}`) && !text.includes(`${d.depName}~${d.currentValue}`))
      wrong.push(`${name}: ${d.depName}=${d.currentValue} does not stand there`);
  }
  const lines = (t) => t.split(/\r?\n/).filter((l) => /^FROM\s/i.test(l));
  const a = lines(old), b = lines(text);
  for (let i = 0; i < b.length && a.length === b.length; i++) {
    if (a[i] === b[i] || !from.test(a[i])) continue;
    counts.lines++;
    if (!from.test(b[i])) wrong.push(`${name}: Dependabot does not read ${b[i]}`);
  }
}
console.log(JSON.stringify(counts));
for (const w of wrong.slice(0, 20)) console.log(w);
process.exit(wrong.length || counts.changed < 10 || counts.lines < 10 ? 1 : 0);
