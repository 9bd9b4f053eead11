import { expect } from 'vitest'
import type { AgentRecord } from '../../domain/agent-record.ts'
import { isRegistryError } from '../../domain/registry-error.ts'
import type { Transition } from '../../domain/transition.ts'
import type { StoreUnderTest } from '../store-under-test.ts'
import { compareQuery } from './compare-query.ts'
import { type NaiveAgent, naiveSummaryOf } from './naive-agent.ts'
import { type Accepted, NaiveRegistry, type NaiveTransition } from './naive-registry.ts'
import { AGENT_IDS, type Operation } from './random-operations.ts'

/** Applies the same operations to a store and to the model, and compares the results. */
export class Comparison {
  readonly #store: StoreUnderTest
  readonly #model: NaiveRegistry
  readonly #history: Transition[] = []

  constructor(store: StoreUnderTest, options: { isBraked: boolean }) {
    this.#store = store
    this.#model = new NaiveRegistry(store.clock, options)
  }

  async step(operation: Operation): Promise<void> {
    const { actual, expected } = await this.#perform(operation)
    expect(actual, 'the result').toEqual(expected)
    await this.#compareTransitions()
    await this.#compareReads()
  }

  async #perform(operation: Operation): Promise<{ actual: unknown; expected: unknown }> {
    const store = this.#store
    const model = this.#model
    const { repository, clock } = store
    switch (operation.kind) {
      case 'add': {
        const { registration, caller } = operation
        const actual = await outcomeOf(repository.add(registration, caller))
        if (model.add(registration, caller) === 'owned') return { actual, expected: REFUSED.owned }
        return { actual, expected: await repository.get(registration.agentId) }
      }
      case 'heartbeat': {
        const { agentId, ...report } = operation.heartbeat
        const actual = await outcomeOf(repository.updateHeartbeat(agentId, report))
        const after = await repository.get(agentId)
        const receipt = after && receiptOf(after)
        const expected = { ...REFUSED, ok: receipt, unknown: undefined }
        return { actual, expected: expected[model.heartbeat(operation.heartbeat)] }
      }
      case 'heartbeats': {
        const accepted = model.heartbeats(operation.heartbeats)
        const idsOf = (outcome: Accepted) =>
          operation.heartbeats.filter((_, at) => accepted[at] === outcome).map((it) => it.agentId)
        return {
          actual: await repository.updateHeartbeats(operation.heartbeats),
          expected: {
            ok: idsOf('ok').length,
            unknown: idsOf('unknown'),
            ...(accepted.includes('superseded') && { superseded: idsOf('superseded') }),
            ...(accepted.includes('owned') && { owned: idsOf('owned') }),
          },
        }
      }
      case 'delete': {
        const { agentId, condition } = operation
        const actual = await outcomeOf(repository.delete(agentId, condition))
        const expected = { ...REFUSED, ok: true, unknown: false }
        return { actual, expected: expected[model.delete(agentId, condition)] }
      }
      case 'setCard': {
        const { agentId, card, condition } = operation
        const actual = await outcomeOf(repository.setCard(agentId, card, condition))
        const after = await repository.get(agentId)
        const expected = { ...REFUSED, ok: after, unknown: undefined }
        return { actual, expected: expected[model.setCard(agentId, card, condition)] }
      }
      case 'maintenance': {
        const { pattern, decision } = operation
        const existed = model.changeMaintenance(pattern, decision)
        if (decision === null) {
          return { actual: await repository.endMaintenance(pattern), expected: existed }
        }
        const expected = model.maintenance.all().find((entry) => entry.pattern === pattern)
        return { actual: await repository.setMaintenance(pattern, decision), expected }
      }
      case 'sweep':
        return { actual: await store.sweep(), expected: model.sweep() }
      case 'cleanup':
        return { actual: await repository.deleteExpired(), expected: model.cleanup() }
      case 'eventsSince': {
        const since = Math.floor(operation.share * this.#history.length)
        return {
          actual: await repository.eventsSince(since, operation.limit),
          expected: this.#history.slice(since, since + operation.limit),
        }
      }
      case 'historyOf': {
        const { agentId, limit } = operation
        const before = 1 + Math.ceil(operation.share * this.#history.length)
        return {
          actual: await repository.historyOf(agentId, { limit, before }),
          expected: this.#history
            .filter((transition) => transition.agentId === agentId && transition.revision < before)
            .slice(-limit),
        }
      }
      case 'query':
        await compareQuery({ store, model }, operation.query)
        return noResult(() => undefined)
      case 'advance':
        return noResult(() => clock.advance(operation.ms))
      case 'advanceToDeadline': {
        const deadlines = [...model.agents.values()].map(({ deadline }) => deadline)
        const next = Math.min(...deadlines.filter((deadline) => deadline > clock.monotonicMs()))
        const ms = next === Number.POSITIVE_INFINITY ? 0 : next - clock.monotonicMs()
        return noResult(() => clock.advance(Math.max(0, ms + operation.offsetMs)))
      }
      case 'stepWall':
        model.stepWall(operation.ms)
        return noResult(() => clock.stepWall(operation.ms))
      case 'restart':
        await store.restart({ awayMs: operation.awayMs })
        model.restart(operation.awayMs, {
          graceMs: store.restartGraceMs,
          // What several servers share is in the store.
          keepsBrake: store.repository.capabilities.shared,
        })
        await compareQuery({ store, model }, operation.query)
        return noResult(() => undefined)
    }
  }

  /** Compares transitions. The order among agents within one call is free; that of one agent is not. */
  async #compareTransitions(): Promise<void> {
    const since = this.#history.length
    const transitions = await this.#store.repository.eventsSince(since)
    expect(transitions.map(({ revision }) => revision)).toEqual(
      transitions.map((_, index) => since + 1 + index),
    )
    expect(transitions.map(toNaive).toSorted(byAgent), 'the transitions').toEqual(
      this.#model.takeTransitions().toSorted(byAgent),
    )
    for (const transition of transitions) {
      const { agentId, revision, agent, atMs } = transition
      expect(agent).toMatchObject({ agentId, revision })
      expect(atMs).toBe(this.#store.clock.wallMs())
      const known = this.#model.agents.get(agentId)
      if (known) Object.assign(known, { revision, updatedAtMs: atMs })
      if (known && isHold(transition)) this.#adoptGrant(known, agent)
    }
    this.#history.push(...transitions)
  }

  /** Takes over the deadline that the brake granted: it is random, up to the end of the brake. */
  #adoptGrant(known: NaiveAgent, { expiresAtMs }: AgentRecord): void {
    if (!known.suspect || known.expired) return
    const { clock } = this.#store
    const deadline = clock.monotonicMs() + expiresAtMs - clock.wallMs()
    expect(deadline, 'the granted deadline').toBeGreaterThanOrEqual(clock.monotonicMs())
    expect(deadline, 'the granted deadline').toBeLessThanOrEqual(known.deadline)
    known.deadline = deadline
  }

