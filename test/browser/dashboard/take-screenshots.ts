// Takes the pictures in docs/images/dashboard: each view, light and dark, narrow and wide, with fleets of several sizes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { HttpClient } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { spawnRollcall } from '../../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { startBrowser } from '../browser.ts'
import { keepExhibit } from './exhibit-agent.ts'
import { LargeFleet } from './large-fleet.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/images/dashboard/', import.meta.url))
const QUALITY = 82
/** Milliseconds until spark lines and lists have something to show. */
const WARM_UP_MS = 30_000
const SETTLE_MS = 2500

const SIZES = {
  wide: { width: 1440, height: 900 },
  wall: { width: 2560, height: 1440 },
  phone: { width: 360, height: 740 },
} as const

interface Shot {
  readonly name: string
  readonly hash: string
  readonly size: keyof typeof SIZES
  readonly colours: 'light' | 'dark'
  /** Milliseconds to wait. */
  readonly afterMs?: number
}

/** The place of the agent that is opened; see `exhibit-agent.ts`. */
const AGENT = '#/agents/papers%3Aeu-1%3Areader-3'

const shot = (name: string, hash: string, size: Shot['size'], colours: Shot['colours']): Shot => ({
  ...{ name, hash, size, colours },
  ...(hash === '#/' && { afterMs: WARM_UP_MS }),
})

/** The shots of each fleet. */
const SHOTS: Readonly<Record<number, readonly Shot[]>> = {
  0: [shot('empty', '#/', 'wide', 'light'), shot('empty-phone', '#/agents', 'phone', 'dark')],
  5: [shot('fleet-5', '#/', 'wide', 'light'), shot('agents-5', '#/agents', 'phone', 'light')],
  200: [
    shot('fleet', '#/', 'wide', 'dark'),
    shot('fleet-light', '#/', 'wide', 'light'),
    shot('fleet-wall', '#/', 'wall', 'dark'),
    shot('fleet-phone', '#/', 'phone', 'dark'),
    shot('agents', '#/agents', 'wide', 'light'),
    shot('agents-phone', '#/agents', 'phone', 'dark'),
    { ...shot('agent', AGENT, 'wide', 'dark'), afterMs: WARM_UP_MS },
    shot('agent-light', AGENT, 'wide', 'light'),
    shot('agent-phone', AGENT, 'phone', 'light'),
    shot('events', '#/events', 'wide', 'dark'),
    shot('events-phone', '#/events', 'phone', 'light'),
  ],
  100000: [
    shot('fleet-100000', '#/', 'wide', 'light'),
    shot('agents-100000', '#/agents', 'wide', 'dark'),
  ],
}

mkdirSync(FOLDER, { recursive: true })
await using browser = await startBrowser()
for (const [agents, shots] of Object.entries(SHOTS)) await takeAll(Number(agents), shots)

async function takeAll(agents: number, shots: readonly Shot[]): Promise<void> {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const stop = new AbortController()
  const fleet = await startFleet(agents, registry, { cwd: folder.path, signal: stop.signal })
  await sleep(SETTLE_MS)
  await Promise.all(shots.map((each) => take(browser, registry, each)))
  stop.abort()
  await fleet.ended
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

async function take(browser: Browser, registry: RegistryProcess, shot: Shot): Promise<void> {
  const { name, hash, size, colours, afterMs = SETTLE_MS } = shot
  const page = await browser.newPage({ viewport: SIZES[size], colorScheme: colours })
  await page.goto(`${registry.url}/${hash}`)
  await page.waitForTimeout(afterMs)
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'webp',
    quality: QUALITY,
  })
  writeFileSync(`${FOLDER}${name}.webp`, Buffer.from(data, 'base64'))
  console.log(`${name}.webp`)
  await page.close()
}
