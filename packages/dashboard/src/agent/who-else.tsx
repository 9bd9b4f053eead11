import type { Agent } from '@rollcall/client'
import { hrefOf } from '../app/location.ts'

/** Beginnings of an id that are offered. */
const MOST_PREFIXES = 3

/** Links to the agents that have something in common with this one: what fails alike, often fails together. */
export function WhoElse({ agent }: { agent: Agent }) {
  const links = linksOf(agent)
  if (links.length === 0) return null
  return (
    <>
      <h3>Who else</h3>
      <p className="tags">
        {links.map(({ name, href }) => (
          <a className="tag" key={name} href={href}>
            {name}
          </a>
        ))}
      </p>
    </>
  )
}

function linksOf({ agentId, protocol }: Agent): { name: string; href: string }[] {
  const prefixes = prefixesOf(agentId)
  const [shortest] = prefixes
  const dead = 'true'
  return [
    ...prefixes.map((prefix) => ({ name: `${prefix}*`, href: hrefOf('agents', { prefix, dead }) })),
    ...(shortest === undefined
      ? []
      : [{ name: `changes of ${shortest}*`, href: hrefOf('events', { prefix: shortest }) }]),
    ...(protocol === null
      ? []
      : [{ name: `protocol ${protocol}`, href: hrefOf('agents', { protocol, dead }) }]),
  ]
}

/** Returns the beginnings of an id that others may share: up to each of its first separators. */
export function prefixesOf(agentId: string): string[] {
  const ends = [...agentId.matchAll(/[.:_-]/g)].map(({ index }) => index + 1)
  const isUseful = (end: number) => end > 1 && end < agentId.length
  return ends
    .filter(isUseful)
    .slice(0, MOST_PREFIXES)
    .map((end) => agentId.slice(0, end))
}