  async #compareReads(): Promise<void> {
    const { repository, clock } = this.#store
    const nowMs = clock.wallMs()
    const expected = [...this.#model.agents]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, agent]) => this.#expectedRecord(agent))
    const alive = expected.filter((agent) => agent.alive)
    const list = await this.#store.list({ includeDead: true })
    expect(list.map(this.#definedPart), 'the whole list').toEqual(expected)
    expect(await this.#store.list(), 'the list of live agents').toEqual(
      list.filter((agent) => agent.alive),
    )
    for (const agent of list) expect(agent.isAlive(nowMs)).toBe(agent.alive)
    for (const agentId of AGENT_IDS) {
      const read = await repository.get(agentId)
      const card = this.#model.agents.get(agentId)?.fields.card
      expect(await repository.card(agentId), 'the text of a card').toBe(card?.text)
      expect(read, 'a single read').toEqual(list.find((agent) => agent.agentId === agentId))
    }
    expect(await repository.maintenance(), 'the maintenance').toEqual(this.#model.maintenance.all())
    expect(await repository.counts()).toMatchObject({
      registered: expected.length,
      alive: alive.length,
      revision: this.#history.length,
      brake: this.#model.isBraked ? expect.anything() : undefined,
      lapsePending: AGENT_IDS.some((agentId) => this.#model.isLapsed(agentId)),
    })
  }

  /** Returns the record of an agent in the model. */
  #expectedRecord({ fields, ...agent }: NaiveAgent): Record<string, unknown> {
    const { clock } = this.#store
    const alive = this.#model.isAlive(fields.agentId)
    return {
      ...fields,
      card: naiveSummaryOf(fields.card),
      registeredAtMs: agent.registeredAtMs,
      updatedAtMs: agent.updatedAtMs,
      lastHeartbeatMs: agent.lastHeartbeatMs,
      expiresAtMs: alive ? clock.wallMs() + agent.deadline - clock.monotonicMs() : undefined,
      incarnation: agent.incarnation,
      owner: agent.owner,
      revision: agent.revision,
      suspect: alive ? agent.suspect : undefined,
      maintenance: agent.maintenance,
      alive,
    }
  }

  /** The part of a record that the contract defines: not the deadline of a dead agent. */
  readonly #definedPart = (record: AgentRecord): Record<string, unknown> => {
    const { metadataValue } = record
    const known = this.#model.agents.get(record.agentId)
    return {
      ...record,
      metadata: metadataValue,
      lastHeartbeatMs: known?.lastHeartbeatMs === undefined ? undefined : record.lastHeartbeatMs,
      expiresAtMs: record.alive ? record.expiresAtMs : undefined,
      suspect: record.alive ? record.suspect : undefined,
    }
  }
}

/** The code of the error of a refused change. */
const REFUSED = { owned: 'AGENT_OWNED', superseded: 'SUPERSEDED' } as const

/** Resolves with the result of a call, or with the code of its error. */
async function outcomeOf<T>(call: Promise<T>): Promise<T | string> {
  try {
    return await call
  } catch (error) {
    if (isRegistryError(error)) return error.code
    throw error
  }
}

function noResult(act: () => void): { actual: undefined; expected: undefined } {
  act()
  return { actual: undefined, expected: undefined }
}

/** Converts a transition of the store to the form of the model. */
function toNaive({ type, agentId, actor, before }: Transition): NaiveTransition {
  if (before === undefined) return { type, agentId, actor, before }
  const { metadata } = before
  const given = metadata?.givenAs === 'object' ? JSON.parse(metadata.json) : metadata?.json
  return { type, agentId, actor, before: { ...before, metadata: given ?? null } }
}

/** Whether the brake held back the agent's expiry. */
function isHold({ before, agent }: Transition): boolean {
  return agent.suspect && before?.suspect === false
}

/** Compares by agent; sorting is stable, so the transitions of one agent keep their order. */
function byAgent(a: NaiveTransition, b: NaiveTransition): number {
  return a.agentId < b.agentId ? -1 : a.agentId > b.agentId ? 1 : 0
}

function receiptOf({ lastHeartbeatMs, expiresAtMs, ttlSeconds, revision }: AgentRecord): object {
  return { lastHeartbeatMs, expiresAtMs, ttlSeconds, revision }
}
