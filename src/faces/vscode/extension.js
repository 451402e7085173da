// Starts `dfix lsp` for Dockerfiles; all else is the language client's.
'use strict';

const fs = require('fs');
const path = require('path');
const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

function program(context) {
  const named = vscode.workspace.getConfiguration('dfix').get('path');
  const bundled = path.join(context.extensionPath, 'bin', 'dfix');
  if (named) return named;
  return fs.existsSync(bundled) ? bundled : 'dfix';
}

async function start(context) {
  const run = { command: program(context), args: ['lsp'] };
  client = new LanguageClient('dfix', 'dfix', { run, debug: run }, {
    documentSelector: [{ language: 'dockerfile' }],
    synchronize: { configurationSection: 'dfix' },
  });
  await client.start();
}

async function activate(context) {
  context.subscriptions.push(vscode.commands.registerCommand('dfix.restart', async () => {
    if (client) await client.stop();
    await start(context);
  }));
  await start(context);
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
