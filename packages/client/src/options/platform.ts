/** The part of `process` that Node, Bun and Deno have in common; browsers have none. */
interface ProcessLike {
  readonly env?: Readonly<Record<string, string | undefined>>
  getBuiltinModule?(name: string): unknown
}

function processLike(): ProcessLike | undefined {
  return Reflect.get(globalThis, 'process')
}

/** Returns an environment variable; undefined if it is unset or empty. */
export function fromEnvironment(name: string): string | undefined {
  return processLike()?.env?.[name] || undefined
}

/**
 * Loads a built-in module at run time, so that bundlers for browsers ignore it. Needs Node 20.16.
 */
export function builtinModule<T>(name: string): T | undefined {
  return processLike()?.getBuiltinModule?.(name) as T | undefined
}

/** Returns the host name of this machine, where available. */
export function machineName(): string | undefined {
  const os = builtinModule<{ hostname(): string }>('os')
  return os?.hostname() ?? fromEnvironment('HOSTNAME') ?? fromEnvironment('COMPUTERNAME')
}
