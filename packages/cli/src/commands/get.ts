import type { Agent, DiscoveryClient } from '@rollcall/client'
import { FLAPPING, mapDetails } from '@rollcall/protocol'
import { type Command, Option } from 'commander'
import { agentCommand, type RegistryOptions } from '../options/registry-options.ts'
import { metadataOf } from '../output/agent-table.ts'
import { printVerification } from '../output/card-verification.ts'
import { printDetails } from '../output/details.ts'
import { CommandFailure, noCard, noSuchAgent } from '../output/failure.ts'
import { describeFlapping } from '../output/flapping.ts'
import { shownOf } from '../output/shown-fields.ts'
import { print } from '../output/terminal.ts'
import { formatDuration, secondsSince, secondsUntil } from '../output/time-format.ts'
import { wireAgent } from '../output/wire-names.ts'
import { withRegistry } from '../registry/with-registry.ts'

const EXAMPLES = [
  'rollcall get researcher-1',
  'rollcall get researcher-1 --json | jq .metadata',
  'rollcall get researcher-1 --alive >/dev/null || exit 1',
  'rollcall get researcher-1 --verify-card && rollcall get researcher-1 --card',
]

interface GetOptions extends RegistryOptions {
  readonly alive?: true
  readonly card?: true
  readonly verifyCard?: true
}

/** `rollcall get` shows one agent. */
export function getCommand(): Command {
  return agentCommand('get', EXAMPLES)
    .description('Show an agent, dead or alive.')
    .option('--card', 'Print its card, byte for byte as it was sent')
    .addOption(
      new Option(
        '--verify-card',
        'Verify the signatures of its card; fail unless one is valid',
      ).conflicts('card'),
    )
    .option('--alive', 'Fail if its lease has lapsed; for container health checks')
    .action((id: string, options: GetOptions) =>
      withRegistry(options, async (registry) => {
        if (options.card) return printCard(registry, id)
        if (options.verifyCard) return verifyCard(registry, id, options)
        const agent = await registry.get(id)
        if (agent === undefined) throw noSuchAgent(id)
        if (options.json) await print(`${JSON.stringify(wireAgent(agent))}\n`)
        else await printDetails([...detailsOf(agent), ...(await flappingOf(registry, agent))])
        if (options.alive && !agent.isAlive) {
          throw new CommandFailure('AGENT_EXPIRED', `${id} is not alive: its lease has lapsed`)
        }
      }),
    )
}

/** Prints the card of an agent, and nothing else. */
async function printCard(registry: DiscoveryClient, id: string): Promise<void> {
  const card = await registry.api.cards.text(id)
  if (card === undefined) throw noCard(id)
  await print(card)
}

/** Prints what is known of the signatures of a card, and fails unless one of them is valid. */
async function verifyCard(
  registry: DiscoveryClient,
  id: string,
  { json }: GetOptions,
): Promise<void> {
  const verification = await registry.api.cards.verify(id)
  if (verification === undefined) throw noCard(id)
  if (json) await print(`${JSON.stringify(verification)}\n`)
  else await printVerification(verification)
  const { result } = verification
  if (result !== 'valid')
    throw new CommandFailure('CARD_NOT_VALID', `the card of ${id} is ${result}`)
}

/** Returns the detail that says whether instances of the agent take over from each other all the time. */
async function flappingOf(
  registry: DiscoveryClient,
  { agentId, incarnation }: Agent,
): Promise<[string, string][]> {
  if (incarnation <= FLAPPING.takeovers) return []
  const events = (await registry.history(agentId)) ?? []
  const flapping = describeFlapping(events, Date.now())
  return flapping === undefined ? [] : [['flapping', flapping]]
}

function maintenanceOf({ maintenance }: Agent, ago: (time: Date) => string): string {
  if (maintenance === null) return '-'
  const { reason, by, since } = maintenance
  return `${reason}; by ${by}, ${ago(since)}`
}

function detailsOf(agent: Agent): [string, string][] {
  const now = Date.now()
  const ago = (time: Date) =>
    `${formatDuration(secondsSince(time, now))} ago (${time.toISOString()})`
  const left = formatDuration(secondsUntil(agent.expiresAt, now))
  return shownOf<[string, string]>({
    agentId: ['id', agent.agentId],
    agentName: ['name', agent.agentName],
    url: ['url', agent.url],
    host: ['host', agent.host],
    port: ['port', String(agent.port)],
    status: ['status', agent.status],
    maintenance: ['maintenance', maintenanceOf(agent, ago)],
    load: ['load', String(agent.load ?? '-')],
    tags: ['tags', agent.tags.join(', ') || '-'],
    hasCard: ['card', agent.hasCard ? 'yes; see --card' : '-'],
    capabilities: ['capabilities', agent.capabilities.join(', ') || '-'],
    version: ['version', agent.version ?? '-'],
    ...mapDetails<[string, string]>(({ name, wireName }) => [
      wireName.replaceAll('_', ' '),
      agent[name] ?? '-',
    ]),
    metadata: ['metadata', metadataOf(agent)],
    instanceId: ['instance', agent.instanceId ?? '-'],
    incarnation: ['incarnation', String(agent.incarnation)],
    owner: ['owner', agent.owner ?? '-'],
    registeredAt: ['registered', ago(agent.registeredAt)],
    updatedAt: ['changed', ago(agent.updatedAt)],
    lastHeartbeat: ['heartbeat', ago(agent.lastHeartbeat)],
    expiresAt: [
      'lease',
      agent.isAlive
        ? `${left} of ${formatDuration(agent.ttlSeconds)} left`
        : `lapsed ${ago(agent.expiresAt)}`,
    ],
    // Part of the lease.
    isAlive: undefined,
    ttlSeconds: undefined,
    // For programs only.
    revision: undefined,
  })
}
