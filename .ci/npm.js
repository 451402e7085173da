#!/usr/bin/env node
"use strict";
// Runs the program of the package for this platform; nothing is downloaded here.
const { spawnSync } = require("child_process");
const name = `dfix-${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/bin/dfix`);
} catch {
  console.error(`dfix: there is no program for ${process.platform} ${process.arch} (the package ${name} is not installed)`);
  process.exit(2);
}
const done = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (done.error) {
  console.error(`dfix: ${done.error.message}`);
  process.exit(2);
}
if (done.signal) process.kill(process.pid, done.signal);
process.exit(done.status);
