// Takes the pictures in docs/images/dashboard: each view, light and dark, narrow and wide, with fleets of several sizes.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { HttpClient } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { spawnRollcall } from '../../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { startBrowser } from '../browser.ts'
import { keepExhibit } from './exhibit-agent.ts'
import { createExhibitedTokens } from './exhibit-tokens.ts'
import { exhibitWebhooks } from './exhibit-webhooks.ts'
import { LargeFleet } from './large-fleet.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/images/dashboard/', import.meta.url))
const QUALITY = 75
/** Milliseconds until spark lines and lists have something to show. */
const WARM_UP_MS = 30_000
const SETTLE_MS = 3000
/** Pages that are open at once: each of them works. */
const AT_ONCE = 4

const SIZES = {
  wide: { width: 1440, height: 900 },
  wall: { width: 2560, height: 1440 },
  phone: { width: 360, height: 740 },
} as const
const COLOURS = ['light', 'dark'] as const

interface Shot {
  /** The name of the file, without its ending. */
  readonly name: string
  /** The place in the page. */
  readonly hash: string
  readonly size: keyof typeof SIZES
  readonly colours: (typeof COLOURS)[number]
}

/** The places that are shown; the agent is that of `exhibit-agent.ts`. */
const PLACES = {
  fleet: '#/',
  agents: '#/agents',
  agent: '#/agents/papers%3Aeu-1%3Areader-3',
  events: '#/events',
  tokens: '#/tokens',
  webhooks: '#/webhooks',
} as const
type Place = keyof typeof PLACES

const shot = (
  place: Place,
  agents: number,
  size: Shot['size'],
  colours: Shot['colours'],
): Shot => ({
  ...{ name: `${place}-${agents}-${size}-${colours}`, hash: PLACES[place], size, colours },
})

/** Each view in both sizes and both colours. */
const all = (agents: number, ...places: readonly Place[]): Shot[] =>
  places.flatMap((place) =>
    (['wide', 'phone'] as const).flatMap((size) =>
      COLOURS.map((colours) => shot(place, agents, size, colours)),
    ),
  )

/** The shots of each fleet. */
const SHOTS: ReadonlyMap<number, readonly Shot[]> = new Map([
  [0, [shot('fleet', 0, 'wide', 'light'), shot('agents', 0, 'phone', 'dark')]],
  [5, [shot('fleet', 5, 'wide', 'light'), shot('agents', 5, 'phone', 'light')]],
  [
    200,
    [
      // The picture of the README.
      { ...shot('fleet', 200, 'wide', 'dark'), name: 'fleet' },
      { ...shot('fleet', 200, 'wall', 'dark'), name: 'fleet-wall' },
    ],
  ],
  [500, all(500, 'fleet', 'agents', 'agent', 'events')],
  [
    100_000,
    [
      ...COLOURS.map((colours) => shot('fleet', 100_000, 'wide', colours)),
      shot('agents', 100_000, 'wide', 'dark'),
      shot('agents', 100_000, 'phone', 'light'),
      shot('events', 100_000, 'wide', 'light'),
    ],
  ],
])

const chosen = process.argv.slice(2)
const isChosen = ({ name }: Shot) => chosen.length === 0 || chosen.includes(name)
if (chosen.length === 0) rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
await using browser = await startBrowser()
for (const [agents, shots] of SHOTS) await takeAll(agents, shots.filter(isChosen))
await takeTokens(all(0, 'tokens').filter(isChosen))
await takeWebhooks(all(0, 'webhooks').filter(isChosen))

async function takeAll(agents: number, shots: readonly Shot[]): Promise<void> {
  if (shots.length === 0) return
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const stop = new AbortController()
  const fleet = await startFleet(agents, registry, { cwd: folder.path, signal: stop.signal })
  await sleep(SETTLE_MS)
  await takeInTurn(registry, shots, {})
  stop.abort()
  await fleet.ended
}

/** Tokens begin access control, so they have a registry of their own. */
async function takeTokens(shots: readonly Shot[]): Promise<void> {
  if (shots.length === 0) return
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const token = await createExhibitedTokens(registry)
  await takeInTurn(registry, shots, { token })
}

/** Their receivers are on this machine, to which other registries do not send. */
async function takeWebhooks(shots: readonly Shot[]): Promise<void> {
  if (shots.length === 0) return
  using folder = new TemporaryFolder()
  const args = ['--webhook-networks', '127.0.0.1']
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
  await using _receivers = await exhibitWebhooks(registry)
  await takeInTurn(registry, shots, {})
}

async function takeInTurn(
  registry: RegistryProcess,
  shots: readonly Shot[],
  options: { readonly token?: string },
): Promise<void> {
  const rest = shots.values()
  const worker = async (): Promise<void> => {
    for (const each of rest) await take(browser, `${registry.url}/${each.hash}`, each, options)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** A small fleet is the one of the demonstration; a large one only sends heartbeats. */
async function startFleet(
  agents: number,
  registry: RegistryProcess,
  { cwd, signal }: { cwd: string; signal: AbortSignal },
): Promise<{ ended: Promise<void> | undefined }> {
  if (agents === 0) return { ended: undefined }
  if (agents <= 1000) {
    const args = ['demo', '--agents', String(agents), '--churn', '--registry', registry.url]
    const demo = spawnRollcall(args, { cwd })
    signal.addEventListener('abort', () => demo.kill('SIGKILL'))
    return { ended: keepExhibit(registry, signal) }
  }
  const fleet = new LargeFleet(new HttpClient(registry.url), agents)
  await fleet.register()
  const keepAlive = async (): Promise<void> => {
    while (!signal.aborted) await fleet.heartbeat(200).then(() => sleep(1000))
  }
  return { ended: keepAlive() }
}

async function take(
  browser: Browser,
  url: string,
  { name, hash, size, colours }: Shot,
  { token }: { readonly token?: string },
): Promise<void> {
  const page = await browser.newPage({ viewport: SIZES[size], colorScheme: colours })
  if (token) await page.addInitScript(`sessionStorage.setItem('rollcall.token', '${token}')`)
  await page.goto(url)
  const isSlow = hash === PLACES.fleet || hash === PLACES.agent
  await page.waitForTimeout(isSlow && !name.startsWith('fleet-0') ? WARM_UP_MS : SETTLE_MS)
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'webp',
    quality: QUALITY,
  })
  writeFileSync(`${FOLDER}${name}.webp`, Buffer.from(data, 'base64'))
  console.log(`${name}.webp`)
  await page.close()
}
