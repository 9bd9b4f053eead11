import { ownHost } from '@rollcall/client/node'
import { AGENT_STATUSES, type AgentStatus, type Registration } from '@rollcall/protocol'
import { type Command, Option } from 'commander'
import { choiceOption, count, load, metadata, port, repeated } from '../options/option-values.ts'
import { agentCommand, type RegistryOptions } from '../options/registry-options.ts'
import { longSpan } from '../output/age.ts'
import { print } from '../output/terminal.ts'
import { withRegistry } from '../registry/with-registry.ts'
import { notifyInWords } from '../sidecar/notices.ts'

interface RegisterOptions extends RegistryOptions {
  readonly name?: string
  readonly host?: string
  readonly port: number
  readonly url?: string
  readonly ttl: number
  readonly capability?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly agentVersion?: string
  readonly status?: AgentStatus
  readonly load?: number
}

const EXAMPLES = [
  'rollcall register researcher-1 --port 8000 --capability search',
  'rollcall register r-2 --name Researcher --metadata region=eu-1 --ttl 300',
  `rollcall register r-3 --metadata '{"gpu": {"count": 2}}'`,
]

/** `rollcall register`: an agent joins. */
export function registerCommand(): Command {
  return agentCommand('register', EXAMPLES)
    .description('Register an agent, or register it again with other particulars.')
    .option('--name <name>', 'what people call it (default: the id)')
    .addOption(
      new Option(
        '--host <host>',
        'where it runs (default: this machine, as the registry reaches it)',
      ).env('AGENT_HOST'),
    )
    .addOption(
      new Option('--port <port>', 'where it listens')
        .env('AGENT_PORT')
        .default(8000)
        .argParser(port),
    )
    .option('--url <url>', 'where to call it (default: http://host:port)')
    .option('--ttl <seconds>', 'how long it is alive without a heartbeat', count, 60)
    .option('--capability <word>', 'what it can do; repeat for several', repeated)
    .option('--metadata <key=value>', 'more about it; repeat, or give one JSON object', metadata)
    .option('--agent-version <version>', 'version of the agent')
    .addOption(choiceOption('--status <status>', 'whether it takes work', AGENT_STATUSES))
    .option('--load <number>', 'how busy it is, 0 (idle) to 1 (full)', load)
    .addHelpText(
      'after',
      `
The agent is dead when its TTL has passed without a heartbeat. rollcall run
registers, sends heartbeats and deregisters for as long as a program runs.`,
    )
    .action((id: string, options: RegisterOptions) =>
      withRegistry(options, async (registry) => {
        const host = options.host ?? (await ownHost(registry.registryUrl))
        const agent = await registry.register(registrationOf(id, { ...options, host }))
        const text = options.json
          ? JSON.stringify(agent)
          : `${id} is registered at ${agent.url}, alive for ${longSpan(agent.ttl_seconds)}; ` +
            `next heartbeat within ${longSpan(agent.heartbeat_interval_seconds)}`
        await print(`${text}\n`)
        if (options.json) return
        for (const { message } of agent.warnings ?? [])
          notifyInWords('warning', `warning: ${message}`)
      }),
    )
}

function registrationOf(
  id: string,
  options: RegisterOptions & { readonly host: string },
): Registration {
  const { name, host, port, url, ttl, capability, metadata, agentVersion, status, load } = options
  return {
    agent_id: id,
    agent_name: name ?? id,
    host,
    port,
    ttl_seconds: ttl,
    ...(url !== undefined && { url }),
    ...(capability && { capabilities: [...capability] }),
    ...(metadata && { metadata }),
    ...(agentVersion !== undefined && { version: agentVersion }),
    ...(status && { status }),
    ...(load !== undefined && { load }),
  }
}
