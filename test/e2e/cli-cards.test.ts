// The card of an agent on the command line.

import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliSession } from './support/cli-session.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

let cli: CliSession
let folder: TemporaryFolder
beforeAll(async () => {
  cli = await CliSession.start()
  folder = new TemporaryFolder()
})
afterAll(async () => {
  await cli[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const TEXT = `{ "name": "Filed\\u0021", "url": "http://10.0.0.8:81/a", "version": "2",
  "description": "É", "skills": [{"id": "find", "name": "F", "description": "", "tags": ["t"]}] }\n`

function fileWith(name: string, content: string | Uint8Array): string {
  const path = folder.file(name)
  writeFileSync(path, content)
  return path
}

/** A host with a card at one path, and a web page at its root. */
class CardHost implements AsyncDisposable {
  readonly asked: string[] = []
  readonly #server: Server

  private constructor(place: string) {
    this.#server = createServer(({ url = '' }, response) => {
      this.asked.push(url)
      if (url === place) response.end(TEXT)
      else if (url === '/')
        response.setHeader('content-type', 'text/html; charset=utf-8').end('<p>')
      else response.writeHead(404).end()
    })
  }

  static async start(place: string): Promise<CardHost> {
    const host = new CardHost(place)
    await new Promise<void>((resolve) => host.#server.listen(0, '127.0.0.1', resolve))
    return host
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const json = async (...args: string[]) => JSON.parse(await cli.print(...args, '--json'))

describe.concurrent('register --card', () => {
  test('takes from a file what other options leave out, and get --card prints it as it is', async () => {
    const agent = await json('register', 'filed', '--card', fileWith('card.json', TEXT))
    expect(agent).toMatchObject({
      agent_name: 'Filed!',
      host: '10.0.0.8',
      port: 81,
      version: '2',
      capabilities: ['find'],
      has_card: true,
    })
    expect(agent).not.toHaveProperty('card_url')
    expect(await cli.print('get', 'filed', '--card')).toBe(TEXT)
    expect(await cli.print('get', 'filed')).toMatch(/^card\s+yes/m)
    const listed = await json('list', '--tag', 't', '--id', 'filed')
    expect(listed).toMatchObject([{ agent_id: 'filed' }])
  })

  test('lets other options win', async () => {
    const card = fileWith('other.json', TEXT)
    const options = ['--name', 'Mine', '--host', '10.0.0.9', '--port', '90', '--tag', 'mine']
    const { code, stdout, stderr } = await cli.run('register', 'own', '--card', card, ...options)
    expect([code, stdout]).toEqual([0, expect.stringContaining('own is registered')])
    expect(stderr).toContain('warning: /name of the card differs from the registration')
    // One line for each place.
    expect(stderr).toContain('warning: /defaultInputModes of the card is required')
    expect(stderr).toContain('warning: /capabilities of the card is required')
    expect(await json('get', 'own')).toMatchObject({
      ...{ agent_name: 'Mine', host: '10.0.0.9', port: 90, tags: ['mine'] },
    })
  })

  test.each([
    ['of the card', '/card', '/card'],
    ['of an agent whose card is below it', '/v3/a', '/v3/a/.well-known/agent-card.json'],
    ['of an agent with a slash at its end', '/v3/a/', '/v3/a/.well-known/agent-card.json'],
    ['of an agent whose host has the card', '/a2a', '/.well-known/agent-card.json'],
    ['of a host with a web page', '/', '/.well-known/agent-card.json'],
  ])('fetches the URL %s, and remembers where the card was', async (_name, given, place) => {
    const agentId = `fetched${given.replaceAll('/', '.')}`
    await using host = await CardHost.start(place)
    expect(await json('register', agentId, '--card', host.url + given)).toMatchObject({
      card_url: host.url + place,
    })
    expect(await cli.print('get', agentId, '--card')).toBe(TEXT)
  })

  test('says of the URL that was given why there is no card', async () => {
    await using host = await CardHost.start('/elsewhere/agent-card.json')
    for (const [given, reason] of [
      ['/a2a', 'the response has the status 404'],
      ['/', 'it is a web page'],
      ['/agent-card.json', 'the response has the status 404'],
    ] as const) {
      const { code, stderr } = await cli.run('register', 'refused', '--card', host.url + given)
      const failure = `rollcall: the card ${host.url}${given} cannot be read: ${reason}\n`
      expect([code, stderr]).toEqual([1, failure])
    }
    // The name of a file means no other place.
    expect(host.asked.filter((path) => path.includes('agent-card.json'))).toEqual([
      '/a2a/.well-known/agent-card.json',
      '/.well-known/agent-card.json',
      '/.well-known/agent-card.json',
      '/agent-card.json',
    ])
  })

  test.each([
    ['is missing', () => folder.file('missing.json'), 'ENOENT'],
    ['is not UTF-8', () => fileWith('latin1.json', Buffer.from([0x7b, 0xe9, 0x7d])), 'not valid'],
    ['is too large', () => fileWith('large.json', 'x'.repeat(65_537)), 'more than 65536 bytes'],
    ['is no card', () => fileWith('list.json', '[]'), 'must be a JSON object'],
  ])('fails clearly if the file %s', async (_name, path, reason) => {
    const { code, stderr } = await cli.run('register', 'refused', '--card', path())
    expect([code, stderr]).toEqual([1, expect.stringContaining(reason)])
  })
})

test('get --card fails for an agent without one', async () => {
  await cli.print('register', 'plain')
  const { code, stdout, stderr } = await cli.run('get', 'plain', '--card')
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('has no card')])
})

describe('get --verify-card', () => {
  test('says that the keys of a signature are not of an allowed origin, and fails', async () => {
    const header = { alg: 'ES256', kid: 'k', jku: 'https://keys.example/jwks\u001b[31m' }
    const signatures = [{ protected: btoa(JSON.stringify(header)), signature: 'a' }]
    const card = JSON.stringify({ name: 'S', url: 'http://10.0.0.8:81', signatures })
    await cli.print('register', 'signed', '--json', '--card', fileWith('signed.json', card))
    const { code, stdout, stderr } = await cli.run('get', 'signed', '--verify-card')
    expect([code, stderr]).toEqual([1, 'rollcall: the card of signed is unchecked\n'])
    expect(stdout).toMatch(
      /^result\tunchecked\nsignature 1\tunchecked; .*not allowed; ES256, key k, /,
    )
    expect(stdout).not.toContain('\u001b')
    const asJson = await cli.run('get', 'signed', '--verify-card', '--json')
    expect(JSON.parse(asJson.stdout)).toMatchObject({ agent_id: 'signed', result: 'unchecked' })
  })

  test('fails for a card without signatures, and for an agent without a card', async () => {
    await cli.print('register', 'unsigned', '--json', '--card', fileWith('unsigned.json', TEXT))
    const unsigned = await cli.run('get', 'unsigned', '--verify-card')
    expect(unsigned).toMatchObject({ code: 1, stdout: 'result\tunsigned\n' })
    await cli.print('register', 'cardless')
    const cardless = await cli.run('get', 'cardless', '--verify-card')
    expect([cardless.code, cardless.stderr]).toEqual([1, expect.stringContaining('has no card')])
    const both = await cli.run('get', 'unsigned', '--verify-card', '--card')
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('cannot be used with')])
  })

  test('succeeds if a signature is valid', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const keys = JSON.stringify({
      keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }],
    })
    const publisher = createServer((_request, response) => response.end(keys))
    await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}`
    await using own = await CliSession.start({ args: ['--card-key-origins', origin] })
    try {
      const card = { name: 'S', url: 'http://10.0.0.8:81', version: '1' }
      const jws = await new CompactSign(
        Buffer.from('{"name":"S","url":"http://10.0.0.8:81","version":"1"}'),
      )
        .setProtectedHeader({ alg: 'ES256', kid: 'k', jku: `${origin}/jwks` })
        .sign(privateKey)
      const [header, , signature] = jws.split('.')
      const text = JSON.stringify({ ...card, signatures: [{ protected: header, signature }] })
      await own.print('register', 'valid', '--json', '--card', fileWith('valid.json', text))
      const printed = await own.print('get', 'valid', '--verify-card')
      expect(printed).toBe(
        `result\tvalid\nsignature 1\tvalid; ES256, key k, published at ${origin}/jwks\n`,
      )
    } finally {
      publisher.close()
      publisher.closeAllConnections()
    }
  })
})
