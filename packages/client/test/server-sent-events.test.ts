import { describe, expect, test } from 'vitest'
import { type SentEvent, sentEvents } from '../src/discovery/sent-events.ts'

/** Reads a body that arrives in the given pieces. */
async function read(pieces: readonly (string | Uint8Array)[]): Promise<SentEvent[]> {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
      }
      controller.close()
    },
  })
  return Array.fromAsync(sentEvents(body, () => undefined))
}

const message = (data: string, lastEventId = ''): SentEvent => ({
  type: 'message',
  data,
  lastEventId,
})

describe('the examples of the WHATWG', () => {
  test('several data lines are one event, joined by line ends', async () => {
    expect(await read(['data: YHOO\ndata: +2\ndata: 10\n\n'])).toEqual([message('YHOO\n+2\n10')])
  })

  test('comments are no events, ids stay until another comes, an empty one takes it back', async () => {
    const stream =
      ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n'
    expect(await read([stream])).toEqual([
      message('first event', '1'),
      message('second event'),
      message(' third event'),
    ])
  })

  test('data without a colon is an empty line, and what does not end is no event', async () => {
    expect(await read(['data\n\ndata\ndata\n\ndata:'])).toEqual([message(''), message('\n')])
  })

  test('one blank behind the colon does not count', async () => {
    expect(await read(['data:test\n\ndata: test\n\n'])).toEqual([message('test'), message('test')])
  })

  test('types are for one event only', async () => {
    const stream = 'event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\ndata: 1\n\n'
    expect((await read([stream])).map(({ type }) => type)).toEqual(['add', 'remove', 'message'])
  })
})

test('an event without data is none, but its id counts', async () => {
  expect(await read(['event: nothing\nid: 7\n\ndata: x\n\n'])).toEqual([message('x', '7')])
})

test('an id with a NUL in it is ignored', async () => {
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

test('a byte order mark at the beginning does not count', async () => {
  expect(await read(['\uFEFFdata: x\n\n'])).toEqual([message('x')])
})

const STREAM = 'id: 1\ndata: Zürich ✈\ndata: 🙂\n\n: alive\n\nevent: gone\ndata: x\n\n'
const EVENTS: SentEvent[] = [
  message('Zürich ✈\n🙂', '1'),
  { type: 'gone', data: 'x', lastEventId: '1' },
]

describe.for([
  ['LF', '\n'],
  ['CR LF', '\r\n'],
] as const)('lines that end in %s', ([, end]) => {
  const bytes = new TextEncoder().encode(STREAM.replaceAll('\n', end))

  test('may be cut in two anywhere, in line ends and characters too', async () => {
    for (let at = 0; at <= bytes.length; at++) {
      expect(await read([bytes.slice(0, at), bytes.slice(at)]), `cut at ${at}`).toEqual(EVENTS)
    }
  })

  test('may come byte by byte', async () => {
    expect(await read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(EVENTS)
  })
})

test('lines may end in CR, and the end of the body completes the last', async () => {
  expect(await read([STREAM.replaceAll('\n', '\r')])).toEqual(EVENTS)
})

test('every piece is a sign of life, a comment too', async () => {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of [':\n', '\n', 'da', 'ta: x\n\n'])
        controller.enqueue(encoder.encode(piece))
      controller.close()
    },
  })
  let signs = 0
  const events = await Array.fromAsync(sentEvents(body, () => signs++))
  expect(events).toHaveLength(1)
  expect(signs).toBe(4)
})

test('the body is let go when nobody reads on', async () => {
  const cancelled = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\ndata: y\n\n')),
    cancel: () => cancelled.resolve(),
  })
  for await (const { data } of sentEvents(body, () => undefined)) {
    expect(data).toBe('x')
    break
  }
  await cancelled.promise
})

test('an error of the body comes out of the reading', async () => {
  const torn = new Error('torn')
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(torn) })
  await expect(Array.fromAsync(sentEvents(body, () => undefined))).rejects.toBe(torn)
})
