import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { ownHost } from '@rollcall/client/node'
import type { GivenDetails } from '@rollcall/protocol'
import { Command, InvalidArgumentError } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { addDetailOptions, detailsIn } from '../options/detail-options.ts'
import {
  agentId,
  choiceOption,
  count,
  metadata,
  portOrAny,
  repeated,
  seconds,
} from '../options/option-values.ts'
import { addRegistryOption } from '../options/registry-options.ts'
import { generateAgentId } from '../sidecar/agent-identity.ts'
import type { HealthMonitorOptions } from '../sidecar/health-monitor.ts'
import { type Notify, notifyAsJson, notifyAsText } from '../sidecar/notices.ts'
import { httpCheck, tcpCheck } from '../sidecar/readiness-check.ts'
import { ON_SUPERSEDED, type OnSuperseded, runSidecar } from '../sidecar/run-sidecar.ts'

const DEFAULT_PORT = 8000
/** Default seconds between two checks, or a third of the TTL if that is less. */
const CHECK_INTERVAL_SECONDS = 10

interface RunOptions extends GivenDetails {
  readonly name: string
  readonly port?: number
  readonly capability?: readonly string[]
  readonly tag?: readonly string[]
  readonly id?: string
  readonly host?: string
  readonly ttl: number
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly url?: string
  readonly agentVersion?: string
  readonly json?: true
  readonly check?: string
  readonly checkTimeout?: number
  readonly checkInterval?: number
  readonly checkLimit: number
  readonly checkFailures: number
  readonly killAfter: number
  readonly onSuperseded: OnSuperseded
  readonly registry: string
}

/** `rollcall run` runs any program as an agent. */
export function runCommand(): Command {
  const command = addRegistryOption(new Command('run'))
    .description('Run a program as an agent that is registered while it runs.')
    .usage('--name <name> [options] -- <command> [args...]')
    .passThroughOptions()
    .argument('<command>', 'The program to run')
    .argument('[args...]', 'The arguments of the program')
    .requiredOption('--name <name>', 'Display name of the agent')
    .option(
      '--port <port>',
      'Port of the agent, 0 for any free port (default: AGENT_PORT, PORT or 8000)',
      portOrAny,
    )
    .option('--capability <word>', 'Capability; repeat for several', repeated)
    .option('--id <id>', 'Agent id (default: AGENT_ID, or from name and host)', agentId)
    .option('--host <host>', 'Host of the agent (default: AGENT_HOST, POD_IP or detected)')
    .option(
      '--ttl <seconds>',
      'Lease duration: how long it is listed without a heartbeat',
      seconds,
      60,
    )
    .option('--url <url>', 'URL of the agent (default: http://host:port)')
    .option('--agent-version <version>', 'Version of the agent')
  return addDetailOptions(command)
    .option('--tag <word>', 'Word by which people look for it; repeat for several', repeated)
    .option('--metadata <key=value>', 'Metadata; repeat, or give a JSON object', metadata)
    .option(
      '--check <what>',
      'Health check: tcp, or an http:// URL; register once it passes',
      toCheck,
    )
    .option('--check-timeout <seconds>', 'Give up if the check has not passed by then', seconds)
    .option('--check-interval <seconds>', 'Interval of checks (default: 10, or TTL/3)', seconds)
    .option('--check-limit <seconds>', 'Timeout of one check', seconds, 2)
    .option('--check-failures <count>', 'Consecutive failures that stop the heartbeats', count, 2)
    .option('--kill-after <seconds>', 'Time from SIGTERM to SIGKILL', seconds, 10)
    .addOption(
      choiceOption(
        '--on-superseded <what>',
        'What becomes of the program when another instance registers the agent',
        ON_SUPERSEDED,
      ).default('keep'),
    )
    .option('--json', 'Print notices on stderr as JSON lines')
    .addHelpText(
      'after',
      `
The program has AGENT_ID, AGENT_INSTANCE_ID, AGENT_HOST, AGENT_PORT, PORT and
REGISTRY_URL in its environment, and receives signals. When it exits, its remaining child processes
are terminated and the agent is deregistered. The exit code is that of the
program; 128+n if it was killed by signal n, 126 or 127 if it could not be
started, 1 if it did not pass its check within --check-timeout.

Each run is an instance of the agent, and the newest one is current. When another
run registers the same id, this one sends no more heartbeats and does not
deregister. The program goes on, or with --on-superseded stop gets SIGTERM, and
the exit code is 3.

With --check, the program is checked periodically. After --check-failures
failures no heartbeats are sent until the check passes again, so that the agent
is no longer listed as alive.

Examples:
  rollcall run --name researcher --port 8000 -- python agent.py
  rollcall run --name search --capability search --check tcp -- ./agent --fast
  rollcall run --name api --check http://localhost:8000/ready -- npm start`,
    )
    .action(run)
}

