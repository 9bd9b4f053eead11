import { DiscoveryClient, isApiError } from '@rollcall/client'
import { httpFetch } from '@rollcall/client/node'
import { EXIT_CODES } from '../exit-codes.ts'
import type { RegistryOptions } from '../options/registry-options.ts'
import { failureLine, noSuchAgent, toFailure } from '../output/failure.ts'
import { print } from '../output/terminal.ts'
import { Interruption } from '../process/interruption.ts'

/**
 * Runs a command with a client for the registry of its options. Prints a failure as one line on
 * stderr and sets the exit code.
 */
export async function withRegistry(
  options: RegistryOptions,
  work: (registry: DiscoveryClient) => Promise<void>,
): Promise<void> {
  const timeoutMs = options.timeout * 1000
  const registry = new DiscoveryClient({
    registryUrl: options.registry,
    timeoutMs,
    fetch: httpFetch(),
    // Failures are reported once, as the failure of the command.
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

/** The output of a command for one agent, as text and as JSON. */
interface AgentOutput {
  readonly text: string
  readonly json: object
}

/**
 * Runs {@link withAgent} for several agents, one after another. A failure for one agent does not
 * stop the others, but makes the command fail. With `--json`, prints an object for one agent and an
 * array for several.
 */
export async function withAgents(
  ids: readonly string[],
  options: RegistryOptions,
  work: (registry: DiscoveryClient, agentId: string) => Promise<AgentOutput>,
): Promise<void> {
  const outputs: object[] = []
  for (const id of ids) {
    await withAgent(id, options, async (registry) => {
      const { text, json } = await work(registry, id)
      outputs.push(json)
      if (!options.json) await print(`${text}\n`)
    })
  }
  if (!options.json) return
  if (ids.length > 1) await print(`${JSON.stringify(outputs)}\n`)
  else for (const output of outputs) await print(`${JSON.stringify(output)}\n`)
}

/** Runs {@link withRegistry} for one agent, with a specific message if the agent is unknown. */
export async function withAgent(
  agentId: string,
  options: RegistryOptions,
  work: (registry: DiscoveryClient) => Promise<void>,
): Promise<void> {
  await withRegistry(options, async (registry) => {
    try {
      await work(registry)
    } catch (error) {
      throw isApiError(error, 'AGENT_NOT_FOUND') ? noSuchAgent(agentId) : error
    }
  })
}
