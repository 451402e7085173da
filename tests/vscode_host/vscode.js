// As much of the module `vscode` as the extension and its language client ask of it. What is not here
// is a class that keeps what it is given, or a function that gives something to dispose of.
'use strict';

const path = require('path');

class Disposable {
  constructor(end) { this.end = end; }
  dispose() { if (this.end) this.end(); }
  static from(...all) { return new Disposable(() => all.forEach((one) => one.dispose())); }
}

class EventEmitter {
  constructor() {
    this.heard = new Set();
    this.event = (hear, self) => {
      const one = (value) => hear.call(self, value);
      this.heard.add(one);
      return new Disposable(() => this.heard.delete(one));
    };
  }
  fire(value) { for (const hear of [...this.heard]) hear(value); }
  dispose() { this.heard.clear(); }
}

class Uri {
  constructor(text) {
    this.text = text;
    this.scheme = text.slice(0, text.indexOf(':'));
    this.path = this.fsPath = decodeURIComponent(text.replace(/^[a-z]+:\/\/[^/]*/, ''));
  }
  toString() { return this.text; }
  with() { return this; }
  static file(name) { return new Uri('file://' + encodeURI(name)); }
  static parse(text) { return new Uri(text); }
}

class Position {
  constructor(line, character) { this.line = line; this.character = character; }
  isBefore(other) { return this.line < other.line || (this.line === other.line && this.character < other.character); }
  isEqual(other) { return this.line === other.line && this.character === other.character; }
}

class Range {
  constructor(...at) {
    [this.start, this.end] = at.length === 4 ? [new Position(at[0], at[1]), new Position(at[2], at[3])] : at;
  }
  get isEmpty() { return this.start.isEqual(this.end); }
}

class CancellationTokenSource {
  constructor() {
    this.cancelled = new EventEmitter();
    this.token = { isCancellationRequested: false, onCancellationRequested: this.cancelled.event };
  }
  cancel() { this.token.isCancellationRequested = true; this.cancelled.fire(); }
  dispose() { this.cancelled.dispose(); }
}

class Diagnostic {
  constructor(range, message, severity) { Object.assign(this, { range, message, severity }); }
}

class TextEdit {
  constructor(range, newText) { Object.assign(this, { range, newText }); }
  static replace(range, text) { return new TextEdit(range, text); }
  static insert(at, text) { return new TextEdit(new Range(at, at), text); }
  static delete(range) { return new TextEdit(range, ''); }
}

class WorkspaceEdit {
  constructor() { this.edits = new Map(); }
  set(uri, edits) { this.edits.set(uri.toString(), edits); }
}

class CodeActionKind {
  constructor(value) { this.value = value; }
  append(more) { return new CodeActionKind(this.value ? `${this.value}.${more}` : more); }
  contains(other) { return other.value === this.value || other.value.startsWith(`${this.value}.`); }
}
CodeActionKind.Empty = new CodeActionKind('');
for (const [name, value] of [['QuickFix', 'quickfix'], ['Refactor', 'refactor'], ['RefactorExtract', 'refactor.extract'],
  ['RefactorInline', 'refactor.inline'], ['RefactorRewrite', 'refactor.rewrite'], ['Source', 'source'],
  ['SourceOrganizeImports', 'source.organizeImports']]) {
  CodeActionKind[name] = new CodeActionKind(value);
}

class TabInputText {
  constructor(uri) { this.uri = uri; }
}

class Document {
  constructor(name, text) {
    Object.assign(this, { uri: Uri.file(name), languageId: 'dockerfile', version: 1, text, isClosed: false });
  }
  getText() { return this.text; }
}

// What the extension is given and what it has set up, for the test to look at.
const host = { config: {}, commands: new Map(), providers: new Map(), diagnostics: new Map(), shown: [], told: new EventEmitter() };

const events = new Map();
function event(name) {
  if (!events.has(name)) events.set(name, new EventEmitter());
  return events.get(name);
}
const nothing = () => new Disposable();
// Members that are here; of others: events by their names, else nothing that lasts.
function place(members) {
  return new Proxy(members, {
    get(all, name) {
      if (name in all || typeof name === 'symbol') return all[name];
      if (/^on(Did|Will)/.test(name)) return event(name).event;
      return nothing;
    },
  });
}

