#!/usr/bin/env node
// Plain old syntax and no imports before the check: on a Node that is too old, this file must
// still parse and say so, where the SQLite binding would crash the process.
var needed = 22
var major = Number(process.versions.node.split('.')[0])
if (major < needed) {
  console.error(
    'rollcall needs Node.js ' +
      needed +
      ' or newer; this is ' +
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
