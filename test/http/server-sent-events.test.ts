import { describe, expect, test } from 'vitest'
import { ServerSentEventParser } from './support/server-sent-events.ts'

// The tests of the streams rest on this parser; here it is held to the examples of the standard.

/** What a stream says, however its bytes are cut into parts. */
function parse(stream: string): { type: string; data: string; id: string }[] {
  const bytes = Buffer.from(stream)
  const whole = new ServerSentEventParser().push(bytes)
  const parser = new ServerSentEventParser()
  const inPieces = [...bytes].flatMap((byte) => parser.push(Buffer.from([byte])))
  expect(inPieces).toEqual(whole)
  return whole
}

const said = (stream: string) => parse(stream).map(({ data }) => data)

describe('a client of server-sent events', () => {
  test('joins the lines of the data', () => {
    expect(said('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual(['YHOO\n+2\n10'])
  })

  test('passes over comments and fields that nobody knows', () => {
    expect(said(': test\n\ndata: a\nfoo: b\n:\n\n')).toEqual(['a'])
  })

  test('takes away one blank behind the colon, and no more', () => {
    expect(said('data:test\n\ndata: test\n\ndata:  test\n\n')).toEqual(['test', 'test', ' test'])
  })

  test('does not hear of an event that was not ended', () => {
    expect(said('data: a\n\ndata: b\n')).toEqual(['a'])
  })

  test.each(['\n', '\r\n'])('reads lines that end with %j', (end) => {
    expect(said(['event: add', 'data: ü👾', '', ''].join(end))).toEqual(['ü👾'])
  })

  test('keeps the id until there is another', () => {
    expect(parse('id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n').map(({ id }) => id)).toEqual([
      '1',
      '1',
      '',
    ])
  })

  test('calls an event without a type a message', () => {
    const types = parse('event: add\ndata: a\n\ndata: b\n\n').map(({ type }) => type)
    expect(types).toEqual(['add', 'message'])
  })
})
