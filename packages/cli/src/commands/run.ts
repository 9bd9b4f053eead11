import { hostname } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { metadata, repeated, seconds, port as toPort } from '../option-values.ts'
import { addRegistryOption } from '../registry-options.ts'
import { agentIdFor } from '../sidecar/agent-identity.ts'
import { type Notify, notifyAsJson, notifyInWords } from '../sidecar/notices.ts'
import { httpCheck, type ReadinessCheck, tcpCheck } from '../sidecar/readiness-check.ts'
import { runSidecar } from '../sidecar/run-sidecar.ts'

/** Milliseconds that one check may take, at the most. */
const CHECK_MS = 2000
const DEFAULT_PORT = 8000

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
    .option('--port <port>', 'where it listens (default: AGENT_PORT or 8000)', toPort)
    .option('--capability <word>', 'what it can do; repeatable', repeated)
    .option('--id <id>', 'agent id (default: name, host name and process id)')
    .option('--host <host>', 'where others reach it (default: AGENT_HOST or the host name)')
    .option('--ttl <seconds>', 'how long it is listed without a heartbeat', seconds, 60)
    .option('--url <url>', 'where to call it (default: http://host:port)')
    .option('--agent-version <version>', 'version of the agent')
    .option('--metadata <key=value>', 'more about it; repeat, or give one JSON object', metadata)
    .option('--check <what>', 'tcp or an http:// URL: register once it answers', toCheck)
    .option('--check-timeout <seconds>', 'give up when it has not answered by then', seconds)
    .option('--kill-after <seconds>', 'SIGKILL when SIGTERM has not ended it', seconds, 10)
    .option('--json', 'what it has to say on stderr as JSON, one line each')
    .addHelpText(
      'after',
      `
The program finds AGENT_ID, AGENT_HOST, AGENT_PORT and REGISTRY_URL in its
environment. Signals are passed on to it. When it ends, so does all that it
began, the agent is deregistered, and its exit code is ours; 128+n when it
died of signal n, 126 or 127 when it could not be started, 1 when
--check-timeout ended it.

With --check it is asked again before each heartbeat. While it does not answer
none is sent, so that the agent is no longer listed as alive.

Examples:
  rollcall run --name researcher --port 8000 -- python agent.py
  rollcall run --name search --capability search --check tcp -- ./agent --fast
  rollcall run --name api --check http://localhost:8000/ready -- npm start`,
    )
    .action(run)
}

async function run(command: string, args: string[], options: RunOptions): Promise<void> {
  const host = options.host ?? (process.env.AGENT_HOST || hostname())
  const { ttl: ttlSeconds } = options
  const agentId = options.id ?? agentIdFor(options.name, hostname(), process.pid)
  const notify = options.json ? notifyAsJson(agentId) : notifyInWords
  const port = options.port ?? portFromEnvironment(notify)
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
      check:
        options.check === undefined
          ? undefined
          : checkOf(options.check, { host, port, ttlSeconds }),
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

function checkOf(
  what: string,
  agent: { host: string; port: number; ttlSeconds: number },
): ReadinessCheck {
  // A check and the heartbeat after it share a third of the TTL.
  const timeoutMs = Math.min(CHECK_MS, Math.round((agent.ttlSeconds * 1000) / 6))
  return what === 'tcp' ? tcpCheck({ ...agent, timeoutMs }) : httpCheck({ url: what, timeoutMs })
}

function portFromEnvironment(notify: Notify): number {
  const text = process.env.AGENT_PORT
  if (!text) return DEFAULT_PORT
  try {
    return toPort(text)
  } catch {
    notify('usage', `AGENT_PORT is "${text}"; it must be a whole number from 1 to 65535`)
    process.exit(EXIT_CODES.usage)
  }
}

function toCheck(text: string): string {
  if (text === 'tcp' || (/^https?:\/\//.test(text) && URL.canParse(text))) return text
  throw new InvalidArgumentError('It must be tcp, or a URL that begins with http:// or https://.')
}
