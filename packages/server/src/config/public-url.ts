/** The setting that says: clients reach the registry where they find it. */
export const NO_PUBLIC_URL = 'none'

export const PUBLIC_URL_RULE = 'must be a URL that begins with http:// or https://, without a query'

/** Whether clients can reach a registry at a URL, with the paths of its calls put behind it. */
export function isPublicUrl(text: string): boolean {
  return /^https?:\/\/[^/\s?#]+(?:\/[^\s?#]*)?$/i.test(text) && URL.canParse(text)
}
