/** The value of a setting that lists hosts or origins, for none of them. */
export const NONE = 'none'

export const HOSTS_RULE =
  'takes host names without port, such as agents.example or *.agents.example'

export const ORIGINS_RULE =
  'takes origins without path, such as https://app.example or http://localhost:5173'

/** Whether a text is a host name, `*` and a domain, or `*` for every name. */
export function isHostPattern(text: string): boolean {
  return text === '*' || /^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/.test(text)
}

/** Whether a text is an origin as browsers write it: without path, and without the default port. */
export function isOrigin(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s*,]+$/.test(text)) return false
  const url = URL.parse(text)
  // Other schemes, such as those of extensions, have no default port.
  return url !== null && (!/^https?:$/.test(url.protocol) || url.origin === text)
}

/** Returns the entries of a setting that is a list separated by commas; `none` is an empty one. */
export function parseListSetting(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.filter((entry) => entry !== '' && entry !== NONE)
}

/** @throws TypeError if one of the texts of an option breaks its rule */
export function requireAll(
  option: Readonly<Record<string, readonly string[]>>,
  isValid: (text: string) => boolean,
  rule: string,
): void {
  for (const [name, texts] of Object.entries(option)) {
    const invalid = texts.find((text) => !isValid(text))
    if (invalid !== undefined) throw new TypeError(`${name} ${rule}, not "${invalid}"`)
  }
}
