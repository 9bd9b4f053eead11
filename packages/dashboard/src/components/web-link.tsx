import { isWebUrl } from './web-url.ts'

/** A URL that others have written: a link only if it is one that a browser opens as a page. */
export function WebLink({ url }: { url: string }) {
  if (!isWebUrl(url)) return <span className="mono">{url}</span>
  return (
    <a className="mono" href={url} target="_blank" rel="noopener noreferrer">
      {url}
    </a>
  )
}
