import { expect } from 'vitest'
import type { RegistryUnderTest } from './registry-under-test.ts'
import type { Answer } from './response.ts'

/**
 * The address of another page, from the `Link` header (RFC 8288), as a path from the root of the
 * registry; undefined when there is none.
 */
export function linkTo(rel: 'next' | 'prev', { headers, path }: Answer): string | undefined {
  const link = headers.get('link')
  if (link === null) return undefined
  const [, address, relation] = /^<([^<>\s]+)>; rel="(\w+)"$/.exec(link) ?? []
  expect(relation, link).toBe(rel)
  // Relative to what was asked, so that it holds under any prefix.
  expect(address).toMatch(/^\?/)
  const { pathname, search } = new URL(String(address), new URL(String(path), 'http://registry'))
  return pathname + search
}

/** An answer and those behind it, until there is no further link. */
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
    expect(pages.length, 'links go round in circles').toBeLessThan(5000)
    at = linkTo(rel, page)
    if (at !== undefined) await between?.(page)
  }
  return pages
}
