// The extension for VS Code as VS Code runs it, with vscode.js in the editor's place:
//
//   node host.js EXTENSION
//
// it is activated, starts the program that it holds, shows what that says of a Dockerfile, offers the
// fix, formats, stops. The working directory is the workspace.
'use strict';

const assert = require('assert');
const Module = require('module');
const path = require('path');

const extension = path.resolve(process.argv[2]);
const load = Module._load;
Module._load = function loadOrStandIn(name, ...rest) {
  return name === 'vscode' ? require('./vscode') : load.call(this, name, ...rest);
};
const vscode = require('./vscode');
const { host } = vscode;
const token = new vscode.CancellationTokenSource().token;

function heard(what, seen) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${what}: not within 20 s`)), 20000);
    const look = () => {
      const found = seen();
      if (!found) return;
      clearTimeout(late);
      resolve(found);
    };
    host.told.event(look);
    look();
  });
}

async function main() {
  const { activate, deactivate } = require(path.join(extension, require(path.join(extension, 'package.json')).main));
  const context = { extensionPath: extension, subscriptions: [] };
  host.config.dfix = { path: '', rules: {}, coexist: false, config: '' };
  host.folder(process.cwd());
  await activate(context);

  const text = 'FROM debian:bookworm\nRUN echo "😀" && apt-get install curl\n';
  const document = host.open(path.join(process.cwd(), 'Dockerfile'), text);
  const uri = document.uri.toString();
  const said = (code) => (host.diagnostics.get(uri) || []).find((one) => (one.code.value || one.code) === code);
  const first = await heard('a diagnostic', () => said('DL3014'));
  assert.strictEqual(first.range.start.line, 1);
  assert.strictEqual(text.split('\n')[1].slice(first.range.start.character).slice(0, 7), 'apt-get');
  assert.strictEqual(first.source, 'dfix');

  const edits = await host.providers.get('DocumentFormattingEdit').provideDocumentFormattingEdits(document,
    { tabSize: 4, insertSpaces: true }, token);
  assert.ok(edits.some((one) => / -y/.test(one.newText)), JSON.stringify(edits));

  const actions = await host.providers.get('CodeActions').provideCodeActions(document, first.range,
    { diagnostics: [first], only: vscode.CodeActionKind.QuickFix, triggerKind: 1 }, token);
  assert.ok(actions.some((one) => /-y/.test(one.given[0])), JSON.stringify(actions.map((one) => one.given)));

  const at = new vscode.Position(1, text.split('\n')[1].indexOf('install'));
  host.change(document, new vscode.Range(at, at), '-y ', text.replace('install', '-y install'));
  await heard('the diagnostic gone', () => host.diagnostics.has(uri) && !said('DL3014'));

  assert.ok(host.commands.has('dfix.updateIndex') && host.commands.has('dfix.restart'));
  await host.commands.get('dfix.restart')();
  await heard('diagnostics after a restart', () => host.diagnostics.has(uri) && !said('DL3014'));
  await deactivate();
  assert.deepStrictEqual(host.shown, []);
  console.log('activated, told, fixed, formatted, restarted, stopped');
}

main().then(() => process.exit(0), (error) => {
  console.error(error, host.shown);
  process.exit(1);
});
