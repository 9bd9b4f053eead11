import { withoutPassword } from '@rollcall/protocol'

/** Where one registry answers. */
export interface RegistryAddress {
  /** As it was given, without a slash at its end. */
  readonly given: string
  /** Without credentials, and without a slash at its end. */
  readonly url: string
  /** Of the credentials in the URL: `fetch` takes none there. */
  readonly authorization: string | undefined
}

/**
 * The addresses in what was given: one URL, several in a list, or several in a text with commas
 * between them, as it stands in `REGISTRY_URL`.
 *
 * @throws TypeError that names what is no http(s) URL, without its password
 */
export function registryAddresses(given: string | readonly string[]): readonly RegistryAddress[] {
  const urls = typeof given === 'string' ? given.split(/,\s*(?=https?:)/) : given
  return urls.map((url) => addressOf(url.trim().replace(/\/+$/, '')))
}

function addressOf(given: string): RegistryAddress {
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
    authorization: `Basic ${base64(`${decoded(username)}:${decoded(password)}`)}`,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Of the bytes of UTF-8; `btoa` takes no others. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
