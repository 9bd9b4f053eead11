/** The value of the setting for no public URL: clients use the URL at which they found the registry. */
export const NO_PUBLIC_URL = 'none'

export const PUBLIC_URL_RULE = 'must be a URL that begins with http:// or https://, without a query'

/** Whether a URL can be the base of a registry, to which the paths of its routes are appended. */
export function isPublicUrl(text: string): boolean {
  return /^https?:\/\/[^/\s?#]+(?:\/[^\s?#]*)?$/i.test(text) && URL.canParse(text)
}
