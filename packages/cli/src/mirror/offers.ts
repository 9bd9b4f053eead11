import { type ManifestEntry, type Offer, readDocument } from './document.ts'
import { allow, type Source } from './source.ts'

/** Bytes of one manifest. */
const MANIFEST_BYTES = 4 * 1024 * 1024
/** Entries of all manifests together; nested manifests count as entries. */
const MAX_ENTRIES = 1000
/** Manifests, one within another or one after another, as pages are. */
const MAX_MANIFESTS = 20

/** What a manifest offers. */
interface Offers {
  /** Without two of the same identifier or card. */
  readonly offers: readonly Offer[]
  /** Entries that are not mirrored, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
}

/** What became of reading a manifest. */
export type OffersRead =
  | ({ readonly result: 'read' } & Offers)
  | { readonly result: 'gone' | 'unavailable' | 'malformed'; readonly reason: string }

/** Reads a manifest with those that it names, or a card. What cannot be read as a whole is not read at all. */
export async function readOffers(source: Source, url: string): Promise<OffersRead> {
  const offers = new Map<string, Offer>()
  const skipped: { name: string; reason: string }[] = []
  const pending = [url]
  const seen = new Set(pending)
  let entries = 0
  const take = (entry: ManifestEntry): void => {
    if (++entries > MAX_ENTRIES) throw new Error(`it has more than ${MAX_ENTRIES} entries`)
    if (entry.kind === 'skipped') skipped.push(entry)
    else if (entry.kind === 'offer') {
      const { offer } = entry
      const key = offer.identifier ?? offer.cardUrl ?? `${offer.name} ${offer.card}`
      if (!offers.has(key)) offers.set(key, offer)
      else skipped.push({ name: offer.name ?? key, reason: 'another entry has its identifier' })
    } else if (!seen.has(entry.url)) {
      const refused = source.refusedOrigin(entry.url)
      if (refused !== undefined) {
        skipped.push({ name: entry.url, reason: `it is at ${refused}: ${allow(refused)}` })
      } else {
        seen.add(entry.url)
        pending.push(entry.url)
      }
    }
  }
  for (let at = pending.shift(); at !== undefined; at = pending.shift()) {
    if (seen.size > MAX_MANIFESTS) {
      return { result: 'malformed', reason: `it has more than ${MAX_MANIFESTS} manifests` }
    }
    const download = await source.read(at, MANIFEST_BYTES)
    if (download.result !== 'read') {
      // A page that is missing says nothing of what was on it.
      const result = at === url ? download.result : 'unavailable'
      return { result, reason: at === url ? download.reason : `${at}: ${download.reason}` }
    }
    try {
      const document = readDocument(download.text, at)
      if (document.kind === 'card') take({ kind: 'offer', offer: offerOfCard(at) })
      else for (const entry of document.entries) take(entry)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { result: 'malformed', reason: at === url ? reason : `${at}: ${reason}` }
    }
  }
  return { result: 'read', offers: [...offers.values()], skipped }
}

function offerOfCard(cardUrl: string): Offer {
  return { identifier: undefined, cardUrl, card: undefined, name: undefined, tags: [] }
}
