import { expect } from 'vitest'
import type { RegistryUnderTest } from './registry-under-test.ts'
import type { Answer } from './response.ts'

/**
 * Returns the target of a `Link` header (RFC 8288) as a path from the root of the registry;
 * undefined if there is none.
 */
export function linkTo(rel: 'next' | 'prev', { headers, path }: Answer): string | undefined {
  const link = headers.get('link')
  if (link === null) return undefined
  const [, address, relation] = /^<([^<>\s]+)>; rel="(\w+)"$/.exec(link) ?? []
  expect(relation, link).toBe(rel)
  // Relative to the request, so that it holds under any prefix.
  expect(address).toMatch(/^\?/)
  const { pathname, search } = new URL(String(address), new URL(String(path), 'http://registry'))
  return pathname + search
}

/** Follows links from a response until there are none, and returns all responses. */
export async function followLinks(
  registry: RegistryUnderTest,
  path: string,
  options: { rel?: 'next' | 'prev'; between?: (page: Answer) => Promise<unknown> } = {},
): Promise<Answer[]> {
  const { rel = 'next', between } = options
  const pages: Answer[] = []
  for (let at: string | undefined = path; at !== undefined; ) {
    const page: Answer = await registry.get(at)
    expect(page.status, page.text.slice(0, 500)).toBe(200)
    pages.push(page)
    expect(pages.length, 'links form a cycle').toBeLessThan(5000)
    at = linkTo(rel, page)
    if (at !== undefined) await between?.(page)
  }
  return pages
}
