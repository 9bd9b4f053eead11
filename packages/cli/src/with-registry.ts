import { isApiError } from '@rollcall/client'
import { CommandRegistry } from './command-registry.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { httpFetch } from './http-fetch.ts'
import { Interruption } from './interruption.ts'
import { failureLine, noSuchAgent, toFailure } from './output/failure.ts'
import type { RegistryOptions } from './registry-options.ts'

/**
 * Does the work of a command with the registry of its options. Failures become one line on stderr
 * and the exit code.
 */
export async function withRegistry(
  options: RegistryOptions,
  work: (registry: CommandRegistry) => Promise<void>,
): Promise<void> {
  const timeoutMs = options.timeout * 1000
  const registry = new CommandRegistry({
    registryUrl: options.registry,
    timeoutMs,
    fetch: httpFetch,
    // What goes wrong is said once, as the failure of the command.
    logger: null,
  })
  try {
    await work(registry)
  } catch (error) {
    if (error instanceof Interruption) return
    const failure = toFailure(error, registry.registryUrl)
    process.stderr.write(failureLine(failure, options.json ?? false))
    process.exitCode = failure.code === 'USAGE' ? EXIT_CODES.usage : EXIT_CODES.failed
  }
}

/** As {@link withRegistry}, for work about one agent: that there is none has words of its own. */
export async function withAgent(
  agentId: string,
  options: RegistryOptions,
  work: (registry: CommandRegistry) => Promise<void>,
): Promise<void> {
  await withRegistry(options, async (registry) => {
    try {
      await work(registry)
    } catch (error) {
      throw isApiError(error, 'AGENT_NOT_FOUND') ? noSuchAgent(agentId) : error
    }
  })
}
