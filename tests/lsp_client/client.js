// A client made of npm's vscode-languageserver-protocol: calls every method of the server's table and
// holds what comes back, and what the server asks for, against the protocol's metaModel.json.
//
//   node client.js DFIX MODULES [MODEL]
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');

const [dfix, modules, modelFile] = process.argv.slice(2);
const lsp = createRequire(path.join(modules, 'client.js'))('vscode-languageserver-protocol/node');
const { Model } = require('./model');
const model = modelFile ? new Model(JSON.parse(fs.readFileSync(modelFile, 'utf8'))) : undefined;

const uri = 'file://' + path.join(process.cwd(), 'Dockerfile');
const text = [
  '# syntax=docker/dockerfile:1',
  'ARG V=bookworm',
  'FROM debian:${V} AS base',
  'RUN echo "😀" && apt-get update && \\',
  '    apt-get install curl "git=1:2.39.*"',
  'FROM base',
  'COPY --from=base --chown=1:1 a b',
  'RUN --mount=type=cache,target=/x true',
  '',
].join('\n');
const doc = { textDocument: { uri } };
const position = { line: 4, character: 21 };
const range = { start: { line: 0, character: 0 }, end: { line: 8, character: 0 } };
const options = { tabSize: 4, insertSpaces: true };

let faults = 0;
let checked = 0;
function check(what, type, value) {
  if (!model) return;
  checked++;
  const why = model.fault(type, value, what);
  if (why) {
    faults++;
    console.error(why);
  }
}

const everything = {
  general: { positionEncodings: ['utf-16'] },
  textDocument: {
    publishDiagnostics: {
      relatedInformation: true, codeDescriptionSupport: true, dataSupport: true, tagSupport: { valueSet: [1, 2] },
    },
    codeAction: {
      dataSupport: true, isPreferredSupport: true, resolveSupport: { properties: ['edit'] },
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source'] } },
    },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    hover: { contentFormat: ['markdown'] },
    completion: { completionItem: { snippetSupport: true } },
    signatureHelp: { signatureInformation: { parameterInformation: { labelOffsetSupport: true } } },
  },
  workspace: {
    workspaceEdit: { documentChanges: true }, configuration: true, workspaceFolders: true,
    didChangeWatchedFiles: { dynamicRegistration: true },
  },
  window: { workDoneProgress: true },
};

// By method: params of as many calls as there are ways to be answered.
const calls = {
  'textDocument/diagnostic': [doc],
  'textDocument/codeAction': [{ ...doc, range, context: { diagnostics: [] } },
    { ...doc, range, context: { diagnostics: [], only: ['source.fixAll'], triggerKind: 2 } }],
  'textDocument/formatting': [{ ...doc, options }],
  'textDocument/rangeFormatting': [{ ...doc, range, options }],
  'textDocument/hover': [{ ...doc, position }, { ...doc, position: { line: 2, character: 6 } },
    { ...doc, position: { line: 6, character: 1 } }, { ...doc, position: { line: 8, character: 0 } }],
  'textDocument/documentSymbol': [doc],
  'textDocument/foldingRange': [doc],
  'textDocument/selectionRange': [{ ...doc, positions: [position, { line: 0, character: 0 }] }],
  'textDocument/documentLink': [doc],
  'textDocument/definition': [{ ...doc, position: { line: 6, character: 13 } }],
  'textDocument/references': [{ ...doc, position: { line: 1, character: 4 }, context: { includeDeclaration: true } }],
  'textDocument/documentHighlight': [{ ...doc, position: { line: 1, character: 4 } }],
  'textDocument/prepareRename': [{ ...doc, position: { line: 1, character: 4 } }],
  'textDocument/rename': [{ ...doc, position: { line: 1, character: 4 }, newName: 'VERSION' }],
  'textDocument/semanticTokens/full': [doc],
  'textDocument/semanticTokens/full/delta': [{ ...doc, previousResultId: '1' }, { ...doc, previousResultId: 'x' }],
  'textDocument/semanticTokens/range': [{ ...doc, range }],
  'textDocument/completion': [{ ...doc, position }, { ...doc, position: { line: 8, character: 0 } }],
  'textDocument/signatureHelp': [{ ...doc, position: { line: 7, character: 20 } }],
  'textDocument/inlayHint': [{ ...doc, range }],
  'textDocument/codeLens': [doc],
};

async function ask(connection, method, params) {
  const request = model && model.requests.get(method);
  if (model) check(`${method} params`, request.params, params);
  const result = await connection.sendRequest(method, params);
  if (model) check(`${method} result`, request.result, result);
  return result;
}

