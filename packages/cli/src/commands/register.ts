import { ownHost } from '@rollcall/client/node'
import {
  AGENT_STATUSES,
  type AgentStatus,
  type GivenDetails,
  type Registration,
  toRegistration,
  wireDetailsOf,
} from '@rollcall/protocol'
import { type Command, Option } from 'commander'
import { readCardFrom, type SourcedCard } from '../options/card-source.ts'
import { addDetailOptions } from '../options/detail-options.ts'
import {
  choiceOption,
  count,
  instanceOption,
  load,
  metadata,
  port,
  repeated,
} from '../options/option-values.ts'
import { agentCommand, type RegistryOptions } from '../options/registry-options.ts'
import { print } from '../output/terminal.ts'
import { formatDuration } from '../output/time-format.ts'
import { withRegistry } from '../registry/with-registry.ts'
import { notifyAsText } from '../sidecar/notices.ts'

interface RegisterOptions extends RegistryOptions, GivenDetails {
  readonly name?: string
  readonly host?: string
  readonly port: number
  readonly url?: string
  readonly ttl: number
  readonly capability?: readonly string[]
  readonly tag?: readonly string[]
  readonly card?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly agentVersion?: string
  readonly status?: AgentStatus
  readonly load?: number
  readonly instance?: string
}

const EXAMPLES = [
  'rollcall register researcher-1 --port 8000 --capability search',
  'rollcall register r-2 --name Researcher --metadata region=eu-1 --ttl 300',
  `rollcall register r-3 --metadata '{"gpu": {"count": 2}}'`,
  'rollcall register r-4 --card agent-card.json',
]

/** `rollcall register` registers an agent. */
export function registerCommand(): Command {
  const command = agentCommand('register', EXAMPLES)
    .description('Register an agent, or update the details of a registered one.')
    .option('--name <name>', 'Display name (default: the id)')
    .addOption(
      new Option(
        '--host <host>',
        'Host of the agent (default: the address of this machine towards the registry)',
      ).env('AGENT_HOST'),
    )
    .addOption(
      new Option('--port <port>', 'Port of the agent')
        .env('AGENT_PORT')
        .default(8000)
        .argParser(port),
    )
    .option('--url <url>', 'URL of the agent (default: http://host:port)')
    .option(
      '--ttl <seconds>',
      'Lease duration: how long it is alive without a heartbeat',
      count,
      60,
    )
    .option('--capability <word>', 'Capability; repeat for several', repeated)
    .option('--tag <word>', 'Word by which people look for it; repeat for several', repeated)
    .option(
      '--card <file|url>',
      'Card of the agent, such as an A2A agent card; what other options leave out is taken from it',
    )
    .option('--metadata <key=value>', 'Metadata; repeat, or give a JSON object', metadata)
    .option('--agent-version <version>', 'Version of the agent')
  return addDetailOptions(command)
    .addOption(choiceOption('--status <status>', 'Whether the agent accepts work', AGENT_STATUSES))
    .option('--load <number>', 'Load from 0 (idle) to 1 (full)', load)
    .addOption(instanceOption('Id of the process; it takes over from another instance'))
    .addHelpText(
      'after',
      `
The agent expires after its TTL without a heartbeat. To keep an agent registered
for as long as a program runs, use rollcall run.`,
    )
    .action((id: string, options: RegisterOptions, given: Command) =>
      withRegistry(options, async (registry) => {
        const { card: source, timeout } = options
        const card = source === undefined ? undefined : await readCardFrom(source, timeout * 1000)
        const isPortGiven = given.getOptionValueSource('port') !== 'default'
        const address = card
          ? { host: options.host, port: isPortGiven ? options.port : undefined }
          : { host: options.host ?? (await ownHost(registry.registryUrl)), port: options.port }
        const agent = await registry.api.register(
          registrationOf(id, { ...options, ...address }, card),
        )
        const text = options.json
          ? JSON.stringify(agent)
          : `${id} is registered at ${agent.url}, alive for ${formatDuration(agent.ttl_seconds)}; ` +
            `next heartbeat within ${formatDuration(agent.heartbeat_interval_seconds)}`
        await print(`${text}\n`)
        if (options.json) return
        for (const { message } of agent.warnings ?? [])
          notifyAsText('warning', `warning: ${message}`)
      }),
    )
}

function registrationOf(
  id: string,
  options: Omit<RegisterOptions, 'host' | 'port'> & {
    readonly host: string | undefined
    readonly port: number | undefined
  },
  card: SourcedCard | undefined,
): Registration {
  const { name, host, port, url, ttl, capability, tag, metadata, agentVersion } = options
  const { status, load } = options
  return toRegistration({
    agent_id: id,
    agent_name: name ?? (card ? undefined : id),
    host,
    port,
    ttl_seconds: ttl,
    url,
    capabilities: capability && [...capability],
    tags: tag && [...tag],
    card: card?.text,
    metadata,
    version: agentVersion,
    ...wireDetailsOf({ ...options, cardUrl: options.cardUrl ?? card?.url }),
    status,
    load,
    instance_id: options.instance,
  })
}
