import { setTimeout as sleep } from 'node:timers/promises'
import type { Branch } from '../../../domain/history-position.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { ThreadValue, WriterOptions, WriterReady, WriterRequest } from './messages.ts'
import { type Outcome, SqliteThread } from './thread.ts'

/** Most restarts within {@link RESTART_WINDOW_MS}; beyond that, the failure is permanent. */
const RESTART_LIMIT = 5
const RESTART_WINDOW_MS = 60_000
/** Attempts to reopen the file, and milliseconds before the second one; twice that before the third. */
const REOPEN_ATTEMPTS = 3
const REOPEN_DELAY_MS = 200

const THREAD = 'writer-thread'

interface PendingRequest {
  readonly request: WriterRequest
  readonly resolve: (value: ThreadValue | undefined) => void
  readonly reject: (error: RegistryError) => void
  /** Number of threads that it was sent to. */
  sent: number
}

/** Reports events of the writer thread to the operator. */
export interface WriterReporter {
  /** Called when the thread ended and was replaced. */
  restarted(reason: string): void
  /** Called when the thread cannot be replaced; only a restart of the process helps. */
  lost(reason: RegistryError): void
}

/**
 * Sends requests to the writer thread. When the thread ends, starts another: in-flight commits that the
 * file contains are acknowledged, and the others are sent again. When the file lacks acknowledged
 * commits, or cannot be opened, all further writes are refused.
 */
export class SqliteWriter {
  readonly #options: WriterOptions
  readonly #reporter: WriterReporter
  #thread: SqliteThread<WriterRequest>
  /** Revision of the last acknowledged commit. */
  #revision: number
  #identity: string
  /** The branch that this registry has begun. */
  #branch: string | undefined
  /** In order of execution. */
  #pending: PendingRequest[] = []
  #isClaimed = false
  #isClosing = false
  /** The thread has ended; new requests wait for the next one. */
  #isRestarting = false
  #restarting: Promise<void> = Promise.resolve()
  #restarts: number[] = []
  #lost: RegistryError | undefined

  private constructor(parts: {
    options: WriterOptions
    reporter: WriterReporter
    thread: SqliteThread<WriterRequest>
    ready: WriterReady
  }) {
    this.#options = parts.options
    this.#reporter = parts.reporter
    this.#thread = parts.thread
    this.#revision = parts.ready.revision
    this.#identity = parts.ready.identity
  }

  /**
   * Starts the thread and waits until the file is open.
   *
   * @throws RegistryError `STORAGE_UNUSABLE` that names the file and explains what to do
   */
  static async start(
    options: WriterOptions,
    reporter: WriterReporter,
  ): Promise<{ writer: SqliteWriter; ready: WriterReady }> {
    const { thread, ready } = await startThread(options)
    return { writer: new SqliteWriter({ options, reporter, thread, ready }), ready }
  }

  /** Identity of the files being written; may change when a new thread has reopened them. */
  get identity(): string {
    return this.#identity
  }

  /** Why all writes are refused; undefined: they are not. */
  get lost(): RegistryError | undefined {
    return this.#lost
  }

  /** Sends a request to the thread. @throws RegistryError `STORAGE_UNAVAILABLE` */
  request(request: WriterRequest): Promise<ThreadValue | undefined> {
    if (this.#lost) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      const pending = { request, resolve, reject, sent: 0 }
      this.#pending.push(pending)
      if (!this.#isRestarting) void this.#send(pending)
    })
  }

  /**
   * Claims the file, and records the line of branches.
   *
   * @param branches the one that this registry begins comes last
   * @throws RegistryError `STORAGE_UNAVAILABLE`
   */
  async claim(branches: readonly Branch[]): Promise<void> {
    this.#branch = branches.at(-1)?.id
    await this.request({ kind: 'claim', branches })
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#restarting
    this.#isClosing = true
    // A thread that has already ended has closed the file.
    await this.#thread.finish({ kind: 'close' })
  }

  async #send(pending: PendingRequest): Promise<void> {
    if (this.#thread.ended !== undefined) return this.#restart(this.#thread.ended)
    pending.sent++
    const outcome = await this.#thread.send(pending.request)
    if (!outcome.ok && 'hasEnded' in outcome) this.#restart(outcome.message)
    else this.#settle(pending, outcome)
  }

