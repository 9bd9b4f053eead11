import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { SlicedWork } from '../../scheduling/time-slices.ts'
import { JSON_TYPE } from '../agents/agent-json.ts'
import type { PendingResponses } from '../connections/pending-responses.ts'
import type { AdmittedQuery } from '../queries/query-admission.ts'

/** Maximum bytes of a list that is buffered and sent with its length. */
const BUFFERED_LIST_BYTES = 4 * 1024 * 1024
/** Bytes of a larger list that are written at once. One write for each page took a third longer. */
const GROUP_BYTES = 1024 * 1024
/** Characters between two checks of the clock, 0.1 ms of work. */
const STEP_CHARACTERS = 16 * 1024

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

/** Sends agents as JSON arrays. */
export class AgentListSender {
  readonly #toJson: (agent: AgentRecord) => string
  readonly #pendingResponses: PendingResponses
  /** The text of each page object: a page that the store returns again has not changed. */
  readonly #pageTexts = new WeakMap<readonly AgentRecord[], Buffer>()

  constructor(toJson: (agent: AgentRecord) => string, pendingResponses: PendingResponses) {
    this.#toJson = toJson
    this.#pendingResponses = pendingResponses
  }

  /**
   * Sends a list. A small list is sent in one write; a large one is streamed as fast as the client reads
   * it, without ever being completely in memory.
   *
   * @param query is released when the response begins
   */
  async send(
    reply: FastifyReply,
    pages: AsyncIterable<readonly AgentRecord[]>,
    query: AdmittedQuery,
  ): Promise<void> {
    const { raw } = reply
    const closed = this.#pendingResponses.track(raw)
    const texts = this.#texts(pages, query.work)
    const begin = (length: OutgoingHttpHeaders = {}): void => {
      query.release()
      const headers = reply.getHeaders() as OutgoingHttpHeaders
      reply.hijack()
      raw.writeHead(200, { ...headers, 'content-type': JSON_TYPE, ...length })
    }
    const group: Buffer[] = [OPEN]
    let bytes = OPEN.length + CLOSE.length
    for (;;) {
      const { value: text, done } = await texts.next()
      if (done) break
      this.#pendingResponses.reserve(raw, text.length)
      if (group.length > 1) group.push(COMMA)
      group.push(text)
      bytes += text.length + (group.length > 2 ? COMMA.length : 0)
      if (bytes <= BUFFERED_LIST_BYTES) continue
      begin()
      await stream(raw, { group, texts, closed })
      return closed
    }
    group.push(CLOSE)
    begin({ 'content-length': bytes })
    writeTogether(raw, group)
    raw.end()
    return closed
  }

  /** Yields the text of each page, without separators: each further value costs 1 % of a short query. */
  async *#texts(
    pages: AsyncIterable<readonly AgentRecord[]>,
    work: SlicedWork,
  ): AsyncGenerator<Buffer, void> {
    for await (const page of pages) {
      yield this.#pageTexts.get(page) ?? this.#textOf(page, work)
      if (work.isOver) await work.next()
    }
  }

  async #textOf(page: readonly AgentRecord[], work: SlicedWork): Promise<Buffer> {
    const texts: string[] = []
    while (this.#addTexts(page, texts) < page.length) if (work.isOver) await work.next()
    // Joined once: appending to a growing string took four times as long to convert to bytes.
    const text = Buffer.from(texts.join(','))
    this.#pageTexts.set(page, text)
    return text
  }

  /** Adds the texts of some more agents. Returns the new number of texts. */
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

/**
 * Writes the rest of a list, whose response has begun, in groups, as fast as the client reads them.
 *
 * @param options.group what is to be written first
 */
async function stream(
  raw: ServerResponse,
  options: { group: Buffer[]; texts: AsyncGenerator<Buffer, void>; closed: Promise<void> },
): Promise<void> {
  const { texts, closed } = options
  let { group } = options
  let bytes = GROUP_BYTES
  try {
    for await (const text of texts) {
      if (bytes >= GROUP_BYTES) {
        writeTogether(raw, group)
        if (raw.writableNeedDrain) await Promise.race([drained(raw), closed])
        if (raw.destroyed) return
        group = []
        bytes = 0
      }
      group.push(COMMA, text)
      bytes += text.length
    }
    writeTogether(raw, [...group, CLOSE])
    raw.end()
  } catch (error) {
    // Without its end, the client cannot take it for the whole list.
    raw.destroy()
    throw error
  }
}

/** Corked, the parts are sent in one vectored write, without being copied into one buffer. */
function writeTogether(raw: ServerResponse, parts: readonly Buffer[]): void {
  if (raw.req.method === 'HEAD') return
  raw.cork()
  for (const part of parts) raw.write(part)
  raw.uncork()
}

function drained(raw: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    raw.once('drain', resolve)
  })
}
