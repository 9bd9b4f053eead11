import { branchAt, branchesOf, currentBranch } from '../../domain/branch.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'
import type { FeedEvent } from '../../feed/feed-event.ts'
import { isoTime } from '../agents/iso-time.ts'
import { eventJson } from './event-json.ts'
import { streamId } from './stream-position.ts'

/** The version of the specification. */
const SPEC_VERSION = '1.0'
/** The media type of several events, in structured mode. */
export const CLOUD_EVENTS_TYPE = 'application/cloudevents-batch+json'

/** The attributes of an event that differ. */
interface Attributes {
  readonly id: string
  readonly type: string
  readonly subject?: string
  readonly atMs: number
  /** JSON. */
  readonly data: string
}

/**
 * Encodes events as CloudEvents in JSON. An id stays the same over restarts and on all nodes: it names the branch in which
 * the transition happened, not the current one.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export class CloudEvents {
  readonly #publicUrl: string | undefined

  /** @param publicUrl names the registry in `source`; default: its epoch does */
  constructor(publicUrl: string | undefined) {
    this.#publicUrl = publicUrl
  }

  /** Returns the id of an event. */
  idOf({ transition }: FeedEvent, history: HistoryPosition): string {
    const { revision } = transition
    return streamId(branchAt(branchesOf(history), revision), revision)
  }

  /** Encodes an event of the feed. */
  event(event: FeedEvent, history: HistoryPosition): string {
    const { agentId: subject, atMs } = event.transition
    const type = `dev.rollcall.agent.${event.type}`
    const id = this.idOf(event, history)
    return this.#encode({ id, type, subject, atMs, data: eventJson(event) }, history)
  }

  /** Encodes that events are missing, and that the next ones follow this position. */
  reset(history: HistoryPosition, id: string, atMs: number): string {
    const { revision } = history
    const data = JSON.stringify({ type: 'reset', revision, epoch: currentBranch(history) })
    return this.#encode({ id, type: 'dev.rollcall.registry.reset', atMs, data }, history)
  }

  /** Encodes an event that tries a webhook. */
  test(
    history: HistoryPosition,
    { id, webhookId }: { id: string; webhookId: string },
    atMs: number,
  ) {
    const data = JSON.stringify({ type: 'test', webhook_id: webhookId })
    return this.#encode({ id, type: 'dev.rollcall.webhook.test', atMs, data }, history)
  }

  #encode({ id, type, subject, atMs, data }: Attributes, { epoch }: HistoryPosition): string {
    const source = this.#publicUrl ?? `urn:rollcall:${epoch}`
    return (
      `{"specversion":"${SPEC_VERSION}","id":${JSON.stringify(id)},"source":${JSON.stringify(source)},` +
      `"type":"${type}",${subject === undefined ? '' : `"subject":${JSON.stringify(subject)},`}` +
      `"time":"${isoTime(atMs)}","datacontenttype":"application/json","data":${data}}`
    )
  }
}
