// Whether a browser sent a request for a page at another origin.
import { describe, expect, test } from 'vitest'
import { isCrossOrigin } from '../../../src/http/browsers/request-origin.ts'

const OWN = new Set(['https://app.example'])
const crossOrigin = (headers: object) => isCrossOrigin({ host: 'agents.example', ...headers }, OWN)

test('a program sends neither header: its requests are of no origin', () => {
  expect(crossOrigin({})).toBe(false)
  // `fetch` of Node, Deno and Bun.
  expect(crossOrigin({ 'sec-fetch-mode': 'cors', 'user-agent': 'node' })).toBe(false)
})

describe('a browser that says where a request comes from', () => {
  test.each(['same-origin', 'none'])('is believed: %s', (site) => {
    expect(crossOrigin({ 'sec-fetch-site': site })).toBe(false)
    // A proxy has replaced the host.
    expect(crossOrigin({ 'sec-fetch-site': site, origin: 'https://other.example' })).toBe(false)
  })

  test.each(['cross-site', 'same-site', '', 'same-origin, cross-site', 'Same-Origin', 'new-value'])(
    'is from another origin: "%s"',
    (site) => {
      expect(crossOrigin({ 'sec-fetch-site': site })).toBe(true)
      expect(crossOrigin({ 'sec-fetch-site': site, origin: 'https://agents.example' })).toBe(true)
    },
  )

  test('may act for an allowed origin', () => {
    const origin = 'https://app.example'
    expect(crossOrigin({ 'sec-fetch-site': 'cross-site', origin })).toBe(false)
  })
})

describe('a browser that sends the origin only', () => {
  test.each([
    ['http://agents.example', 'agents.example'],
    ['http://agents.example', 'agents.example:80'],
    ['https://agents.example', 'agents.example'],
    ['https://agents.example', 'agents.example:443'],
    ['http://agents.example:9000', 'agents.example:9000'],
    ['http://agents.example:9000', 'Agents.Example:9000'],
    ['http://[::1]:9000', '[::1]:9000'],
    ['https://app.example', 'agents.example'],
  ])('%s is the origin of, or may act at, %s', (origin, host) => {
    expect(crossOrigin({ origin, host })).toBe(false)
  })

  test.each([
    ['http://page.example', 'agents.example'],
    ['http://agents.example:3000', 'agents.example:9000'],
    ['http://agents.example', 'agents.example:9000'],
    ['https://agents.example', 'agents.example:80'],
    ['http://agents.example.page.example', 'agents.example'],
    ['http://app.example', 'agents.example'],
    ['https://app.example.page.example', 'agents.example'],
    ['https://app.example, https://app.example', 'agents.example'],
    ['null', 'agents.example'],
    ['null', 'null'],
    ['', 'agents.example'],
    ['agents.example', 'agents.example'],
    ['http://agents.example', ''],
    ['http://agents.example', 'not a host'],
  ])('%s is another origin than that of %s', (origin, host) => {
    expect(crossOrigin({ origin, host })).toBe(true)
  })
})
