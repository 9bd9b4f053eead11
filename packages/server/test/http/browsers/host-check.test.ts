// Who may use which host: programs, and browsers, on behalf of any page.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { HostCheck } from '../../../src/http/browsers/host-check.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Bytes that are in use, and not merely not collected yet. */
function memory(): number {
  collect()
  return process.memoryUsage().heapUsed
}

const PROGRAM = { 'user-agent': 'node' }
/** What browsers send, alone: a page can leave out none of them where the browser sends it. */
const BROWSERS = [
  { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/147.0.0.0' },
  { 'user-agent': 'another', origin: 'http://page.example' },
  { 'user-agent': 'another', 'sec-fetch-site': 'same-origin' },
]

interface Place {
  readonly allowedHosts?: readonly string[]
  readonly publicUrl?: string
  readonly isLoopback?: boolean
  readonly listensOn?: string
}

/** Returns who may use a host: `everyone`, `programs` or `nobody`. */
function mayUse(host: string, place: Place = {}): string {
  const check = new HostCheck(place.allowedHosts ?? [], place.publicUrl)
  check.listen(place.isLoopback ?? true)
  if (place.listensOn !== undefined) check.add(place.listensOn)
  const admits = (headers: object) => check.admits({ host, ...headers })
  const browsers = BROWSERS.map(admits)
  // One answer for all browsers, and the same one when asked again.
  expect(new Set([...browsers, ...BROWSERS.map(admits)]).size).toBe(1)
  if (!admits(PROGRAM)) {
    expect(browsers[0]).toBe(false)
    return 'nobody'
  }
  expect(admits(PROGRAM)).toBe(true)
  return browsers[0] ? 'everyone' : 'programs'
}

const elsewhere = { isLoopback: false }

describe.each([
  ['on loopback', {}],
  ['on loopback, with allowed hosts', { allowedHosts: ['agents.example'] }],
  ['elsewhere', elsewhere],
  ['elsewhere, with allowed hosts', { ...elsewhere, allowedHosts: ['agents.example'] }],
])('a server that listens %s', (_where, place) => {
  test.each([
    ...['127.0.0.1', '127.0.0.1:9000', '10.0.0.7:9000', '[::1]', '[::1]:9000', '[FE80::1]:80'],
    // As browsers understand them.
    ...['127.1', '0x7f.1:9000', '2130706433'],
    ...['localhost', 'LocalHost:9000', 'localhost.', 'rollcall.localhost:9000'],
  ])('serves everyone at %s', (host) => {
    expect(mayUse(host, place)).toBe('everyone')
  })

  test.each(['0.0.0.0:9000', '[::]:9000', '0:9000', '[::ffff:0.0.0.0]'])(
    'serves only programs at %s',
    (host) => {
      expect(mayUse(host, place)).toBe('programs')
    },
  )

  test.each([
    ...['localhost@page.example', 'page.example/localhost', 'localhost#', 'localhost?', 'a b'],
    ...['localhost:9000:9000', 'localhost\\', '[::1', 'localhost:port', 'localhost, page.example'],
  ])('serves nobody at what is not a host: %s', (host) => {
    expect(mayUse(host, place)).toBe('nobody')
  })

  test('serves a request without a host: no browser sends one', () => {
    expect(mayUse('', place)).toBe('everyone')
    const check = new HostCheck([], undefined)
    for (const headers of [{}, { host: 'localhost' }, { 'user-agent': 'Mozilla/5.0' }]) {
      expect(check.admits(headers)).toBe(true)
    }
  })
})

describe('names that no public name server has', () => {
  test.each(['rollcall', 'rollcall:9000', 'x', 'host.docker.internal:9000', 'rollcall.'])(
    '%s: browsers may not use it on loopback, where nobody gave the server that name',
    (host) => {
      expect(mayUse(host)).toBe('programs')
      expect(mayUse(host, elsewhere)).toBe('everyone')
      expect(mayUse(host, { ...elsewhere, allowedHosts: ['agents.example'] })).toBe('nobody')
    },
  )
})

describe('any other name', () => {
  test.each([
    ...['page.example', 'page.example:9000', 'localhost.page.example', 'notlocalhost.example'],
    ...['127.0.0.1.page.example', 'internal.example', 'rollcall.team-a.svc.cluster.local'],
  ])('%s: nobody may use it on loopback, and no browser elsewhere', (host) => {
    expect(mayUse(host)).toBe('nobody')
    expect(mayUse(host, elsewhere)).toBe('programs')
    expect(mayUse(host, { ...elsewhere, allowedHosts: ['agents.example'] })).toBe('nobody')
  })

  test.each([
    ['agents.example:9000', { allowedHosts: ['agents.example'] }],
    ['AGENTS.example', { allowedHosts: ['a', 'Agents.Example'] }],
    ['eu.agents.example', { allowedHosts: ['*.agents.example'] }],
    ['a.eu.agents.example.', { allowedHosts: ['*.agents.example'] }],
    ['page.example', { allowedHosts: ['*'] }],
    ['agents.example', { publicUrl: 'https://agents.example:8443/registry' }],
    ['agents.example:8443', { publicUrl: 'https://agents.example:8443/registry' }],
    ['agents.example', { listensOn: 'agents.example' }],
  ])('%s: everyone may use it if the operator named it: %j', (host, place) => {
    expect(mayUse(host, place)).toBe('everyone')
    expect(mayUse(host, { ...place, ...elsewhere })).toBe('everyone')
  })

  test.each([
    ['eu.agents.example', { allowedHosts: ['agents.example'] }],
    ['agents.example', { allowedHosts: ['*.agents.example'] }],
    ['otheragents.example', { allowedHosts: ['*.agents.example'] }],
    ['agents.example.page.example', { allowedHosts: ['agents.example', '*.agents.example'] }],
    ['page.example', { publicUrl: 'https://agents.example' }],
  ])('%s is another name than %j', (host, place) => {
    expect(mayUse(host, place)).toBe('nobody')
  })
})

test('a server that does not listen yet has the rules of loopback', () => {
  expect(new HostCheck([], undefined).admits({ host: 'page.example' })).toBe(false)
})

test('what was decided before the server listened, or had a name, is decided again', () => {
  const check = new HostCheck([], undefined)
  const admits = (host: string) => check.admits({ host, ...PROGRAM })
  expect(admits('page.example')).toBe(false)
  check.listen(false)
  expect(admits('page.example')).toBe(true)
  check.listen(true)
  expect(admits('page.example')).toBe(false)
  check.add('page.example')
  expect(admits('page.example')).toBe(true)
})

test('a host that everyone could use is no longer served if the server listens on loopback only', () => {
  const check = new HostCheck([], undefined)
  const admits = () => check.admits({ host: 'rollcall', 'user-agent': 'Mozilla/5.0' })
  check.listen(false)
  expect(admits()).toBe(true)
  check.listen(true)
  expect(admits()).toBe(false)
})

test('a flood of different hosts neither fills the memory nor changes what is decided', () => {
  const check = new HostCheck(['agents.example'], undefined)
  const admits = (host: string) => check.admits({ host, ...PROGRAM })
  const before = memory()
  for (let n = 0; n < 200_000; n++) {
    expect(admits(`${n}.${'x'.repeat(200)}.page.example`)).toBe(false)
    if (n % 1000 === 0) expect(admits('agents.example')).toBe(true)
  }
  expect(memory() - before).toBeLessThan(10_000_000)
})
