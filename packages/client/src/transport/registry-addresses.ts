import { withoutPassword } from '@rollcall/protocol'

/** The address of one registry node. */
export interface RegistryAddress {
  /** The URL as given, without trailing slashes. */
  readonly given: string
  /** The URL without credentials and trailing slashes. */
  readonly url: string
  /** Basic authentication from the credentials in the URL, which `fetch` rejects. */
  readonly authorization: string | undefined
}

/**
 * Parses registry addresses: one URL, an array, or a comma-separated list as in `REGISTRY_URL`.
 *
 * @throws TypeError that quotes the invalid URL without its password
 */
export function registryAddresses(given: string | readonly string[]): readonly RegistryAddress[] {
  const urls = typeof given === 'string' ? given.split(/,\s*(?=https?:)/) : given
  return urls.map((url) => parseAddress(url.trim().replace(/\/+$/, '')))
}

function parseAddress(given: string): RegistryAddress {
  const url = /^https?:\/\/[^/]/.test(given) && URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined) {
    const shown = withoutPassword(given)
    throw new TypeError(`registryUrl is "${shown}"; it must begin with http:// or https://`)
  }
  const { username, password } = url
  if (!username && !password) return { given, url: given, authorization: undefined }
  url.username = ''
  url.password = ''
  return {
    given,
    url: url.href.replace(/\/+$/, ''),
    authorization: `Basic ${base64(`${decode(username)}:${decode(password)}`)}`,
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Encodes the UTF-8 bytes; `btoa` rejects characters beyond Latin-1. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
