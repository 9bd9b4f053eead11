// Loaded before a program: writes to a file what it loads: the names of packages from node_modules, and folders of ours.
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const PACKAGE = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//
const OWN = /.*\/packages\/(.+)\/[^/]+\.js$/
const names = new Set<string>()

registerHooks({
  load(url, context, nextLoad) {
    const name = (PACKAGE.exec(url) ?? OWN.exec(url))?.[1]
    if (name !== undefined) names.add(name)
    return nextLoad(url, context)
  },
})
process.on('exit', () => {
  writeFileSync(process.env.LOADED_PACKAGES_FILE ?? '', JSON.stringify([...names].sort()))
})
