import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

const page = () => registry.get('/', { headers: { accept: BROWSER } })

/** The files that the page loads, as paths. */
async function files(): Promise<string[]> {
  const { text } = await page()
  return [...text.matchAll(/(?:src|href)="\.(\/dashboard\/[^"]+)"/g)].map(([, path]) => path ?? '')
}

describe('the root of the registry', () => {
  test.each([
    ['a browser', BROWSER, 'text/html; charset=utf-8'],
    ['a client that names no type', undefined, 'application/json; charset=utf-8'],
    ['a client that takes anything', '*/*', 'application/json; charset=utf-8'],
    [
      'a client that prefers JSON',
      'text/html;q=0.5, application/json',
      'application/json; charset=utf-8',
    ],
  ])('%s gets its type', async (_who, accept, type) => {
    const { status, headers } = await registry.get(
      '/',
      accept === undefined ? {} : { headers: { accept } },
    )
    expect([status, headers.get('content-type')]).toEqual([200, type])
    expect(headers.get('vary')).toBe('Accept')
  })

  test('the page runs only scripts of the registry, and none that is in it', async () => {
    const { headers, text } = await page()
    const policy = headers.get('content-security-policy')?.split('; ')
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]),
    )
    expect(policy?.join()).not.toMatch(/unsafe|\*|data:/)
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|style=|https?:\/\//)
    expect(headers.get('cache-control')).toBe('no-cache')
    expect(headers.get('x-frame-options')).toBe('DENY')
  })
})

describe('the files of the page', () => {
  test('are cached for a year, and named by their content', async () => {
    const paths = await files()
    expect(paths.length).toBeGreaterThanOrEqual(3)
    for (const path of paths) {
      expect(path).toMatch(/-[\w-]{8}\.(js|css|svg)$/)
      const { status, headers } = await registry.get(path)
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test('are sent compressed, and the scripts are at most 150 kB then', async () => {
    const scripts = (await files()).filter((path) => path.endsWith('.js'))
    let bytes = 0
    for (const path of scripts) {
      const response = await fetch(`${registry.baseUrl}${path}.gz`)
      const compressed = Buffer.from(await response.arrayBuffer())
      bytes += compressed.length
      const plain = await registry.get(path)
      expect(gunzipSync(compressed).toString()).toBe(plain.text)
      for (const encoding of ['br', 'gzip']) {
        const { headers } = await fetch(`${registry.baseUrl}${path}`, {
          headers: { 'accept-encoding': encoding },
        })
        expect(headers.get('content-encoding')).toBe(encoding)
      }
    }
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThanOrEqual(150_000)
  })

  test.each(['/dashboard/nothing.js', '/dashboard/', '/dashboard', '/dashboard/..%2findex.html'])(
    'no other file is served: %s',
    async (path) => {
      const { status, json } = await registry.get(path, { headers: { accept: BROWSER } })
      expect([status, json]).toEqual([404, expect.objectContaining({ code: 'ROUTE_NOT_FOUND' })])
    },
  )
})
