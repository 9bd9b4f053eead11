// Loaded before a program: writes which files of the registry it loads to a file.
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const OWN_FILE = /.*\/packages\/(server\/dist\/.*\.js)$/
const names = new Set<string>()

registerHooks({
  load(url, context, nextLoad) {
    const name = OWN_FILE.exec(url)?.[1]
    if (name !== undefined) names.add(name)
    return nextLoad(url, context)
  },
})
process.on('exit', () => {
  writeFileSync(process.env.LOADED_FILES_FILE ?? '', JSON.stringify([...names].sort()))
})
