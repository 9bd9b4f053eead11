import { expect } from 'vitest'
import { conformance } from './support/conformance.ts'
import {
  change,
  endedStream,
  event,
  resetEvent,
  slowStream,
  snapshot,
  stream,
  synced,
} from './support/feed.ts'
import { EVENTS, page, problem, reset } from './support/scripted-registry.ts'

const until = (name: string) => (message: { readonly watch?: string }) => message.watch === name

conformance('watches', (rule) => {
  rule('a watch begins with a snapshot, and goes on with changes', async ({ registry, start }) => {
    registry.script(EVENTS, stream(snapshot('a-1'), synced(), change('registered', 'a-2')))
    const sdk = start()
    await sdk.do('watch', { capability: 'search' })
    await sdk.until(until('registered'))

    expect(sdk.watched).toEqual(['reset', 'snapshot', 'synced', 'registered'])
    const [request] = registry.of(EVENTS)
    expect(request?.path).toBe('/events?snapshot=true&capability=search')
    expect(request?.headers.accept).toBe('text/event-stream')
    expect(request?.headers['last-event-id']).toBeUndefined()
  })

  rule('a watch resumes after the last event', async ({ registry, start }) => {
    registry.script(EVENTS, endedStream(synced('e:1'), change('updated', 'a-1', 'e:2')), reset)
    registry.script(EVENTS, stream(change('expired', 'a-1', 'e:3')))
    const sdk = start()
    await sdk.do('watch')
    await sdk.until(until('expired'))

    expect(sdk.watched).toEqual(['reset', 'synced', 'updated', 'disconnected', 'expired'])
    const ids = registry.of(EVENTS).map(({ headers }) => headers['last-event-id'])
    expect(ids).toEqual([undefined, 'e:2', 'e:2'])
  })

  rule('a bookmark moves the point from which a watch resumes', async ({ registry, start }) => {
    registry.script(EVENTS, endedStream(synced('e:1'), event({ type: 'bookmark' }, 'e:9')))
    registry.script(EVENTS, stream(synced('e:9')))
    const sdk = start()
    await sdk.do('watch')
    const [, second] = await registry.received(EVENTS, 2)

    expect(second?.headers['last-event-id']).toBe('e:9')
    expect(sdk.watched).not.toContain('bookmark')
  })

  rule('a watch starts over where the registry cannot resume', async ({ registry, start }) => {
    registry.script(EVENTS, endedStream(snapshot('a-1'), synced()))
    registry.script(
      EVENTS,
      stream(resetEvent, snapshot('a-2'), synced('f:1'), change('updated', 'a-2')),
    )
    const sdk = start()
    await sdk.do('watch')
    await sdk.until(until('updated'))

    expect(sdk.watched).toEqual([
      ...['reset', 'snapshot', 'synced', 'disconnected'],
      ...['reset', 'snapshot', 'synced', 'updated'],
    ])
  })

  rule('events may arrive in any pieces', async ({ registry, start }) => {
    const text = change('registered', 'é-1').replaceAll('\n', '\r\n')
    const bytes = [': keep-alive\n\n', text.slice(0, 9), text.slice(9, -3), text.slice(-3)]
    const twoLines = ['data: {"type":"synced",\r', '\ndata:  "revision": 1}\r\n\r\n']
    registry.script(EVENTS, slowStream(...bytes, ...twoLines))
    const sdk = start()
    await sdk.do('watch')
    await sdk.until(until('synced'))

    expect(sdk.watched).toEqual(['reset', 'registered', 'synced'])
  })

  rule('events of later versions are left out', async ({ registry, start }) => {
    registry.script(EVENTS, stream(event({ type: 'greeting' }), synced()))
    const sdk = start()
    await sdk.do('watch')
    await sdk.until(until('synced'))

    expect(sdk.watched).toEqual(['reset', 'synced'])
  })

  rule('an event that is not JSON breaks the stream, not the watch', async (stage) => {
    const { registry, start } = stage
    registry.script(EVENTS, stream('data: {"type": \n\n'), stream(synced()))
    const sdk = start()
    await sdk.do('watch')
    await sdk.until(until('synced'))

    expect(sdk.watched).toEqual(['reset', 'disconnected', 'synced'])
  })

  rule('a watch ends if the registry rejects its filter', async ({ registry, start }) => {
    registry.scriptAll(EVENTS, problem(422, 'VALIDATION_FAILED'))
    const sdk = start()
    await sdk.do('watch')
    const { error } = await sdk.until(until('ended'))

    expect(error).toMatchObject({ kind: 'api', code: 'VALIDATION_FAILED' })
    expect(sdk.watched).toEqual(['reset', 'ended'])
  })

  rule('a filter that was accepted is not rejected later', async ({ registry, start }) => {
    registry.script(EVENTS, endedStream(synced()), page(404), stream(change('updated', 'a-1')))
    const sdk = start()
    await sdk.do('watch')
    await sdk.until(until('updated'))

    expect(sdk.watched).toEqual(['reset', 'synced', 'disconnected', 'updated'])
  })

  rule('a watch obeys Retry-After', async ({ registry, start }) => {
    registry.script(EVENTS, problem(503, 'OVERLOADED', { 'retry-after': '1' }))
    registry.script(EVENTS, stream(synced()))
    const sdk = start()
    await sdk.do('watch')
    const [first, second] = await registry.received(EVENTS, 2)

    expect((second?.arrivedMs ?? 0) - (first?.answeredMs ?? 0)).toBeGreaterThanOrEqual(990)
  })

  rule('a watch of loads does without where the registry has none', async (stage) => {
    const { registry, start } = stage
    registry.script(EVENTS, problem(422, 'VALIDATION_FAILED'), stream(synced()))
    const sdk = start()
    await sdk.do('watch', { loads: true })
    await sdk.until(until('synced'))

    const paths = registry.of(EVENTS).map(({ path }) => path)
    expect(paths).toEqual(['/events?snapshot=true&loads=true', '/events?snapshot=true'])
  })
})
