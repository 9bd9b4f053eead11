import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { Mirror } from '../mirror/mirror.ts'
import { noticePrinter } from '../mirror/notices.ts'
import { Source } from '../mirror/source.ts'
import { agentId, count, seconds } from '../options/option-values.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { interruptSignal } from '../process/interruption.ts'
import { withRegistry } from '../registry/with-registry.ts'

interface MirrorOptions extends RegistryOptions {
  readonly prefix: string
  readonly interval: number
  readonly ttl: number
  readonly allowOrigin?: readonly string[]
  readonly once?: true
  readonly dryRun?: true
}

const EXAMPLES = [
  'rollcall mirror https://agents.example/.well-known/ard.json',
  'rollcall mirror https://agents.example/researcher/card --interval 60 --ttl 300',
  'rollcall mirror https://a.example/ard.json --allow-origin https://b.example',
  'rollcall mirror https://agents.example/.well-known/ard.json --dry-run',
]

/** `rollcall mirror` registers what a manifest offers. */
export function mirrorCommand(): Command {
  return registryCommand('mirror', EXAMPLES)
    .description('Register the agents of a manifest or a card for as long as they answer.')
    .argument('<url>', 'URL of a manifest (ard.json, ai-catalog.json) or of a card', httpUrl)
    .option('--prefix <text>', 'Beginning of the ids of its agents', prefix, 'mirror:')
    .option('--interval <seconds>', 'Time between two rounds', seconds, 20)
    .option('--ttl <seconds>', 'Lease duration of its agents', count, 60)
    .option(
      '--allow-origin <origin>',
      'Further origin from which cards are read and endpoints asked; repeat for several, * for any',
      origins,
    )
    .option('--once', 'Do one round and exit; the agents expire after their TTL')
    .option('--dry-run', 'Print what would be registered and exit')
    .addHelpText(
      'after',
      `
Each round reads the manifest and its cards and asks the endpoint of each agent:
every answer below 500 counts as alive. An agent whose endpoint does not answer
gets no heartbeat and expires; one that is no longer offered is deregistered. A
manifest that cannot be read, or makes no sense, leaves everything as it was.

Only the origin of the URL is called, unless others are allowed. On SIGTERM all
agents are deregistered, and the exit code is 0. --once exits with 1 if anything
could not be mirrored. --json prints JSON lines.`,
    )
    .action(mirror)
}

async function mirror(url: string, options: MirrorOptions, command: Command): Promise<void> {
  const { prefix, interval, ttl, allowOrigin = [], once, dryRun } = options
  if (interval >= ttl) command.error('error: --interval must be less than --ttl', USAGE)
  await withRegistry(options, async ({ api }) => {
    const signal = interruptSignal()
    const source = new Source({
      origins: [new URL(url).origin, ...allowOrigin],
      timeoutMs: options.timeout * 1000,
      signal,
    })
    const notify = noticePrinter(options.json ?? false)
    const isDryRun = dryRun ?? false
    const parts = { source, api, url, prefix, ttlSeconds: ttl, isDryRun, notify }
    const mirrored = new Mirror(parts)
    if (once || dryRun) {
      if (!(await mirrored.round())) process.exitCode = EXIT_CODES.failed
      return
    }
    try {
      for (;;) {
        await mirrored.round()
        await sleep(interval * 1000, undefined, { signal })
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await mirrored.close()
    }
  })
}

/** Room for a host and a hash after it. */
const MAX_PREFIX_CHARACTERS = 64
const USAGE = { exitCode: EXIT_CODES.usage }

function httpUrl(text: string): string {
  const { protocol, username } = URL.parse(text) ?? {}
  if ((protocol === 'http:' || protocol === 'https:') && username === '') return text
  throw new InvalidArgumentError('It must be a URL that begins with http:// or https://.')
}

function prefix(text: string): string {
  if (text.length > MAX_PREFIX_CHARACTERS) {
    throw new InvalidArgumentError(`It must be at most ${MAX_PREFIX_CHARACTERS} characters.`)
  }
  agentId(`${text}x`)
  return text
}

function origins(text: string, before: readonly string[] = []): string[] {
  if (text === '*' || URL.parse(text)?.origin === text) return [...before, text]
  throw new InvalidArgumentError('It must be an origin such as https://agents.example, or *.')
}
