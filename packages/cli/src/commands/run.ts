import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { ownHost } from '@rollcall/client/node'
import { Command, InvalidArgumentError } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { agentId, count, metadata, portOrAny, repeated, seconds } from '../options/option-values.ts'
import { addRegistryOption } from '../options/registry-options.ts'
import { agentIdFor } from '../sidecar/agent-identity.ts'
import type { HealthWatchOptions } from '../sidecar/health-watch.ts'
import { type Notify, notifyAsJson, notifyInWords } from '../sidecar/notices.ts'
import { httpCheck, tcpCheck } from '../sidecar/readiness-check.ts'
import { runSidecar } from '../sidecar/run-sidecar.ts'

const DEFAULT_PORT = 8000
/** Seconds between two checks, or a third of the TTL if that is less. */
const CHECK_INTERVAL_SECONDS = 10

interface RunOptions {
  readonly name: string
  readonly port?: number
  readonly capability?: readonly string[]
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
  readonly registry: string
}

/** `rollcall run`: makes an agent of any program. */
export function runCommand(): Command {
  return addRegistryOption(new Command('run'))
    .description('Run a program as an agent: registered while it lives, without a line of code.')
    .usage('--name <name> [options] -- <command> [args...]')
    .passThroughOptions()
    .argument('<command>', 'the program to run')
    .argument('[args...]', 'its arguments')
    .requiredOption('--name <name>', 'what people call the agent')
    .option(
      '--port <port>',
      'where it listens, 0 for any free one (default: AGENT_PORT, PORT or 8000)',
      portOrAny,
    )
    .option('--capability <word>', 'what it can do; repeatable', repeated)
    .option('--id <id>', 'agent id (default: AGENT_ID, or made of name and host)', agentId)
    .option('--host <host>', 'where others reach it (default: AGENT_HOST, POD_IP or found out)')
    .option('--ttl <seconds>', 'how long it is listed without a heartbeat', seconds, 60)
    .option('--url <url>', 'where to call it (default: http://host:port)')
    .option('--agent-version <version>', 'version of the agent')
    .option('--metadata <key=value>', 'more about it; repeat, or give one JSON object', metadata)
    .option('--check <what>', 'tcp or an http:// URL: register once it answers', toCheck)
    .option('--check-timeout <seconds>', 'give up when it has not answered by then', seconds)
    .option('--check-interval <seconds>', 'between two checks (default: 10, or TTL/3)', seconds)
    .option('--check-limit <seconds>', 'how long one check may take', seconds, 2)
    .option('--check-failures <count>', 'so many in a row stop the heartbeats', count, 2)
    .option('--kill-after <seconds>', 'SIGKILL when SIGTERM has not ended it', seconds, 10)
    .option('--json', 'what it has to say on stderr as JSON, one line each')
    .addHelpText(
      'after',
      `
The program finds AGENT_ID, AGENT_HOST, AGENT_PORT, PORT and REGISTRY_URL in
its environment. Signals are passed on to it. When it ends, so does all that it
began, the agent is deregistered, and its exit code is ours; 128+n when it
died of signal n, 126 or 127 when it could not be started, 1 when
--check-timeout ended it.

With --check it is asked again and again. After --check-failures no heartbeats
are sent until it answers, so that the agent is no longer listed as alive.

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
  const notify = options.json ? notifyAsJson(agentId) : notifyInWords
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
        metadata: options.metadata,
        url: options.url,
        version: options.agentVersion,
        registryUrl: options.registry,
      },
      command,
      args,
      watch:
        options.check === undefined ? undefined : watchOf(options.check, options, { host, port }),
      checkTimeoutMs: (options.checkTimeout ?? Number.POSITIVE_INFINITY) * 1000,
      killAfterSeconds: options.killAfter,
      notify,
    })
    process.exit(code)
  } catch (error) {
    // The client names the option that is wrong.
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    notify('usage', error.message)
    process.exit(EXIT_CODES.usage)
  }
}

function watchOf(
  what: string,
  options: RunOptions,
  address: { host: string; port: number },
): HealthWatchOptions {
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
    notifyInWords('usage', `AGENT_ID is "${AGENT_ID}". ${error.message}`)
    process.exit(EXIT_CODES.usage)
  }
}

function newId(name: string): string {
  const podName = process.env.POD_NAME || undefined
  const random = randomBytes(4).toString('hex')
  return agentIdFor(name, { podName, hostName: hostname(), random })
}

/** What the program is to listen on; another may take it before it does. */
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
