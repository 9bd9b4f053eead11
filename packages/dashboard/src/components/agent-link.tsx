import { isWebUrl } from './web-url.ts'

/** The URL of an agent: a link only if it is one that a browser opens as a page. */
export function AgentLink({ url }: { url: string }) {
  if (!isWebUrl(url)) return <span className="mono">{url}</span>
  return (
    <a className="mono" href={url} target="_blank" rel="noopener noreferrer">
      {url}
    </a>
  )
}
