import { setTimeout as sleep } from 'node:timers/promises'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { ThreadValue, WriterOptions, WriterReady, WriterRequest } from './messages.ts'
import { type Outcome, SqliteThread } from './thread.ts'

/** Threads that may end within {@link RESTART_WINDOW_MS}; one more, and something is wrong for good. */
const RESTART_LIMIT = 5
const RESTART_WINDOW_MS = 60_000
/** Attempts to open the file again, and milliseconds before the second one; twice that before the third. */
const OPEN_ATTEMPTS = 3
const OPEN_AGAIN_MS = 200

const THREAD = 'writer-thread'

interface Unanswered {
  readonly request: WriterRequest
  readonly resolve: (value: ThreadValue | undefined) => void
  readonly reject: (error: RegistryError) => void
  /** Threads that it was sent to. */
  sent: number
}

/** What happens to the writer thread that an operator should know. */
export interface WriterReporter {
  /** It ended, and another one goes on in its place. */
  restarted(reason: string): void
  /** No other one can go on in its place; only a restart of the process helps. */
  lost(reason: RegistryError): void
}

/**
 * Sends requests to the writer thread. When that ends, another one is started: the file says which of
 * the commits under way it holds; these are acknowledged, and the others are sent again. When the
 * file does not hold what was acknowledged, or cannot be opened, nothing is written any more.
 */