async function run(command: string, args: string[], options: RunOptions): Promise<void> {
  const { env } = process
  const { ttl: ttlSeconds } = options
  const agentId = options.id ?? idFromEnvironment() ?? newId(options.name)
  const notify = options.json ? notifyAsJson(agentId) : notifyAsText
  const given = options.port ?? portFromEnvironment(notify)
  const port = given === 0 ? await freePort() : given
  const host = options.host ?? (env.AGENT_HOST || env.POD_IP || (await ownHost(options.registry)))
  try {
    const code = await runSidecar({
      agent: {
        agentId,
        agentName: options.name,
        host,
        port,
        ttlSeconds,
        capabilities: options.capability,
        tags: options.tag,
        // Set with `rollcall register --card`, and kept by later registrations.
        card: undefined,
        metadata: options.metadata,
        url: options.url,
        version: options.agentVersion,
        ...detailsIn(options),
        // The program reports these itself, or with `rollcall heartbeat`.
        status: undefined,
        load: undefined,
        instanceId: randomUUID(),
        registryUrl: options.registry,
      },
      command,
      args,
      monitor:
        options.check === undefined
          ? undefined
          : monitorOptions(options.check, options, { host, port }),
      checkTimeoutMs: (options.checkTimeout ?? Number.POSITIVE_INFINITY) * 1000,
      killAfterSeconds: options.killAfter,
      onSuperseded: options.onSuperseded,
      notify,
    })
    process.exit(code)
  } catch (error) {
    // The message of the client names the invalid option.
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    notify('usage', error.message)
    process.exit(EXIT_CODES.usage)
  }
}

function monitorOptions(
  what: string,
  options: RunOptions,
  address: { host: string; port: number },
): HealthMonitorOptions {
  const timeoutMs = options.checkLimit * 1000
  const interval = options.checkInterval ?? Math.min(CHECK_INTERVAL_SECONDS, options.ttl / 3)
  return {
    check:
      what === 'tcp' ? tcpCheck({ ...address, timeoutMs }) : httpCheck({ url: what, timeoutMs }),
    intervalMs: interval * 1000,
    failures: options.checkFailures,
  }
}

function idFromEnvironment(): string | undefined {
  const { AGENT_ID } = process.env
  if (!AGENT_ID) return undefined
  try {
    return agentId(AGENT_ID)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    notifyAsText('usage', `AGENT_ID is "${AGENT_ID}". ${error.message}`)
    process.exit(EXIT_CODES.usage)
  }
}

function newId(name: string): string {
  const podName = process.env.POD_NAME || undefined
  const random = randomBytes(4).toString('hex')
  return generateAgentId(name, { podName, hostName: hostname(), random })
}

/** Finds a free port for the program; another process may take it first. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}

function portFromEnvironment(notify: Notify): number {
  for (const name of ['AGENT_PORT', 'PORT']) {
    const text = process.env[name]
    if (!text) continue
    try {
      return portOrAny(text)
    } catch {
      notify('usage', `${name} is "${text}"; it must be a whole number from 1 to 65535`)
      process.exit(EXIT_CODES.usage)
    }
  }
  return DEFAULT_PORT
}

function toCheck(text: string): string {
  if (text === 'tcp' || (/^https?:\/\//.test(text) && URL.canParse(text))) return text
  throw new InvalidArgumentError('It must be tcp, or a URL that begins with http:// or https://.')
}
