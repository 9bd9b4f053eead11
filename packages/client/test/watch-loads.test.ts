import { describe, expect, test } from 'vitest'
import { isApiError } from '../src/errors/api-error.ts'
import { respondProblem } from './support/scripted-server.ts'
import {
  delayOf,
  endingStream,
  type Responder,
  registered,
  ScriptedWatch,
  snapshot,
  stream,
  synced,
} from './support/scripted-watch.ts'

const loads = (...reports: (readonly [string, number | null])[]): string => {
  const wire = reports.map(([agent_id, load]) => ({ agent_id, load }))
  return `event: loads\ndata: ${JSON.stringify({ type: 'loads', loads: wire })}\n\n`
}
const rejected: Responder = (response) => respondProblem(response, 422, 'VALIDATION_FAILED')
const paths = (watched: ScriptedWatch) => watched.server.requests.map(({ path }) => path)
const WITH = '/events?snapshot=true&loads=true&capability=search'
const WITHOUT = '/events?snapshot=true&capability=search'

describe('a watch with loads', () => {
  test('requests loads, and yields them as they arrive', async () => {
    await using watched = await ScriptedWatch.startWithLoads(
      stream(snapshot('a'), synced('e:1'), loads(['a', 0.5], ['b', null])),
    )
    expect(await watched.take(4)).toEqual(['reset', 'snapshot a', 'synced', 'loads a 0.5,b null'])
    expect(paths(watched)).toEqual([WITH])
  })

  test('resumes after its last event with an id', async () => {
    await using watched = await ScriptedWatch.startWithLoads(
      endingStream(synced('e:1'), registered('e:2', 'a'), loads(['a', 0.5])),
      endingStream(loads(['a', 0.6])),
      stream(synced('e:2')),
    )
    expect(await watched.take(5)).toEqual([
      ...['reset', 'synced', 'registered a', 'loads a 0.5'],
      'disconnected',
    ])
    const second = watched.take(2)
    await delayOf(watched)
    expect(await second).toEqual(['loads a 0.6', 'disconnected'])
    const third = watched.next()
    await delayOf(watched)
    expect(await third).toBe('synced')
    expect(watched.resumedAt).toEqual([undefined, 'e:2', 'e:2'])
  })

  test('falls back to a stream without loads if the registry does not support them', async () => {
    await using watched = await ScriptedWatch.startWithLoads(
      rejected,
      endingStream(synced('e:1')),
      // The registry has been upgraded in the meantime.
      stream(synced('e:1'), loads(['a', 1])),
    )
    expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
    const next = watched.take(2)
    await delayOf(watched)
    expect(await next).toEqual(['synced', 'loads a 1'])
    expect(paths(watched)).toEqual([WITH, WITHOUT, WITH])
  })

  test('ends if the registry rejects the filter as well', async () => {
    await using watched = await ScriptedWatch.startWithLoads(rejected, rejected)
    expect(await watched.next()).toBe('reset')
    await expect(watched.next()).rejects.toSatisfy((error) =>
      isApiError(error, 'VALIDATION_FAILED'),
    )
    expect(paths(watched)).toEqual([WITH, WITHOUT])
  })

  test('does not fall back after another error', async () => {
    await using watched = await ScriptedWatch.startWithLoads(
      (response) => respondProblem(response, 503, 'STORAGE_UNAVAILABLE'),
      stream(synced('e:1')),
    )
    expect(await watched.take(2)).toEqual(['reset', 'disconnected'])
    const next = watched.next()
    await delayOf(watched)
    expect(await next).toBe('synced')
    expect(paths(watched)).toEqual([WITH, WITH])
  })
})
