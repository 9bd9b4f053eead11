/** Returns where a card says that its agent is called over HTTP; undefined: nowhere, or it is no card. */
export function endpointOf(card: unknown): string | undefined {
  const { supportedInterfaces, remotes, url } = Object(card) as Record<string, unknown>
  const urls = [...urlsIn(supportedInterfaces), ...urlsIn(remotes), url]
  return urls.find((each): each is string => typeof each === 'string' && isHttp(each))
}

function urlsIn(list: unknown): unknown[] {
  return Array.isArray(list) ? list.map((each) => Object(each).url) : []
}

function isHttp(text: string): boolean {
  const { protocol } = URL.parse(text) ?? {}
  return protocol === 'http:' || protocol === 'https:'
}
