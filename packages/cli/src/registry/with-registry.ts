import { isApiError } from '@rollcall/client'
import { EXIT_CODES } from '../exit-codes.ts'
import type { RegistryOptions } from '../options/registry-options.ts'
import { failureLine, noSuchAgent, toFailure } from '../output/failure.ts'
import { print } from '../output/terminal.ts'
import { Interruption } from '../process/interruption.ts'
import { CommandRegistry } from './command-registry.ts'
import { httpFetch } from './http-fetch.ts'

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

/** What a command says of an agent, to people and to programs. */
interface AgentAnswer {
  readonly text: string
  readonly json: object
}

/**
 * As {@link withAgent} for each of some agents, one after the other. An agent that is unknown or refused
 * does not stop the others; the command then fails in the end. As JSON, one agent is an object, several
 * are a list.
 */
export async function withAgents(
  ids: readonly string[],
  options: RegistryOptions,
  work: (registry: CommandRegistry, agentId: string) => Promise<AgentAnswer>,
): Promise<void> {
  const answers: object[] = []
  for (const id of ids) {
    await withAgent(id, options, async (registry) => {
      const { text, json } = await work(registry, id)
      answers.push(json)
      if (!options.json) await print(`${text}\n`)
    })
  }
  if (!options.json) return
  if (ids.length > 1) await print(`${JSON.stringify(answers)}\n`)
  else for (const answer of answers) await print(`${JSON.stringify(answer)}\n`)
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
