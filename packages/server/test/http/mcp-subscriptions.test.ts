// What is notified, to whom, and how often: the part of MCP behind its streams.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { VisibleAgents } from '../../src/access/visible-agents.ts'
import {
  type Interest,
  ResourceChanges,
} from '../../src/http/mcp/subscriptions/resource-changes.ts'
import { MemoryAgentRegistryRepository } from '../../src/index.ts'

let repository: MemoryAgentRegistryRepository
let changes: ResourceChanges
const notified: string[] = []
/** How many follow the transitions of the repository on behalf of subscribers. */
let following = 0

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  repository = new MemoryAgentRegistryRepository()
  following = 0
  changes = new ResourceChanges({
    subscribe(listener) {
      following++
      const end = repository.subscribe(listener)
      return () => {
        following--
        end()
      }
    },
  })
  notified.length = 0
})
afterEach(async () => {
  await repository.close()
  vi.useRealTimers()
})

const agent = (agentId: string, agentName = 'A') => ({
  agentId,
  agentName,
  host: '10.0.0.7',
  port: 8000,
})
const card = (name: string) => ({ text: JSON.stringify({ name }), format: 'other' })

/** Subscribes, and returns what ends it. */
function follow(name: string, interest: Interest, patterns?: readonly string[]): () => void {
  const visible = new VisibleAgents(repository, patterns)
  return changes.subscribe(interest, visible, () => notified.push(name))
}

/** Returns who was notified since the last call, after what is due was delivered. */
async function received(): Promise<string[]> {
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  return notified.splice(0)
}

describe('a subscriber', () => {
  test('of an agent hears of its changes, not of its heartbeats, and not of other agents', async () => {
    await repository.add(agent('a'))
    follow('a', { kind: 'agent', agentId: 'a' })
    await repository.updateHeartbeat('a')
    await repository.updateHeartbeat('a', { load: 0.5 })
    await repository.add(agent('b'))
    expect(await received()).toEqual([])
    await repository.updateHeartbeat('a', { status: 'busy' })
    expect(await received()).toEqual(['a'])
  })

  test('of an agent that is not there hears that it came', async () => {
    follow('a', { kind: 'agent', agentId: 'a' })
    await repository.add(agent('a'))
    expect(await received()).toEqual(['a'])
  })

  test('of a card hears only that the card changed, also when it goes with its agent', async () => {
    await repository.add({ ...agent('a'), card: card('one') })
    follow('card', { kind: 'card', agentId: 'a' })
    await repository.updateHeartbeat('a', { status: 'busy' })
    expect(await received()).toEqual([])
    await repository.setCard('a', card('two'))
    expect(await received()).toEqual(['card'])
    vi.advanceTimersByTime(1000)
    await repository.delete('a')
    expect(await received()).toEqual(['card'])
  })

  test('of a card hears nothing of an agent without one', async () => {
    follow('card', { kind: 'card', agentId: 'a' })
    await repository.add(agent('a'))
    await repository.delete('a')
    expect(await received()).toEqual([])
  })

  test('of the members hears of those that come or go, and one of the list also of changes', async () => {
    follow('members', { kind: 'members' })
    follow('list', { kind: 'agents' })
    await repository.add(agent('a'))
    expect((await received()).toSorted()).toEqual(['list', 'members'])
    vi.advanceTimersByTime(1000)
    await repository.add(agent('a', 'Another name'))
    expect(await received()).toEqual(['list'])
    vi.advanceTimersByTime(1000)
    await repository.delete('a')
    expect((await received()).toSorted()).toEqual(['list', 'members'])
  })
})

describe('a resource', () => {
  test('is notified at once, and then once a second however often it changes', async () => {
    follow('list', { kind: 'agents' })
    for (let index = 0; index < 10; index++) await repository.add(agent(`a-${index}`))
    expect(await received()).toEqual(['list'])
    for (let index = 0; index < 10; index++) await repository.add(agent(`b-${index}`))
    vi.advanceTimersByTime(999)
    expect(await received()).toEqual([])
    vi.advanceTimersByTime(1)
    expect(await received()).toEqual(['list'])
    vi.advanceTimersByTime(5000)
    expect(await received()).toEqual([])
  })

  test('does not wait for another one', async () => {
    await repository.add(agent('a'))
    for (const id of ['a', 'b']) follow(id, { kind: 'agent', agentId: id })
    await repository.delete('a')
    expect(await received()).toEqual(['a'])
    await repository.add(agent('b'))
    expect(await received()).toEqual(['b'])
  })
})

describe('a caller that sees some agents', () => {
  test('hears of these only, in lists and by name', async () => {
    const mine = ['team-a:*']
    follow('list of a', { kind: 'agents' }, mine)
    follow('members of a', { kind: 'members' }, mine)
    follow('agent of b', { kind: 'agent', agentId: 'team-b:1' }, mine)
    follow('list of all', { kind: 'agents' })
    await repository.add(agent('team-b:1'))
    expect(await received()).toEqual(['list of all'])
    await repository.add(agent('team-a:1'))
    expect((await received()).toSorted()).toEqual(['list of a', 'members of a'])
  })
})

describe('a subscription that has ended', () => {
  test('hears nothing more, nor what was about to be notified', async () => {
    const end = follow('first', { kind: 'agents' })
    follow('second', { kind: 'agents' })
    await repository.add(agent('a'))
    end()
    end()
    expect(await received()).toEqual(['second'])
  })

  test('hears nothing when another one that is notified before has ended it', async () => {
    const visible = new VisibleAgents(repository, undefined)
    changes.subscribe({ kind: 'agents' }, visible, () => end())
    const end = follow('second', { kind: 'agents' })
    await repository.add(agent('a'))
    expect(await received()).toEqual([])
  })

  test('leaves nothing behind when it was the last', async () => {
    follow('first', { kind: 'agents' })()
    follow('second', { kind: 'agent', agentId: 'a' })()
    expect(following).toBe(0)
    const end = follow('third', { kind: 'agents' })
    expect(following).toBe(1)
    await repository.add(agent('a'))
    expect(await received()).toEqual(['third'])
    end()
    expect([following, vi.getTimerCount()]).toEqual([0, 0])
  })

  test('ends no other one', async () => {
    const end = follow('agent', { kind: 'agent', agentId: 'a' })
    follow('list', { kind: 'agents' })
    end()
    await repository.add(agent('a'))
    expect(await received()).toEqual(['list'])
  })

  test('leaves no timer if it ended before it was notified', async () => {
    const end = follow('first', { kind: 'agents' })
    await repository.add(agent('a'))
    end()
    await received()
    expect(vi.getTimerCount()).toBe(0)
  })
})
