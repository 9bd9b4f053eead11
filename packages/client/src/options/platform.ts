/** The part of a process that Node, Bun and Deno have in common; browsers have none. */
interface ProcessLike {
  readonly env?: Readonly<Record<string, string | undefined>>
  getBuiltinModule?(name: string): unknown
}

function processLike(): ProcessLike | undefined {
  return Reflect.get(globalThis, 'process')
}

/** A variable of the environment; empty is as good as none. */
export function fromEnvironment(name: string): string | undefined {
  return processLike()?.env?.[name] || undefined
}

/** Asked for at run time, so that bundlers for browsers have nothing to resolve; Node 20.16 can. */
export function builtinModule<T>(name: string): T | undefined {
  return processLike()?.getBuiltinModule?.(name) as T | undefined
}

/** The name of this machine, where there is one. */
export function machineName(): string | undefined {
  const os = builtinModule<{ hostname(): string }>('os')
  return os?.hostname() ?? fromEnvironment('HOSTNAME') ?? fromEnvironment('COMPUTERNAME')
}
