import type { AgentRecord } from '../../../src/domain/agent-record.ts'
import type { LoadListener } from '../../../src/domain/load-subscription.ts'
import type { CurrentLoads, KnownLoads, LoadReader } from '../../../src/feed/load-audience.ts'
import type { SentLoad } from '../../../src/feed/load-feed.ts'

export type Loads = Record<string, number | null>

/** A store reduced to its list and its reported loads. */
export class LoadSourceUnderTest {
  list: AgentRecord[] = []
  failures = 0
  /** If set, lists wait for it. */
  gate: Promise<void> | undefined
  readonly listeners = new Set<LoadListener>()

  followLoads(listener: LoadListener) {
    this.listeners.add(listener)
    return { ready: Promise.resolve(), end: () => void this.listeners.delete(listener) }
  }

  async *listAll() {
    if (this.failures-- > 0) throw new Error('unavailable')
    const page = [...this.list]
    await this.gate
    yield page
  }

  report(agentId: string, load: number | null, atMs: number): void {
    for (const listener of this.listeners) listener(agentId, load, atMs)
  }
}

export class RecordingReader implements LoadReader {
  readonly filter = {}
  readonly known: KnownLoads | undefined
  readonly reports: Loads[] = []
  current: CurrentLoads | undefined

  constructor(known?: Loads) {
    this.known = known && new Map(Object.entries(known))
  }

  deliver(text: Buffer): void {
    this.reports.push(JSON.parse(text.toString()))
  }

  begin(current: CurrentLoads): void {
    this.current = current
  }

  /** The loads that it receives when it joins. */
  get all(): Loads {
    const texts = [...(this.current?.(this.known) ?? [])].filter((text) => text !== '')
    return Object.assign({}, ...texts.map((text) => JSON.parse(text)))
  }
}

/** JSON encodes NaN as null. */
export const encode = (loads: readonly SentLoad[]): string =>
  JSON.stringify(Object.fromEntries(loads.map(({ agentId, sent }) => [agentId, sent])))
