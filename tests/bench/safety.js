// safety.js TOOL FROM TO - each Dockerfile of a folder through a formatter of npm, into another one.
// A file that the tool refuses is left out. A tool may end the whole process: what it ends at is
// refused, too, and the next run goes on behind it.
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const { pathToFileURL } = require('url');

const [tool, from, to] = process.argv.slice(2);
const need = createRequire(path.join(process.env.DFIX_NODE_MODULES, 'x.js'));
const load = async (name) => {
    const module = await import(pathToFileURL(need.resolve(name)));
    return module.default ?? module;
};

const tools = {
    async dprint() {
        const { createFromBuffer } = need('@dprint/formatter');
        const f = createFromBuffer(fs.readFileSync(need('@dprint/dockerfile').getPath()));
        return async (text) => f.formatText({ filePath: 'Dockerfile', fileText: text });
    },
    async prettier() {
        const prettier = await load('prettier');
        const sh = await load('prettier-plugin-sh');
        return (text) => prettier.format(text, { parser: 'dockerfile', plugins: [sh] });
    },
    async dockerfmt() {
        const { formatDockerfileContents } = await load('@reteps/dockerfmt');
        return (text) =>
            formatDockerfileContents(text, { indent: 4, trailingNewline: true, spaceRedirects: false });
    },
};

(async () => {
    const format = await tools[tool]();
    const list = path.join(to, '.done');
    const done = new Set(fs.existsSync(list) ? fs.readFileSync(list, 'utf8').split('\n') : []);
    for (const name of fs.readdirSync(from).sort()) {
        if (name.startsWith('.') || done.has(name)) continue;
        fs.appendFileSync(list, name + '\n');
        const bytes = fs.readFileSync(path.join(from, name));
        try {
            const out = await format(bytes.toString());
            if (typeof out === 'string') fs.writeFileSync(path.join(to, name), out);
        } catch (e) {
            // refused
        }
    }
    process.exit(0);
})();
