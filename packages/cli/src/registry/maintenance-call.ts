import { type DiscoveryClient, isApiError, isTimeoutError } from '@rollcall/client'
import { withoutPassword } from '@rollcall/protocol'
import { CommandFailure } from '../output/failure.ts'

/** Makes a call about maintenance, and explains the failures that only such calls have. */
export async function callForMaintenance<Result>(
  registry: DiscoveryClient,
  call: (api: DiscoveryClient['api']) => Promise<Result>,
): Promise<Result> {
  try {
    return await call(registry.api)
  } catch (error) {
    if (isApiError(error, 'ROUTE_NOT_FOUND')) throw (await tooOld(registry)) ?? error
    throw error
  }
}

/**
 * Makes a call that changes maintenance. For 100 000 agents it takes longer than the usual timeout, and goes on without
 * the caller.
 */
export async function changeMaintenance<Result>(
  registry: DiscoveryClient,
  call: (api: DiscoveryClient['api']) => Promise<Result>,
): Promise<Result> {
  try {
    return await callForMaintenance(registry, call)
  } catch (error) {
    if (!isTimeoutError(error)) throw error
    const message =
      `no response within ${error.timeoutMs / 1000} s. If the registry has the change, it goes on with it by itself: ` +
      'see rollcall maintenance. To wait until all agents show it, run the command again, with a longer --timeout'
    throw new CommandFailure('TIMEOUT', message)
  }
}

/**
 * Whether a pattern is an id that nobody has registered: a mistyped one is accepted like any other. False if the
 * registry does not say.
 */
export async function isUnknown(registry: DiscoveryClient, pattern: string): Promise<boolean> {
  if (pattern.endsWith('*')) return false
  const agent = await registry.api.get(pattern).catch(() => null)
  return agent === undefined
}

/** Returns the failure if the address is that of a registry from before maintenance. */
async function tooOld({ api, registryUrl }: DiscoveryClient): Promise<CommandFailure | undefined> {
  const { version } = await api.health().catch(() => ({ version: undefined }))
  if (version === undefined) return undefined
  const message = `the registry at ${withoutPassword(registryUrl)} (version ${version}) does not know maintenance: upgrade it`
  return new CommandFailure('ROUTE_NOT_FOUND', message)
}
