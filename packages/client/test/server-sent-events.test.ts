import { describe, expect, test } from 'vitest'
import { type ServerSentEvent, serverSentEvents } from '../src/discovery/server-sent-events.ts'

/** Parses a body that arrives in the given chunks. */
async function read(chunks: readonly (string | Uint8Array)[]): Promise<ServerSentEvent[]> {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
      }
      controller.close()
    },
  })
  return Array.fromAsync(serverSentEvents(body, () => undefined))
}

const message = (data: string, lastEventId = ''): ServerSentEvent => ({
  type: 'message',
  data,
  lastEventId,
})

describe('the examples of the WHATWG specification', () => {
  test('several data lines form one event, joined by newlines', async () => {
    expect(await read(['data: YHOO\ndata: +2\ndata: 10\n\n'])).toEqual([message('YHOO\n+2\n10')])
  })

  test('comments are not events; an id applies until the next one, and an empty one resets it', async () => {
    const stream =
      ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n'
    expect(await read([stream])).toEqual([
      message('first event', '1'),
      message('second event'),
      message(' third event'),
    ])
  })

  test('data without a colon is an empty line, and an incomplete event is discarded', async () => {
    expect(await read(['data\n\ndata\ndata\n\ndata:'])).toEqual([message(''), message('\n')])
  })

  test('one space after the colon is ignored', async () => {
    expect(await read(['data:test\n\ndata: test\n\n'])).toEqual([message('test'), message('test')])
  })

  test('a type applies to one event only', async () => {
    const stream = 'event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\ndata: 1\n\n'
    expect((await read([stream])).map(({ type }) => type)).toEqual(['add', 'remove', 'message'])
  })
})

test('an event without data is discarded, but its id is kept', async () => {
  expect(await read(['event: nothing\nid: 7\n\ndata: x\n\n'])).toEqual([message('x', '7')])
})

test('an id that contains NUL is ignored', async () => {
  expect(await read(['id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n'])).toEqual([
    message('a', '1'),
    message('b', '1'),
  ])
})

test('unknown fields are ignored', async () => {
  expect(await read(['retry: 10\nother: x\nDATA: y\n data: z\ndata: a:b\n\n'])).toEqual([
    message('a:b'),
  ])
})

test('a leading byte order mark is ignored', async () => {
  expect(await read(['\uFEFFdata: x\n\n'])).toEqual([message('x')])
})

const STREAM = 'id: 1\ndata: Zürich ✈\ndata: 🙂\n\n: alive\n\nevent: gone\ndata: x\n\n'
const EVENTS: ServerSentEvent[] = [
  message('Zürich ✈\n🙂', '1'),
  { type: 'gone', data: 'x', lastEventId: '1' },
]

describe.for([
  ['LF', '\n'],
  ['CR LF', '\r\n'],
] as const)('lines that end in %s', ([, end]) => {
  const bytes = new TextEncoder().encode(STREAM.replaceAll('\n', end))

  test('may be split anywhere, also within line ends and characters', async () => {
    for (let at = 0; at <= bytes.length; at++) {
      expect(await read([bytes.slice(0, at), bytes.slice(at)]), `cut at ${at}`).toEqual(EVENTS)
    }
  })

  test('may arrive byte by byte', async () => {
    expect(await read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(EVENTS)
  })
})

test('lines may end in CR, also the last one', async () => {
  expect(await read([STREAM.replaceAll('\n', '\r')])).toEqual(EVENTS)
})

test('every chunk counts as activity, comments included', async () => {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of [':\n', '\n', 'da', 'ta: x\n\n'])
        controller.enqueue(encoder.encode(chunk))
      controller.close()
    },
  })
  let activities = 0
  const events = await Array.fromAsync(serverSentEvents(body, () => activities++))
  expect(events).toHaveLength(1)
  expect(activities).toBe(4)
})

test('the body is cancelled when the iteration ends', async () => {
  const cancelled = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\ndata: y\n\n')),
    cancel: () => cancelled.resolve(),
  })
  for await (const { data } of serverSentEvents(body, () => undefined)) {
    expect(data).toBe('x')
    break
  }
  await cancelled.promise
})

test('an error of the body is thrown by the iteration', async () => {
  const torn = new Error('torn')
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(torn) })
  await expect(Array.fromAsync(serverSentEvents(body, () => undefined))).rejects.toBe(torn)
})