function connect(capabilities, options = ['--offline'], env = process.env) {
  const server = spawn(dfix, ['lsp', ...options], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const connection = lsp.createProtocolConnection(
    new lsp.StreamMessageReader(server.stdout), new lsp.StreamMessageWriter(server.stdin));
  const state = { server, connection, diagnostics: [] };
  connection.onNotification((method, params) => {
    check(`${method} params`, model && model.notifications.get(method).params, params);
    if (method === 'textDocument/publishDiagnostics') {
      state.diagnostics.push(params);
      if (state.wake) state.wake();
    }
  });
  connection.onRequest((method, params) => {
    check(`${method} params`, model && model.requests.get(method).params, params);
    return method === 'workspace/configuration' ? params.items.map(() => ({ rules: { 'pin-digest': 'hint' } })) : null;
  });
  connection.listen();
  state.begun = ask(connection, 'initialize',
    { processId: process.pid, rootUri: null, capabilities, workspaceFolders: null });
  return state;
}

async function finish(state) {
  await state.connection.sendRequest('shutdown');
  await state.connection.sendNotification('exit');
  const code = await new Promise((resolve) => state.server.on('exit', resolve));
  if (code !== 0) throw new Error(`the server ended with ${code}`);
}

async function open(state) {
  const abilities = (await state.begun).capabilities;
  await state.connection.sendNotification('initialized', {});
  await state.connection.sendNotification('textDocument/didOpen',
    { textDocument: { uri, languageId: 'dockerfile', version: 1, text } });
  return abilities;
}

async function everyMethod() {
  const state = connect(everything);
  const abilities = await open(state);
  await new Promise((resolve) => { state.wake = resolve; });
  for (const [method, all] of Object.entries(calls)) {
    for (const params of all) {
      const result = await ask(state.connection, method, params);
      if (method === 'textDocument/codeAction') {
        for (const action of result) await ask(state.connection, 'codeAction/resolve', action);
      }
    }
  }
  if (state.diagnostics[0].diagnostics.length === 0) throw new Error('no diagnostics');
  const edits = await ask(state.connection, 'textDocument/formatting', calls['textDocument/formatting'][0]);
  const fixed = edits.reduceRight((all, e) => apply(all, e), text);
  if (!fixed.includes('apt-get install -y "curl=7.88.*" "git=1:2.39.*"')) throw new Error(fixed);
  await state.connection.sendNotification('textDocument/didChange',
    { textDocument: { uri, version: 2 }, contentChanges: [{ range: { start: range.start, end: range.start }, text: '#\n' }] });
  await state.connection.sendNotification('workspace/didChangeWorkspaceFolders', { event: { added: [], removed: [] } });
  await state.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [{ uri, type: 2 }] });
  await state.connection.sendNotification('workspace/didChangeConfiguration', { settings: { dfix: { coexist: true } } });
  await state.connection.sendNotification('textDocument/didSave', doc);
  await state.connection.sendNotification('textDocument/didClose', doc);
  for (const [method, params] of [['workspace/executeCommand', { command: 'dfix.updateIndex' }], ['no/such', {}]]) {
    const failed = await state.connection.sendRequest(method, params).then(() => false, () => true);
    if (!failed) throw new Error(`${method} did not fail`);
  }
  await finish(state);
  return abilities;
}

// A client that can do nothing, and one that pulls.
async function otherClients() {
  for (const capabilities of [{}, { textDocument: { diagnostic: {} } }]) {
    const state = connect(capabilities);
    await open(state);
    for (const [method, all] of Object.entries(calls)) await ask(state.connection, method, all[0]);
    await finish(state);
  }
}

// Nothing is in the cache: what can be said is said at once, the rest when it has come; no answer waits.
async function coldCache() {
  const env = { ...process.env, XDG_CACHE_HOME: path.join(process.cwd(), 'cold') };
  delete env.CI;
  const state = connect({}, [], env);
  await open(state);
  const hover = await ask(state.connection, 'textDocument/hover', { ...doc, position });
  if (/7\.88/.test(JSON.stringify(hover))) throw new Error('the cache was not cold');
  const codes = () => state.diagnostics[state.diagnostics.length - 1].diagnostics.map((d) => d.code);
  while (!state.diagnostics.length || !codes().includes('DL3008')) {
    await new Promise((resolve) => { state.wake = resolve; });
  }
  if (state.diagnostics[0].diagnostics.some((d) => d.code === 'DL3008')) throw new Error('it waited');
  await finish(state);
}

function apply(all, edit) {
  const at = ({ line, character }) => all.split('\n').slice(0, line).join('\n').length + (line ? 1 : 0) + character;
  return all.slice(0, at(edit.range.start)) + edit.newText + all.slice(at(edit.range.end));
}

// What the table has and nobody calls here.
function uncalled(table) {
  const driven = fs.readFileSync(__filename, 'utf8');
  return [...fs.readFileSync(table, 'utf8').matchAll(/METHOD\("([^"]+)"/g)]
    .map((m) => m[1])
    .filter((name) => !name.startsWith('$/') && !name.startsWith('window/') && !driven.includes(`'${name}'`));
}

(async () => {
  await everyMethod();
  await otherClients();
  await coldCache();
  const left = uncalled(path.join(__dirname, '../../src/faces/lsp/methods.def'));
  if (left.length) throw new Error(`not called: ${left}`);
  console.log(model ? `${checked} values checked against the model, ${faults} faults`
    : 'skipped: no metaModel.json; name one with DFIX_LSP_MODEL');
  process.exit(faults ? 1 : 0);
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