  #settle(pending: PendingRequest, outcome: Outcome): void {
    this.#pending.splice(this.#pending.indexOf(pending), 1)
    const { request, resolve, reject } = pending
    if (!outcome.ok) {
      reject(new RegistryError('STORAGE_UNAVAILABLE', `the store failed: ${outcome.message}`))
      return
    }
    if (request.kind === 'commit') this.#revision = request.revision
    if (request.kind === 'claim') this.#isClaimed = true
    resolve(outcome.value)
  }

  #restart(reason: string): void {
    if (this.#isRestarting || this.#lost) return
    this.#isRestarting = true
    this.#restarting = this.#replaceThread(reason)
  }

  async #replaceThread(reason: string): Promise<void> {
    const now = performance.now()
    this.#restarts = this.#restarts.filter((at) => now - at < RESTART_WINDOW_MS)
    this.#restarts.push(now)
    if (!this.#isClaimed || this.#isClosing) return this.#markLost(reason)
    if (this.#restarts.length > RESTART_LIMIT) return this.#markLost(`${reason}, repeatedly`)
    try {
      const { thread, ready } = await this.#reopen()
      const mismatch = this.#mismatchOf(ready)
      if (mismatch !== undefined) {
        await thread.finish({ kind: 'close' })
        return this.#markLost(`${reason}; ${mismatch}`)
      }
      this.#thread = thread
      this.#identity = ready.identity
      this.#resume(ready.revision)
      this.#reporter.restarted(reason)
    } catch (error) {
      this.#markLost(`${reason}; it cannot be restarted: ${messageOf(error)}`)
    }
  }

  async #reopen(): ReturnType<typeof startThread> {
    for (let attempt = 1; ; attempt++) {
      try {
        const started = await startThread({ ...this.#options, mustExist: true })
        // Records the owner again; the file of an unclaimed thread is discarded when closed.
        await started.thread.send({ kind: 'claim' })
        return started
      } catch (error) {
        if (attempt === REOPEN_ATTEMPTS) throw error
        await sleep(attempt * REOPEN_DELAY_MS)
      }
    }
  }

  /** Returns why the file is not the one that this registry has written; undefined: it is. */
  #mismatchOf({ branches, revision, ownerPid, isOurs }: WriterReady): string | undefined {
    if (!isOurs) return `process ${ownerPid} has used the file in the meantime`
    // A copy of the file as it was before this start, or another registry.
    if (branches.at(-1)?.id !== this.#branch) return 'the file now contains another registry'
    const possible = [this.#revision]
    for (const { request } of this.#pending) {
      if (request.kind === 'commit') possible.push(request.revision)
    }
    if (possible.includes(revision)) return undefined
    return `the file ends at revision ${revision}, but ${this.#revision} was acknowledged`
  }

  /** @param written revision of the last commit in the file */
  #resume(written: number): void {
    this.#isRestarting = false
    for (const pending of [...this.#pending]) {
      const { request, sent } = pending
      if (isWritten(request, written)) this.#settle(pending, { ok: true })
      else if (sent === 0 || (sent === 1 && isRetryable(request))) void this.#send(pending)
      else
        this.#settle(pending, { ok: false, message: 'the database thread ended before writing it' })
    }
  }

  #markLost(reason: string): void {
    const message = `the store was lost: ${reason}. Restart the registry`
    this.#lost = new RegistryError('STORAGE_UNAVAILABLE', message)
    for (const { reject } of this.#pending.splice(0)) reject(this.#lost)
    if (!this.#isClosing) this.#reporter.lost(this.#lost)
  }
}

async function startThread(
  options: WriterOptions,
): Promise<{ thread: SqliteThread<WriterRequest>; ready: WriterReady }> {
  const { thread, value } = await SqliteThread.start<WriterRequest>(THREAD, options)
  if (value.ready === undefined) throw new Error('the thread did not report the state of the file')
  return { thread, ready: value.ready }
}

/** A commit without transitions does not change the revision; writing it twice is harmless. */
function isWritten(request: WriterRequest, written: number): boolean {
  if (request.kind !== 'commit') return false
  const { baseRevision, revision } = request
  return revision < written || (revision === written && baseRevision < revision)
}

/** Heartbeats must not be rewritten: a later commit may already have written newer values. */
function isRetryable({ kind }: WriterRequest): boolean {
  return kind !== 'saveHeartbeats'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
