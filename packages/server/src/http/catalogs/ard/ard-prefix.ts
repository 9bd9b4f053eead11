import { ARD_PREFIX } from '../catalog-options.ts'

/**
 * Returns a function from the path of a request to the one in the table of operations, and back: what is configured
 * and what is in the table change places, so that nothing is at the latter. Undefined: they are the same.
 */
export function ardPathSwap(prefix: string): ((url: string) => string) | undefined {
  if (prefix === ARD_PREFIX) return undefined
  return (url) => {
    if (isBelow(url, prefix)) return ARD_PREFIX + url.slice(prefix.length)
    return isBelow(url, ARD_PREFIX) ? prefix + url.slice(ARD_PREFIX.length) : url
  }
}

function isBelow(url: string, prefix: string): boolean {
  return url.startsWith(prefix) && url[prefix.length] === '/'
}
