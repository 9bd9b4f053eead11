#!/usr/bin/env node
// Plain old syntax and no imports before the check: on a Node that is too old, this file must
// still parse and say so. The SQLite binding needs Node-API 10, which came with Node 22.14 and during
// Node 23, and would crash the process without it.
var parts = process.versions.node.split('.')
var major = Number(parts[0])
var minor = Number(parts[1])
if (major < 22 || (major === 22 && minor < 14) || major === 23) {
  console.error(
    'rollcall needs Node.js 22.14, 24 or newer; this is ' +
      process.version +
      ' (' +
      process.execPath +
      '). See https://nodejs.org/en/download',
  )
  process.exit(1)
}
import('node:module').then((module) => {
  // Keeps compiled code between starts; it saves a sixth of the start-up time.
  if (module.enableCompileCache) module.enableCompileCache()
  return import('../dist/main.js')
})