function configuration(section) {
  const below = section ? host.config[section] : host.config;
  const at = (name) => name.split('.').reduce((value, key) => value && value[key], below);
  return { get: (name, fallback) => (at(name) === undefined ? fallback : at(name)), has: (name) => at(name) !== undefined,
    inspect: () => undefined, toJSON: () => below };
}

const collection = (name) => ({
  name,
  set(uri, list) { host.diagnostics.set(uri.toString(), list || []); host.told.fire(); },
  delete(uri) { host.diagnostics.delete(uri.toString()); },
  has(uri) { return host.diagnostics.has(uri.toString()); },
  clear() { host.diagnostics.clear(); },
  dispose() { host.diagnostics.clear(); },
});

const languages = place({
  match: (selector, document) => [].concat(selector).some((one) => one.language === document.languageId) ? 10 : 0,
  createDiagnosticCollection: collection,
});
const registering = new Proxy(languages, {
  get(all, name) {
    if (!/^register/.test(String(name))) return all[name];
    return (selector, provider) => {
      host.providers.set(name.replace(/^register/, '').replace(/Provider$/, ''), provider);
      return new Disposable(() => host.providers.delete(name));
    };
  },
});

const members = {
  version: '1.90.0',
  Disposable, EventEmitter, Uri, Position, Range, CancellationTokenSource, Diagnostic, TextEdit, WorkspaceEdit, CodeActionKind,
  TabInputText,
  CancellationError: class extends Error {},
  MarkdownString: class { constructor(value = '') { this.value = value; } appendCodeblock(s) { this.value += s; return this; } },
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  DiagnosticTag: { Unnecessary: 1, Deprecated: 2 },
  CodeActionTriggerKind: { Invoke: 1, Automatic: 2 },
  TextDocumentSaveReason: { Manual: 1, AfterDelay: 2, FocusOut: 3 },
  FileType: { File: 1, Directory: 2 },
  ProgressLocation: { Window: 10 },
  env: { language: 'en', appName: 'the test', openExternal: async () => true },
  languages: registering,
  commands: place({
    registerCommand(name, run) {
      host.commands.set(name, run);
      return new Disposable(() => host.commands.delete(name));
    },
  }),
  window: place({
    activeTextEditor: undefined,
    visibleTextEditors: [],
    tabGroups: place({ all: [] }),
    createOutputChannel: () => ({ append() {}, appendLine() {}, clear() {}, show() {}, dispose() {} }),
    showErrorMessage: async (text) => void host.shown.push(text),
    showWarningMessage: async (text) => void host.shown.push(text),
    showInformationMessage: async () => undefined,
    withProgress: (how, work) => work({ report() {} }, new CancellationTokenSource().token),
  }),
  workspace: place({
    textDocuments: [],
    notebookDocuments: [],
    workspaceFolders: undefined,
    fs: {},
    getConfiguration: configuration,
    getWorkspaceFolder: () => undefined,
    createFileSystemWatcher: () => place({ dispose() {} }),
    applyEdit: async () => true,
  }),
};

module.exports = new Proxy(members, {
  get(all, name) {
    if (name in all || typeof name === 'symbol') return all[name];
    if (!/^[A-Z]/.test(name)) return undefined;
    all[name] = class { constructor(...given) { this.given = given; } };
    return all[name];
  },
});

// The test's side of it.
members.host = Object.assign(host, {
  folder(name) { members.workspace.workspaceFolders = [{ uri: Uri.file(name), name: path.basename(name), index: 0 }]; },
  open(name, text) {
    const document = new Document(name, text);
    members.workspace.textDocuments.push(document);
    members.window.activeTextEditor = { document };
    const tab = { input: new TabInputText(document.uri) };
    members.window.tabGroups.all.push({ tabs: [tab] });
    event('onDidOpenTextDocument').fire(document);
    event('onDidChangeTabs').fire({ opened: [tab], closed: [], changed: [] });
    return document;
  },
  change(document, range, text, whole) {
    document.version++;
    document.text = whole;
    event('onDidChangeTextDocument').fire({ document, contentChanges: [{ range, rangeLength: 0, text }] });
  },
});
