// node lsp.js DFIX MODULES WORK: times of `dfix lsp` and of other servers, in one run.
'use strict';

const { spawn, spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const [dfix, modules, work] = process.argv.slice(2);

class Server {
  constructor(command, args) {
    this.begun = performance.now();
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.id = 0;
    this.answers = new Map();
    this.rest = Buffer.alloc(0);
    this.process.stdout.on('data', (data) => this.take(data));
  }

  take(data) {
    this.rest = Buffer.concat([this.rest, data]);
    for (;;) {
      const end = this.rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(this.rest.subarray(0, end).toString())[1]);
      if (this.rest.length < end + 4 + length) return;
      this.hear(JSON.parse(this.rest.subarray(end + 4, end + 4 + length).toString()));
      this.rest = this.rest.subarray(end + 4 + length);
    }
  }

  hear(message) {
    if (message.method && message.id !== undefined) {
      this.send({ id: message.id, result: message.method === 'workspace/configuration' ? [null] : null });
    } else if (message.method === 'textDocument/publishDiagnostics') {
      // What is said of an older version is no answer to the last change.
      const of = message.params.version;
      if (this.wake && (of === undefined || of === null || of === this.version)) {
        this.said = message.params.diagnostics.length;
        this.wake(message.params);
      }
    } else if (this.answers.has(message.id)) {
      this.answers.get(message.id)(message.result);
    }
  }

  send(message) {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.process.stdin.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  ask(method, params) {
    const id = ++this.id;
    this.send({ id, method, params });
    return new Promise((resolve) => this.answers.set(id, resolve));
  }

  diagnostics() {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no diagnostics in 10 s')), 10000);
      this.wake = (params) => {
        clearTimeout(late);
        resolve(params);
      };
    });
  }

  async begin(uri, text) {
    const begun = await this.ask('initialize', { processId: process.pid, rootUri: `file://${work}`, capabilities: {
      textDocument: { publishDiagnostics: {} } } });
    this.send({ method: 'initialized', params: {} });
    this.uri = uri;
    this.version = 1;
    this.pulls = begun.capabilities.diagnosticProvider; // it never pushes
    const first = this.pulls ? undefined : this.diagnostics();
    this.send({ method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'dockerfile', version: 1, text } } });
    await (this.pulls ? this.pull() : first);
  }

  async pull() {
    const answer = await this.ask('textDocument/diagnostic', { textDocument: { uri: this.uri } });
    this.said = answer && answer.items ? answer.items.length : answer && answer.kind;
  }

  async change(line, text, removed) {
    const said = this.pulls ? undefined : this.diagnostics();
    const start = performance.now();
    this.send({ method: 'textDocument/didChange', params: { textDocument: { uri: this.uri, version: ++this.version },
      contentChanges: [{ range: { start: { line, character: 0 }, end: { line, character: removed } }, text }] } });
    await (this.pulls ? this.pull() : said);
    return performance.now() - start;
  }

  memory() {
    return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))[1]) / 1024;
  }

  // Milliseconds of a processor so far, which do not depend on what else runs.
  cpu() {
    const of = fs.readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(of[11]) + Number(of[12])) * 10;
  }

  end() {
    this.process.kill();
  }
}

function dockerfile(lines) {
  const all = ['FROM debian:bookworm', 'WORKDIR /srv'];
  while (all.length < lines - 1) {
    all.push('# a step', 'RUN apt-get update && \\', '    apt-get install -y --no-install-recommends \\', '      curl git \\',
      '    && rm -rf /var/lib/apt/lists/*', 'ENV A=1 B="x y"', 'COPY . /srv/', `LABEL step=${all.length}`);
  }
  all.length = lines - 1;
  while (/\\$/.test(all[all.length - 1])) all.pop();
  return [...all, 'USER 1000', ''].join('\n');
}

const middle = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];

async function measure(command, args, lines, edits) {
  const server = new Server(command, args);
  await server.begin(`file://${work}/Dockerfile`, dockerfile(lines));
  const start = performance.now() - server.begun;
  const times = [];
  let before = 0;
  for (let i = 0; i < edits + 10; i++) {
    if (i === 10) before = server.cpu();
    // One letter more in the name of a package's label, then one less: the file stays a file.
    const time = await server.change(1, i % 2 ? '' : '#', i % 2 ? 1 : 0);
    if (i >= 10) times.push(time); // the first ones warm up
  }
  const memory = server.memory();
  const { said } = server;
  const cpu = (server.cpu() - before) / edits;
  server.end();
  return { start, middle: middle(times), worst: Math.max(...times), cpu, memory, said };
}

// Milliseconds of a process that does nothing, started by a shell one after the other.
function emptyProcess() {
  const start = performance.now();
  spawnSync('bash', ['-c', 'for ((i = 0; i < 200; i++)); do "$0"; done', `${work}/empty`]);
  return (performance.now() - start) / 200;
}

function filter() {
  const text = dockerfile(200);
  const time = (command, args) => {
    const times = [];
    for (let i = 0; i < 60; i++) {
      const start = performance.now();
      spawnSync(command, args, { input: text });
      times.push(performance.now() - start);
    }
    return middle(times);
  };
  const empty = time(`${work}/empty`, []);
  const ours = time(dfix, ['--fix', '--cached', '--offline', '--stdin-filename', 'Dockerfile', '-']);
  console.log(`filter, 200 lines: ${ours.toFixed(2)} ms a process, an empty one ${empty.toFixed(2)} ms: ` +
    `${(ours - empty).toFixed(2)} ms more`);
}

(async () => {
  const bin = path.join(modules, '.bin/docker-langserver');
  const tally = spawnSync('find', [path.join(modules, '@wharflab'), '-type', 'f', '-name', 'tally*', '-perm', '/111'])
    .stdout.toString().split('\n')[0];
  const servers = [['dfix', dfix, ['lsp', '--offline']]];
  if (fs.existsSync(bin)) servers.push(["Docker's", process.execPath, [fs.realpathSync(bin), '--stdio']]);
  if (tally) servers.push(['tally', tally, ['lsp', '--stdio']]);
  const empty = emptyProcess();
  console.log(`an empty process: ${empty.toFixed(2)} ms`);
  for (const [lines, edits] of [[200, 400], [5000, 30]]) {
    let ours;
    for (const [name, command, args] of servers) {
      try {
        const m = await measure(command, args, lines, edits);
        ours = ours || m;
        console.log(`${String(lines).padStart(4)} lines, ${name.padEnd(8)}: start ${m.start.toFixed(1)} ms, change to diagnostics ` +
          `median ${m.middle.toFixed(2)} ms, worst ${m.worst.toFixed(2)} ms, of a processor ${m.cpu.toFixed(2)} ms, memory ${m.memory.toFixed(1)} MB, diagnostics ${m.said}` +
          (ours === m ? `; in empty processes: start ${(m.start / empty).toFixed(1)}, median ${(m.middle / empty).toFixed(1)}, ` +
            `worst ${(m.worst / empty).toFixed(1)}` : `; ${(m.start / ours.start).toFixed(1)}, ${(m.middle / ours.middle).toFixed(1)}, ` +
            `${(m.worst / ours.worst).toFixed(1)}, ${(m.cpu / ours.cpu).toFixed(1)}, ${(m.memory / ours.memory).toFixed(1)} times ours`));
      } catch (e) {
        console.log(`${lines} lines, ${name}: ${e.message}`);
      }
    }
  }
  filter();
  process.exit(0);
})();
