#!/usr/bin/env node
// Old syntax and no imports before the check: this file must parse on an old Node to report the
// error. The SQLite binding needs Node-API 10, added in Node 22.14 and during Node 23, and would
// crash the process without it.
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
void import('node:module').then((module) => {
  // Caches compiled code between starts; this saves a sixth of the startup time.
  if (module.enableCompileCache) module.enableCompileCache()
  return import('../dist/main.js')
})
