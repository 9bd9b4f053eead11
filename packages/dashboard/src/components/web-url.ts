/** Whether a URL opens a page of the web, and runs nothing. */
export function isWebUrl(url: string): boolean {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined
  return protocol === 'http:' || protocol === 'https:'
}
