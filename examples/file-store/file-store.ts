// A durable store of your own: one file, to which each line adds a group of changes or some heartbeats.
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises'
import { AgentRecord, RegistryError, type Transition } from '@rollcall/server'
import * as storage from '@rollcall/server/storage'

/** The position of the registry; leases, transitions, maintenance and cards that are new or have changed; agents that are gone. */
interface Line extends Partial<storage.StoredPosition> {
  readonly leases?: readonly storage.StoredLease[]
  readonly transitions?: readonly Transition[]
  readonly gone?: readonly string[]
  readonly maintenance?: readonly storage.MaintenanceChange[]
  /** Texts of cards by agent; null: removed. */
  readonly cards?: readonly (readonly [agentId: string, card: string | null])[]
}

/** Opens the registry in a file, which is created if it is missing. One process at a time may use it. */
export async function openFileRegistry(path: string, options: storage.LiveRegistryOptions = {}) {
  const agents = new Map<string, storage.StoredLease>()
  const maintenance = new Map<string, storage.MaintenanceEntry>()
  const cards = new Map<string, string>()
  const history = new storage.RecentTransitions()
  let position = storage.newPosition()
  for (const line of await readLines(path)) {
    const { leases = [], gone = [], transitions = [], cards: texts = [], ...others } = line
    const { maintenance: changes = [], ...rest } = others
    putAll(cards, texts)
    for (const lease of leases) agents.set(lease.agentId, lease)
    for (const agentId of gone) agents.delete(agentId)
    for (const { pattern, entry } of changes) {
      if (entry) maintenance.set(pattern, entry)
      else maintenance.delete(pattern)
    }
    history.push(transitions.map((it) => ({ ...it, agent: new AgentRecord(it.agent) })))
    position = { ...position, ...rest }
  }
  // A backup of the file may be opened as well: positions of clients tell the two by their branches.
  position = { ...position, branches: storage.beginBranch(position) }
  // Many lines become one.
  const snapshot: Line = {
    ...position,
    leases: [...agents.values()],
    transitions: history.all(),
    maintenance: [...maintenance].map(([pattern, entry]) => ({ pattern, entry })),
    cards: [...cards],
  }
  await writeFile(`${path}.new`, toText(snapshot), { flush: true })
  await rename(`${path}.new`, path)
  const file = await open(path, 'r+')
  const { size } = await file.stat()
  const { revision } = position
  return storage.openLiveRegistry(
    {
      position,
      leases: agents.values().toArray(),
      maintenance: maintenance.values().toArray(),
      journal: (clock) => new FileJournal({ file, size, revision, history, cards, clock }),
      capabilities: { name: 'file', durable: true, shared: false },
    },
    options,
  )
}

function putAll(cards: Map<string, string>, texts: NonNullable<Line['cards']>): void {
  for (const [agentId, card] of texts) {
    if (card === null) cards.delete(agentId)
    else cards.set(agentId, card)
  }
}

const toText = (line: Line) => `${JSON.stringify(line)}\n`

/** Reads the lines of a file. What follows the last line break was never acknowledged. */
async function readLines(path: string): Promise<Line[]> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    if (cause.code === 'ENOENT') return ''
    throw new RegistryError('STORAGE_UNUSABLE', `${path} cannot be read: ${cause.message}`)
  })
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line))
}

class FileJournal implements storage.Journal {
  readonly #file: FileHandle
  readonly #history: storage.RecentTransitions
  readonly #cards: Map<string, string>
  readonly #clock: storage.LeaseClock
  readonly #order: storage.CommitOrder
  #size: number
  #last: Promise<void> = Promise.resolve()

  constructor(parts: {
    file: FileHandle
    size: number
    revision: number
    history: storage.RecentTransitions
    cards: Map<string, string>
    clock: storage.LeaseClock
  }) {
    this.#file = parts.file
    this.#size = parts.size
    this.#order = new storage.CommitOrder(parts.revision)
    this.#history = parts.history
    this.#cards = parts.cards
    this.#clock = parts.clock
  }

  commit(entry: storage.JournalEntry): Promise<void> {
    const { changes, revision, leaseNow } = entry
    const leases = changes.filter(({ gone }) => !gone).map(({ lease }) => this.#stored(lease))
    const gone = changes.filter((change) => change.gone).map(({ lease }) => lease.agentId)
    const transitions = changes.flatMap(({ transition }) => transition ?? [])
    const cards = changes.flatMap(({ lease, card }) =>
      card === undefined ? [] : [[lease.agentId, card] as const],
    )
    return this.#inOrder(async () => {
      await this.#order.run(entry, () =>
        this.#append({ leases, gone, transitions, cards, revision, leaseNow }),
      )
      putAll(this.#cards, cards)
      this.#history.push(transitions)
    })
  }

  saveHeartbeats(
    leases: readonly storage.Lease[],
    times: { leaseNow: storage.LeaseTime; savedTo: storage.LeaseTime },
  ) {
    const line = { leases: leases.map((lease) => this.#stored(lease)), ...times }
    return this.#inOrder(() => this.#append(line))
  }

  saveMaintenance(change: storage.MaintenanceChange) {
    return this.#inOrder(() => this.#append({ maintenance: [change] }))
  }

  async eventsSince(revision: number, limit: number, bounds: storage.HistoryBounds) {
    return this.#history.page(revision, limit, bounds)
  }

  async historyOf(
    agentId: string,
    range: { before: number; limit: number },
    bounds: storage.HistoryBounds,
  ) {
    return this.#history.ofAgent(agentId, range, bounds)
  }

  async readCard(agentId: string): Promise<string | undefined> {
    return this.#cards.get(agentId)
  }

  async trimHistory(bounds: storage.HistoryBounds): Promise<boolean> {
    this.#history.drop(this.#history.countBefore(bounds))
    return false
  }

  async check(): Promise<void> {
    await this.#file.stat()
  }

  async close(): Promise<void> {
    await this.#last
    await this.#file.close()
  }

  #stored(lease: storage.Lease): storage.StoredLease {
    return storage.toStoredLease(lease, this.#clock)
  }

  #inOrder(write: () => Promise<void>): Promise<void> {
    const written = this.#last.then(write)
    this.#last = written.catch(() => undefined)
    return written
  }

  /** Appends a line, and takes it back if it cannot be written whole. */
  async #append(line: Line): Promise<void> {
    const bytes = Buffer.from(toText(line))
    try {
      await this.#file.write(bytes, 0, bytes.length, this.#size)
      await this.#file.datasync()
      this.#size += bytes.length
    } catch (cause) {
      await this.#file.truncate(this.#size).catch(() => undefined)
      throw new RegistryError('STORAGE_UNAVAILABLE', `the file cannot be written: ${cause}`)
    }
  }
}
