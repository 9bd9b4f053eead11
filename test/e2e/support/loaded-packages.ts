// Loaded before a program: writes the names of the packages that it loads from node_modules to a file.
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const PACKAGE = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//
const names = new Set<string>()

registerHooks({
  load(url, context, nextLoad) {
    const name = PACKAGE.exec(url)?.[1]
    if (name !== undefined) names.add(name)
    return nextLoad(url, context)
  },
})
process.on('exit', () => {
  writeFileSync(process.env.LOADED_PACKAGES_FILE ?? '', JSON.stringify([...names].sort()))
})
