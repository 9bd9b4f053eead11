// Loaded before a program: the first attempt to load the package that it names fails, as if a file could not be read.
import { registerHooks } from 'node:module'

let isReadable = false

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === process.env.UNREADABLE_PACKAGE && !isReadable) {
      isReadable = true
      throw new Error(`${specifier} cannot be read`)
    }
    return nextResolve(specifier, context)
  },
})
