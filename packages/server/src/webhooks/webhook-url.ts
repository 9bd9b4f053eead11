import type { AddressGuard } from './address-guard.ts'

/** Returns why a text cannot be the URL of a webhook, worded to follow its name; undefined: it can. */
export function webhookUrlFlaw(text: string, guard: AddressGuard): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return 'must be an http:// or https:// URL'
  if (url.username !== '' || url.password !== '') {
    return 'must be without user and password: receivers verify the signature'
  }
  if (url.hash !== '') return 'must be without fragment, which is not sent'
  const refused = guard.refusalOf(url)
  return refused && `is refused: ${refused}`
}
