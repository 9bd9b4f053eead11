import { describe, expect, test } from 'vitest'
import { ServerSentEventParser } from './support/server-sent-events.ts'

// The stream tests depend on this parser; here it is tested with the examples of the standard.

/** Parses a stream, split into chunks in every way. */
function parse(stream: string): { type: string; data: string; id: string }[] {
  const bytes = Buffer.from(stream)
  const whole = new ServerSentEventParser().push(bytes)
  const parser = new ServerSentEventParser()
  const inPieces = [...bytes].flatMap((byte) => parser.push(Buffer.from([byte])))
  expect(inPieces).toEqual(whole)
  return whole
}

const dataOf = (stream: string) => parse(stream).map(({ data }) => data)

describe('a client of server-sent events', () => {
  test('joins the data lines', () => {
    expect(dataOf('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual(['YHOO\n+2\n10'])
  })

  test('ignores comments and unknown fields', () => {
    expect(dataOf(': test\n\ndata: a\nfoo: b\n:\n\n')).toEqual(['a'])
  })

  test('strips exactly one space after the colon', () => {
    expect(dataOf('data:test\n\ndata: test\n\ndata:  test\n\n')).toEqual(['test', 'test', ' test'])
  })

  test('ignores an incomplete event', () => {
    expect(dataOf('data: a\n\ndata: b\n')).toEqual(['a'])
  })

  test.each(['\n', '\r\n'])('accepts lines that end with %j', (end) => {
    expect(dataOf(['event: add', 'data: ü👾', '', ''].join(end))).toEqual(['ü👾'])
  })

  test('keeps the id until the next one', () => {
    expect(parse('id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n').map(({ id }) => id)).toEqual([
      '1',
      '1',
      '',
    ])
  })

  test('gives an event without a type the type message', () => {
    const types = parse('event: add\ndata: a\n\ndata: b\n\n').map(({ type }) => type)
    expect(types).toEqual(['add', 'message'])
  })
})