export class SqliteWriter {
  readonly #options: WriterOptions
  readonly #reporter: WriterReporter
  readonly #epoch: string
  #thread: SqliteThread<WriterRequest>
  /** Of the last commit that was acknowledged. */
  #revision: number
  #identity: string
  /** In the order in which they are to be carried out. */
  #unanswered: Unanswered[] = []
  #isClaimed = false
  #isClosing = false
  /** The thread is gone; what is asked for meanwhile waits for the next one. */
  #isWaiting = false
  #restarted: Promise<void> = Promise.resolve()
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
    this.#epoch = parts.ready.epoch
    this.#revision = parts.ready.revision
    this.#identity = parts.ready.identity
  }

  /**
   * Starts the thread and waits until the file is open.
   *
   * @throws RegistryError `STORAGE_UNUSABLE` that names the file and says what to do
   */
  static async start(
    options: WriterOptions,
    reporter: WriterReporter,
  ): Promise<{ writer: SqliteWriter; ready: WriterReady }> {
    const { thread, ready } = await startThread(options)
    return { writer: new SqliteWriter({ options, reporter, thread, ready }), ready }
  }

  /** Which files it writes; other ones after the thread has ended and another has opened them. */
  get identity(): string {
    return this.#identity
  }

  /** Why nothing is written any more; undefined: it is. */
  get lost(): RegistryError | undefined {
    return this.#lost
  }

  /** @throws RegistryError `STORAGE_UNAVAILABLE` */
  request(request: WriterRequest): Promise<ThreadValue | undefined> {
    if (this.#lost) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      const unanswered = { request, resolve, reject, sent: 0 }
      this.#unanswered.push(unanswered)
      if (!this.#isWaiting) this.#send(unanswered)
    })
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#restarted
    this.#isClosing = true
    // Its end has closed the file, if it has ended.
    await this.#thread.finish({ kind: 'close' })
  }

  async #send(unanswered: Unanswered): Promise<void> {
    if (this.#thread.ended !== undefined) return this.#restart(this.#thread.ended)
    unanswered.sent++
    const outcome = await this.#thread.send(unanswered.request)
    if (!outcome.ok && 'hasEnded' in outcome) this.#restart(outcome.message)
    else this.#settle(unanswered, outcome)
  }

  #settle(unanswered: Unanswered, outcome: Outcome): void {
    this.#unanswered.splice(this.#unanswered.indexOf(unanswered), 1)
    const { request, resolve, reject } = unanswered
    if (!outcome.ok) {
      reject(new RegistryError('STORAGE_UNAVAILABLE', `the store failed: ${outcome.message}`))
      return
    }
    if (request.kind === 'commit') this.#revision = request.revision
    if (request.kind === 'claim') this.#isClaimed = true
    resolve(outcome.value)
  }

  #restart(reason: string): void {
    if (this.#isWaiting || this.#lost) return
    this.#isWaiting = true
    this.#restarted = this.#startAgain(reason)
  }

  async #startAgain(reason: string): Promise<void> {
    const now = performance.now()
    this.#restarts = this.#restarts.filter((at) => now - at < RESTART_WINDOW_MS)
    this.#restarts.push(now)
    if (!this.#isClaimed || this.#isClosing) return this.#lose(reason)
    if (this.#restarts.length > RESTART_LIMIT) return this.#lose(`${reason}, again and again`)
    try {
      const { thread, ready } = await this.#openAgain()
      const objection = this.#objectionTo(ready)
      if (objection !== undefined) {
        await thread.finish({ kind: 'close' })
        return this.#lose(`${reason}; ${objection}`)
      }
      this.#thread = thread
      this.#identity = ready.identity
      this.#resume(ready.revision)
      this.#reporter.restarted(reason)
    } catch (error) {
      this.#lose(`${reason}; it cannot go on: ${messageOf(error)}`)
    }
  }

  async #openAgain(): ReturnType<typeof startThread> {
    for (let attempt = 1; ; attempt++) {
      try {
        const started = await startThread({ ...this.#options, mustExist: true })
        // The file names its owner again, and what is not claimed is not ours to close.
        await started.thread.send({ kind: 'claim' })
        return started
      } catch (error) {
        if (attempt === OPEN_ATTEMPTS) throw error
        await sleep(attempt * OPEN_AGAIN_MS)
      }
    }
  }

  /** Why the file is not the one that this registry has written; undefined: it is. */
  #objectionTo({ epoch, revision, ownerPid, isOurs }: WriterReady): string | undefined {
    if (epoch !== this.#epoch) return 'the file holds another registry now'
    if (!isOurs) return `process ${ownerPid} has used the file meanwhile`
    const possible = [this.#revision]
    for (const { request } of this.#unanswered) {
      if (request.kind === 'commit') possible.push(request.revision)
    }
    if (possible.includes(revision)) return undefined
    return `the file ends at revision ${revision}, but ${this.#revision} was acknowledged`
  }

  /** @param written revision of the last commit that the file holds */
  #resume(written: number): void {
    this.#isWaiting = false
    for (const unanswered of [...this.#unanswered]) {
      const { request, sent } = unanswered
      if (isWritten(request, written)) this.#settle(unanswered, { ok: true })
      else if (sent === 0 || (sent === 1 && isRepeatable(request))) this.#send(unanswered)
      else this.#settle(unanswered, { ok: false, message: 'its thread ended, and wrote nothing' })
    }
  }

  #lose(reason: string): void {
    const message = `the store was lost: ${reason}. Restart the registry`
    this.#lost = new RegistryError('STORAGE_UNAVAILABLE', message)
    for (const { reject } of this.#unanswered.splice(0)) reject(this.#lost)
    if (!this.#isClosing) this.#reporter.lost(this.#lost)
  }
}

async function startThread(
  options: WriterOptions,
): Promise<{ thread: SqliteThread<WriterRequest>; ready: WriterReady }> {
  const { thread, value } = await SqliteThread.start<WriterRequest>(THREAD, options)
  if (value.ready === undefined) throw new Error('the thread did not say what is in the file')
  return { thread, ready: value.ready }
}

/** One without transitions leaves the revision as it is; to write it twice does no harm. */
function isWritten(request: WriterRequest, written: number): boolean {
  if (request.kind !== 'commit') return false
  const { baseRevision, revision } = request
  return revision < written || (revision === written && baseRevision < revision)
}

/** Heartbeats that were written already may be older than what a commit behind them has written. */
function isRepeatable({ kind }: WriterRequest): boolean {
  return kind !== 'saveHeartbeats'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
