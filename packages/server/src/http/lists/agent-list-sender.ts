import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { SlicedWork } from '../../scheduling/time-slices.ts'
import { JSON_TYPE } from '../agents/agent-json.ts'
import type { PendingResponses } from '../connections/pending-responses.ts'
import type { AdmittedQuery } from '../queries/query-admission.ts'

/** Bytes up to which a list is gathered and sent whole, with its length. */
const WHOLE_LIST_BYTES = 4 * 1024 * 1024
/** Characters between two looks at the clock, 0.1 ms of work. */
const STEP_CHARACTERS = 16 * 1024

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

/** Answers with JSON arrays of agents. */
export class AgentListSender {
  readonly #toJson: (agent: AgentRecord) => string
  readonly #leaving: PendingResponses
  /** A page that the store gives again has not changed, and neither has its text. */
  readonly #pageTexts = new WeakMap<readonly AgentRecord[], Buffer>()

  constructor(toJson: (agent: AgentRecord) => string, leaving: PendingResponses) {
    this.#toJson = toJson
    this.#leaving = leaving
  }

  /**
   * Small lists go out as one write; large ones are streamed, as fast as the reader takes them
   * and without ever being in memory whole.
   *
   * @param query is released when the response begins
   */
  async send(
    reply: FastifyReply,
    pages: AsyncIterable<readonly AgentRecord[]>,
    query: AdmittedQuery,
  ): Promise<void> {
    const { raw } = reply
    const left = this.#leaving.track(raw)
    const parts = this.#parts(pages, query.work)
    const gathered: Buffer[] = []
    let bytes = 0
    for (;;) {
      const { value: part, done } = await parts.next()
      if (done) break
      this.#leaving.hold(raw, part.length)
      gathered.push(part)
      bytes += part.length
      if (bytes > WHOLE_LIST_BYTES) {
        query.release()
        reply.type(JSON_TYPE).send(Readable.from(resumed(gathered, parts), { objectMode: false }))
        return left
      }
    }
    query.release()
    const headers = reply.getHeaders()
    reply.hijack()
    raw.writeHead(200, { ...headers, 'content-type': JSON_TYPE, 'content-length': bytes } as Record<
      string,
      string | number
    >)
    // Corked, the parts go to the socket in one vectored write, without being copied together.
    raw.cork()
    if (raw.req.method !== 'HEAD') for (const part of gathered) raw.write(part)
    raw.uncork()
    raw.end()
    return left
  }

  async *#parts(
    pages: AsyncIterable<readonly AgentRecord[]>,
    work: SlicedWork,
  ): AsyncGenerator<Buffer, void> {
    let separator = OPEN
    for await (const page of pages) {
      yield separator
      separator = COMMA
      yield this.#pageTexts.get(page) ?? this.#textOf(page, work)
      if (work.isOver) await work.next()
    }
    if (separator === OPEN) yield OPEN
    yield CLOSE
  }

  async #textOf(page: readonly AgentRecord[], work: SlicedWork): Promise<Buffer> {
    const texts: string[] = []
    while (this.#addTexts(page, texts) < page.length) if (work.isOver) await work.next()
    // Joined at once: a text to which each was added took four times as long to become bytes.
    const text = Buffer.from(texts.join(','))
    this.#pageTexts.set(page, text)
    return text
  }

  /** Adds the texts of some more agents. Returns how many there are then. */
  #addTexts(page: readonly AgentRecord[], texts: string[]): number {
    let characters = 0
    while (texts.length < page.length && characters < STEP_CHARACTERS) {
      const text = this.#toJson(page[texts.length] as AgentRecord)
      texts.push(text)
      characters += text.length
    }
    return texts.length
  }
}

async function* resumed(
  gathered: readonly Buffer[],
  rest: AsyncGenerator<Buffer, void>,
): AsyncGenerator<Buffer, void> {
  yield* gathered
  yield* rest
}
